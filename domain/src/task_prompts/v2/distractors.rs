//! Wrong options for a question.

use super::{Numbered, lines_constraint, one_line, prompt, words::words};
use crate::{
    Language,
    ports::{Constraint, Message},
};

/// Asks for three wrong options of the key's form and length. The answer is [`distractor_text`].
pub fn distractor_prompt(language: Language, shown: &Numbered, stem: &str, key: &str) -> Vec<Message> {
    let words = words(language);
    let (stem, key) = (one_line(stem), one_line(key));
    prompt(language, shown, &format!("{}{stem}\n{}{key}\n{}", words.question, words.key, words.distractors))
}

/// One a line.
pub fn distractor_text(options: &[String; 3]) -> String {
    options.each_ref().map(|option| one_line(option)).join("\n")
}

/// Takes [`distractor_text`] apart again. Options that are the key or each other, but for case, are malformed.
pub fn read_distractors(key: &str, text: &str) -> Option<[String; 3]> {
    let options: Vec<String> = text.trim().lines().map(one_line).collect();
    let options: [String; 3] = options.try_into().ok()?;
    let [a, b, c] = options.each_ref().map(|option| option.to_lowercase());
    let key = one_line(key).to_lowercase();
    let different = a != b && b != c && a != c && ![&a, &b, &c].contains(&&key);
    let filled = ![&a, &b, &c].iter().any(|option| option.is_empty());
    (different && filled).then_some(options)
}

/// The form of three options.
pub fn distractor_constraint() -> Constraint {
    lines_constraint(3)
}
