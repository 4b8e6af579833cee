//! Statements that a passage supports or contradicts, made of its sentences and of its questions with their answers.

use domain::{Language, task_prompts::v2::Verdict};

use super::{
    falsify::{Way, falsified, is_marked},
    question_kind::Wanted,
};
use crate::random::Random;

/// A thing of a sentence and others of its kind, of which one can take its place.
pub(super) struct Swap<'a> {
    pub old: &'a str,
    pub new: Vec<&'a str>,
}

/// Characters of a statement, at least and at most.
const LENGTHS: [(usize, usize); 2] = [(30, 200), (10, 70)];

/// A sentence as a statement that stands by itself, in part shortened to a clause. `None` where it leans on others, asks,
/// or quotes.
pub(super) fn statement_of(sentence: &str, language: Language, random: &mut Random) -> Option<String> {
    let text = without_brackets(sentence);
    let marks =
        ['"', '“', '”', '「', '」', '『', '』', '?', '？', '!', '！', ':', '：', '[', '|', '*', '#', '…', '；', ';'];
    if text.contains(marks) || text.contains("...") || text.contains('\n') {
        return None;
    }
    let text = if language.is_chinese() { chinese_clause(&text, random)? } else { english_clause(&text, random)? };
    let (least, most) = LENGTHS[usize::from(language.is_chinese())];
    (least..=most).contains(&text.chars().count()).then_some(text)
}

fn without_brackets(text: &str) -> String {
    let (mut out, mut depth) = (String::new(), 0usize);
    for c in text.chars() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    out.replace(" ,", ",").replace(" .", ".")
}

/// Words that lean on what stands before them.
const LEANING: [&str; 42] = [
    "now", "it", "he", "she", "they", "we", "i", "you", "this", "these", "those", "that", "his", "her", "their", "its",
    "our", "my", "your", "such", "here", "there", "then", "and", "but", "or", "so", "also", "yet", "one", "another",
    "other", "others", "both", "each", "some", "who", "which", "as", "if", "when", "because",
];

/// First words of sentences that go on well without them.
const CONNECTIVES: [&str; 14] = [
    "However, ",
    "Therefore, ",
    "Thus, ",
    "Moreover, ",
    "Furthermore, ",
    "In addition, ",
    "Additionally, ",
    "Also, ",
    "Nevertheless, ",
    "Consequently, ",
    "As a result, ",
    "In fact, ",
    "Similarly, ",
    "Finally, ",
];

/// After these a first clause is not yet a sentence.
const SUBORDINATE: [&str; 22] = [
    "when", "while", "although", "though", "if", "after", "as", "because", "since", "before", "once", "until",
    "whereas", "despite", "unlike", "in", "on", "at", "by", "for", "from", "with",
];

fn english_clause(text: &str, random: &mut Random) -> Option<String> {
    let text = CONNECTIVES.iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
    let text = super::falsify::capital(text);
    let words: Vec<&str> = text.split(' ').collect();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let first = words.first().map(|word| bare(word))?;
    let personal = ["i", "my", "me", "we", "our", "us", "you", "your"];
    let leans = LEANING.contains(&first.as_str()) || words.iter().any(|word| personal.contains(&bare(word).as_str()));
    if leans || words.len() < 6 || !text.ends_with('.') || !text.starts_with(char::is_alphabetic) {
        return None;
    }
    let long = text.len() > 120;
    if !SUBORDINATE.contains(&first.as_str()) && (long || random.float() < 0.5) {
        let breaks = [
            ", and he ",
            ", and she ",
            ", and it ",
            ", and they ",
            ", and the ",
            ", and in ",
            ", and his ",
            ", and its ",
            ", but ",
            ", while ",
            ", whereas ",
            ", because ",
            ", although ",
            ", though ",
            " because ",
            ", so that ",
        ];
        let relative = [", who ", ", which ", ", where ", ", making ", ", causing ", ", leading "];
        let cut = breaks.iter().filter_map(|b| text.find(b)).min();
        // A relative clause that ends the sentence can go; one inside it can't.
        let tail = relative.iter().filter_map(|b| text.find(b)).min();
        let tail = tail.filter(|at| !text.get(at + 2..).unwrap_or_default().contains(", "));
        if let Some(at) = cut.into_iter().chain(tail).min().filter(|at| *at >= 30) {
            let head = text.get(..at)?;
            return Some(format!("{head}."));
        }
    }
    Some(text)
}

