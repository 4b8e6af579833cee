//! The only place where the tasks' prompts and answers are worded; serving must use exactly these.
//!
//! A small model does best with the answer's own words first: the question points at them, and they are copied. Then the
//! passage's number, which by then is known. `Linus Pauling [2]`. The verbatim quote is not written by the model at all:
//! it is the sentence of passage 2 that holds the words, so a wrong quote can't be made, and an answer takes some five
//! tokens instead of fifty. A decoder can enforce the form: the words occur in a passage, the number is that of one in
//! which they do. A refusal begins with a word of its own, so that the first token decides, and its probability can be
//! held against a threshold.
//!
//! The system message is the same for every task and the passages come first, so that all tasks on the same passages
//! share their beginning: in training and, as a KV cache, in serving.

use crate::{
    Language, Turn,
    ports::{Message, Role},
};

struct Words {
    rules: &'static str,
    question: &'static str,
    refusal: &'static str,
    key: &'static str,
    stem: &'static str,
    distractors: &'static str,
    rewrite: &'static str,
}

const ENGLISH: Words = Words {
    rules: "Use only the passages.",
    question: "Question: ",
    refusal: "Not in the passages.",
    key: "Key: ",
    stem: "Write a question with this answer: ",
    distractors: "Write three wrong answers.",
    rewrite: "Write the last question so that it stands alone.",
};

const TRADITIONAL: Words = Words {
    rules: "只用下列段落。",
    question: "問題：",
    refusal: "段落未提及。",
    key: "答案：",
    stem: "寫一個問題，答案是：",
    distractors: "寫三個錯誤的選項。",
    rewrite: "改寫最後一個問題，使它不看上文也能懂。",
};

const SIMPLIFIED: Words = Words {
    rules: "只用下列段落。",
    question: "问题：",
    refusal: "段落未提及。",
    key: "答案：",
    stem: "写一个问题，答案是：",
    distractors: "写三个错误的选项。",
    rewrite: "改写最后一个问题，使它不看上文也能懂。",
};

const fn words(language: Language) -> &'static Words {
    match language {
        Language::TraditionalChinese => &TRADITIONAL,
        Language::SimplifiedChinese => &SIMPLIFIED,
        Language::English | Language::Other => &ENGLISH,
    }
}

/// The system message of every task.
pub const fn rules(language: Language) -> &'static str {
    words(language).rules
}

/// `[1] …` and so on, one a line, then an empty line and the task.
fn prompt(language: Language, passages: &[&str], task: &str) -> Vec<Message> {
    let mut content = String::new();
    for (n, passage) in (1..).zip(passages) {
        // A passage is one line: line ends inside would look like the next passage's.
        let line = passage.split_whitespace().collect::<Vec<_>>().join(" ");
        content.extend(["[", &n.to_string(), "] ", &line, "\n"]);
    }
    content.push('\n');
    content.push_str(task);
    vec![Message { role: Role::System, content: rules(language).to_owned() }, Message { role: Role::User, content }]
}

/// The version of these wordings: a model tuned on them says so in its GGUF file, under [`MODEL_KEY`].
pub const VERSION: u32 = 1;

/// The metadata key of a GGUF file whose model was tuned on these prompts; its value is the [`VERSION`].
pub const MODEL_KEY: &str = "lectern.task_prompts";

/// Asks a question about numbered passages. The answer is [`answer_text`] or [`refusal`].
pub fn answer_prompt(language: Language, passages: &[&str], question: &str) -> Vec<Message> {
    prompt(language, passages, &format!("{}{}", words(language).question, question.trim()))
}

/// The answer's words and the number, from 1, of the passage that holds them.
pub fn answer_text(answer: &str, passage: usize) -> String {
    format!("{answer} [{passage}]")
}

/// Takes [`answer_text`] apart again; `None` for anything else.
pub fn read_answer(text: &str) -> Option<(&str, usize)> {
    let (answer, number) = text.trim().strip_suffix(']')?.rsplit_once('[')?;
    let answer = answer.trim();
    Some((answer, number.trim().parse().ok()?)).filter(|_| !answer.is_empty())
}

/// What the model says where the passages do not hold the answer.
pub const fn refusal(language: Language) -> &'static str {
    words(language).refusal
}

/// Asks for a question about the passages whose answer is `key`.
pub fn stem_prompt(language: Language, passages: &[&str], key: &str) -> Vec<Message> {
    prompt(language, passages, &format!("{}{key}", words(language).stem))
}

/// Asks for three wrong answers of the key's kind, one a line.
pub fn distractor_prompt(language: Language, passages: &[&str], question: &str, key: &str) -> Vec<Message> {
    let words = words(language);
    let task = format!("{}{}\n{}{key}\n{}", words.question, question.trim(), words.key, words.distractors);
    prompt(language, passages, &task)
}

/// Asks for `question`, which follows on these questions and answers, in words that need nothing before it. Answers may
/// be empty.
pub fn rewrite_prompt(language: Language, before: &[Turn], question: &str) -> Vec<Message> {
    let words = words(language);
    let turn = |Turn { question, answer }: &Turn| match answer.trim() {
        "" => format!("{}{}\n", words.question, question.trim()),
        answer => format!("{}{}\n{}{answer}\n", words.question, question.trim(), words.key),
    };
    let before: String = before.iter().map(turn).collect();
    prompt(language, &[], &format!("{before}{}{}\n{}", words.question, question.trim(), words.rewrite))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_can_be_taken_apart_again() {
        assert_eq!(read_answer(&answer_text("Linus Pauling", 2)), Some(("Linus Pauling", 2)));
        assert_eq!(read_answer("see [3] there [1]"), Some(("see [3] there", 1)));
        for other in ["", "[1]", "Pauling", "Pauling [x]", refusal(Language::English)] {
            assert_eq!(read_answer(other), None, "{other}");
        }
    }

    #[test]
    fn a_follow_up_comes_after_what_was_said() {
        let turn = |question: &str, answer: &str| Turn { question: question.into(), answer: answer.into() };
        let before = [turn("Who was Ada?", "A countess."), turn("Why?", "")];
        let messages = rewrite_prompt(Language::English, &before, "When? ");
        let wanted = "\nQuestion: Who was Ada?\nKey: A countess.\nQuestion: Why?\nQuestion: When?\nWrite the last question \
                      so that it stands alone.";
        assert_eq!(messages[1].content, wanted);
    }

    #[test]
    fn passages_are_numbered_one_a_line() {
        let messages = answer_prompt(Language::English, &["a\nb", "c"], " Why? ");
        assert_eq!(messages[1].content, "[1] a b\n[2] c\n\nQuestion: Why?");
    }
}
