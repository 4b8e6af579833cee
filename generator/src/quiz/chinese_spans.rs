//! Finds the spans of a Chinese sentence that can be keys. There are no spaces between words: a span is taken only where
//! marks, words around it or the statistics of the course tell both of its ends.

use std::ops::Range;

use super::{
    chinese_words::{
        BEFORE_NAMES, BEFORE_PERSONS, BEFORE_PLACES, BEFORE_THINGS, COUNTRIES, EVENTS, FUNCTION, GROUPS, NO_PLACES,
        PARTICLES, PLACES, ROLES, SOUNDS, SURNAMES, UNITS, ending,
    },
    han_terms::HanTerms,
    spans::{Kind, Span, without_overlaps},
};
use crate::answer::is_han;

/// Verbs and the like that follow a person's name.
const AFTER_NAMES: &str = "說说創创譜谱執执導导演唱設设寫写發发任擔担獲获贏赢擊击率領领宣認认提出生去逝死參参加入選选當当前往來来同合共主教爵先女等曾也都所之已";

/// Numerals.
const NUMERALS: &str = "〇零一二兩两三四五六七八九十百千萬万億亿";
/// Names of more characters are rather clauses.
const LONGEST: usize = 12;

/// The spans of a sentence, the surest first where they overlap.
pub(super) fn chinese_spans(sentence: &str, terms: &HanTerms) -> Vec<Span> {
    let chars: Vec<(usize, char)> = sentence.char_indices().collect();
    let mut spans = bracketed(sentence, &chars);
    spans.extend(dates(sentence, &chars));
    spans.extend(quantities(sentence, &chars));
    spans.extend(dotted_names(sentence, &chars));
    spans.extend(marked(sentence));
    spans.extend(countries(sentence));
    spans.extend(terms.spans(sentence, &chars));
    spans.retain(|s| !is_listed(sentence, s));
    let mut spans = without_overlaps(spans);
    spans.extend(cause(sentence));
    spans
}

/// The clause behind 由於 or 因為, where another clause follows that says what came of it.
fn cause(sentence: &str) -> Option<Span> {
    let (at, word) = ["由於", "由于", "因為", "因为"].iter().filter_map(|w| Some((sentence.find(w)?, *w))).min()?;
    let start = at + word.len();
    let length = sentence.get(start..)?.find('，')?;
    let text = sentence.get(start..start + length)?;
    let whole = at == 0 || sentence.get(..at)?.ends_with('，');
    let fits = (5..=30).contains(&text.chars().count())
        && !text.contains(['；', '。', '：', '「', '（'])
        && !text.starts_with(['此', '這', '这', '其', '他', '她', '它']);
    (whole && fits).then(|| Span::new(sentence, start..start + length, Kind::Cause, ""))?
}

/// Whether a span is one of several that stand side by side: alone it is no full answer.
fn is_listed(sentence: &str, span: &Span) -> bool {
    let joins = |c: char| matches!(c, '、' | '/') || (!span.kind.is_number() && "和與与及".contains(c));
    let outside = |c: &char| !matches!(c, '「' | '」' | '《' | '》' | '“' | '”');
    let before = sentence.get(..span.range.start).and_then(|t| t.chars().rev().find(outside));
    let rest = sentence.get(span.range.end..).unwrap_or_default();
    let after = rest.chars().find(outside);
    before.is_some_and(joins)
        || after.is_some_and(joins)
        || rest.starts_with(['等', '们', '們'])
        || rest.trim_start_matches(['」', '》', '”']).starts_with(['等'])
}

/// Whether nothing of a word is left on either side.
pub(super) fn stands_free(before: Option<char>, after: Option<char>) -> bool {
    let free = |c: Option<char>| c.is_none_or(|c| (!is_han(c) && !c.is_alphanumeric()) || PARTICLES.contains(c));
    free(before) && free(after)
}

fn countries(sentence: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for name in COUNTRIES {
        for (at, _) in sentence.match_indices(name) {
            let before = sentence.get(..at).and_then(|t| t.chars().next_back());
            let after = sentence.get(at + name.len()..).and_then(|t| t.chars().next());
            if stands_free(before, after) {
                spans.extend(Span::new(sentence, at..at + name.len(), Kind::Place, "country"));
            }
        }
    }
    spans
}

