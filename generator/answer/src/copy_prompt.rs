//! The prompt for words copied from a passage: a rule, three questions with their answers, and the question.
//!
//! The examples are a name, a reason and a number or a list, as turns of a conversation. On 150 training questions of
//! `SQuAD`, with the passage that answers, Qwen2.5-Coder 1.5B reaches F1 .746 with them, .640 without, and .550 with
//! `1878 [1]` as the only example, which had it answer with numbers whatever was asked. They are the same each time: read
//! once, they stay in the KV cache.

use domain::{
    Language,
    ports::{Constraint, GenerateRequest, Message, Role},
};

use super::{
    AnswerConfig,
    write_prompt::{Excerpt, asking},
};

struct CopyPromptWords {
    rules: &'static str,
    ask: &'static str,
    /// Passages, questions, answers.
    examples: [(&'static str, &'static str, &'static str); 3],
}

const ENGLISH: CopyPromptWords = CopyPromptWords {
    rules: "Answer with the fewest words, copied from the passage, and the passage's number in brackets.",
    ask: "Question: ",
    examples: [
        (
            "Radium was discovered by Marie and Pierre Curie in Paris. They found it in ore from a mine at Jáchymov.",
            "Who discovered radium?",
            "Marie and Pierre Curie",
        ),
        (
            "The bridge was closed in 1962 because its piers had begun to sink. It opened again nine years later.",
            "Why was the bridge closed?",
            "its piers had begun to sink",
        ),
        (
            "Emperor penguins breed in winter. A colony may hold more than 20,000 birds, which huddle for warmth.",
            "How many penguins can a colony have?",
            "more than 20,000",
        ),
    ],
};

const TRADITIONAL: CopyPromptWords = CopyPromptWords {
    rules: "從段落中抄出回答問題的詞語，不多也不少，後面在方括號裡寫上段落的編號。",
    ask: "問題：",
    examples: [
        ("鐳是居禮夫婦在巴黎發現的，礦石來自亞希莫夫的礦場。", "誰發現了鐳？", "居禮夫婦"),
        (
            "這座橋在1962年關閉，因為橋墩下沉，橋面也出現了裂縫；九年後重新開放。",
            "這座橋為什麼關閉？",
            "因為橋墩下沉，橋面也出現了裂縫",
        ),
        ("皇帝企鵝在冬天繁殖，以魚、磷蝦和烏賊為食，一個群體可以超過兩萬隻。", "皇帝企鵝吃什麼？", "魚、磷蝦和烏賊"),
    ],
};

const SIMPLIFIED: CopyPromptWords = CopyPromptWords {
    rules: "从段落中抄出回答问题的词语，不多也不少，后面在方括号里写上段落的编号。",
    ask: "问题：",
    examples: [
        ("镭是居里夫妇在巴黎发现的，矿石来自亚希莫夫的矿场。", "谁发现了镭？", "居里夫妇"),
        (
            "这座桥在1962年关闭，因为桥墩下沉，桥面也出现了裂缝；九年后重新开放。",
            "这座桥为什么关闭？",
            "因为桥墩下沉，桥面也出现了裂缝",
        ),
        ("帝企鹅在冬天繁殖，以鱼、磷虾和乌贼为食，一个群体可以超过两万只。", "帝企鹅吃什么？", "鱼、磷虾和乌贼"),
    ],
};

/// The request to a model that only points: whole words of this stretch and its number, and nothing else.
pub(crate) fn copy_prompt(
    question: &str,
    language: Language,
    excerpt: &Excerpt<'_>,
    config: &AnswerConfig,
) -> GenerateRequest {
    let CopyPromptWords { rules, ask, examples } = match language {
        Language::TraditionalChinese => TRADITIONAL,
        Language::SimplifiedChinese => SIMPLIFIED,
        Language::English | Language::Other => ENGLISH,
    };
    let mut messages = vec![Message { role: Role::System, content: rules.to_owned() }];
    for (passage, question, answer) in examples {
        messages.push(asking([passage], ask, question));
        messages.push(Message { role: Role::Assistant, content: format!("{answer} [1]") });
    }
    messages.push(asking([excerpt.shown.as_str()], ask, question));
    GenerateRequest {
        messages,
        max_tokens: config.max_tokens,
        stop: vec!["\n".to_owned()],
        constraint: Some(Constraint::Cited { passages: vec![excerpt.shown.clone()], refusal: None }),
        ..GenerateRequest::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{ENGLISH, SIMPLIFIED, TRADITIONAL};

    #[test]
    fn the_examples_copy() {
        for words in [ENGLISH, TRADITIONAL, SIMPLIFIED] {
            assert!(words.examples.iter().all(|(passage, _, answer)| passage.contains(answer)));
        }
    }
}
