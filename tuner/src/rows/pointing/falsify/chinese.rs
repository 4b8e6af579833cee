//! Chinese: a verb is negated by a word before it. Characters that are also parts of other words are changed only where
//! their neighbours let no other reading in.

use crate::random::Random;

/// A word to be replaced, with the characters that must not stand before or after it.
struct Rule {
    old: &'static str,
    new: &'static str,
    not_after: &'static str,
    not_before: &'static str,
    /// Stands between others in its clause.
    verb: bool,
}

const fn rule(old: &'static str, new: &'static str, not_after: &'static str, not_before: &'static str) -> Rule {
    Rule { old, new, not_after, not_before, verb: true }
}

/// Negations taken out.
const TAKEN_OUT: [Rule; 22] = [
    rule("並不是", "正是", "", ""),
    rule("并不是", "正是", "", ""),
    rule("不是", "是", "是", ""),
    rule("並非", "就是", "", ""),
    rule("并非", "就是", "", ""),
    rule("從未", "曾經", "", ""),
    rule("从未", "曾经", "", ""),
    rule("無法", "能夠", "", ""),
    rule("无法", "能够", "", ""),
    rule("不能", "能", "可", "夠够"),
    rule("不可以", "可以", "", ""),
    rule("不會", "會", "", ""),
    rule("不会", "会", "", ""),
    rule("不再", "仍然", "", ""),
    rule("不必", "必須", "", "須须"),
    rule("不需要", "需要", "", ""),
    rule("不具有", "具有", "", ""),
    rule("不屬於", "屬於", "", ""),
    rule("不属于", "属于", "", ""),
    rule("尚未", "已經", "", ""),
    rule("沒有", "有", "", ""),
    rule("没有", "有", "", ""),
];

/// Verbs that take a negation.
const PUT_IN: [Rule; 25] = [
    rule("可以", "不能", "不還还", "說说"),
    rule("必須", "不必", "不", ""),
    rule("必须", "不必", "不", ""),
    rule("需要", "不需要", "不所急", "的"),
    rule("應該", "不應該", "不", ""),
    rule("应该", "不应该", "不", ""),
    rule("屬於", "不屬於", "不", ""),
    rule("属于", "不属于", "不", ""),
    rule("具有", "不具有", "不", ""),
    rule("能夠", "無法", "不", ""),
    rule("能够", "无法", "不", ""),
    rule("允許", "不允許", "不", ""),
    rule("允许", "不允许", "不", ""),
    rule("適合", "不適合", "不", ""),
    rule("适合", "不适合", "不", ""),
    rule("都是", "都不是", "", "否"),
    rule("都有", "都沒有", "", ""),
    rule("仍然", "不再", "", ""),
    rule(
        "會",
        "不會",
        "不協协議议社機机大委員员國国教公學学工商總总聯联集宴晚都約约理董年法聚盛省部幫帮盟",
        "議议員员長长社場场計计談谈面合見见館馆考晤所堂館",
    ),
    rule(
        "会",
        "不会",
        "不协议社机大委员国教公学工商总联集宴晚都约理董年法聚盛省部帮盟",
        "议员长社场计谈面合见馆考晤所堂",
    ),
    rule(
        "能",
        "不能",
        "不功可才性核只職职智動动陽阳技潛潜熱热電电效機机體体萬万全異异節节耗光賢贤無无官風风",
        "力量源見见階阶級级夠够否耐",
    ),
    rule(
        "是",
        "不是",
        "為为不但可於于或還还就正只總总凡若要像即算自更又便倒也都並并這这那既尤特乃",
        "否不以因由為为非故",
    ),
    rule("採用", "沒有採用", "", "的"),
    rule("采用", "没有采用", "", "的"),
    rule("擁有", "沒有", "", "的者"),
];