/// Characters with which a Chinese sentence leans on others, or its clause on what comes after it.
const CHINESE_LEANING: &str = "他她它牠其此這这該该而但並并也則则即且或後后當当又再故因由雖虽如若隨随使";
const CHINESE_CONNECTIVES: [&str; 14] = [
    "可是，",
    "但是，",
    "而且，",
    "其實，",
    "此外，",
    "然而，",
    "因此，",
    "另外，",
    "同時，",
    "同时，",
    "不過，",
    "不过，",
    "事實上，",
    "事实上，",
];
const CHINESE_ADVERBIAL: &str = "在從从自為为除根據据經经對对以與与和直到每隨随於于按依關关";
const CHINESE_OPEN_END: &str = "時时後后中下前來来說说外為为是如稱称以及和與与的認认示出指";

fn chinese_clause(text: &str, random: &mut Random) -> Option<String> {
    let text = CHINESE_CONNECTIVES.iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
    let first = text.chars().next()?;
    if CHINESE_LEANING.contains(first) || !text.ends_with('。') || text.starts_with(|c: char| c.is_ascii_punctuation())
    {
        return None;
    }
    let leaning = [
        "所以", "例如", "另一", "以及", "之後", "之后", "不過", "不过", "同年", "同時", "同时", "兩者", "两者", "前者",
        "後者",
    ];
    if leaning.iter().any(|word| text.starts_with(word)) {
        return None;
    }
    let parts: Vec<&str> = text.trim_end_matches('。').split('，').collect();
    let long = text.chars().count() > 45;
    if parts.len() > 1 && (long || random.float() < 0.5) {
        let adverbial =
            |part: &str| part.chars().next().is_some_and(|c| CHINESE_ADVERBIAL.contains(c) || c.is_ascii_digit());
        let whole = |part: &str| !part.chars().last().is_some_and(|c| CHINESE_OPEN_END.contains(c));
        for take in 1..parts.len().min(4) {
            let head = parts.get(..take)?.join("，");
            let needs_more = take == 1 && (adverbial(parts[0]) || parts[0].chars().count() < 10);
            if !needs_more && whole(&head) && head.chars().count() >= 12 {
                return Some(format!("{head}。"));
            }
        }
    }
    Some(text.to_owned())
}

