//! Questions on several sentences of a passage: events to bring into order, steps, and what belongs to what.

use domain::{CognitiveLevel, Language, MatchPair, PortResult, Question, QuestionBody};
use text::{definition, is_balanced, is_plain, leans, single_spaced};

use super::{
    book::Book,
    make_quiz::Run,
    question_parts::{cite, question},
    rule_stems::topic_of,
    spans::Kind,
};

/// Items of an ordering, pairs of a matching: at least, at most.
const FEWEST: usize = 3;
const MOST: usize = 5;
/// Words that say that a numbered list is a sequence.
const STEPS: [&str; 14] = [
    "step",
    "procedure",
    "how to",
    "process",
    "instruction",
    "stage",
    "步驟",
    "步骤",
    "流程",
    "程序",
    "順序",
    "顺序",
    "階段",
    "阶段",
];

/// A part of a sentence and what puts it in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SentencePart {
    pub sentence: usize,
    /// Year, month, day; or the step's number.
    pub rank: (i32, u32, u32),
    /// How the text writes the date.
    date: String,
    pub text: String,
}

impl Run<'_> {
    /// An ordering of the dated events or the steps of a passage, with the sentences it asks about.
    pub(crate) async fn ordering(&mut self, passage: usize) -> PortResult<Option<(Question, Vec<usize>)>> {
        let language = self.book.language(passage);
        let steps = steps(self.book, passage);
        let stepwise = steps.len() >= FEWEST;
        let items = if stepwise { steps } else { self.unused(events(self.book, passage)) };
        let Some(items) = pick(items) else { return Ok(None) };
        let key: Vec<String> = items.iter().map(|i| i.text.clone()).collect();
        let mut options = key.clone();
        // A shuffle that leaves the order as it was is no question.
        for _ in 0..8 {
            self.chance.shuffle(&mut options);
            if options != key {
                break;
            }
        }
        let topic =
            self.book.sources.get(passage).and_then(|s| if language.is_chinese() { topic_of(s) } else { s.topic() });
        let stem = order_stem(language, topic, stepwise);
        self.several(stem, QuestionBody::Ordering { options, key }, &items, language).await.map(Some)
    }

    /// A matching of terms with their definitions, or of years with what happened in them.
    pub(crate) async fn matching(&mut self, passage: usize) -> PortResult<Option<(Question, Vec<usize>)>> {
        let language = self.book.language(passage);
        let defined = self.unused(definitions(self.book, passage));
        let terms = defined.len() >= FEWEST;
        let items = if terms {
            Some(defined.into_iter().take(MOST).collect())
        } else {
            pick(self.unused(events(self.book, passage)))
        };
        let Some(items) = items else { return Ok(None) };
        let pairs = items.iter().map(|i| MatchPair { left: i.date.clone(), right: i.text.clone() }).collect();
        let topic =
            self.book.sources.get(passage).and_then(|s| if language.is_chinese() { topic_of(s) } else { s.topic() });
        let stem = match_stem(language, topic, terms);
        self.several(stem, QuestionBody::Matching { pairs }, &items, language).await.map(Some)
    }

    async fn several(
        &self,
        stem: String,
        body: QuestionBody,
        items: &[SentencePart],
        language: Language,
    ) -> PortResult<(Question, Vec<usize>)> {
        let places: Vec<usize> = items.iter().map(|i| i.sentence).collect();
        let evidence = cite(self.book, &places, self.locate).await?;
        let mut made = question(stem, body, evidence, language);
        made.level = CognitiveLevel::Understand;
        made.difficulty = self.difficulty();
        Ok((made, places))
    }

    fn unused(&self, items: Vec<SentencePart>) -> Vec<SentencePart> {
        items.into_iter().filter(|i| !self.is_used(i.sentence)).collect()
    }
}

/// Items of different ranks, in order; none where there are too few.
fn pick(mut items: Vec<SentencePart>) -> Option<Vec<SentencePart>> {
    items.sort_by_key(|i| i.rank);
    items.dedup_by_key(|i| i.rank);
    items.truncate(MOST);
    (items.len() >= FEWEST).then_some(items)
}

/// The sentences of a passage that begin with a date, as events.
pub(super) fn events(book: &Book<'_>, passage: usize) -> Vec<SentencePart> {
    let language = book.language(passage);
    let of = |(at, text): (usize, &str)| {
        let span = book.spans.get(at)?.iter().find(|s| matches!(s.kind, Kind::Year | Kind::Date))?;
        let before = text.get(..span.range.start)?;
        if !is_plain(text, language) || !matches!(before, "" | "In " | "On " | "於" | "于" | "在") {
            return None;
        }
        let rest = text.get(span.range.end..)?.trim_start_matches([',', '，', ' ']);
        let rest = event_text(rest, language)?;
        Some(SentencePart { sentence: at, rank: rank(&span.text)?, date: span.text.clone(), text: rest })
    };
    book.sentences_in(passage).filter_map(|(at, s)| of((at, s.text))).collect()
}

/// The event behind a date: one clause that is understood alone and names no other date.
fn event_text(rest: &str, language: Language) -> Option<String> {
    let text = if language.is_chinese() {
        rest.split(['；', '。']).next()?.trim().to_owned()
    } else {
        single_spaced(rest.split(';').next()?.trim_end_matches(['.', ' ']))
    };
    let digits = text.split(|c: char| !c.is_ascii_digit()).any(|n| n.len() == 4);
    let fits = if language.is_chinese() {
        (6..=40).contains(&text.chars().count())
    } else {
        (3..=18).contains(&text.split_whitespace().count())
    };
    let mut lead = text.clone();
    if !language.is_chinese()
        && let Some(first) = lead.get_mut(..1)
    {
        first.make_ascii_uppercase();
    }
    (fits && !digits && is_balanced(&text) && leans(&lead, language).is_none()).then_some(text)
}

