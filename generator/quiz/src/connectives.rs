//! The words with which a Chinese sentence is tied to the one before it, where it is whole without them.

/// Dropped before a comma.
const BEFORE_COMMA: &[&str] = &[
    "另外",
    "此外",
    "另一方面",
    "同時",
    "同时",
    "而且",
    "並且",
    "并且",
    "但是",
    "但",
    "然而",
    "不過",
    "不过",
    "可是",
    "因此",
    "所以",
    "於是",
    "于是",
    "因而",
    "後來",
    "后来",
    "隨後",
    "随后",
    "最後",
    "最后",
    "最終",
    "最终",
    "其實",
    "其实",
    "事實上",
    "事实上",
    "實際上",
    "实际上",
    "一般來說",
    "一般来说",
    "總之",
    "总之",
    "甚至",
    "例如",
    "比如",
    "結果",
    "结果",
    "首先",
    "其次",
];
/// Dropped also where the sentence goes on at once.
const BEFORE_ALL: &[&str] = &["但是", "然而", "可是", "但"];
/// What follows 但 in names: 但丁, 但澤.
const NAMES: &str = "丁澤泽尼";

/// How many bytes of a sentence go before it stands alone: those of a leading connective.
pub(crate) fn connective(sentence: &str) -> usize {
    let before_comma = |word: &&&str| sentence.strip_prefix(**word).is_some_and(|rest| rest.starts_with('，'));
    if let Some(word) = BEFORE_COMMA.iter().find(before_comma) {
        return word.len() + '，'.len_utf8();
    }
    let goes_on = |word: &&&str| {
        let rest = sentence.strip_prefix(**word);
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(|c| NAMES.contains(c)))
    };
    BEFORE_ALL.iter().find(goes_on).map_or(0, |word| word.len())
}

/// A sentence without its leading connective.
pub(crate) fn body(sentence: &str) -> &str {
    sentence.get(connective(sentence)..).unwrap_or(sentence)
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn a_connective_goes_and_a_name_stays() {
        for (sentence, rest) in [
            ("另外，芙蓉洞全長2846米。", "芙蓉洞全長2846米。"),
            ("但民主黨反對。", "民主黨反對。"),
            ("但是民主黨反對。", "民主黨反對。"),
            ("但丁生於佛羅倫斯。", "但丁生於佛羅倫斯。"),
            ("不過三年。", "不過三年。"),
            ("The rain fell.", "The rain fell."),
        ] {
            assert_eq!(body(sentence), rest);
        }
    }
}
