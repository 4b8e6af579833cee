//! The numbers of a Chinese sentence that can be keys: dates, centuries, amounts with their measure words, ranks.

use text::is_han;

use super::{
    chinese_words::{DIGIT_UNITS, RANKED, UNITS},
    spans::{Kind, Span},
};

/// Numerals.
pub(super) const NUMERALS: &str = "〇零一二兩两三四五六七八九十百千萬万億亿";
/// Words behind which so many years are a length of time, not a date.
const LASTING: [&str; 20] = [
    "歷時", "历时", "長達", "长达", "共", "達", "达", "計", "计", "為期", "为期", "持續", "持续", "僅", "仅", "超過",
    "超过", "延續", "延续", "只有",
];

/// Whether a number of years behind `lead` says how long something lasted.
fn lasts(lead: &str) -> bool {
    LASTING.iter().any(|w| lead.ends_with(w)) && !lead.ends_with("中共")
}

/// 條約3… has no 約 that means `about`.
fn ends_with_treaty(lead: &str) -> bool {
    ["條約", "条约", "公約", "公约", "合約", "合约", "盟約", "盟约", "契約", "契约", "和約", "和约", "紐約", "纽约"]
        .iter()
        .any(|w| lead.ends_with(w))
}

/// The character at a place (a blank beyond the end), and the byte that it begins at.
fn places<'a>(sentence: &'a str, chars: &'a [(usize, char)]) -> (impl Fn(usize) -> char, impl Fn(usize) -> usize) {
    let at = |n: usize| chars.get(n).map_or(' ', |(_, c)| *c);
    let byte = |n: usize| chars.get(n).map_or(sentence.len(), |(b, _)| *b);
    (at, byte)
}

/// A number at `n`: digits with commas and a point, or Chinese numerals, and 萬 or 億 behind. Its end, in characters.
fn number_end(chars: &[(usize, char)], n: usize) -> usize {
    let at = |n: usize| chars.get(n).map_or(' ', |(_, c)| *c);
    let mut end = n;
    if at(n).is_ascii_digit() {
        while at(end).is_ascii_digit() || (matches!(at(end), ',' | '.') && at(end + 1).is_ascii_digit()) {
            end += 1;
        }
        while matches!(at(end), '萬' | '万' | '億' | '亿' | '千' | '百') {
            end += 1;
        }
    } else {
        while NUMERALS.contains(at(end)) {
            end += 1;
        }
    }
    end
}

pub(super) fn dates(sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
    let (at, byte) = places(sentence, chars);
    let mut spans = Vec::new();
    let mut n = 0;
    while n < chars.len() {
        let end = number_end(chars, n);
        let digits = end - n;
        let before = if n == 0 { ' ' } else { at(n - 1) };
        let plain = (n..end).all(|n| at(n).is_ascii_digit() || "〇零一二三四五六七八九".contains(at(n)));
        let lasts = digits < 4 && lasts(sentence.get(..byte(n)).unwrap_or_default());
        if !(3..=4).contains(&digits) || !plain || at(end) != '年' || is_joint(before) || lasts {
            n = end.max(n + 1);
            continue;
        }
        let mut stop = end + 1;
        let mut kind = Kind::Year;
        for mark in ['月', '日'] {
            let next = number_end(chars, stop);
            if next > stop && next - stop <= 3 && at(next) == mark {
                stop = next + 1;
                kind = Kind::Date;
            } else {
                break;
            }
        }
        let decade = kind == Kind::Year && at(stop) == '代';
        if decade {
            stop += 1;
            kind = Kind::Decade;
        }
        let follows = at(stop);
        if !is_joint(follows)
            && !"度級级間间底初末夏春秋冬版前之賽赛第起以至到".contains(follows)
            && !"至到前元约約紀纪".contains(before)
            && !matches!(before, '（' | '(')
        {
            let cue = if at(n).is_ascii_digit() { format!("{}", stop - end) } else { "han".to_owned() };
            spans.extend(Span::new(sentence, byte(n)..byte(stop), kind, cue));
        }
        n = stop;
    }
    spans
}

