//! All wordings, in three languages.

use crate::Language;

pub(super) struct Words {
    pub rules: &'static str,
    pub none: &'static str,
    pub question: &'static str,
    pub key: &'static str,
    pub statement: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub write: &'static str,
    pub distractors: &'static str,
    pub rewrite: &'static str,
    /// In the order of `QuestionType::ALL`.
    pub types: [&'static str; 12],
}

const ENGLISH: Words = Words {
    rules: "Use only the numbered sentences.",
    none: "None",
    question: "Question: ",
    key: "Key: ",
    statement: "Is it so? ",
    yes: "yes",
    no: "no",
    write: "Write a question. Type: ",
    distractors: "Write three wrong options, like the key in form and length.",
    rewrite: "Write the last question so that it stands alone.",
    types: [
        "detail",
        "cause",
        "purpose",
        "consequence",
        "inference",
        "main idea",
        "word in context",
        "sequence",
        "comparison",
        "feeling or motive",
        "prediction",
        "application",
    ],
};

const TRADITIONAL: Words = Words {
    rules: "只用下列編號的句子。",
    none: "無",
    question: "問題：",
    key: "答案：",
    statement: "是否如此？",
    yes: "是",
    no: "否",
    write: "寫一個問題，題型：",
    distractors: "寫三個錯誤的選項，形式和長短與答案相近。",
    rewrite: "改寫最後一個問題，使它不看上文也能懂。",
    types: ["細節", "原因", "目的", "結果", "推論", "主旨", "詞義", "順序", "比較", "感受或動機", "預測", "應用"],
};

const SIMPLIFIED: Words = Words {
    rules: "只用下列编号的句子。",
    none: "无",
    question: "问题：",
    key: "答案：",
    statement: "是否如此？",
    yes: "是",
    no: "否",
    write: "写一个问题，题型：",
    distractors: "写三个错误的选项，形式和长短与答案相近。",
    rewrite: "改写最后一个问题，使它不看上文也能懂。",
    types: ["细节", "原因", "目的", "结果", "推论", "主旨", "词义", "顺序", "比较", "感受或动机", "预测", "应用"],
};

pub(super) const fn words(language: Language) -> &'static Words {
    match language {
        Language::TraditionalChinese => &TRADITIONAL,
        Language::SimplifiedChinese => &SIMPLIFIED,
        Language::English | Language::Other => &ENGLISH,
    }
}
