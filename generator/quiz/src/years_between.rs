//! Questions that ask to reckon with what was read: how many years lie between two events of a passage that it gives years
//! for. The key stands nowhere in the text; it is proven by reckoning it again from the two cited sentences.

use domain::{Check, Citation, CognitiveLevel, Language, PortResult, Question, QuestionBody, QuestionKind};
use text::single_spaced;

use super::{
    QuizEvent,
    checks::check,
    lacks_subject::lacks_subject,
    make_quiz::{Run, TRIES_A_TURN},
    question_parts::{cite, key_text, question},
    rule_stems::{topic_of, with_topic, without_topic},
    several_sentences::{SentencePart, events},
};

/// A difference that is worth reckoning, in years; of a smaller one the slips would not be positive.
const FEWEST: i32 = 2;
const MOST: i32 = 999;

impl Run<'_> {
    /// Makes such questions on a passage till one is proven.
    pub(super) async fn attempt_years(
        &mut self,
        passage: usize,
        kind: QuestionKind,
        tell: &mut (impl FnMut(QuizEvent) + Send),
    ) -> PortResult<bool> {
        if !has_computed_keys(kind) {
            return Ok(false);
        }
        for _ in 0..TRIES_A_TURN {
            let Some((first, second)) = self.next_pair(passage, kind) else { break };
            self.position = None;
            let places = [first.sentence, second.sentence];
            let made = self.years_between(passage, kind, &first, &second).await?;
            self.tried += 1;
            tell(QuizEvent::Tried);
            if self.judge(made, &places, tell).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Two events that no question asks about and that were not tried together.
    fn next_pair(&mut self, passage: usize, kind: QuestionKind) -> Option<(SentencePart, SentencePart)> {
        let mut events = events(self.book, passage);
        events.retain(|e| self.may_be_named(passage, e) && !self.is_used(e.sentence) && year_of(e).is_some());
        self.chance.shuffle(&mut events);
        for (n, first) in events.iter().enumerate() {
            for second in events.iter().skip(n + 1) {
                let (a, b) = if first.sentence < second.sentence { (first, second) } else { (second, first) };
                let fits = (FEWEST..=MOST).contains(&(year_of(a)? - year_of(b)?).abs());
                if fits && self.spent.insert((a.sentence, b.sentence, kind)) {
                    return Some((a.clone(), b.clone()));
                }
            }
        }
        None
    }

    /// Whether an event may be named in a stem: 1911年至1949年 is no year of one event, what stands in quotation marks would
    /// end the stem's own, and without a topic Chinese events must name who did it.
    fn may_be_named(&self, passage: usize, event: &SentencePart) -> bool {
        let goes_on = ['至', '到', '起', '以', '前', '後', '后', '間', '间', '末', '初'];
        let quotes = ['“', '”', '"', '「', '」'];
        let chinese = self.book.language(passage).is_chinese();
        let unnamed = || self.book.sources.get(passage).and_then(topic_of).is_none() && lacks_subject(&event.text);
        !event.text.contains(quotes) && !(chinese && (event.text.starts_with(goes_on) || unnamed()))
    }

    async fn years_between(
        &mut self,
        passage: usize,
        kind: QuestionKind,
        first: &SentencePart,
        second: &SentencePart,
    ) -> PortResult<Question> {
        let book = self.book;
        let language = book.language(passage);
        let stem = stem(&first.text, &second.text, language);
        let stem = match book.sources.get(passage).filter(|_| language.is_chinese()) {
            Some(source) => with_topic(&stem, source),
            None => stem,
        };
        let (a, b) = (year_of(first).unwrap_or(0), year_of(second).unwrap_or(0));
        let years = (a - b).abs();
        let key = written(years, language);
        let body = if kind == QuestionKind::MultipleChoice {
            let mut options: Vec<String> = self.slips(years).into_iter().map(|n| written(n, language)).collect();
            let at = self.chance.position(options.len() + 1);
            options.insert(at, key.clone());
            self.position = Some(at);
            QuestionBody::MultipleChoice { options, key }
        } else {
            QuestionBody::ShortAnswer { key, accepted: vec![years.to_string()] }
        };
        let evidence = cite(book, &[first.sentence, second.sentence], self.locate).await?;
        let mut made = question(stem, body, evidence, language);
        made.explanation = format!("{} {} − {} = {years}", made.explanation, a.max(b), a.min(b));
        made.level = CognitiveLevel::Apply;
        made.difficulty = self.difficulty();
        Ok(made)
    }

    /// What comes out with one year too many or too few, with a ten carried wrongly, and with both: no option is nearer to
    /// the others than the rest, so that they do not point to the key.
    fn slips(&mut self, years: i32) -> Vec<i32> {
        let one = if self.chance.share() < 0.5 { -1 } else { 1 };
        let ten = if years <= 11 || self.chance.share() < 0.5 { 10 } else { -10 };
        let mut slips = vec![years + one, years + ten, years + one + ten, years + 2 * ten.abs()];
        slips.truncate(self.maker_options() - 1);
        slips
    }
}

/// Whether a kind's key may be one that the text does not hold.
pub(super) const fn has_computed_keys(kind: QuestionKind) -> bool {
    matches!(kind, QuestionKind::MultipleChoice | QuestionKind::ShortAnswer)
}

/// The year of an event whose date is a year alone: of others the difference may be one more or less.
fn year_of(event: &SentencePart) -> Option<i32> {
    (event.rank.1 == 0 && event.rank.2 == 0).then_some(event.rank.0)
}

fn stem(first: &str, second: &str, language: Language) -> String {
    match language {
        Language::TraditionalChinese => format!("「{first}」與「{second}」{TRADITIONAL}"),
        Language::SimplifiedChinese => format!("“{first}”与“{second}”{SIMPLIFIED}"),
        Language::English | Language::Other => format!("{ENGLISH}“{first}” and “{second}”?"),
    }
}

const ENGLISH: &str = "How many years lie between two events: ";
const TRADITIONAL: &str = "，兩件事相隔多少年？";
const SIMPLIFIED: &str = "，两件事相隔多少年？";

fn written(years: i32, language: Language) -> String {
    if language.is_chinese() { format!("{years}年") } else { format!("{years} years") }
}

/// Reckons the key of such a question again from its cited sentences; `None` for all other questions.
pub(super) fn arithmetic(question: &Question) -> Option<Check> {
    const NAME: &str = "arithmetic";
    let stem = question.stem.as_str();
    let asks = stem.starts_with(ENGLISH) || stem.ends_with(TRADITIONAL) || stem.ends_with(SIMPLIFIED);
    if question.level != CognitiveLevel::Apply || !asks || !has_computed_keys(question.body.kind()) {
        return None;
    }
    let Some((a, b)) = told_years(without_topic(stem), &question.evidence) else {
        return Some(check(NAME, false, "the cited sentences do not give each event one year"));
    };
    let key = key_text(&question.body);
    let digits: String = key.chars().filter(char::is_ascii_digit).collect();
    let years = (a - b).abs();
    let sum = format!("{} − {} = {years}", a.max(b), a.min(b));
    Some(if digits.parse() == Ok(years) {
        check(NAME, true, format!("the cited sentences give the years: {sum}"))
    } else {
        check(NAME, false, format!("the key is {key}, but {sum}"))
    })
}

/// The years that the cited sentences give the stem's two events; `None` where one of them has none or several.
fn told_years(stem: &str, evidence: &[Citation]) -> Option<(i32, i32)> {
    let mut events = stem.split(['“', '”', '「', '」']).skip(1).step_by(2);
    let year = |event: &str| {
        let mut holding = evidence.iter().map(|c| single_spaced(&c.quote)).filter(|quote| quote.contains(event));
        let quote = holding.next().filter(|_| !event.is_empty())?;
        let mut years = quote.split(|c: char| !c.is_ascii_digit()).filter(|n| n.len() >= 3);
        let year = years.next()?.parse().ok();
        year.filter(|_| years.next().is_none() && holding.next().is_none())
    };
    let found = (year(events.next()?)?, year(events.next()?)?);
    events.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use domain::DocumentId;

    use super::*;

    fn cited(quotes: &[&str]) -> Vec<Citation> {
        let citation = |quote: &&str| Citation {
            n: 1,
            document_id: DocumentId::new(),
            document_name: String::new(),
            page: 1,
            paged: true,
            heading_path: Vec::new(),
            quote: (*quote).to_owned(),
            start: 0,
            end: quote.len(),
            boxes: Vec::new(),
            shown: None,
        };
        quotes.iter().map(citation).collect()
    }

    fn asked(language: Language, events: [&str; 2], quotes: &[&str], key: &str) -> Question {
        let body = QuestionBody::ShortAnswer { key: key.to_owned(), accepted: Vec::new() };
        let mut made = question(stem(events[0], events[1], language), body, cited(quotes), language);
        made.level = CognitiveLevel::Apply;
        made
    }

    #[test]
    fn the_key_is_reckoned_again_in_each_script() {
        use Language::{English, SimplifiedChinese as Hans, TraditionalChinese as Hant};
        type Case = (Language, [&'static str; 2], &'static [&'static str], &'static str, bool);
        let cases: [Case; 6] = [
            (
                English,
                ["Texas joined the union", "the war came to an end"],
                &["In 1845 Texas joined the\nunion.", "In 1848, the war came to an end."],
                "3 years",
                true,
            ),
            (
                English,
                ["the dam broke", "it was mended"],
                &["In 1845 the dam broke.", "In 1848 it was mended."],
                "2",
                false,
            ),
            (Hant, ["大佛動工", "大佛完成"], &["713年，大佛動工。", "803年，大佛完成。"], "90年", true),
            (Hans, ["大学创立", "大学改名"], &["1928年，大学创立。", "1945年，大学改名。"], "17年", true),
            // A sentence with two years does not say which of them is meant.
            (Hans, ["大学创立", "大学改名"], &["1928年，大学创立，1930年开课。", "1945年，大学改名。"], "17年", false),
            (Hans, ["大学创立", "大学改名"], &["1928年，大学创立。"], "17年", false),
        ];
        for (language, events, quotes, key, passed) in cases {
            let found = arithmetic(&asked(language, events, quotes, key));
            assert_eq!(found.as_ref().map(|c| c.passed), Some(passed), "{found:?}");
        }
    }

    #[test]
    fn other_questions_are_none_of_its_business() {
        let mut other = asked(Language::English, ["a", "b"], &["In 1845 a.", "In 1848 b."], "3");
        other.level = CognitiveLevel::Recall;
        assert_eq!(arithmetic(&other), None);
    }
}
