//! Stems made by rule from the key's own sentence: a question word in the key's place, or a blank.

use domain::{BLANK, Language};
use text::{
    english::{is_in, words},
    is_balanced, is_han, single_spaced,
};

use super::{
    chinese_causes::why,
    chinese_words::{GROUPS, ROLES, ending},
    connectives::connective,
    english_named::what_is,
    english_words::DEEDS,
    source::QuizSource,
    spans::{Kind, Span},
};

/// Most characters of a Chinese stem with a blank, most words of an English one.
const LONG_CHINESE: usize = 90;
const LONG_ENGLISH: usize = 30;
/// A question of more characters is hard to follow.
const LONGEST_QUESTION: usize = 64;

/// A question whose answer is the span; `None` where the rules know no good one.
pub(crate) fn question(sentence: &str, span: &Span, language: Language) -> Option<String> {
    if language.is_chinese() { chinese_question(sentence, span, language) } else { english_question(sentence, span) }
}

/// The sentence with a blank in the span's place; of a long one the part between semicolons.
pub(crate) fn blank(sentence: &str, span: &Span, language: Language) -> Option<String> {
    let (before, after) = around(sentence, span)?;
    // 教練（_____）: what is counted stands outside.
    // A name in brackets says again what stands before them.
    let glosses =
        matches!(span.kind, Kind::Quantity | Kind::Person | Kind::Place | Kind::Group | Kind::Name | Kind::Named);
    if glosses && is_inside_brackets(before) && (language.is_chinese() || span.kind != Kind::Quantity) {
        return None;
    }
    let text = if language.is_chinese() && sentence.chars().count() > LONG_CHINESE {
        let (start, end) = (part_start(before), after.find(['；', '。']).unwrap_or(after.len()));
        format!("{}{BLANK}{}。", before.get(start..)?, after.get(..end)?)
    } else {
        format!("{before}{BLANK}{after}")
    };
    let fits = if language.is_chinese() {
        text.chars().count() <= LONG_CHINESE
    } else {
        text.split_whitespace().count() <= LONG_ENGLISH
    };
    (fits && is_balanced(&text)).then(|| single_spaced(&text))
}

/// The topic in front of a stem that does not name it, so that it is understood alone: Chinese leaves subjects out.
pub(crate) fn with_topic(stem: &str, source: &QuizSource) -> String {
    let Some(topic) = topic_of(source) else { return stem.to_owned() };
    let plain = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    if plain(stem).contains(&plain(topic)) {
        return stem.to_owned();
    }
    let about = if source.language == Language::TraditionalChinese { "關於" } else { "关于" };
    format!("{about}「{topic}」，{stem}")
}

/// A stem without the topic in front.
pub(crate) fn without_topic(stem: &str) -> &str {
    let about = stem.strip_prefix("關於「").or_else(|| stem.strip_prefix("关于「"));
    about.and_then(|s| s.split_once("」，")).map_or(stem, |(_, rest)| rest)
}

/// The topic of a Chinese passage, where it is written in the passage's characters.
pub(crate) fn topic_of(source: &QuizSource) -> Option<&str> {
    source.topic().filter(|t| source.language.is_chinese() && super::script::strangers(t, source.language).is_empty())
}

/// What stands before and behind a span, without a leading connective.
fn around<'s>(sentence: &'s str, span: &Span) -> Option<(&'s str, &'s str)> {
    let after = sentence.get(span.range.end..)?;
    Some((sentence.get(connective(sentence)..span.range.start)?, without_gloss(after, span)))
}

/// What stands behind a span without the brackets that say it again: 謝普·諾布（Sherb Noble）, `20 km (12 mi)`.
fn without_gloss<'s>(after: &'s str, span: &Span) -> &'s str {
    let open = after.trim_start();
    let rest = open.strip_prefix('（').or_else(|| open.strip_prefix('('));
    let Some((inner, behind)) = rest.and_then(|r| r.split_once(['）', ')'])) else { return after };
    let again =
        inner.chars().any(|c| c.is_ascii_alphabetic()) || span.kind.is_number() && !inner.contains(['年', '月']);
    if again && !inner.contains(['（', '(']) { behind } else { after }
}

/// Where the part of the sentence begins that holds the key: after the last semicolon.
fn part_start(before: &str) -> usize {
    before.rfind(['；', '。']).map_or(0, |at| at + '；'.len_utf8())
}