/// 《…》 and 「…」.
fn bracketed(sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
    let mut spans = Vec::new();
    for (n, &(at, open)) in chars.iter().enumerate() {
        let (close, longest) = match open {
            '《' => ('》', 20),
            '「' => ('」', 10),
            '“' => ('”', 10),
            _ => continue,
        };
        let Some(inner) = chars.get(n + 1..) else { continue };
        let Some(length) = inner.iter().position(|(_, c)| *c == close) else { continue };
        let start = at + open.len_utf8();
        let Some(&(end, _)) = inner.get(length) else { continue };
        let text = sentence.get(start..end).unwrap_or_default();
        let clean = (2..=longest).contains(&length) && text.chars().all(|c| c.is_alphanumeric() || "·・- ".contains(c));
        if clean && text.chars().any(is_han) {
            let kind = if open == '《' { Kind::Work } else { Kind::Quoted };
            spans.extend(Span::new(sentence, start..end, kind, open.to_string()));
        }
    }
    spans
}

/// A number at `n`: digits with commas and a point, or Chinese numerals, and 萬 or 億 behind. Its end, in characters.
fn number_end(chars: &[(usize, char)], n: usize) -> usize {
    let at = |n: usize| chars.get(n).map_or(' ', |(_, c)| *c);
    let mut end = n;
    if at(n).is_ascii_digit() {
        while at(end).is_ascii_digit() || (matches!(at(end), ',' | '.') && at(end + 1).is_ascii_digit()) {
            end += 1;
        }
        while matches!(at(end), '萬' | '万' | '億' | '亿' | '千' | '百') {
            end += 1;
        }
    } else {
        while NUMERALS.contains(at(end)) {
            end += 1;
        }
    }
    end
}

fn dates(sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
    let at = |n: usize| chars.get(n).map_or(' ', |(_, c)| *c);
    let byte = |n: usize| chars.get(n).map_or(sentence.len(), |(b, _)| *b);
    let mut spans = Vec::new();
    let mut n = 0;
    while n < chars.len() {
        let end = number_end(chars, n);
        let digits = end - n;
        let before = if n == 0 { ' ' } else { at(n - 1) };
        let plain = (n..end).all(|n| at(n).is_ascii_digit() || "〇零一二三四五六七八九".contains(at(n)));
        if !(3..=4).contains(&digits) || !plain || at(end) != '年' || is_joint(before) {
            n = end.max(n + 1);
            continue;
        }
        let mut stop = end + 1;
        let mut kind = Kind::Year;
        for mark in ['月', '日'] {
            let next = number_end(chars, stop);
            if next > stop && next - stop <= 3 && at(next) == mark {
                stop = next + 1;
                kind = Kind::Date;
            } else {
                break;
            }
        }
        let decade = kind == Kind::Year && at(stop) == '代';
        if decade {
            stop += 1;
            kind = Kind::Decade;
        }
        let follows = at(stop);
        if !is_joint(follows)
            && !"度級级間间底初末夏春秋冬版前之賽赛第起以至到".contains(follows)
            && !"至到前元约約紀纪".contains(before)
            && !matches!(before, '（' | '(')
        {
            let cue = if at(n).is_ascii_digit() { format!("{}", stop - end) } else { "han".to_owned() };
            spans.extend(Span::new(sentence, byte(n)..byte(stop), kind, cue));
        }
        n = stop;
    }
    spans
}

/// A sign that joins two numbers.
fn is_joint(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '－' | '～' | '~' | '─' | '/' | '.' | ':' | '+' | '第' | '×')
}