/// Makes a statement of this verdict. For what is not said any statement does: the caller shows other passages.
pub(super) fn judged(
    statement: &str,
    verdict: Verdict,
    language: Language,
    swaps: &[Swap<'_>],
    random: &mut Random,
) -> Option<String> {
    match verdict {
        Verdict::Contradicted => contradicted(statement, language, swaps, random),
        // What denies a falsehood is so: else every `not` would mean no.
        Verdict::Supported if random.float() < 0.35 => {
            let denied = falsehood(statement, language, swaps, random)
                .and_then(|false_one| negation(&false_one, language, random).filter(|made| is_marked(made, language)));
            Some(denied.unwrap_or_else(|| statement.to_owned()))
        }
        Verdict::NotSaid if random.float() < 0.4 => {
            Some(contradicted(statement, language, swaps, random).unwrap_or_else(|| statement.to_owned()))
        }
        Verdict::Supported | Verdict::NotSaid => Some(statement.to_owned()),
    }
}

fn contradicted(statement: &str, language: Language, swaps: &[Swap<'_>], random: &mut Random) -> Option<String> {
    let mut ways =
        [Some(Way::Negate), Some(Way::Negate), Some(Way::Oppose), Some(Way::Oppose), Some(Way::Number), None];
    random.shuffle(&mut ways);
    ways.into_iter().find_map(|way| match way {
        Some(way) => {
            let made = falsified(statement, language, way, random);
            made.get(random.below(made.len())).cloned()
        }
        None => swapped(statement, swaps, random),
    })
}

/// False in a number or a name alone.
fn falsehood(statement: &str, language: Language, swaps: &[Swap<'_>], random: &mut Random) -> Option<String> {
    let number = falsified(statement, language, Way::Number, random).into_iter().next();
    let swap = swapped(statement, swaps, random);
    if random.float() < 0.5 { swap.or(number) } else { number.or(swap) }
}

fn negation(statement: &str, language: Language, random: &mut Random) -> Option<String> {
    falsified(statement, language, Way::Negate, random).into_iter().next()
}

fn swapped(statement: &str, swaps: &[Swap<'_>], random: &mut Random) -> Option<String> {
    let fitting: Vec<&Swap<'_>> = swaps.iter().filter(|swap| occurs(statement, swap.old)).collect();
    let swap = fitting.get(random.below(fitting.len()))?;
    let new: Vec<&&str> =
        swap.new.iter().filter(|new| !statement.contains(**new) && !swap.old.contains(**new)).collect();
    let new = new.get(random.below(new.len()))?;
    Some(statement.replacen(swap.old, new, 1))
}

/// Whether a name stands in a text as whole words.
fn occurs(text: &str, name: &str) -> bool {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.find(name).is_some_and(|at| {
        let before = text.get(..at).and_then(|t| t.chars().last());
        let after = text.get(at + name.len()..).and_then(|t| t.chars().next());
        !word(before) && !word(after)
    })
}

/// Question and answer as one statement: the answer in the question word's place where that makes a sentence, else
/// one after the other.
pub(super) fn joined(question: &str, answer: &str, wanted: Option<Wanted>, language: Language) -> String {
    let answer = answer.trim().trim_end_matches(['.', '。']);
    let made =
        if language.is_chinese() { chinese_joined(question, answer) } else { english_joined(question, answer, wanted) };
    let mark = if language.is_chinese() { "。" } else { "." };
    match made {
        Some(made) => format!("{made}{mark}"),
        None if language.is_chinese() => format!("{}{answer}{mark}", question.trim()),
        None => format!("{} {}{mark}", question.trim(), super::falsify::capital(answer)),
    }
}

fn english_joined(question: &str, answer: &str, wanted: Option<Wanted>) -> Option<String> {
    let asked = question.trim().trim_end_matches(['?', ' ']);
    let (word, rest) = asked.split_once(' ')?;
    let (second, _) = rest.split_once(' ')?;
    let lower = word.to_lowercase();
    let helps =
        ["did", "do", "does", "will", "would", "can", "could", "should", "may", "might", "has", "have", "had", "else"];
    let is = ["is", "was", "are", "were"];
    if lower == "who"
        && wanted == Some(Wanted::Person)
        && answer.starts_with(char::is_uppercase)
        && !helps.contains(&second)
    {
        return Some(format!("{answer} {rest}"));
    }
    if lower == "what" && is.contains(&second) {
        let subject = rest.split_once(' ')?.1;
        let named = ["the name of ", "the title of ", "the capital of ", "the population of "];
        if named.iter().any(|begin| subject.starts_with(begin)) {
            return Some(format!("{} {second} {answer}", super::falsify::capital(subject)));
        }
    }
    None
}

fn chinese_joined(question: &str, answer: &str) -> Option<String> {
    let asked = question.trim().trim_end_matches(['?', '？', ' ']);
    // With what is asked for, longer ones first: all of it makes room for the answer.
    let words = [
        "哪一個國家",
        "哪一个国家",
        "哪個國家",
        "哪个国家",
        "哪個城市",
        "哪个城市",
        "什麼時候",
        "什么时候",
        "哪一個人",
        "哪一个人",
        "哪個人",
        "哪个人",
        "什麼地方",
        "什么地方",
        "哪一年",
        "哪一位",
        "哪一國",
        "何時",
        "何时",
        "何人",
        "何處",
        "何处",
        "何年",
        "哪年",
        "哪國",
        "哪国",
        "哪裡",
        "哪里",
        "哪裏",
        "哪位",
        "誰",
        "谁",
    ];
    let open = ["為什麼", "为什么", "為何", "为何", "為甚麼", "如何", "怎"];
    let plain = super::question_kind::readable(asked);
    if open.iter().any(|word| plain.contains(word)) {
        return None;
    }
    for word in words {
        if asked.matches(word).count() == 1 {
            return Some(asked.replacen(word, answer, 1));
        }
    }
    // A number keeps what is counted, unless the answer names it.
    if let Some((before, after)) = asked.split_once("多少")
        && asked.matches("多少").count() == 1
        && !before.is_empty()
    {
        let counted: String = after.chars().take(1).collect();
        let rest = if !counted.is_empty() && answer.contains(&counted) { after.get(counted.len()..)? } else { after };
        let bare = answer.chars().last().is_some_and(|c| c.is_ascii_digit() || "百千萬万億亿十".contains(c));
        return (bare || rest.len() < after.len() || rest.is_empty()).then(|| format!("{before}{answer}{rest}"));
    }
    ["是什麼", "是什么", "稱為什麼", "称为什么", "叫什麼", "叫什么", "叫做什麼", "叫做什么"].iter().find_map(|end| {
        let verb = end.trim_end_matches("什麼").trim_end_matches("什么");
        asked.strip_suffix(end).map(|before| format!("{before}{verb}{answer}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_and_answer_become_a_sentence_where_they_can() {
        let english = |question, answer, wanted| joined(question, answer, wanted, Language::English);
        assert_eq!(
            english("Who discovered radium?", "Marie Curie", Some(Wanted::Person)),
            "Marie Curie discovered radium."
        );
        assert_eq!(
            english("What is the name of the hut?", "Mill End", Some(Wanted::Name)),
            "The name of the hut is Mill End."
        );
        assert_eq!(english("Why did he go?", "to rest.", None), "Why did he go? To rest.");
        let chinese = |question, answer| joined(question, answer, None, Language::TraditionalChinese);
        assert_eq!(chinese("梵谷在哪一年出生？", "1853年"), "梵谷在1853年出生。");
        assert_eq!(chinese("《中俄天津條約》有多少條？", "12條"), "《中俄天津條約》有12條。");
        assert_eq!(chinese("最大的河是什麼?", "頓河"), "最大的河是頓河。");
        assert_eq!(chinese("為什麼要加入?", "因為想取快錢"), "為什麼要加入?因為想取快錢。");
    }

    #[test]
    fn only_sentences_that_stand_alone_become_statements() {
        let mut random = Random::new(2);
        let mut english = |sentence: &str| statement_of(sentence, Language::English, &mut random);
        for leaning in [
            "He was born in the old town of Graz.",
            "The old man asked \"why\" three times.",
            "Is the old port still open today?",
        ] {
            assert_eq!(english(leaning), None);
        }
        assert_eq!(
            english("However, the old port (Graz) was closed in 1906."),
            Some("The old port was closed in 1906.".to_owned())
        );
        let mut chinese = |sentence: &str| statement_of(sentence, Language::TraditionalChinese, &mut random);
        assert_eq!(chinese("他在1912年離開了奧斯陸。"), None);
        assert_eq!(chinese("此外，奧斯陸是挪威最大的城市。"), Some("奧斯陸是挪威最大的城市。".to_owned()));
    }
}
