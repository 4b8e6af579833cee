//! The prompt whose answer is a letter, as C-Eval and CMMLU word it; without a subject's name, as files only have its
//! English one.

use domain::{
    Language,
    ports::{Message, Role},
};

use super::read_items::Item;

/// What comes first, and what comes before the letter.
const fn words(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::SimplifiedChinese => ("以下是单项选择题，请选出其中的正确答案。", "答案："),
        Language::TraditionalChinese => ("以下是單項選擇題，請選出其中的正確答案。", "答案："),
        Language::English | Language::Other => {
            ("The following are multiple choice questions. Choose the right answer.", "Answer:")
        }
    }
}

/// The letter of an option, from 0.
pub fn letter(option: usize) -> char {
    char::from(b'A' + option as u8)
}

/// Asks for the letter after solved questions, and after a passage unless it is empty.
pub fn letter_prompt(shots: &[Item], item: &Item, passage: &str) -> Vec<Message> {
    let (rules, answer) = words(item.language);
    let mut content = format!("{rules}\n\n");
    for shot in shots {
        content.push_str(&question(shot, &shot.passage));
        content.extend([answer, &letter(shot.answer_index).to_string(), "\n\n"]);
    }
    content.push_str(&question(item, passage));
    content.push_str(answer);
    vec![Message { role: Role::User, content }]
}

fn question(item: &Item, passage: &str) -> String {
    let mut text = String::new();
    if !passage.is_empty() {
        text.extend([passage, "\n\n"]);
    }
    text.extend([item.question.as_str(), "\n"]);
    for (n, option) in item.options.iter().enumerate() {
        text.extend([&letter(n).to_string(), ". ", option, "\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(language: Language, question: &str, answer_index: usize) -> Item {
        Item {
            language,
            passage: String::new(),
            question: question.to_owned(),
            options: ["1", "2", "3", "4"].map(str::to_owned).to_vec(),
            answer_index,
        }
    }

    #[test]
    fn the_prompt_is_c_evals() {
        let chinese = |question: &str, key| item(Language::SimplifiedChinese, question, key);
        let asked = letter_prompt(&[chinese("1+1=____", 1)], &chinese("2+2=____", 3), "");
        assert_eq!(
            asked[0].content,
            "以下是单项选择题，请选出其中的正确答案。\n\n1+1=____\nA. 1\nB. 2\nC. 3\nD. 4\n答案：B\n\n\
             2+2=____\nA. 1\nB. 2\nC. 3\nD. 4\n答案："
        );
        let asked = letter_prompt(&[], &item(Language::English, "How many?", 0), "Three.");
        assert!(asked[0].content.ends_with("Three.\n\nHow many?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:"));
    }
}