fn quantities(sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
    let at = |n: usize| chars.get(n).map_or(' ', |(_, c)| *c);
    let byte = |n: usize| chars.get(n).map_or(sentence.len(), |(b, _)| *b);
    let mut spans = Vec::new();
    let mut n = 0;
    while n < chars.len() {
        let end = number_end(chars, n);
        if end == n {
            n += 1;
            continue;
        }
        let before = if n == 0 { ' ' } else { at(n - 1) };
        let rest = sentence.get(byte(end)..).unwrap_or_default();
        let number = sentence.get(byte(n)..byte(end)).unwrap_or_default();
        let percent = rest.starts_with(['%', '％']);
        let unit = if percent {
            rest.chars().next().map(String::from)
        } else {
            UNITS.iter().find(|u| rest.starts_with(**u)).map(|u| (*u).to_owned())
        };
        // `一個` and `幾百` count nothing; `三十` alone may be part of a name.
        let counts = !["一", "兩", "两", "0", "1"].contains(&number)
            && !number.starts_with(['萬', '万', '億', '亿', '百', '千']);
        let free = !is_joint(before)
            && !NUMERALS.contains(before)
            && !"數数幾几多近十上成之另這这那前後后首其每周週星期至到約约".contains(before)
            && !before.is_ascii_alphanumeric();
        if let Some(unit) = unit.filter(|_| counts && free) {
            let stop = end + unit.chars().count();
            let after = at(stop);
            let whole = !is_joint(after)
                && !"多餘余月國国".contains(after)
                && !after.is_ascii_digit()
                && (unit != "人" || !"民口物士員员類类們们造工家".contains(after));
            let world = unit == "次"
                && is_han(after)
                && !"的，。、；在".contains(after)
                && !number.starts_with(|c: char| c.is_ascii_digit());
            let lone = ["家", "位", "部", "條", "条", "度", "公", "米", "話", "话", "天", "對", "次", "首", "球", "名"]
                .contains(&unit.as_str())
                && !number.starts_with(|c: char| c.is_ascii_digit());
            let proper = lone
                && is_han(after)
                && !"的，。、；".contains(after)
                && number.chars().count() == 1
                && !["位", "部", "次", "名", "條", "条", "首"].contains(&unit.as_str());
            if whole && !proper && !world && !number.ends_with('二') {
                let kind = if percent { Kind::Percent } else { Kind::Quantity };
                spans.extend(Span::new(sentence, byte(n)..byte(stop), kind, unit));
            }
            n = stop;
            continue;
        }
        n = end;
    }
    spans
}

/// Foreign names with a dot between their parts: 薩爾瓦托雷·斯基拉奇.
fn dotted_names(sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
    let sound = |n: usize| chars.get(n).is_some_and(|(_, c)| SOUNDS.contains(*c));
    let dot = |n: usize| chars.get(n).is_some_and(|(_, c)| matches!(c, '·' | '‧' | '・' | '•' | '．'));
    let byte = |n: usize| chars.get(n).map_or(sentence.len(), |(b, _)| *b);
    let mut spans = Vec::new();
    let mut n = 0;
    while n < chars.len() {
        if !dot(n) {
            n += 1;
            continue;
        }
        let start = (0..n).rev().take_while(|m| sound(*m)).last().unwrap_or(n);
        let mut end = n + 1;
        while sound(end) || (dot(end) && sound(end + 1)) {
            end += 1;
        }
        // A part of one character, or one that goes on in others, was cut in a wrong place.
        let lead = sentence.get(..byte(start)).unwrap_or_default();
        let before = lead.chars().next_back();
        let after = chars.get(end).map(|(_, c)| *c);
        let inside = |c: char| is_joint(c) || (is_han(c) && !PARTICLES.contains(c));
        let cut_before = before.is_some_and(inside) && ending(lead, ROLES).is_none();
        let cut_after = after.is_some_and(|c| inside(c) && !AFTER_NAMES.contains(c));
        let last = (n..end).rev().take_while(|m| sound(*m)).count();
        let whole = n - start >= 2 && last >= 2 && !cut_before && !cut_after;
        let follows = sentence.get(byte(end)..).unwrap_or_default();
        if whole
            && !follows.starts_with(['》', '」', '”', '-', '·', '.'])
            && !sentence.get(..byte(start)).unwrap_or_default().ends_with(['《', '「', '“'])
        {
            spans.extend(Span::new(sentence, byte(start)..byte(end), Kind::Person, "·"));
        }
        n = end;
    }
    spans
}

/// Spans between a word that announces them and the next mark.
fn marked(sentence: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let lists: [(&[&str], Kind); 4] = [
        (BEFORE_NAMES, Kind::Named),
        (BEFORE_PERSONS, Kind::Person),
        (BEFORE_PLACES, Kind::Place),
        (BEFORE_THINGS, Kind::Name),
    ];
    for (markers, kind) in lists {
        for marker in markers {
            for (at, _) in sentence.match_indices(marker) {
                let start = at + marker.len();
                spans.extend(run_after(sentence, start).and_then(|range| thing(sentence, range, kind, marker)));
            }
        }
    }
    spans
}

