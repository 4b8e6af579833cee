//! What came of a question, and the means over many.

use domain::{Answer, ByteRange, Language, Passage};
use retriever::{EvalQuestion, percentile};
use serde::Serialize;

use crate::score_text::{holds, score};

/// What is known of a question beside its answer.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub question: &'a EvalQuestion,
    pub language: Language,
    /// The passage that holds the answer.
    pub gold: Option<ByteRange>,
    /// Whether it was among those shown.
    pub found: bool,
    /// Those shown.
    pub passages: &'a [Passage],
}

/// How long an answer took, in milliseconds.
#[derive(Clone, Copy)]
pub struct Times {
    /// To its first words.
    pub first_ms: f64,
    /// To its end.
    pub ms: f64,
}

/// Where a question ended. Each but the first and the last is a fault, named after the part that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The answer holds an accepted one, or shares half of its words.
    Right,
    /// Retrieval did not show the passage that holds the answer.
    NotFound,
    /// It was shown, but another one is cited.
    WrongPassage,
    /// It is cited, but for other words.
    WrongWords,
    /// It was shown, but the answer says that there is none.
    Refused,
    /// There is no answer, but one was given.
    MadeUp,
    /// There is no answer, and that was said.
    RightlyRefused,
}

impl Verdict {
    /// All of them, the good ones at the ends.
    pub const ALL: [Self; 7] = [
        Self::Right,
        Self::NotFound,
        Self::WrongPassage,
        Self::WrongWords,
        Self::Refused,
        Self::MadeUp,
        Self::RightlyRefused,
    ];

    /// For the reader of a report.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::NotFound => "retrieval: the right passage was not found",
            Self::WrongPassage => "generation: answered from another passage",
            Self::WrongWords => "generation: right passage, wrong words",
            Self::Refused => "generation: refused, though the passage was there",
            Self::MadeUp => "generation: answered, though nothing answers it",
            Self::RightlyRefused => "right: refused, and nothing answers it",
        }
    }

    /// Whether nothing went wrong.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Right | Self::RightlyRefused)
    }
}

/// What came of one question.
#[expect(clippy::struct_excessive_bools, reason = "each is a measure of its own")]
#[derive(Debug, Serialize)]
pub struct Outcome {
    pub question: String,
    pub accepted: Vec<String>,
    pub answer: String,
    pub quotes: Vec<String>,
    pub verdict: Verdict,
    refused: bool,
    pub doubt: f64,
    /// Whether the passage that holds the answer was among those shown.
    found: bool,
    exact: f64,
    pub f1: f64,
    /// Whether an accepted answer stands in the answer, and whether in a quote.
    in_text: bool,
    in_quote: bool,
    /// Whether the first citation is of the passage that holds the answer.
    cites_gold: bool,
    /// Whether the first citation is of a passage that holds an accepted answer, this one or another.
    cites_answer: bool,
    verbatim: bool,
    first_ms: f64,
    pub ms: f64,
}

impl Outcome {
    /// `text` gives the material at a byte range.
    pub fn of<'t>(
        known: &Known<'_>,
        answer: &Answer,
        text: &dyn Fn(usize, usize) -> Option<&'t str>,
        times: Times,
    ) -> Self {
        let Known { question, language, gold, found, passages } = *known;
        let said = answer.sentences.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ");
        let accepted = &question.answers;
        let (exact, f1) = if answer.refused { (0.0, 0.0) } else { score(language, &said, accepted) };
        let quotes: Vec<String> = answer.citations.iter().map(|c| c.quote.clone()).collect();
        let cited = answer.citations.first().zip(gold);
        let cites_gold = cited.is_some_and(|(cited, gold)| (gold.start..gold.end).contains(&cited.start));
        let cited = answer.citations.first();
        let cited = passages.iter().find(|p| cited.is_some_and(|c| p.range.start <= c.start && c.end <= p.range.end));
        let cites_answer = cited.is_some_and(|passage| holds(&passage.text, accepted));
        let in_text = !answer.refused && holds(&said, accepted);
        let verdict = match (accepted.is_empty(), answer.refused) {
            (true, true) => Verdict::RightlyRefused,
            (true, false) => Verdict::MadeUp,
            (false, false) if in_text || f1 >= 0.5 => Verdict::Right,
            (false, _) if !found => Verdict::NotFound,
            (false, true) => Verdict::Refused,
            (false, false) if cites_gold => Verdict::WrongWords,
            (false, false) => Verdict::WrongPassage,
        };
        Self {
            question: question.question.clone(),
            accepted: accepted.clone(),
            verdict,
            refused: answer.refused,
            doubt: f64::from(answer.doubt),
            found,
            exact,
            f1,
            in_text,
            in_quote: !answer.refused && quotes.iter().any(|q| holds(q, accepted)),
            cites_gold,
            cites_answer,
            verbatim: answer.citations.iter().all(|c| text(c.start, c.end) == Some(c.quote.as_str())),
            answer: said,
            quotes,
            first_ms: times.first_ms,
            ms: times.ms,
        }
    }
}

