//! Makes a statement false by one change: another number, another name of the same type, or the opposite word.

use domain::Language;
use text::question_terms;

use super::{
    book::Book,
    connectives::connective,
    pick_distractors::{likeness, one_thing},
    shuffle::Chance,
    spans::Span,
    vary_numbers::vary,
};

/// Words and their opposites, either of which may stand in the text.
const TRADITIONAL: [(&str, &str); 67] = [
    ("增加", "減少"),
    ("上升", "下降"),
    ("提高", "降低"),
    ("最大", "最小"),
    ("最高", "最低"),
    ("最早", "最晚"),
    ("最多", "最少"),
    ("最長", "最短"),
    ("高於", "低於"),
    ("大於", "小於"),
    ("早於", "晚於"),
    ("南部", "北部"),
    ("東部", "西部"),
    ("贊成", "反對"),
    ("支持", "反對"),
    ("允許", "禁止"),
    ("成功", "失敗"),
    ("內部", "外部"),
    ("常綠", "落葉"),
    ("以北", "以南"),
    ("以東", "以西"),
    ("上漲", "下跌"),
    ("進口", "出口"),
    ("同意", "拒絕"),
    ("承認", "否認"),
    ("加入", "退出"),
    ("簡單", "複雜"),
    ("容易", "困難"),
    ("擴大", "縮小"),
    ("左側", "右側"),
    ("上游", "下游"),
    ("直接", "間接"),
    ("公開", "秘密"),
    ("主動", "被動"),
    ("白色", "黑色"),
    ("紅色", "綠色"),
    ("黃色", "藍色"),
    ("夏季", "冬季"),
    ("春季", "秋季"),
    ("早期", "晚期"),
    ("東側", "西側"),
    ("南側", "北側"),
    ("東北", "西南"),
    ("東南", "西北"),
    ("多年生", "一年生"),
    ("上午", "下午"),
    ("白天", "夜間"),
    ("父親", "母親"),
    ("長子", "次子"),
    ("兒子", "女兒"),
    ("男子", "女子"),
    ("男性", "女性"),
    ("淡水", "海水"),
    ("公立", "私立"),
    ("沿海", "內陸"),
    ("樂觀", "悲觀"),
    ("狹窄", "寬闊"),
    ("優勢", "劣勢"),
    ("重視", "忽視"),
    ("增強", "減弱"),
    ("豐富", "貧乏"),
    ("廣泛", "有限"),
    ("清淡", "濃重"),
    ("全部", "部分"),
    ("熱帶", "寒帶"),
    ("集中", "分散"),
    ("緩慢", "迅速"),
];
const SIMPLIFIED: [(&str, &str); 67] = [
    ("增加", "减少"),
    ("上升", "下降"),
    ("提高", "降低"),
    ("最大", "最小"),
    ("最高", "最低"),
    ("最早", "最晚"),
    ("最多", "最少"),
    ("最长", "最短"),
    ("高于", "低于"),
    ("大于", "小于"),
    ("早于", "晚于"),
    ("南部", "北部"),
    ("东部", "西部"),
    ("赞成", "反对"),
    ("支持", "反对"),
    ("允许", "禁止"),
    ("成功", "失败"),
    ("内部", "外部"),
    ("常绿", "落叶"),
    ("以北", "以南"),
    ("以东", "以西"),
    ("上涨", "下跌"),
    ("进口", "出口"),
    ("同意", "拒绝"),
    ("承认", "否认"),
    ("加入", "退出"),
    ("简单", "复杂"),
    ("容易", "困难"),
    ("扩大", "缩小"),
    ("左侧", "右侧"),
    ("上游", "下游"),
    ("直接", "间接"),
    ("公开", "秘密"),
    ("主动", "被动"),
    ("白色", "黑色"),
    ("红色", "绿色"),
    ("黄色", "蓝色"),
    ("夏季", "冬季"),
    ("春季", "秋季"),
    ("早期", "晚期"),
    ("东侧", "西侧"),
    ("南侧", "北侧"),
    ("东北", "西南"),
    ("东南", "西北"),
    ("多年生", "一年生"),
    ("上午", "下午"),
    ("白天", "夜间"),
    ("父亲", "母亲"),
    ("长子", "次子"),
    ("儿子", "女儿"),
    ("男子", "女子"),
    ("男性", "女性"),
    ("淡水", "海水"),
    ("公立", "私立"),
    ("沿海", "内陆"),
    ("乐观", "悲观"),
    ("狭窄", "宽阔"),
    ("优势", "劣势"),
    ("重视", "忽视"),
    ("增强", "减弱"),
    ("丰富", "贫乏"),
    ("广泛", "有限"),
    ("清淡", "浓重"),
    ("全部", "部分"),
    ("热带", "寒带"),
    ("集中", "分散"),
    ("缓慢", "迅速"),
];