/// A sign that joins two numbers.
pub(super) fn is_joint(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '－' | '～' | '~' | '─' | '/' | '.' | ':' | '+' | '第' | '×')
}

pub(super) fn quantities(sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
    let (at, byte) = places(sentence, chars);
    let mut spans = Vec::new();
    let mut n = 0;
    while n < chars.len() {
        let end = number_end(chars, n);
        if end == n {
            n += 1;
            continue;
        }
        let before = if n == 0 { ' ' } else { at(n - 1) };
        let lead = sentence.get(..byte(n)).unwrap_or_default();
        let number = sentence.get(byte(n)..byte(end)).unwrap_or_default();
        let written = number.starts_with(|c: char| c.is_ascii_digit());
        // `700多個`: the word stays with its number.
        let more = usize::from(matches!(at(end), '多' | '餘' | '余') && number.chars().count() > 1);
        let end = end + more;
        let rest = sentence.get(byte(end)..).unwrap_or_default();
        let percent = rest.starts_with(['%', '％']);
        let digits = || DIGIT_UNITS.iter().find(|u| written && rest.starts_with(**u));
        let unit = if percent {
            rest.chars().next().map(String::from)
        } else if rest.starts_with('年') {
            lasts(lead).then(|| "年".to_owned())
        } else {
            let known = UNITS.iter().find(|u| rest.starts_with(**u));
            known.into_iter().chain(digits()).max_by_key(|u| u.len()).map(|u| (*u).to_owned())
        };
        // `一個` and `幾百` count nothing; `三十` alone may be part of a name.
        let counts = !["一", "兩", "两", "0", "1"].contains(&number)
            && !number.starts_with(['萬', '万', '億', '亿', '百', '千']);
        let free = !is_joint(before)
            && !NUMERALS.contains(before)
            && !"數数幾几多近十上成之另這这那前後后首其每周週星期至到".contains(before)
            && !ends_with_treaty(lead)
            // `T-92 40公厘`: the number is part of a name.
            && !lead.trim_end().ends_with(|c: char| c.is_ascii_alphanumeric());
        if let Some(unit) = unit.filter(|_| counts && free) {
            let stop = end + unit.chars().count();
            let after = at(stop);
            let dated = unit == "年" && "代級级間间底初末前後后來来".contains(after);
            let whole = !is_joint(after)
                && !dated
                && !"多餘余月國国".contains(after)
                && !after.is_ascii_digit()
                && (unit != "人" || !"民口物士員员類类們们造工家".contains(after));
            let world = unit == "次"
                && is_han(after)
                && !"的，。、；在".contains(after)
                && !number.starts_with(|c: char| c.is_ascii_digit());
            let lone = ["家", "位", "部", "條", "条", "度", "公", "米", "話", "话", "天", "對", "次", "首", "球", "名"]
                .contains(&unit.as_str())
                && !number.starts_with(|c: char| c.is_ascii_digit());
            let proper = lone
                && is_han(after)
                && !"的，。、；".contains(after)
                && number.chars().count() == 1
                && !["位", "部", "次", "名", "條", "条", "首"].contains(&unit.as_str());
            if whole && !proper && !world && !number.ends_with('二') {
                let kind = if percent { Kind::Percent } else { Kind::Quantity };
                spans.extend(Span::new(sentence, byte(n)..byte(stop), kind, unit));
            }
            n = stop;
            continue;
        }
        n = end;
    }
    spans
}

/// 第8位, 第三屆: which of a row.
pub(super) fn ranks(sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
    let (at, byte) = places(sentence, chars);
    let mut spans = Vec::new();
    for start in (0..chars.len()).filter(|n| at(*n) == '第') {
        let end = number_end(chars, start + 1);
        let number = sentence.get(byte(start + 1)..byte(end)).unwrap_or_default();
        let rest = sentence.get(byte(end)..).unwrap_or_default();
        let Some(unit) = RANKED.iter().find(|u| rest.starts_with(**u)) else { continue };
        let stop = end + unit.chars().count();
        let follows = at(stop);
        // The first is the first of anything; 第二次世界大戰 is a name.
        let told = !["", "一", "1"].contains(&number) && number.chars().count() <= 3 && !is_joint(at(end));
        let name = matches!(*unit, "次" | "世") && is_han(follows) && !"的，。、；在".contains(follows);
        if told && !name && !number.starts_with(|c| "百千萬万億亿零〇".contains(c)) {
            spans.extend(Span::new(sentence, byte(start)..byte(stop), Kind::Quantity, format!("第{unit}")));
        }
    }
    spans
}