/// Year, month and day of a date; 0 for what it does not say.
fn rank(date: &str) -> Option<(i32, u32, u32)> {
    let numbers: Vec<u32> = date.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    if date.contains('年') {
        let part = |n: usize| numbers.get(n).copied().unwrap_or(0);
        return Some((i32::try_from(*numbers.first()?).ok()?, part(1), part(2)));
    }
    let year = numbers.iter().find(|n| **n >= 1000)?;
    let lower = date.to_lowercase();
    let month = super::english_words::MONTHS.iter().position(|m| lower.contains(m)).map_or(0, |m| m as u32 + 1);
    let day = numbers.iter().find(|n| **n < 32).copied().unwrap_or(0);
    Some((i32::try_from(*year).ok()?, month, day))
}

/// The items of a numbered list that says that it is a sequence.
fn steps(book: &Book<'_>, passage: usize) -> Vec<SentencePart> {
    let headings = book.sources.get(passage).map(|s| s.heading_path.join(" ")).unwrap_or_default();
    let text = book.passages.get(passage).map(|p| p.text.as_str()).unwrap_or_default();
    let says = format!("{headings} {text}").to_lowercase();
    if !STEPS.iter().any(|w| says.contains(w)) {
        return Vec::new();
    }
    let mut items = Vec::new();
    for (at, sentence) in book.sentences_in(passage) {
        let digits = sentence.text.chars().take_while(char::is_ascii_digit).count();
        let Some(rest) = sentence.text.get(digits..) else { continue };
        let Some(step) = rest.strip_prefix(['.', ')', '、', '．', '）']) else { continue };
        let Some(number) = sentence.text.get(..digits).and_then(|n| n.parse::<i32>().ok()) else { continue };
        let step = single_spaced(step.trim().trim_end_matches(['.', '。', ';', '；']));
        let length = step.chars().count();
        // A list begins with one and goes on by one.
        if usize::try_from(number).is_ok_and(|n| n == items.len() + 1) && (4..=120).contains(&length) {
            items.push(SentencePart { sentence: at, rank: (number, 0, 0), date: number.to_string(), text: step });
        }
    }
    items
}

/// Sentences of the form `X is a …`, 「X是…」, and lines of the form `X: …`.
fn definitions(book: &Book<'_>, passage: usize) -> Vec<SentencePart> {
    let language = book.language(passage);
    let mut items: Vec<SentencePart> = Vec::new();
    for (at, sentence) in book.sentences_in(passage) {
        let Some((term, meaning)) = definition(sentence.text) else { continue };
        let known = items.iter().any(|i| i.date == term || i.text.contains(&term) || meaning.contains(&i.date));
        if !known && !meaning.contains(&term) && leans(&term, language).is_none() {
            items.push(SentencePart { sentence: at, rank: (0, 0, 0), date: term, text: meaning });
        }
    }
    items
}

fn order_stem(language: Language, topic: Option<&str>, steps: bool) -> String {
    let what = match (language, steps) {
        (Language::TraditionalChinese, true) => "步驟",
        (Language::SimplifiedChinese, true) => "步骤",
        (Language::TraditionalChinese | Language::SimplifiedChinese, false) => "事件",
        (_, true) => "steps",
        (_, false) => "events",
    };
    match language {
        Language::TraditionalChinese => {
            format!("請將下列{}{what}依先後順序排列。", topic.map(|t| format!("與「{t}」有關的")).unwrap_or_default())
        }
        Language::SimplifiedChinese => {
            format!("请将下列{}{what}按先后顺序排列。", topic.map(|t| format!("与“{t}”有关的")).unwrap_or_default())
        }
        Language::English | Language::Other => {
            format!(
                "Put these {what}{} in the right order, the first one first.",
                topic.map(|t| format!(" (from “{t}”)")).unwrap_or_default()
            )
        }
    }
}

fn match_stem(language: Language, topic: Option<&str>, terms: bool) -> String {
    let about = |open: &str, close: &str| topic.map(|t| format!("{open}{t}{close}")).unwrap_or_default();
    match (language, terms) {
        (Language::TraditionalChinese, true) => format!("{}請將名詞與其說明配對。", about("關於「", "」，")),
        (Language::TraditionalChinese, false) => format!("{}請將年代與事件配對。", about("關於「", "」，")),
        (Language::SimplifiedChinese, true) => format!("{}请将名词与其说明配对。", about("关于“", "”，")),
        (Language::SimplifiedChinese, false) => format!("{}请将年代与事件配对。", about("关于“", "”，")),
        (_, true) => format!("Match each term{} with what it is.", about(" from “", "”")),
        (_, false) => format!("Match each date{} with what happened then.", about(" from “", "”")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_ranked() {
        let mut dates = vec!["May 12, 2008", "2007", "January 2008", "12 January 2008"];
        dates.sort_by_key(|d| rank(d));
        assert_eq!(dates, ["2007", "January 2008", "12 January 2008", "May 12, 2008"]);
        assert_eq!(rank("1995年3月2日"), Some((1995, 3, 2)));
        assert_eq!(rank("May 12"), None);
    }
}