/// What follows the key up to where the question can end: the end of its clause, or of a later one where that clause only
/// says when or why.
fn rest_of_question<'s>(head: &str, after: &'s str, kind: Kind) -> Option<&'s str> {
    let ends: Vec<usize> =
        after.char_indices().filter(|(_, c)| matches!(c, '，' | '；' | '。' | '！')).map(|(at, _)| at).collect();
    let own = head.rsplit(['，', '；', '：']).next().unwrap_or(head);
    let mut begin = 0;
    for (n, end) in ends.iter().enumerate() {
        let clause = without_brackets(after.get(begin..*end)?);
        let lead = if n == 0 { own } else { clause };
        let last = after.get(*end..).is_some_and(|t| t.starts_with(['。', '；']));
        let content = clause.chars().count() + if n == 0 { own.chars().count() } else { 0 };
        let opens = n == 0 && own.is_empty();
        let short =
            clause.is_empty() && lead.chars().count() < if kind.is_number() && !kind_is_time(kind) { 2 } else { 6 };
        let aside = is_aside(lead, clause) || short || (opens && ASIDE_BEGINS.iter().any(|w| clause.starts_with(w)));
        let bare = kind_is_time(kind)
            && n == 0
            && (clause.chars().count() < 2 || own.chars().count() + clause.chars().count() < 4);
        if !aside && !bare && content >= 2 {
            return after.get(..*end);
        }
        if last || n > 2 {
            return None;
        }
        begin = end + '，'.len_utf8();
    }
    None
}

/// A clause without the brackets at its end.
fn without_brackets(clause: &str) -> &str {
    let open = clause.rfind(['（', '(']).filter(|_| clause.ends_with(['）', ')']));
    open.and_then(|at| clause.get(..at)).unwrap_or(clause)
}

const ASIDE_BEGINS: [&str; 13] = ["為", "为", "因", "由於", "由于", "在", "於", "于", "隨", "随", "從", "从", "經"];

const fn kind_is_time(kind: Kind) -> bool {
    matches!(kind, Kind::Year | Kind::Date | Kind::Decade)
}

/// Whether a clause only says when, why or under what condition another holds.
fn is_aside(lead: &str, clause: &str) -> bool {
    const BEGINS: &[&str] = &[
        "當", "当", "由於", "由于", "隨", "随", "因為", "因为", "若", "如果", "雖", "虽", "儘管", "尽管", "自從",
        "自从", "除", "根據", "根据", "據", "据", "經過", "经过", "自", "從", "从", "即使", "為了", "为了", "只要",
    ];
    const ENDS: &[&str] = &[
        "時", "时", "後", "后", "前", "中", "間", "间", "起", "以來", "以来", "期", "初", "末", "內", "内", "之際",
        "之际", "下", "裡", "里", "上", "方面", "來", "来", "年", "月", "日", "之後", "之后", "開始", "开始", "的話",
        "的话", "為止",
    ];
    BEGINS.iter().any(|w| lead.starts_with(w)) || ENDS.iter().any(|w| clause.ends_with(w) && clause.len() > w.len())
}

fn chinese_question(sentence: &str, span: &Span, language: Language) -> Option<String> {
    let (before, after) = around(sentence, span)?;
    if span.kind == Kind::Cause {
        return why(sentence, span, language);
    }
    // In brackets a question word reads ill.
    if is_inside_brackets(before) || (kind_is_time(span.kind) && after.starts_with('的')) {
        return None;
    }
    let before = before.get(part_start(before)..)?;
    if span.kind == Kind::Quantity && (before.is_empty() || before.ends_with('等') || after.starts_with('的')) {
        return None;
    }
    let rest = rest_of_question(before, after, span.kind)?;
    // 有多少個設定和1800個功能？: half of what is asked for is told.
    let joined =
        rest.split_once(['和', '與', '与', '及']).is_some_and(|(_, more)| more.contains(|c: char| c.is_ascii_digit()));
    if span.kind == Kind::Quantity && joined {
        return None;
    }
    let (before, word) = question_word(before, span, language)?;
    // 哪一年，他…？ reads better in one.
    let rest = if kind_is_time(span.kind) { rest.strip_prefix('，').unwrap_or(rest) } else { rest };
    let text = format!("{before}{word}{rest}");
    let short = (8..=LONGEST_QUESTION).contains(&text.chars().count());
    (short && is_balanced(&text)).then(|| single_spaced(&format!("{text}？")))
}

