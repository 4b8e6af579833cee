//! Finds the spans of a Chinese sentence that can be keys. There are no spaces between words: a span is taken only where
//! marks, words around it or the statistics of the course tell both of its ends.

use std::ops::Range;

use text::is_han;

use super::{
    chinese_causes::causes,
    chinese_numbers::{NUMERALS, centuries, dates, days, is_joint, quantities, ranks},
    chinese_words::{
        BEFORE_NAMES, BEFORE_PERSONS, BEFORE_PLACE, BEFORE_PLACES, BEFORE_THINGS, BEGINS_VERBS, CITIES, CONTINENTS,
        COUNTRIES, EVENTS, FUNCTION, GROUPS, HUMAN_DEEDS, MAKES_ANOTHER, NEVER_PLACES, NO_PLACES, ONE_SORT, PARTICLES,
        PLACES, PROVINCES, ROLES, SOUNDS, SURNAMES, VERBS, ending,
    },
    han_nouns::nouns,
    han_terms::HanTerms,
    spans::{Kind, Span, without_overlaps},
};

/// Verbs and the like that follow a person's name.
const AFTER_NAMES: &str = "說说創创譜谱執执導导演唱設设寫写發发任擔担獲获贏赢擊击率領领宣認认提出生去逝死參参加入選选當当前往來来同合共主教爵先女等曾也都所之已";

/// Names of more characters are rather clauses.
const LONGEST: usize = 12;

/// The spans of a sentence, the surest first where they overlap.
pub(super) fn chinese_spans(sentence: &str, terms: &HanTerms) -> Vec<Span> {
    let chars: Vec<(usize, char)> = sentence.char_indices().collect();
    let mut spans = bracketed(sentence, &chars);
    for find in [dates, days, centuries, ranks, quantities] {
        spans.extend(find(sentence, &chars));
    }
    spans.extend(dotted_names(sentence, &chars));
    spans.extend(marked(sentence));
    spans.extend(typed(sentence));
    spans.extend(doers(sentence));
    spans.extend(known_places(sentence));
    spans.extend(terms.spans(sentence, &chars));
    spans.extend(nouns(sentence));
    spans.retain(|s| !is_listed(sentence, s));
    let mut spans = without_overlaps(spans);
    spans.extend(causes(sentence));
    spans
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

/// Countries, provinces, cities and continents whose names are known.
fn known_places(sentence: &str) -> Vec<Span> {
    let lists = [("country", &COUNTRIES), ("province", &PROVINCES), ("city", &CITIES), ("continent", &CONTINENTS)];
    let mut spans: Vec<Span> = Vec::new();
    for (cue, names) in lists {
        for name in names.iter() {
            for (at, _) in sentence.match_indices(name) {
                let before = sentence.get(..at).and_then(|t| t.chars().next_back());
                let after = sentence.get(at + name.len()..).and_then(|t| t.chars().next());
                let begins = stands_free(before, None) || before.is_some_and(|c| BEFORE_PLACE.contains(c));
                let ends = !after.is_some_and(|c| MAKES_ANOTHER.contains(c) || c.is_ascii_alphanumeric());
                // Before a verb it is whole where it begins its clause; before a noun it is a part of the name.
                let opens = before.is_none_or(|c| matches!(c, '，' | '；'));
                let whole = stands_free(None, after) || (opens && after.is_some_and(|c| BEGINS_VERBS.contains(c)));
                if begins && ends && whole {
                    spans.extend(Span::new(sentence, at..at + name.len(), Kind::Place, cue));
                }
            }
        }
    }
    // 南美 is no part of 南美洲.
    spans.sort_by_key(|s| usize::MAX - s.text.len());
    spans
}

/// Names at the beginning of a clause, before what only human beings do: 趙豐邦在1993年奪得…, 伽利略發現….
fn doers(sentence: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let begins = std::iter::once(0).chain(sentence.match_indices(['，', '；']).map(|(at, mark)| at + mark.len()));
    for start in begins {
        let Some(clause) = sentence.get(start..) else { continue };
        let clause = clause.split(['，', '；', '。']).next().unwrap_or_default();
        let chars: Vec<(usize, char)> = clause.char_indices().collect();
        let name_of = |length: usize| clause.get(..chars.get(length).map(|(at, _)| *at)?);
        let sounds = chars.iter().take_while(|(_, c)| SOUNDS.contains(*c)).count();
        let own = |length: usize| name_of(length).filter(|n| like_person(n));
        let foreign = name_of(sounds).filter(|_| (3..=6).contains(&sounds));
        for name in [foreign, own(3), own(2)].into_iter().flatten() {
            let rest = clause.get(name.len()..).unwrap_or_default();
            let rest = rest.trim_start_matches(['則', '则', '也', '又', '曾', '亦', '後', '后']);
            let rest = without_time(rest);
            if HUMAN_DEEDS.iter().any(|w| rest.starts_with(w)) && type_by_ending(name).is_none() {
                let cue = if name.chars().count() == sounds { "foreign" } else { "own" };
                spans.extend(Span::new(sentence, start..start + name.len(), Kind::Person, cue));
                break;
            }
        }
    }
    spans
}

/// Without 於1993年 or 在2005年 in front.
fn without_time(text: &str) -> &str {
    let behind = text.trim_start_matches(['於', '于', '在', '自', '從', '从']);
    let dated = behind.trim_start_matches(|c: char| c.is_ascii_digit() || "年月日".contains(c));
    if dated.len() < behind.len() { dated } else { text }
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
        let cut_before = before.is_some_and(inside) && ending(lead, &ROLES).is_none();
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
        (&BEFORE_NAMES, Kind::Named),
        (&BEFORE_PERSONS, Kind::Person),
        (&BEFORE_PLACES, Kind::Place),
        (&BEFORE_THINGS, Kind::Name),
    ];
    for (markers, kind) in lists {
        for &marker in markers {
            for (at, _) in sentence.match_indices(marker) {
                let start = at + marker.len();
                spans.extend(run_after(sentence, start).and_then(|range| thing(sentence, range, kind, marker)));
            }
        }
    }
    spans
}