/// 14世紀, 20世紀70年代.
pub(super) fn centuries(sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
    let (at, byte) = places(sentence, chars);
    let mut spans = Vec::new();
    let mut n = 0;
    while n < chars.len() {
        let end = number_end(chars, n).max(n + 1);
        let rest = sentence.get(byte(end)..).unwrap_or_default();
        let before = if n == 0 { ' ' } else { at(n - 1) };
        let short = at(n).is_ascii_digit() && end - n <= 2 && (rest.starts_with("世紀") || rest.starts_with("世纪"));
        if short && !is_joint(before) && !"前至到約约".contains(before) {
            let mut stop = end + 2;
            let decade = number_end(chars, stop);
            let mut cue = "世紀";
            if decade == stop + 2 && at(stop).is_ascii_digit() && at(decade) == '年' && at(decade + 1) == '代' {
                (stop, cue) = (decade + 2, "世紀年代");
            }
            if !is_joint(at(stop)) && !at(stop).is_ascii_digit() && !"至到".contains(at(stop)) {
                spans.extend(Span::new(sentence, byte(n)..byte(stop), Kind::Decade, cue));
            }
        }
        n = end;
    }
    spans
}

/// 7月1日 without its year.
pub(super) fn days(sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
    let (at, byte) = places(sentence, chars);
    let mut spans = Vec::new();
    let mut n = 0;
    while n < chars.len() {
        let month = number_end(chars, n);
        let day = if at(month) == '月' { number_end(chars, month + 1) } else { 0 };
        let before = if n == 0 { ' ' } else { at(n - 1) };
        let whole = day > month + 1 && at(day) == '日' && at(n).is_ascii_digit() && at(month + 1).is_ascii_digit();
        if whole && month > n && !is_joint(before) && !"年至到（(".contains(before) && !is_joint(at(day + 1)) {
            spans.extend(Span::new(sentence, byte(n)..byte(day + 1), Kind::Date, "日"));
        }
        n = month.max(n + 1);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_by_what_stands_around_them() {
        type Find = fn(&str, &[(usize, char)]) -> Vec<Span>;
        let cases: [(Find, &str, &[&str]); 13] = [
            (quantities, "維基媒體有700多個配置設定。", &["700多個"]),
            (quantities, "校園面積約34公頃。", &["34公頃"]),
            (quantities, "依照條約3人獲釋。", &[]),
            (quantities, "實質統治臺灣的時間計212年。", &["212年"]),
            (dates, "實質統治臺灣的時間計212年。", &[]),
            (dates, "公司於1928年成立。", &["1928年"]),
            (quantities, "圖書館藏書81.6萬冊，佔地1133.87畝。", &["81.6萬冊", "1133.87畝"]),
            (ranks, "巴西排名回升至第8位。", &["第8位"]),
            (ranks, "法國舉辦了第三屆錦標賽。", &["第三屆"]),
            (ranks, "第二次世界大戰爆發，第一次參加。", &[]),
            (centuries, "臺灣自17世紀開始有文字紀錄。", &["17世紀"]),
            (centuries, "20世紀70年代以來出現了團體。", &["20世紀70年代"]),
            (days, "典禮在7月1日舉行，1995年3月2日結束。", &["7月1日"]),
        ];
        for (find, sentence, expected) in cases {
            let chars: Vec<(usize, char)> = sentence.char_indices().collect();
            let found: Vec<String> = find(sentence, &chars).into_iter().map(|s| s.text).collect();
            assert_eq!(found, expected, "{sentence}");
        }
    }
}