/// Means over all questions, and what was refused.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    questions: usize,
    answerable: usize,
    found: f64,
    exact: f64,
    f1: f64,
    in_text: f64,
    in_text_or_quote: f64,
    /// Of the answered ones, as the next.
    cites_gold: f64,
    cites_answer: f64,
    verbatim: f64,
    refused_answerable: f64,
    refused_unanswerable: f64,
    /// Share of the refusals that are right, and its harmonic mean with `refused_unanswerable`, the recall.
    refusal_precision: f64,
    refusal_f1: f64,
    p50_first_ms: f64,
    p95_first_ms: f64,
    p50_ms: f64,
    p95_ms: f64,
}

impl Summary {
    pub fn of(outcomes: &[Outcome]) -> Self {
        let flag = |b: bool| f64::from(u8::from(b));
        let answerable = || outcomes.iter().filter(|o| !o.accepted.is_empty());
        let times = |of: fn(&Outcome) -> f64| outcomes.iter().map(of).collect::<Vec<f64>>();
        let (first, whole) = (times(|o| o.first_ms), times(|o| o.ms));
        let precision = share(outcomes.iter().filter(|o| o.refused), |o| flag(o.accepted.is_empty()));
        let recall = share(outcomes.iter().filter(|o| o.accepted.is_empty()), |o| flag(o.refused));
        Self {
            questions: outcomes.len(),
            answerable: answerable().count(),
            found: share(answerable(), |o| flag(o.found)),
            exact: share(answerable(), |o| o.exact),
            f1: share(answerable(), |o| o.f1),
            in_text: share(answerable(), |o| flag(o.in_text)),
            in_text_or_quote: share(answerable(), |o| flag(o.in_text || o.in_quote)),
            cites_gold: share(answerable().filter(|o| !o.refused), |o| flag(o.cites_gold)),
            cites_answer: share(answerable().filter(|o| !o.refused), |o| flag(o.cites_answer)),
            verbatim: share(outcomes.iter().filter(|o| !o.refused), |o| flag(o.verbatim)),
            refused_answerable: share(answerable(), |o| flag(o.refused)),
            refused_unanswerable: recall,
            refusal_precision: precision,
            refusal_f1: 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE),
            p50_first_ms: percentile(&first, 0.5),
            p95_first_ms: percentile(&first, 0.95),
            p50_ms: percentile(&whole, 0.5),
            p95_ms: percentile(&whole, 0.95),
        }
    }

    /// Each measure with its value, to be read.
    pub fn rows(&self) -> [(&'static str, String); 14] {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let unanswerable = self.questions - self.answerable;
        [
            ("questions", format!("{} ({unanswerable} without an answer)", self.questions)),
            ("right passage shown", percent(self.found)),
            ("exact match", percent(self.exact)),
            ("F1", percent(self.f1)),
            ("answer holds an accepted one", percent(self.in_text)),
            ("answer or quote does", percent(self.in_text_or_quote)),
            ("cites the right passage (of answered)", percent(self.cites_gold)),
            ("cites one with an accepted answer", percent(self.cites_answer)),
            ("quotes verbatim", percent(self.verbatim)),
            ("refused, of answerable", percent(self.refused_answerable)),
            ("refused, of those without an answer", percent(self.refused_unanswerable)),
            (
                "refusals right, F1 of refusing",
                format!("{}, {}", percent(self.refusal_precision), percent(self.refusal_f1)),
            ),
            ("first words p50, p95", format!("{:.0}, {:.0} ms", self.p50_first_ms, self.p95_first_ms)),
            ("whole answer p50, p95", format!("{:.0}, {:.0} ms", self.p50_ms, self.p95_ms)),
        ]
    }
}

fn share<'a>(outcomes: impl Iterator<Item = &'a Outcome>, of: impl Fn(&Outcome) -> f64) -> f64 {
    let (sum, count) = outcomes.fold((0.0, 0usize), |(sum, count), o| (sum + of(o), count + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}