/// Names that their last word tells, between a preposition and the next particle or mark: 在貝爾福地區的, 由國際聯盟.
fn typed(sentence: &str) -> Vec<Span> {
    const BEFORE: [char; 8] = ['在', '於', '于', '由', '被', '至', '為', '为'];
    let mut spans = Vec::new();
    for (at, mark) in sentence.match_indices(BEFORE) {
        let start = at + mark.len();
        let Some(rest) = sentence.get(start..) else { continue };
        let end = rest.find(|c: char| !is_han(c) || PARTICLES.contains(c)).unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or_default();
        let verbs = [&HUMAN_DEEDS, &BEFORE_THINGS, &BEFORE_PLACES, &VERBS];
        if text.chars().count() >= 3 && !verbs.iter().any(|list| list.iter().any(|w| text.contains(w))) {
            let found = thing(sentence, start..start + end, Kind::Name, "");
            spans.extend(found.filter(|s| matches!(s.kind, Kind::Group | Kind::Event | Kind::Place)));
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
        // What one gains or joins is of too many sorts: 獲得執政權, 獲得出獄.
        None if kind == Kind::Name && !ONE_SORT.contains(&marker) => return None,
        None if kind == Kind::Person => (kind, person_cue(text).to_owned()),
        None if kind == Kind::Named => (kind, String::new()),
        None => (kind, marker.to_owned()),
    };
    Span::new(sentence, range, kind, cue)
}

/// Names of one form stand well beside each other.
fn person_cue(name: &str) -> &'static str {
    match (name.contains('·'), like_person(name)) {
        (true, _) => "·",
        (false, true) => "own",
        (false, false) => "foreign",
    }
}

/// What a name is by its last word.
pub(super) fn type_by_ending(text: &str) -> Option<(Kind, &'static str)> {
    let none = |w: &&str| text == *w || (text.len() <= w.len() + 3 && text.ends_with(*w));
    if NO_PLACES.iter().any(none) || NEVER_PLACES.iter().any(|w| text.ends_with(w)) {
        return None;
    }
    ending(text, &GROUPS)
        .map(|e| (Kind::Group, e))
        .or_else(|| ending(text, &EVENTS).map(|e| (Kind::Event, e)))
        .or_else(|| ending(text, &PLACES).map(|e| (Kind::Place, e)))
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
        assert_eq!(spans("1546年－1618年，又稱甲乙、丙丁。"), []);
    }

    #[test]
    fn known_places_and_those_who_do_something_are_found() {
        for (sentence, text, kind) in [
            ("2013年9月，巴西排名更回升至第8位。", "巴西", Kind::Place),
            ("周恩來赴日本。", "日本", Kind::Place),
            ("公司總部設在香港。", "香港", Kind::Place),
            ("趙豐邦在1993年獲得冠軍。", "趙豐邦", Kind::Person),
            ("戴維森曾提出新的理論。", "戴維森", Kind::Person),
        ] {
            assert!(spans(sentence).contains(&(text.into(), kind)), "{sentence}: {:?}", spans(sentence));
        }
        assert!(spans("日本人擅長釣魚，法國大革命爆發。").iter().all(|(_, kind)| *kind != Kind::Place));
    }
}
