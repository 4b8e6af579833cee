//! Whether a sentence can be understood without the ones around it, and is a sentence at all.

use domain::Language;

use crate::{
    english::{CALENDAR, GENERIC, is_in, words},
    is_common, is_han,
};

/// Words with which a sentence leans on the one before it.
const LEANING: &str = "it he she they this that these those its his her their such both neither however \
therefore thus hence moreover furthermore additionally also meanwhile instead nevertheless nonetheless consequently \
otherwise then there here i we you my our your another others but and or so yet still besides likewise similarly \
afterwards later soon subsequently finally overall similarly again what who why how when where which because one some \
many several most others each former latter again accordingly unlike like indeed even";

/// Words that lean wherever they stand.
const POINTING: &str = "this these those former latter above aforementioned following here therefrom respectively \
respective such i we you my our your";

/// Pronouns that need a name before them in the sentence.
const PRONOUNS: &str = "it he she they him her them his its their hers theirs himself herself itself themselves";

/// Chinese words with which a sentence leans on the one before it, in the order in which they are tried.
const LEANING_CHINESE: &str = "它 他 她 牠 祂 其 這 这 那 此 該 该 本屆 本届 本片 本作 本劇 本剧 本站 本書 本书 本校 我 你 您 咱 兩者 两者 前者 後者 \
后者 同年 同時 同时 同月 同日 當時 当时 當年 当年 當中 当中 之後 之后 之前 隨後 随后 後來 后来 另外 另一 但 而 因此 \
所以 然而 不過 不过 於是 于是 並 并 且 或 也 亦 又 還 还 則 则 即 如 例如 比如 次年 翌年 隔年 次日 翌日 不久 最後 \
最后 最終 最终 結果 结果 從此 从此 由此 以上 以下 上述 如此 反之 除此 至此 雖 虽 可是 與此 与此 對此 对此 為此 为此 \
尤其 甚至 其中 接著 接着 何況 何况 另 像是 不幸的是 幸運的是 幸运的是 有時 有时 一些 另有 首先 其次 再者 總之 总之 \
同樣 同样 為止 事後 事后";

/// Chinese words that point elsewhere wherever they stand.
const POINTING_CHINESE: &str = "他 她 它 牠 祂 我 你 這 这 此外 該 该 上述 下列 如下 如圖 如图 前者 後者 后者 兩者 两者 同年 同月 同日 次年 翌年 隔年 \
當時 当时 當年 当年 當地 当地 本屆 本届 本片 本作 本劇 本剧 本站 本書 本书 本校 此後 此后 在此 那裡 那里 那時 那时 \
其後 其后 以下";

/// Why a sentence is not used; `None` for one that stands alone.
pub fn leans(sentence: &str, language: Language) -> Option<String> {
    if language.is_chinese() { leans_chinese(sentence) } else { leans_english(sentence) }
}

fn leans_english(sentence: &str) -> Option<String> {
    let words = words(sentence);
    let first = words.first()?;
    if is_in(LEANING, &first.lower) {
        return Some(format!("it begins with “{}”", first.text));
    }
    // `The show drew …`: which show?
    let thing = words.get(1).filter(|w| first.lower == "the" && is_in(GENERIC, &w.lower));
    if let Some(thing) = thing
        && words
            .get(2)
            .is_none_or(|w| !["of", "in", "for", "that", "which", "by"].contains(&w.lower.as_str()) && !w.capital())
    {
        return Some(format!("“The {}” may be any", thing.text));
    }
    if let Some(word) = words.iter().find(|w| is_in(POINTING, &w.lower)) {
        return Some(format!("“{}” points elsewhere", word.text));
    }
    let pronoun = words.iter().position(|w| is_in(PRONOUNS, &w.lower))?;
    let word = words.get(pronoun)?;
    let person =
        !["it", "its", "itself", "they", "them", "their", "theirs", "themselves"].contains(&word.lower.as_str());
    let before = words.get(..pronoun).unwrap_or_default();
    let named = before
        .iter()
        .enumerate()
        .any(|(n, w)| w.capital() && !is_in(CALENDAR, &w.lower) && (n > 0 || !is_common(&w.lower)));
    let meant = if person { named } else { named || before.len() >= 3 };
    // `During his time as …, Smith …`: the name comes later, but it comes.
    let opener = pronoun <= 3
        && words.first().is_some_and(|w| is_common(&w.lower) || ["despite", "upon"].contains(&w.lower.as_str()));
    (!meant || opener).then(|| format!("“{}” has no name before it", word.text))
}