/// Each the other's opposite.
const OPPOSITES: [(&str, &str); 52] = [
    ("大多數", "極少數"),
    ("大多数", "极少数"),
    ("多數", "少數"),
    ("多数", "少数"),
    ("大部分", "小部分"),
    ("大部份", "小部份"),
    ("全部", "只有部分"),
    ("至少", "至多"),
    ("最多", "最少"),
    ("最大", "最小"),
    ("最高", "最低"),
    ("最早", "最晚"),
    ("最長", "最短"),
    ("最长", "最短"),
    ("最強", "最弱"),
    ("最好", "最差"),
    ("以上", "以下"),
    ("之前", "之後"),
    ("以前", "以後"),
    ("之前", "之后"),
    ("以前", "以后"),
    ("增加", "減少"),
    ("增加", "减少"),
    ("上升", "下降"),
    ("提高", "降低"),
    ("超過", "不到"),
    ("超过", "不到"),
    ("首次", "最後一次"),
    ("首次", "最后一次"),
    ("東部", "西部"),
    ("东部", "西部"),
    ("南部", "北部"),
    ("南方", "北方"),
    ("東方", "西方"),
    ("成功", "失敗"),
    ("成功", "失败"),
    ("較高", "較低"),
    ("较高", "较低"),
    ("較大", "較小"),
    ("较大", "较小"),
    ("較多", "較少"),
    ("较多", "较少"),
    ("總是", "從不"),
    ("总是", "从不"),
    ("經常", "很少"),
    ("经常", "很少"),
    ("支持", "反對"),
    ("支持", "反对"),
    ("贊成", "反對"),
    ("赞成", "反对"),
    ("允許", "禁止"),
    ("允许", "禁止"),
];

/// Of the characters in the tables above, those of one script alone.
const TRADITIONAL_ONLY: &str = "數極長減後過東敗較總從經對贊許夠無會強並須屬應該沒採擁適";
const SIMPLIFIED_ONLY: &str = "数极长减后过东败较总从经对赞许够无会强并须属应该没采拥适";

/// Whether a word is of the text's script.
fn fits(new: &str, traditional: bool) -> bool {
    let foreign = if traditional { SIMPLIFIED_ONLY } else { TRADITIONAL_ONLY };
    !new.chars().any(|c| foreign.contains(c))
}

fn apply(text: &str, rule: &Rule, traditional: bool) -> Option<String> {
    if !fits(rule.new, traditional) {
        return None;
    }
    let free = |at: &usize| {
        let before = text.get(..*at).and_then(|t| t.chars().last());
        let after = text.get(at + rule.old.len()..).and_then(|t| t.chars().next());
        let inner = |c: Option<char>| c.filter(|c| !"，。；、？！".contains(*c));
        // At the beginning or the end of a clause a verb does not stand between its subject and its object.
        inner(before).map_or(!rule.verb, |c| !rule.not_after.contains(c))
            && inner(after).map_or(!rule.verb, |c| !rule.not_before.contains(c))
    };
    let (at, _) = text.match_indices(rule.old).find(|(at, _)| free(at))?;
    Some(format!("{}{}{}", text.get(..at)?, rule.new, text.get(at + rule.old.len()..)?))
}

pub(super) fn negated(statement: &str, traditional: bool) -> Vec<String> {
    let taken_out: Vec<String> =
        TAKEN_OUT.iter().find_map(|rule| apply(statement, rule, traditional)).into_iter().collect();
    if !taken_out.is_empty() || is_negated(statement) {
        return taken_out;
    }
    PUT_IN.iter().find_map(|rule| apply(statement, rule, traditional)).into_iter().collect()
}

pub(super) fn opposed(statement: &str, traditional: bool) -> Vec<String> {
    let mut made = Vec::new();
    for (a, b) in OPPOSITES {
        for (old, new) in [(a, b), (b, a)] {
            let rule = Rule { verb: false, ..rule(old, new, "大不", "") };
            made.extend(apply(statement, &rule, traditional).filter(|_| !statement.contains(new)));
        }
    }
    let every = Rule { verb: false, ..rule("所有", "只有部分", "歸归擁", "權权者的制") };
    made.extend(apply(statement, &every, traditional).filter(|_| !statement.contains('都')));
    made.dedup();
    made
}

