//! The prompt whose answer is a letter, as C-Eval words it for models that chat; without a subject's name, as files only
//! have its English one.

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

/// Asks for the letter after solved questions, each a turn of its own, and after a passage unless it is empty.
pub fn letter_prompt(shots: &[Item], item: &Item, passage: &str) -> Vec<Message> {
    let (rules, answer) = words(item.language);
    let message = |role, content| Message { role, content };
    let ask = |item: &Item, passage: &str| message(Role::User, question(item, passage) + answer);
    let mut messages = vec![message(Role::System, rules.to_owned())];
    for shot in shots {
        messages.push(ask(shot, &shot.passage));
        messages.push(message(Role::Assistant, letter(shot.answer_index).to_string()));
    }
    messages.push(ask(item, passage));
    messages
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
        let said: Vec<&str> = asked.iter().map(|m| m.content.as_str()).collect();
        let expected = [
            "以下是单项选择题，请选出其中的正确答案。",
            "1+1=____\nA. 1\nB. 2\nC. 3\nD. 4\n答案：",
            "B",
            "2+2=____\nA. 1\nB. 2\nC. 3\nD. 4\n答案：",
        ];
        assert_eq!(said, expected);
        assert_eq!((asked[2].role, asked[3].role), (Role::Assistant, Role::User));
        let asked = letter_prompt(&[], &item(Language::English, "How many?", 0), "Three.");
        assert_eq!(asked[1].content, "Three.\n\nHow many?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:");
    }
}
