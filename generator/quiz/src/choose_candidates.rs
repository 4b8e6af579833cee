//! Which spans of a passage are asked for, and which of them next.

use domain::{CognitiveLevel, QuestionKind};
use text::{is_plain, leans};

use super::{
    connectives::body,
    lacks_subject::lacks_subject,
    make_quiz::Run,
    question_parts::Candidate,
    rule_stems::topic_of,
    spans::{Kind, Span},
};

/// The share of the questions that may ask for spans of one kind while there are others.
const MOST_OF_A_KIND: f32 = 0.4;
/// The same for all that is made of digits.
const MOST_NUMBERS: f32 = 0.4;

/// A key of so many characters is seldom the longest option.
const SHORT_KEY: usize = 3;

/// Letters of a word that may be one of the subject though it comes only once.
const LONG_WORD: usize = 6;

impl Run<'_> {
    /// The spans of a passage that can be asked for, best first.
    pub(super) fn candidates(&mut self, passage: usize) -> Vec<Candidate> {
        let book = self.book;
        let language = book.language(passage);
        let mut found = Vec::new();
        for (at, sentence) in book.sentences_in(passage) {
            let text = body(sentence.text);
            if !is_plain(text, language) || leans(text, language).is_some() {
                continue;
            }
            // A Chinese sentence without a subject needs the topic in front.
            let headless = language.is_chinese() && lacks_subject(text);
            let unnamed = headless && book.sources.get(passage).and_then(topic_of).is_none();
            for span in book.spans.get(at).map(Vec::as_slice).unwrap_or_default() {
                // A question for a cause names its own subject.
                if unnamed && span.kind != Kind::Cause {
                    continue;
                }
                let odd = language.is_chinese() && is_no_noun(sentence.text, span);
                if language.is_chinese() && self.is_told(at, span) || says_little(span) || odd {
                    continue;
                }
                if self.request.level.is_some_and(|l| l != level_of(span.kind)) {
                    continue;
                }
                // A span that comes twice in its sentence gives itself away.
                if sentence.text.matches(span.text.as_str()).count() > 1 {
                    continue;
                }
                let score = span.kind.worth() + 0.5 * self.chance.share();
                found.push(Candidate { sentence: at, span: span.clone(), score });
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found
    }

    /// Whether the topic in front of a stem would tell the key. Of a word of the subject, two characters tell it that stand
    /// side by side also in the rest of the sentence: no other option would share them.
    fn is_told(&self, at: usize, span: &Span) -> bool {
        let Some(sentence) = self.book.sentences.get(at) else { return false };
        let topic = self.book.sources.get(sentence.passage).and_then(topic_of).unwrap_or_default();
        if span.kind != Kind::Term {
            return topic.contains(span.text.as_str());
        }
        let (before, after) = (sentence.text.get(..span.range.start), sentence.text.get(span.range.end..));
        let rest = [topic, before.unwrap_or_default(), after.unwrap_or_default()];
        let starts: Vec<usize> = span.text.char_indices().map(|(at, _)| at).chain([span.text.len()]).collect();
        let pairs = starts.windows(3).filter_map(|w| span.text.get(*w.first()?..*w.last()?));
        pairs.into_iter().any(|pair| rest.iter().any(|text| text.contains(pair)))
    }

    /// The best candidate that was not tried yet, of a kind of span that is not asked for all the time.
    pub(super) fn next_candidate<'c>(&mut self, list: &'c [Candidate], kind: QuestionKind) -> Option<&'c Candidate> {
        let spent = |c: &Candidate| (c.sentence, c.span.range.start, kind);
        let total: usize = self.asked.values().sum();
        let share =
            |c: &Candidate| self.asked.get(&group(c.span.kind)).copied().unwrap_or(0) as f32 / total.max(1) as f32;
        let numbers: usize = self.asked.iter().filter(|(kind, _)| kind.is_number()).map(|(_, n)| n).sum();
        let many = numbers as f32 / total.max(1) as f32 > MOST_NUMBERS;
        let crowded =
            |c: &Candidate| self.varied && total >= 8 && (share(c) > MOST_OF_A_KIND || many && c.span.kind.is_number());
        let free =
            list.iter().filter(|c| !self.used.contains(&c.sentence) && !self.spent.contains(&spent(c)) && !crowded(c));
        // Years are all of one length, and short keys have nothing shorter beside them: with them the key can't come to its
        // share of the longest.
        let longest = self.chance.wants_longest() || self.chance.lacks_uneven();
        let short = |c: &Candidate| c.span.kind == Kind::Year || c.span.text.chars().count() <= SHORT_KEY;
        let even = |c: &Candidate| if longest && short(c) { 0.25 } else { 0.0 };
        let worth = |c: &Candidate| c.score - share(c) - even(c);
        let best = free.max_by(|a, b| worth(a).total_cmp(&worth(b)))?;
        self.spent.insert(spent(best));
        Some(best)
    }
}

/// Whether a noun that the text does not repeat is none of its subject's words, as far as its form tells.
fn says_little(span: &Span) -> bool {
    span.kind == Kind::Phrase && (span.text.len() < LONG_WORD || span.text.contains(' '))
}

/// Whether a Chinese word of the subject is none by what stands around it: what fills a clause says something by itself
/// (食物用料新鮮), and before 地 and 得 stand words that tell how.
fn is_no_noun(sentence: &str, span: &Span) -> bool {
    let mark = |c: char| matches!(c, '，' | '。' | '；' | '：' | '（' | '）');
    let before = sentence.get(..span.range.start).unwrap_or_default();
    let after = sentence.get(span.range.end..).unwrap_or_default();
    let whole = (before.is_empty() || before.ends_with(mark)) && (after.is_empty() || after.starts_with(mark));
    span.kind == Kind::Term && (whole || after.starts_with(['地', '得']))
}

/// What a question for a span of this kind asks of the mind: to find again what was read, or to say why or
/// what it means.
pub(super) const fn level_of(kind: Kind) -> CognitiveLevel {
    if matches!(kind, Kind::Cause | Kind::Meaning) { CognitiveLevel::Understand } else { CognitiveLevel::Recall }
}

/// Kinds that read alike as questions: `when`, `how many`.
pub(super) const fn group(kind: Kind) -> Kind {
    match kind {
        Kind::Year | Kind::Date | Kind::Decade => Kind::Year,
        Kind::Quantity | Kind::Percent => Kind::Quantity,
        other => other,
    }
}