fn is_negated(text: &str) -> bool {
    [
        "不是", "沒有", "没有", "並非", "并非", "從未", "从未", "無法", "无法", "不能", "不會", "不会", "不可", "不再",
        "不必", "尚未", "未能", "不得", "不具", "不屬", "不属", "不需", "不允", "不適", "不适", "不應", "不应",
    ]
    .iter()
    .any(|word| text.contains(word))
}

pub(super) fn is_marked(statement: &str) -> bool {
    let quantifiers = [
        "所有", "全部", "都", "大部", "小部", "多數", "少數", "多数", "少数", "至少", "至多", "每", "總是", "总是",
        "經常", "经常", "很少", "只有", "部分", "許多", "许多", "超過", "超过", "不到", "以上", "以下",
    ];
    is_negated(statement) || quantifiers.iter().any(|word| statement.contains(word))
}

pub(super) fn as_question(statement: &str, traditional: bool, random: &mut Random) -> String {
    let text = statement.trim_end_matches(['。', '！', '.', ' ']);
    let pick = |a: &'static str, b: &'static str| if traditional { a } else { b };
    let long = text.chars().filter(|c| *c == '，').count() > 1;
    if !is_negated(text) && !long && random.float() < 0.45 {
        let rules = [
            rule("可以", "可不可以", "不還还", "說说"),
            rule(
                "是",
                "是不是",
                "為为不但可於于或還还就正只總总凡若要像即算自更又便倒也都並并這这那既尤特乃",
                "否不以因由為为非故",
            ),
        ];
        let rule = rules.iter().find_map(|rule| apply(text, rule, traditional));
        if let Some(asked) = rule {
            return format!("{asked}？");
        }
    }
    let endings = [pick("嗎？", "吗？"), pick("，對嗎？", "，对吗？"), pick("，是嗎？", "，是吗？")];
    // A tag on a negation asks two things at once.
    let ending = if is_negated(text) { endings[1] } else { endings[random.below(endings.len())] };
    format!("{text}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negations_are_put_in_and_taken_out() {
        for (statement, negation) in [
            ("奧斯陸是挪威的首都。", "奧斯陸不是挪威的首都。"),
            ("奥斯陆不是瑞典的首都。", "奥斯陆是瑞典的首都。"),
            ("該校沒有圖書館。", "該校有圖書館。"),
            ("家長可以投票。", "家長不能投票。"),
            ("学生必须穿制服。", "学生不必穿制服。"),
            ("海膽會吃海藻。", "海膽不會吃海藻。"),
        ] {
            assert_eq!(negated(statement, !negation.contains(['学', '奥'])), [negation]);
        }
        for none in ["但是協會開了會議。", "他的功能很強。", "還是或是於是如此。", "可能。"]
        {
            assert_eq!(negated(none, true), Vec::<String>::new(), "{none}");
        }
    }

    #[test]
    fn opposites_keep_the_texts_script() {
        assert_eq!(opposed("人口增加了，這是事實。", true), ["人口減少了，這是事實。"]);
        assert_eq!(opposed("人口增加了，这是事实。", false), ["人口减少了，这是事实。"]);
        assert_eq!(opposed("頓河是歐洲最大的河流。", true), ["頓河是歐洲最小的河流。"]);
        assert_eq!(opposed("所有學生需要證件。", true), ["只有部分學生需要證件。"]);
    }

    #[test]
    fn a_question_asks_what_the_statement_says() {
        let mut random = Random::new(1);
        for _ in 0..20 {
            let asked = as_question("奧斯陸是挪威的首都。", true, &mut random);
            let forms = [
                "奧斯陸是不是挪威的首都？",
                "奧斯陸是挪威的首都嗎？",
                "奧斯陸是挪威的首都，對嗎？",
                "奧斯陸是挪威的首都，是嗎？",
            ];
            assert!(forms.contains(&asked.as_str()), "{asked}");
        }
    }
}
