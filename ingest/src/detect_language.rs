//! Which language most of a text is written in.

use domain::Language;
use whatlang::{Detector, Lang};

use crate::script::is_han;

/// How many characters are looked at; a language shows long before that.
const SAMPLE: usize = 20_000;

/// Characters that are common in Traditional Chinese and are written otherwise in Simplified Chinese …
const TRADITIONAL: &str = "這個們來說國時會學對發經過還點與為於從開問無關長門見車馬語讀書寫東話認識電萬億區義體點讓將應進實際產業數據歷機樣當種處術縣條輛號題題標構導師團歲雙觀變現紀錄總統戰爭軍隊黨權離島龍鳥魚風飛頭頁顧";
/// … and the same the other way round.
const SIMPLIFIED: &str = "这个们来说国时会学对发经过还点与为于从开问无关长门见车马语读书写东话认识电万亿区义体让将应进实际产业数据历机样当种处术县条辆号题标构导师团岁双观变现纪录总统战争军队党权离岛龙鸟鱼风飞头页顾";

/// The language that most of `text` is written in.
///
/// Chinese when a third of its letters are Chinese characters and hardly any kana or Hangul stands among them; a
/// Chinese character fills as much of a page as half an English word.
pub fn detect_language(text: &str) -> Language {
    let sample: String = text.chars().take(SAMPLE).collect();
    let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
    let han = sample.chars().filter(|c| is_han(*c)).count();
    let other_east_asian =
        sample.chars().filter(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}')).count();
    if han > 0 && han * 3 >= letters {
        return if other_east_asian * 10 > han { Language::Other } else { chinese_script(&sample) };
    }
    latin_language(&sample)
}

fn chinese_script(sample: &str) -> Language {
    let count =
        |signs: &str, others: &str| sample.chars().filter(|c| signs.contains(*c) && !others.contains(*c)).count();
    if count(SIMPLIFIED, TRADITIONAL) > count(TRADITIONAL, SIMPLIFIED) {
        Language::SimplifiedChinese
    } else {
        Language::TraditionalChinese
    }
}

fn latin_language(sample: &str) -> Language {
    if !sample.is_ascii() || sample.split_whitespace().count() >= 8 {
        return match Detector::new().detect_lang(sample) {
            Some(Lang::Eng) => Language::English,
            _ => Language::Other,
        };
    }
    // Too short to tell: plain Latin letters are taken for English.
    if sample.chars().any(|c| c.is_ascii_alphabetic()) { Language::English } else { Language::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_served_languages_and_the_rest() {
        assert_eq!(detect_language("The Neolithic followed the terminal Holocene period."), Language::English);
        assert_eq!(detect_language("What is a Wilson loop?"), Language::English);
        assert_eq!(detect_language("恆星的生命是由氣態星雲重力坍縮開始的。"), Language::TraditionalChinese);
        assert_eq!(
            detect_language("恒星的生命是由气态星云重力坍缩开始的，这个过程还会发生。"),
            Language::SimplifiedChinese
        );
        assert_eq!(detect_language("これは日本語の文章です。漢字とかなが混ざります。"), Language::Other);
        assert_eq!(detect_language("Die Würde des Menschen ist unantastbar und zu schützen."), Language::Other);
        assert_eq!(detect_language(""), Language::Other);
    }
}