fn is_inside_brackets(before: &str) -> bool {
    [('（', '）'), ('(', ')'), ('「', '」'), ('“', '”'), ('《', '》')]
        .iter()
        .any(|(open, close)| before.matches(*open).count() > before.matches(*close).count())
}

/// What stands before the question word, and the word.
fn question_word(before: &str, span: &Span, language: Language) -> Option<(String, String)> {
    let traditional = language == Language::TraditionalChinese;
    let pick = |hant: &str, hans: &str| if traditional { hant.to_owned() } else { hans.to_owned() };
    let opens = before.is_empty() || before.ends_with(['，', '；', '：', '、']);
    let plain = |word: String| Some((before.to_owned(), word));
    match span.kind {
        Kind::Year => plain("哪一年".to_owned()),
        Kind::Decade if span.cue == "世紀" => plain(pick("哪個世紀", "哪个世纪")),
        Kind::Decade => plain(pick("哪個年代", "哪个年代")),
        Kind::Date => plain(if span.text.ends_with('日') { "哪一天".to_owned() } else { pick("何時", "何时") }),
        Kind::Quantity => plain(how_many(span, traditional)),
        Kind::Person => {
            if let Some(role) = ending(before, &ROLES) {
                let head = before.strip_suffix(role)?;
                return Some((head.to_owned(), format!("哪一位{role}")));
            }
            let joined = before.ends_with([
                '由', '被', '與', '与', '是', '為', '为', '給', '给', '對', '对', '向', '讓', '让', '請', '请', '了',
            ]);
            (opens || joined).then(|| (before.to_owned(), pick("誰", "谁")))
        }
        Kind::Group => {
            let known = ending(&span.text, &GROUPS)?;
            let counter = match known {
                "公司" | "銀行" | "银行" => "哪一家",
                "大學" | "大学" | "學院" | "学院" | "中學" | "中学" | "醫院" | "医院" => "哪一所",
                _ => return None,
            };
            (opens || !before.ends_with(is_han) || ends_with_verb(before))
                .then(|| (before.to_owned(), format!("{counter}{known}")))
        }
        Kind::Place => {
            let named = place_word(&span.cue, traditional);
            let marked = ["於", "于", "在", "到", "往", "至"].iter().any(|m| before.ends_with(m));
            match named {
                Some(word) if opens || marked => plain(word.to_owned()),
                None if marked => plain(pick("哪裡", "哪里")),
                _ => None,
            }
        }
        Kind::Named => {
            let marker = [
                "稱為", "称为", "名為", "名为", "叫做", "稱", "称", "別名", "别名", "原名", "本名", "全名", "筆名",
                "笔名",
            ];
            marker.iter().any(|m| before.ends_with(m)).then(|| (before.to_owned(), pick("什麼", "什么")))
        }
        Kind::Percent
        | Kind::Event
        | Kind::Work
        | Kind::Name
        | Kind::Quoted
        | Kind::Term
        | Kind::Phrase
        | Kind::Cause
        | Kind::Meaning => None,
    }
}

/// 多少 for large numbers, 幾 for small ones, 第幾 for ranks.
fn how_many(span: &Span, traditional: bool) -> String {
    let several = if traditional { "幾" } else { "几" };
    if let Some(unit) = span.cue.strip_prefix('第') {
        return format!("第{several}{unit}");
    }
    let number = span.text.strip_suffix(span.cue.as_str()).unwrap_or(&span.text);
    let small = number.chars().count() == 1 && COUNTED.iter().any(|unit| *unit == span.cue);
    if small { format!("{several}{}", span.cue) } else { format!("多少{}", span.cue) }
}

/// Measure words of things that are counted one by one.
const COUNTED: [&str; 22] = [
    "個", "个", "種", "种", "座", "次", "條", "条", "張", "张", "部", "家", "所", "間", "间", "位", "名", "艘", "枚",
    "支", "首", "場",
];

fn ends_with_verb(before: &str) -> bool {
    let verbs = [
        "於", "于", "由", "在", "入", "是", "為", "为", "被", "與", "与", "加盟", "創辦", "创办", "創立", "创立",
        "成立", "建立",
    ];
    verbs.iter().any(|v| before.ends_with(v))
}