/// The run of Chinese characters from `start` to the next mark.
fn run_after(sentence: &str, start: usize) -> Option<Range<usize>> {
    let rest = sentence.get(start..)?;
    let end = rest.find(|c: char| !is_han(c) && c != '·').unwrap_or(rest.len());
    let stop = rest.get(end..)?.chars().next()?;
    matches!(stop, '，' | '。' | '；' | '！' | '）' | '、' | '：' | ',').then_some(start..start + end)
}

fn thing(sentence: &str, range: Range<usize>, kind: Kind, marker: &str) -> Option<Span> {
    let text = sentence.get(range.clone())?;
    let length = text.chars().count();
    let clause =
        text.chars().any(|c| FUNCTION.contains(c) && !"上下中大前後后同日月年國国會会無无本所之外內内".contains(c));
    let counted = text
        .chars()
        .zip(text.chars().skip(1))
        .any(|(a, b)| NUMERALS.contains(a) && "個个座名位所家部條条隻只間间場场次種种".contains(b));
    let ends = text.chars().next().is_some_and(|c| FUNCTION.contains(c))
        || text.chars().next_back().is_some_and(|c| FUNCTION.contains(c) && !"會会國国".contains(c));
    let numeral = text.starts_with(|c: char| NUMERALS.contains(c));
    if !(2..=LONGEST).contains(&length)
        || clause
        || ends
        || numeral
        || counted
        || (kind == Kind::Person && length > 5 && !text.contains('·'))
    {
        return None;
    }
    // A list goes on behind the mark, and one of its members is no full answer.
    if sentence.get(range.end..)?.starts_with('、') {
        return None;
    }
    let typed = type_by_ending(text).filter(|_| kind == Kind::Name || kind == Kind::Place);
    let (kind, cue) = match typed {
        Some((found, end)) => (found, end.to_owned()),
        None if kind == Kind::Place && COUNTRIES.contains(&text) => (Kind::Place, "country".to_owned()),
        None if kind == Kind::Place && length <= 6 => (Kind::Place, String::new()),
        None if kind == Kind::Place => return None,
        None => (kind, marker.to_owned()),
    };
    Span::new(sentence, range, kind, cue)
}

/// What a name is by its last word.
pub(super) fn type_by_ending(text: &str) -> Option<(Kind, &'static str)> {
    if NO_PLACES.iter().any(|w| text == *w || (text.len() <= w.len() + 3 && text.ends_with(w))) {
        return None;
    }
    ending(text, GROUPS)
        .map(|e| (Kind::Group, e))
        .or_else(|| ending(text, EVENTS).map(|e| (Kind::Event, e)))
        .or_else(|| ending(text, PLACES).map(|e| (Kind::Place, e)))
        .filter(|(_, e)| e.len() < text.len())
}

/// Whether `text` can be a Chinese person's name by its form.
pub(super) fn like_person(text: &str) -> bool {
    let mut chars = text.chars();
    let length = text.chars().count();
    chars.next().is_some_and(|c| SURNAMES.contains(c))
        && (2..=3).contains(&length)
        && !chars.any(|c| FUNCTION.contains(c) || NUMERALS.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<(String, Kind)> {
        chinese_spans(text, &HanTerms::default()).into_iter().map(|s| (s.text, s.kind)).collect()
    }

    #[test]
    fn dates_numbers_titles_and_marked_names_are_found() {
        let found = spans("樂山市古稱嘉州，總面積1.27萬平方公里，1995年3月2日《義大利之夏》由喬吉奧·莫羅德爾譜曲。");
        for (text, kind) in [
            ("嘉州", Kind::Named),
            ("1.27萬平方公里", Kind::Quantity),
            ("1995年3月2日", Kind::Date),
            ("義大利之夏", Kind::Work),
            ("喬吉奧·莫羅德爾", Kind::Person),
        ] {
            assert!(found.contains(&(text.into(), kind)), "{text}: {found:?}");
        }
        assert_eq!(
            spans("他于1985年毕业于北京大学。"),
            [("1985年".into(), Kind::Year), ("北京大学".into(), Kind::Group)]
        );
    }

    #[test]
    fn ranges_ordinals_and_lists_are_no_keys() {
        assert_eq!(spans("1546年－1618年的第3次，又稱甲乙、丙丁。"), []);
    }
}
