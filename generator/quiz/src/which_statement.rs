//! Questions that show four statements and ask which of them the text makes: one sentence as it stands, three with one thing
//! changed. Exams on a text have them, and sentences that hold no name and no number can be asked about in no other way.

use domain::{CognitiveLevel, Language, PortResult, Question, QuestionBody};
use text::{is_plain, leans, single_spaced};

use super::{
    QuizSource,
    checks::options_alike,
    connectives::body,
    false_statements::falsified,
    make_quiz::Run,
    question_parts::{cite, question},
    rule_stems::topic_of,
};

/// How often other statements are drawn where the first ones are not alike.
const DRAWS: usize = 6;
/// What such stems end with, by language.
const TRADITIONAL: [&str; 2] = ["下列敘述何者正確？", "下列何者符合課文的說明？"];
const SIMPLIFIED: [&str; 2] = ["下列说法正确的是哪一项？", "下列哪一项符合课文的说明？"];
const ENGLISH: &str = "Which of these statements is true";

/// Whether a stem asks which statement is true.
pub(crate) fn asks_statements(stem: &str) -> bool {
    TRADITIONAL.iter().chain(&SIMPLIFIED).any(|end| stem.ends_with(end)) || stem.starts_with(ENGLISH)
}

/// A sentence that may be shown, and the same with one thing changed.
struct Statement {
    sentence: usize,
    text: String,
    wrong: Option<String>,
}

impl Run<'_> {
    /// Such a question on a passage, and the sentences that it shows; the true one first.
    pub(crate) async fn which_statement(&mut self, passage: usize) -> PortResult<Option<(Question, Vec<usize>)>> {
        let book = self.book;
        let language = book.language(passage);
        let stems = book.sources.get(passage).map(|s| stems(s, language)).unwrap_or_default();
        let free = |stem: &String| self.accepted.iter().all(|q| q.stem != *stem);
        let Some(stem) = stems.into_iter().find(free) else { return Ok(None) };
        let mut statements = self.statements(passage);
        let options = self.maker_options();
        for _ in 0..DRAWS {
            self.chance.shuffle(&mut statements);
            let Some(drawn) = drawn(&statements, options, self.chance.wants_longest()) else { return Ok(None) };
            let Some(truth) = drawn.first() else { return Ok(None) };
            let mut shown: Vec<String> = drawn.iter().skip(1).filter_map(|s| s.wrong.clone()).collect();
            let at = self.chance.position(options);
            shown.insert(at.min(shown.len()), truth.text.clone());
            let body = QuestionBody::MultipleChoice { options: shown, key: truth.text.clone() };
            let mut made = question(stem.clone(), body, Vec::new(), language);
            if !options_alike(&made).passed {
                self.chance.give_back(at);
                continue;
            }
            let places: Vec<usize> = drawn.iter().map(|s| s.sentence).collect();
            let evidence = cite(book, &places, self.locate).await?;
            made = question(made.stem, made.body, evidence, language);
            made.level = CognitiveLevel::Understand;
            made.difficulty = self.difficulty();
            self.position = Some(at);
            return Ok(Some((made, places)));
        }
        Ok(None)
    }

    fn statements(&mut self, passage: usize) -> Vec<Statement> {
        let book = self.book;
        let language = book.language(passage);
        let mut found = Vec::new();
        for (at, sentence) in book.sentences_in(passage) {
            let text = body(sentence.text);
            let fits = if language.is_chinese() {
                (10..=45).contains(&text.chars().count())
            } else {
                (6..=24).contains(&text.split_whitespace().count())
            };
            if !fits || self.is_used(at) || !is_plain(text, language) || leans(text, language).is_some() {
                continue;
            }
            let plain = |t: &str| single_spaced(t.trim_end_matches(['。', '；', '.']));
            let wrong = falsified(book, at, &mut self.chance).map(|t| plain(&t));
            found.push(Statement { sentence: at, text: plain(text), wrong });
        }
        found
    }
}

/// The true one and the others, all of about the same length; `None` where there are too few.
fn drawn(statements: &[Statement], options: usize, longest: bool) -> Option<Vec<&Statement>> {
    let length = |s: &Statement| s.text.chars().count();
    let mut wrong: Vec<&Statement> = statements.iter().filter(|s| s.wrong.is_some()).take(options).collect();
    let only_true = statements.iter().find(|s| s.wrong.is_none());
    if let Some(truth) = only_true.filter(|_| wrong.len() + 1 >= options) {
        wrong.truncate(options - 1);
        wrong.insert(0, truth);
        return Some(wrong);
    }
    if wrong.len() < options {
        return None;
    }
    let most = wrong.iter().map(|s| length(s)).max()?;
    let at = wrong.iter().position(|s| (length(s) == most) == longest).unwrap_or(0);
    wrong.swap(0, at);
    Some(wrong)
}

/// The ways to ask for it, none the same as another question's.
fn stems(source: &QuizSource, language: Language) -> Vec<String> {
    let chinese = |about: &str, ends: [&str; 2]| {
        let topic = topic_of(source);
        topic.map(|topic| ends.map(|end| format!("{about}「{topic}」，{end}")).to_vec()).unwrap_or_default()
    };
    match language {
        Language::TraditionalChinese => chinese("關於", TRADITIONAL),
        Language::SimplifiedChinese => chinese("关于", SIMPLIFIED),
        Language::English => {
            source.topic().map(|topic| format!("{ENGLISH}, by the text on “{topic}”?")).into_iter().collect()
        }
        Language::Other => Vec::new(),
    }
}