fn leans_chinese(sentence: &str) -> Option<String> {
    let open = sentence.trim_start_matches(|c: char| !c.is_alphanumeric());
    if let Some(word) = LEANING_CHINESE.split_whitespace().find(|w| open.starts_with(w)) {
        // 其他 and 其實 do not point back, but begin no good question either.
        return Some(format!("它以「{word}」開頭"));
    }
    // `四年以後，…`: after what?
    let first = open.split('，').next().unwrap_or_default();
    let counted = first.starts_with(|c: char| c.is_ascii_digit() || "一二兩两三四五六七八九十數数幾几".contains(c));
    if counted && first.chars().count() <= 8 && first.ends_with(['後', '后']) {
        return Some(format!("「{first}」從何時算起不明"));
    }
    let other = ["其他", "其它", "他國", "他国", "他人", "吉他", "該隱", "維他命", "维他命", "應該", "应该", "活該"];
    let mut rest = sentence.to_owned();
    for word in other {
        rest = rest.replace(word, "");
    }
    POINTING_CHINESE.split_whitespace().find(|w| rest.contains(w)).map(|w| format!("「{w}」指向別處"))
}

/// Whether a piece of text is a whole, plain sentence: no title, table row, code, question or fragment.
pub fn is_plain(sentence: &str, language: Language) -> bool {
    let marks = ['|', '\t', '{', '}', '=', '<', '>', '\\', '#', '@', '•', '*', '_'];
    if sentence.contains(marks) || sentence.contains("http") || sentence.contains("\n\n") || !is_balanced(sentence) {
        return false;
    }
    if sentence.ends_with(['?', '？', '!', '！', ':', '：']) || sentence.contains(['?', '？']) {
        return false;
    }
    if names_figure(sentence) {
        return false;
    }
    if language.is_chinese() {
        let length = sentence.chars().count();
        let han = sentence.chars().filter(|c| is_han(*c)).count();
        return (10..=150).contains(&length) && han * 2 > length && sentence.ends_with(['。', '；', '」']);
    }
    let words = sentence.split_whitespace().count();
    let begins = sentence.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '"' | '“'));
    (6..=45).contains(&words)
        && begins
        && sentence.ends_with(['.', '"', '”', ')'])
        && !sentence.contains("...")
        && !sentence.contains('…')
}

/// Whether a numbered figure, table or part is named, as in a caption: whoever takes the quiz does not see it.
fn names_figure(sentence: &str) -> bool {
    const THINGS: [&str; 10] =
        ["figure", "figures", "fig", "table", "tables", "section", "equation", "eq", "appendix", "algorithm"];
    let mut words = sentence.split_whitespace().map(|w| w.trim_matches(|c: char| !c.is_alphanumeric())).peekable();
    while let Some(word) = words.next() {
        let number = words.peek().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()));
        if number && THINGS.contains(&word.to_lowercase().as_str()) {
            return true;
        }
    }
    // 圖一, 見表 2; 代表3人 names no table.
    let numbered = |at: usize, c: char| {
        let rest = sentence.get(at + c.len_utf8()..).unwrap_or_default().trim_start();
        rest.starts_with(|c: char| c.is_ascii_digit() || "一二三四五六七八九十".contains(c))
    };
    let opens = |at: usize| {
        let before = sentence.get(..at).and_then(|text| text.trim_end().chars().next_back());
        before.is_none_or(|c| "如見见由從从與与和在附（(，".contains(c))
    };
    sentence.char_indices().any(|(at, c)| ['圖', '图', '表'].contains(&c) && opens(at) && numbered(at, c))
}

/// Whether brackets and quotes close as they open.
pub fn is_balanced(text: &str) -> bool {
    let pairs =
        [('(', ')'), ('（', '）'), ('「', '」'), ('『', '』'), ('《', '》'), ('“', '”'), ('[', ']'), ('〈', '〉')];
    let count = |c: char| text.matches(c).count();
    pairs.iter().all(|(open, close)| count(*open) == count(*close)) && count('"') % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_and_sentences_about_figures_are_not_plain() {
        for sentence in [
            "Figure 3 shows a sample structure obtained from the sentence.",
            "The numbers of articles we used are shown in Table 2.",
            "The second step, described in Section 3.1, takes most of the time.",
        ] {
            assert!(!is_plain(sentence, Language::English), "{sentence}");
        }
        for sentence in ["圖一是臺灣各地的年雨量與氣溫變化。", "各縣市的人口如表 2 所示，以新北市最多。"]
        {
            assert!(!is_plain(sentence, Language::TraditionalChinese), "{sentence}");
        }
        assert!(is_plain("The table has 4 legs and stands in the middle of the room.", Language::English));
        assert!(is_plain("每一縣選出的代表3人在會議中討論水利問題。", Language::TraditionalChinese));
    }
}
