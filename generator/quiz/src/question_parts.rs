//! What all kinds of question share while they are made: the candidate, its citation, words around it.

use domain::{
    BLANK, Citation, CognitiveLevel, Difficulty, Language, PortResult, Proof, Question, QuestionBody, ports::Locate,
};
use text::Citations;

use super::{book::Book, spans::Span};

/// A sentence and the span in it that a question can ask for.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// The sentence's place in the book.
    pub sentence: usize,
    pub span: Span,
    pub score: f32,
}

/// The citations of sentences of the book, each once per page.
pub(crate) async fn cite(book: &Book<'_>, places: &[usize], locate: &dyn Locate) -> PortResult<Vec<Citation>> {
    let mut citations = Citations::new(book.passages, locate);
    for place in places {
        if let Some(sentence) = book.sentences.get(*place) {
            citations.cite(sentence).await?;
        }
    }
    Ok(citations.into_vec())
}

/// A question with nothing but what it must have.
pub(crate) fn question(stem: String, body: QuestionBody, evidence: Vec<Citation>, language: Language) -> Question {
    let explanation = explain(&evidence, language);
    Question {
        stem,
        body,
        explanation,
        evidence,
        difficulty: Difficulty::default(),
        level: CognitiveLevel::default(),
        language,
        points: 1.0,
        feedback: String::new(),
        tags: Vec::new(),
        locked: false,
        reused: false,
        proof: Proof::default(),
        passage: None,
    }
}

/// Why the key is right: the text says so.
fn explain(evidence: &[Citation], language: Language) -> String {
    let quotes: Vec<String> =
        evidence.iter().map(|c| c.quote.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    if quotes.is_empty() {
        return String::new();
    }
    match language {
        Language::TraditionalChinese => format!("課文說：「{}」", quotes.join("")),
        Language::SimplifiedChinese => format!("课文说：“{}”", quotes.join("")),
        Language::English | Language::Other => format!("The text says: “{}”", quotes.join(" ")),
    }
}

/// The stem as the text would say it, with nothing asked: the blank and the words around a completion taken out.
pub(crate) fn plain_stem(stem: &str) -> String {
    stem.replace(BLANK, " ").replace("Which of these completes the sentence?", "")
}

/// What a question must know of its key: the text of it, or what stands for it.
pub(crate) fn key_text(body: &QuestionBody) -> String {
    match body {
        QuestionBody::MultipleChoice { key, .. }
        | QuestionBody::Cloze { key, .. }
        | QuestionBody::ShortAnswer { key, .. } => key.clone(),
        QuestionBody::TrueFalse { key } => key.to_string(),
        QuestionBody::Ordering { key, .. } => key.join(" "),
        QuestionBody::Matching { pairs } => pairs.iter().map(|p| p.left.as_str()).collect::<Vec<_>>().join(" "),
    }
}

/// Other wordings of a key that count as right.
pub(crate) fn variants(key: &str, language: Language) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |text: String| {
        if text != key && !text.is_empty() && !found.contains(&text) {
            found.push(text);
        }
    };
    if key.contains(',') && key.chars().any(|c| c.is_ascii_digit()) {
        add(key.replace(',', ""));
    }
    if let Some(year) = key.strip_suffix('年').filter(|y| y.chars().all(|c| c.is_ascii_digit())) {
        add(year.to_owned());
    }
    if let Some(rest) = key.strip_prefix("The ").or_else(|| key.strip_prefix("the ")) {
        add(rest.to_owned());
    }
    if let Some(number) = text::number_word(&key.to_lowercase()) {
        add(number.to_owned());
    }
    if language.is_chinese() {
        // `205個`: the number alone says as much.
        let number = key.trim_end_matches(|c: char| !c.is_ascii_digit());
        if !key.contains(['年', '月', '日'])
            && number.len() < key.len()
            && number.chars().all(|c| c.is_ascii_digit() || ",.".contains(c))
        {
            add(number.to_owned());
        }
    } else if let Some(share) = key.strip_suffix('%') {
        add(format!("{share} percent"));
    }
    for dot in ['‧', '・', '·'] {
        if key.contains(['·', '‧', '・']) {
            add(key.replace(['·', '‧', '・'], &dot.to_string()));
        }
    }
    found
}
