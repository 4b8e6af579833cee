//! Another number in a number's place, of the same form.

use crate::random::Random;

const ENGLISH: [&str; 9] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const CHINESE: [char; 9] = ['二', '三', '四', '五', '六', '七', '八', '九', '十'];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// After these a single Chinese numeral counts something.
const MEASURES: &str = "個个座條条位名種种次年月歲岁人家隻只艘層层部間间項项支本天世";

/// The text with one of its numbers changed; `None` where it has none.
pub(in super::super) fn change_number(text: &str, random: &mut Random) -> Option<String> {
    let mut places: Vec<(usize, &str)> = digits(text).into_iter().chain(words(text)).chain(numerals(text)).collect();
    random.shuffle(&mut places);
    let (at, old) = *places.first()?;
    let after = text.get(at + old.len()..).unwrap_or_default();
    let before = text.get(..at)?;
    let new = other(old, before, after, random)?;
    Some(format!("{before}{new}{after}"))
}

/// Runs of digits, with their commas and decimal points.
fn digits(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = text.get(at..).and_then(|rest| rest.find(|c: char| c.is_ascii_digit())).map(|n| n + at) {
        let rest = text.get(begin..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ',' | '.')).unwrap_or(rest.len());
        let number = rest.get(..end).unwrap_or_default().trim_end_matches([',', '.']);
        // `B2`, `2nd` and `3D` are names, not amounts.
        let before =
            text.get(..begin).and_then(|t| t.chars().last()).is_some_and(|c| c.is_ascii_alphabetic() || c == '-');
        let after = rest.get(number.len()..).and_then(|t| t.chars().next()).is_some_and(|c| c.is_ascii_alphabetic());
        if !before && !after {
            found.push((begin, number));
        }
        at = begin + end.max(1);
    }
    found
}

fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        if ENGLISH.contains(&bare) {
            found.push((at, bare));
        }
        at += word.len();
    }
    found
}

fn numerals(text: &str) -> Vec<(usize, &str)> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let counts = |n: usize| {
        let (before, after) = (n.checked_sub(1).map(|b| chars[b].1), chars.get(n + 1).map(|(_, c)| *c));
        let alone = !before.is_some_and(|c| "一二三四五六七八九十百千萬万億亿零○第星期週周".contains(c));
        CHINESE.contains(&chars[n].1) && alone && after.is_some_and(|c| MEASURES.contains(c))
    };
    let place = |n: usize| Some((chars[n].0, text.get(chars[n].0..chars[n].0 + chars[n].1.len_utf8())?));
    (0..chars.len()).filter(|n| counts(*n)).filter_map(place).collect()
}

fn other(old: &str, before: &str, after: &str, random: &mut Random) -> Option<String> {
    if let Some(n) = ENGLISH.iter().position(|word| *word == old) {
        return Some(ENGLISH[(n + 1 + random.below(ENGLISH.len() - 1)) % ENGLISH.len()].to_owned());
    }
    if let Some(n) = CHINESE.iter().position(|c| old.starts_with(*c)) {
        // Ten would need another form before some measures; the others are alike.
        return Some(CHINESE[(n + 1 + random.below(CHINESE.len() - 2)) % (CHINESE.len() - 1)].to_string())
            .filter(|new| new != old);
    }
    let value: Option<i64> = old.parse().ok();
    let Some(value) = value else { return Some(other_digit(old, random)) };
    if after.starts_with("年代") {
        let decades = 10 * (1 + below(4, random));
        return Some(
            (if value >= 1900 || value < 50 && value > decades { value - decades } else { value + decades })
                .to_string(),
        );
    }
    let month = |text: &str| MONTHS.iter().any(|month| text.trim().starts_with(month));
    let day =
        after.starts_with(['日', '號', '号']) || month(after) || before.trim().rsplit(' ').next().is_some_and(month);
    let highest = match () {
        () if after.starts_with('月') => 12,
        () if day && value <= 31 => 28,
        () => i64::MAX,
    };
    let year = old.len() == 4 && (1000..2100).contains(&value);
    let most = match value {
        _ if year => 25,
        0..=12 => 4,
        13..=99 => 20,
        _ => value * 2 / 5,
    };
    let step = 1 + below(most, random);
    let up = value - step < 1 || random.float() < 0.5;
    let mut new = if up { value + step } else { value - step };
    // Round numbers stay round.
    let zeros = old.len() - old.trim_end_matches('0').len();
    if !year && zeros > 0 && zeros < old.len() {
        let round = 10i64.pow(zeros as u32);
        new = (new / round) * round;
        if new == value || new < 1 {
            new = value + round;
        }
    }
    if new > highest {
        new = if value > 1 { 1 + below(value - 1, random) } else { value + 1 };
    }
    Some(new.to_string())
}

/// At least 0, below `n`.
fn below(n: i64, random: &mut Random) -> i64 {
    let n = usize::try_from(n).unwrap_or_default();
    i64::try_from(random.below(n)).unwrap_or_default()
}

/// Of a number with commas or a decimal point, the first digit changed.
fn other_digit(old: &str, random: &mut Random) -> String {
    let first = old.chars().next().and_then(|c| c.to_digit(10)).unwrap_or_default() as usize;
    let step = 1 + random.below(3);
    let new = if first > step && (first + step > 9 || random.float() < 0.5) { first - step } else { first + step };
    format!("{new}{}", old.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_has_the_same_form() {
        let mut random = Random::new(3);
        for (text, begin, end) in [
            ("It was built in 1912.", "It was built in 1", "."),
            ("Some 69,197 people died.", "Some ", ",197 people died."),
            ("He has five sisters.", "He has ", " sisters."),
            ("校內有三座圖書館。", "校內有", "座圖書館。"),
            ("他在12月離開。", "他在", "月離開。"),
        ] {
            for _ in 0..50 {
                let changed = change_number(text, &mut random).unwrap();
                assert!(changed != text && changed.starts_with(begin) && changed.ends_with(end), "{changed}");
            }
        }
        assert_eq!(change_number("The B2 and the 2nd road, 二十世紀第三次", &mut random), None);
    }
}