/// The question word for a place with this last character.
fn place_word(cue: &str, traditional: bool) -> Option<&'static str> {
    match cue {
        "市" | "city" => Some("哪一座城市"),
        "continent" => Some("哪一洲"),
        "省" | "province" => Some("哪一省"),
        "縣" => Some("哪一縣"),
        "县" => Some("哪一个县"),
        "國" | "共和國" | "国" | "共和国" | "country" => {
            Some(if traditional { "哪個國家" } else { "哪个国家" })
        }
        "山" => Some("哪一座山"),
        "河" | "江" => Some(if traditional { "哪一條河" } else { "哪一条河" }),
        "湖" => Some("哪一座湖"),
        "島" | "群島" => Some("哪一座島"),
        "岛" | "群岛" => Some("哪一座岛"),
        _ => None,
    }
}

/// Where the key is the sentence's subject, `Who`, `What` or `Which …` takes its place.
fn english_question(sentence: &str, span: &Span) -> Option<String> {
    if span.kind == Kind::Meaning {
        return what_is(sentence, &span.text);
    }
    let (before, after) = around(sentence, span)?;
    if !matches!(before, "" | "The ") || !after.starts_with(' ') {
        return None;
    }
    let words = words(after);
    let verb = words.first().filter(|w| w.range.start == 1)?;
    let be =
        ["is", "was", "has", "became", "began", "won", "wrote", "led", "held", "lies", "made", "took", "gave", "built"];
    let singular = be.contains(&verb.lower.as_str())
        || is_in(DEEDS, &verb.lower)
        || (verb.lower.ends_with("ed") && verb.lower.len() > 4);
    if !singular {
        return None;
    }
    let asks = match span.kind {
        Kind::Person => "Who".to_owned(),
        Kind::Group | Kind::Event | Kind::Place => {
            let noun = &span.text.rsplit(' ').next()?.to_lowercase();
            let lists = [super::english_words::GROUPS, super::english_words::EVENTS, super::english_words::PLACES];
            if !lists.iter().any(|l| is_in(l, noun)) || noun.ends_with('s') {
                return None;
            }
            format!("Which {noun}")
        }
        Kind::Term if verb.lower == "is" || verb.lower == "was" => "What".to_owned(),
        _ => return None,
    };
    let rest = after.split(';').next().unwrap_or(after).trim_end_matches(['.', ' ']);
    (rest.split_whitespace().count() >= 4).then(|| single_spaced(&format!("{asks}{rest}?")))
}

/// The multiple-choice stem around an English sentence with a blank.
pub(crate) fn completion(blanked: &str, language: Language) -> String {
    if language.is_chinese() { blanked.to_owned() } else { format!("Which of these completes the sentence? {blanked}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(sentence: &str, key: &str, kind: Kind, cue: &str, language: Language) -> Option<String> {
        let at = sentence.find(key)?;
        question(sentence, &Span::new(sentence, at..at + key.len(), kind, cue)?, language)
    }

    #[test]
    fn question_words_take_the_keys_place() {
        use Language::{English, SimplifiedChinese as Hans, TraditionalChinese as Hant};
        assert_eq!(
            ask("该中心位于新界，1972年开始运作，为男女犯人服务。", "1972年", Kind::Year, "", Hans).as_deref(),
            Some("该中心位于新界，哪一年开始运作？")
        );
        assert_eq!(
            ask("主題曲由作曲家喬吉奧·莫羅德爾譜曲。", "喬吉奧·莫羅德爾", Kind::Person, "·", Hant).as_deref(),
            Some("主題曲由哪一位作曲家譜曲？")
        );
        assert_eq!(
            ask("2013年9月，巴西排名更回升至第8位。", "第8位", Kind::Quantity, "第位", Hant).as_deref(),
            Some("2013年9月，巴西排名更回升至第幾位？")
        );
        assert_eq!(
            ask("樂山市總面積1.27萬平方公里，人口眾多。", "1.27萬平方公里", Kind::Quantity, "平方公里", Hant)
                .as_deref(),
            Some("樂山市總面積多少平方公里？")
        );
        assert_eq!(
            ask("Ellen DeGeneres joined as a judge in January.", "Ellen DeGeneres", Kind::Person, "", English)
                .as_deref(),
            Some("Who joined as a judge in January?")
        );
        assert_eq!(ask("In 2010 Ellen joined as a judge.", "Ellen", Kind::Person, "", English), None);
    }

    #[test]
    fn a_blank_takes_the_keys_place() {
        let sentence = "樂山市古稱嘉州。";
        let span = Span::new(sentence, 15..21, Kind::Named, "").unwrap();
        assert_eq!(blank(sentence, &span, Language::TraditionalChinese).as_deref(), Some("樂山市古稱_____。"));
    }
}