/// The body of sentence `at` with one thing in it untrue; `None` where nothing can be changed for sure.
pub(super) fn falsified(book: &Book<'_>, at: usize, chance: &mut Chance) -> Option<String> {
    let sentence = book.sentences.get(at)?;
    let from = connective(sentence.text);
    let spans = book.spans.get(at).map(Vec::as_slice).unwrap_or_default();
    let mut changed: Vec<String> = Vec::new();
    for span in spans.iter().filter(|s| s.range.start >= from) {
        let other = if span.kind.is_number() { other_number(book, at, span, chance) } else { peer(book, at, span) };
        let Some(other) = other else { continue };
        let (before, after) = (sentence.text.get(from..span.range.start)?, sentence.text.get(span.range.end..)?);
        changed.push(format!("{before}{other}{after}"));
    }
    let passage = book.passages.get(sentence.passage)?;
    changed.extend(opposite(sentence.text.get(from..)?, &passage.text, book.language(sentence.passage)));
    chance.shuffle(&mut changed);
    changed.into_iter().find(|text| !is_said(book, sentence.passage, text))
}

fn other_number(book: &Book<'_>, at: usize, span: &Span, chance: &mut Chance) -> Option<String> {
    let passage = book.sentences.get(at).and_then(|s| book.passages.get(s.passage))?;
    (0..12).find_map(|_| vary(&span.text, span.kind, chance).filter(|n| !passage.text.contains(n.as_str())))
}

/// The span of the course that is most like this one and not in its passage.
fn peer(book: &Book<'_>, at: usize, span: &Span) -> Option<String> {
    let own = book.sentences.get(at)?;
    // Of other names it is not sure that they fit the rest of the sentence.
    let sure = matches!(span.cue.as_str(), "country" | "city" | "province" | "continent" | "世紀");
    if book.language(own.passage).is_chinese() && !sure || !span.kind.has_peers() || span.kind.is_clause() {
        return None;
    }
    let passage = book.passages.get(own.passage)?;
    let fits = book.spans_of(span.kind, book.language(own.passage)).into_iter().filter_map(|(_, other)| {
        let free = !one_thing(span, other) && !passage.text.contains(&other.text);
        Some((likeness(span, other, false).filter(|_| free)?, &other.text))
    });
    fits.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, text)| text.clone())
}

/// The text with one word turned into its opposite, where its passage holds the word once: 女子 of a college for women is
/// part of its name.
fn opposite(text: &str, passage: &str, language: Language) -> Option<String> {
    let pairs = match language {
        Language::TraditionalChinese => TRADITIONAL,
        Language::SimplifiedChinese => SIMPLIFIED,
        Language::English | Language::Other => return None,
    };
    let mut both = pairs.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]);
    let (word, other) =
        both.find(|(word, other)| text.contains(word) && passage.matches(word).count() == 1 && !text.contains(other))?;
    Some(text.replace(word, other))
}

/// Whether a sentence of the passage's document has all the words of a statement.
pub(super) fn is_said(book: &Book<'_>, passage: usize, statement: &str) -> bool {
    let said = question_terms(statement);
    let document = |p: usize| book.sources.get(p).map(|s| s.document_id);
    let own = document(passage);
    book.sentences.iter().any(|s| document(s.passage) == own && said.iter().all(|t| s.terms.contains(t)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_is_turned_in_the_texts_own_script() {
        use Language::{SimplifiedChinese as Hans, TraditionalChinese as Hant};
        for (text, language, turned) in [
            ("產量逐年增加", Hant, Some("產量逐年減少")),
            ("产量逐年增加", Hans, Some("产量逐年减少")),
            ("民主黨支持普選", Hant, Some("民主黨反對普選")),
            ("有的增加有的減少", Hant, None),
            ("樹上有鳥", Hant, None),
        ] {
            assert_eq!(opposite(text, text, language).as_deref(), turned);
        }
    }
}
