//! Numbers near a number, in its own format and range: what stands in for spans of the course where it has too few.

use std::ops::Range;

use super::{english_words::MONTHS, shuffle::Chance, spans::Kind};

/// No year after this one is offered for a year before it.
const LAST_YEAR: i64 = 2026;

/// A text like `text` with another number in it.
pub(crate) fn vary(text: &str, kind: Kind, chance: &mut Chance) -> Option<String> {
    if let Some(rank) = text.strip_prefix('第') {
        return vary_amount(rank, kind, chance).map(|other| format!("第{other}"));
    }
    match kind {
        Kind::Decade if text.contains(['紀', '纪']) => vary_century(text, chance),
        Kind::Year | Kind::Decade => vary_year(text, kind, chance),
        Kind::Date => vary_date(text, chance),
        Kind::Quantity | Kind::Percent => vary_amount(text, kind, chance),
        _ => None,
    }
}

/// The first number written in digits, with its commas and point.
fn digits(text: &str) -> Option<Range<usize>> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = text.get(start..)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ',' | '.')).unwrap_or(rest.len());
    let length = rest.get(..end)?.trim_end_matches([',', '.']).len();
    Some(start..start + length)
}

/// The first number of four digits.
fn year_in(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    for part in text.split(|c: char| !c.is_ascii_digit()) {
        if part.len() == 4 {
            return Some(at..at + 4);
        }
        at += part.len() + text.get(at + part.len()..)?.chars().next().map_or(0, char::len_utf8);
    }
    None
}

fn put(text: &str, range: Range<usize>, number: &str) -> Option<String> {
    Some(format!("{}{number}{}", text.get(..range.start)?, text.get(range.end..)?))
}

fn vary_year(text: &str, kind: Kind, chance: &mut Chance) -> Option<String> {
    let range = digits(text)?;
    let year: i64 = text.get(range.clone())?.parse().ok()?;
    let step = if kind == Kind::Decade { 10 } else { 1 };
    let most = if kind == Kind::Decade { 3 } else { 15 };
    let distance = one_to(most, chance) * step;
    let other = if chance.share() < 0.5 { year - distance } else { year + distance };
    (other > 0 && (other < LAST_YEAR || year >= LAST_YEAR)).then(|| put(text, range, &other.to_string()))?
}

/// Another century, or another decade of the same one.
fn vary_century(text: &str, chance: &mut Chance) -> Option<String> {
    if let Some(ends) = text.find("年代") {
        let start = ends.checked_sub(2)?;
        let other = 10 * one_to(9, chance);
        return put(text, start..ends, &other.to_string());
    }
    let range = digits(text)?;
    let century: i64 = text.get(range.clone())?.parse().ok()?;
    let distance = one_to(4, chance);
    let other = if chance.share() < 0.5 { century - distance } else { century + distance };
    (1..=21).contains(&other).then(|| put(text, range, &other.to_string()))?
}

/// Another year, month or day, written in as many digits: the longest of some dates is a good guess.
fn vary_date(text: &str, chance: &mut Chance) -> Option<String> {
    match chance.below(3) {
        0 => vary_year_of_date(text, chance),
        1 => vary_month(text, chance),
        _ => vary_day(text, chance),
    }
}

fn vary_year_of_date(text: &str, chance: &mut Chance) -> Option<String> {
    let range = year_in(text)?;
    let year: i64 = text.get(range.clone())?.parse().ok()?;
    let distance = one_to(4, chance);
    let other = if chance.share() < 0.5 || year + distance >= LAST_YEAR { year - distance } else { year + distance };
    put(text, range, &other.to_string())
}

fn vary_month(text: &str, chance: &mut Chance) -> Option<String> {
    // The 31st is not in every month.
    if ["29", "30", "31"].iter().any(|day| numbers_in(text).iter().any(|(_, n)| n == day)) {
        return None;
    }
    let lower = text.to_lowercase();
    if let Some((n, name)) = MONTHS.iter().enumerate().find(|(_, m)| lower.contains(**m)) {
        let at = lower.find(name)?;
        let other = MONTHS.get((n + 1 + chance.below(11)) % 12)?;
        let mut capital = other.to_string();
        capital.get_mut(..1)?.make_ascii_uppercase();
        return put(text, at..at + name.len(), &capital);
    }
    let start = text.find('年').map_or(0, |at| at + '年'.len_utf8());
    let end = text.find('月')?;
    let month: usize = text.get(start..end)?.trim().parse().ok()?;
    let (first, count) = if month < 10 { (1, 9) } else { (10, 3) };
    let other = first + (month - first + 1 + chance.below(count - 1)) % count;
    put(text, start..end, &other.to_string())
}

fn vary_day(text: &str, chance: &mut Chance) -> Option<String> {
    let chinese = text.contains('月');
    let is_day = |(range, n): &(Range<usize>, &str)| {
        n.len() <= 2 && (!chinese || text.get(range.end..).is_some_and(|rest| rest.starts_with('日')))
    };
    let (range, day) = numbers_in(text).into_iter().find(is_day)?;
    let day: usize = day.parse().ok().filter(|d| (1..=31).contains(d))?;
    // No month lacks a 28th.
    let (first, count) = if day < 10 { (1, 9) } else { (10, 19) };
    let other = first + (day - first + 1 + chance.below(count - 1)) % count;
    put(text, range, &other.to_string())
}

/// The runs of digits, with their places.
fn numbers_in(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(start) = text.get(rest..).and_then(|t| t.find(|c: char| c.is_ascii_digit())).map(|at| rest + at) {
        let tail = text.get(start..).unwrap_or_default();
        let length = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        found.push((start..start + length, tail.get(..length).unwrap_or_default()));
        rest = start + length;
    }
    found
}

fn vary_amount(text: &str, kind: Kind, chance: &mut Chance) -> Option<String> {
    let Some(range) = digits(text) else { return vary_word(text, chance) };
    let written = text.get(range.clone())?;
    let commas = written.contains(',');
    let plain = written.replace(',', "");
    let decimals = plain.split_once('.').map_or(0, |(_, d)| d.len());
    let scaled: i64 = plain.replace('.', "").parse().ok()?;
    let other = near(scaled, chance);
    let unit = 10_i64.checked_pow(u32::try_from(decimals).ok()?)?;
    if other == scaled || other <= 0 || (kind == Kind::Percent && scaled <= 100 * unit && other > 100 * unit) {
        return None;
    }
    let whole = other / unit;
    let mut number =
        if commas || (plain.len() > 4 && written.contains(',')) { with_commas(whole) } else { whole.to_string() };
    if decimals > 0 {
        number = format!("{number}.{:0decimals$}", other % unit);
    }
    put(text, range, &number)
}

/// A number of the same size that is as round: among others that are less so, the roundest is a good guess.
fn near(value: i64, chance: &mut Chance) -> i64 {
    let mut zeros = 1;
    while value % (zeros * 10) == 0 && value / (zeros * 10) > 0 {
        zeros *= 10;
    }
    let head = value / zeros;
    // 1000 stands beside 2000 and 700.
    if head < 3 && zeros > 1 && chance.share() < 0.5 {
        return (4 + one_to(5, chance)) * (zeros / 10);
    }
    if head < 20 {
        let reach = (head / 2).clamp(2, 6) as usize;
        let distance = one_to(reach, chance);
        let other = if chance.share() < 0.5 && head > distance + 1 { head - distance } else { head + distance };
        let rounder = zeros > 1 && other % 10 == 0;
        return (if rounder { other + 1 } else { other }) * zeros;
    }
    let factor = if chance.share() < 0.5 { 0.55 + 0.35 * chance.share() } else { 1.12 + 0.6 * chance.share() };
    let mut other = (head as f32 * factor) as i64;
    // A trailing zero would make it look rounder than the key.
    if other % 10 == 0 {
        other += one_to(8, chance);
    }
    other * zeros
}

/// A number from 1 to `most`.
fn one_to(most: usize, chance: &mut Chance) -> i64 {
    i64::try_from(chance.below(most)).unwrap_or(0) + 1
}

fn with_commas(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (n, c) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Small numbers in words: `three`, 三.
fn vary_word(text: &str, chance: &mut Chance) -> Option<String> {
    const ENGLISH: [&str; 11] =
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const HAN: [&str; 8] = ["三", "四", "五", "六", "七", "八", "九", "十"];
    let lists: [&[&str]; 2] = [&ENGLISH, &HAN];
    for list in lists {
        let han = list.len() == HAN.len();
        let head = if han { text.get(..3)? } else { text.split(' ').next()? };
        let Some(n) = list.iter().position(|w| *w == head.to_lowercase()) else { continue };
        let rest = text.get(head.len()..)?;
        if han && rest.starts_with(|c| "一二三四五六七八九十百千萬万億亿".contains(c)) {
            return None;
        }
        let low = n.saturating_sub(3);
        let other = low + chance.below((n + 4).min(list.len()) - low);
        let mut word = list.get(other).filter(|_| other != n)?.to_string();
        if head.starts_with(char::is_uppercase) {
            word.get_mut(..1)?.make_ascii_uppercase();
        }
        return Some(format!("{word}{rest}"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varied_numbers_keep_their_format() {
        let mut chance = Chance::new(3);
        for _ in 0..300 {
            for (text, kind) in [
                ("69,197", Kind::Quantity),
                ("$4.8 million", Kind::Quantity),
                ("1.27萬平方公里", Kind::Quantity),
                ("三種", Kind::Quantity),
                ("85%", Kind::Percent),
            ] {
                let Some(other) = vary(text, kind, &mut chance) else { continue };
                assert_ne!(other, text);
                let shape = |t: &str| {
                    t.chars().filter(|c| !c.is_ascii_digit() && !"二三四五六七八九十,".contains(*c)).collect::<String>()
                };
                assert_eq!(shape(&other), shape(text), "{other}");
            }
            if let Some(year) = vary("1999", Kind::Year, &mut chance) {
                assert!(year.parse::<i64>().is_ok_and(|y| (1900..=LAST_YEAR).contains(&y)), "{year}");
            }
            for (text, ends) in [("14世紀", "世紀"), ("20世紀70年代", "0年代"), ("7月12日", "日"), ("第8位", "位")]
            {
                let kind = if ends == "位" {
                    Kind::Quantity
                } else if text.contains('紀') {
                    Kind::Decade
                } else {
                    Kind::Date
                };
                let Some(other) = vary(text, kind, &mut chance) else { continue };
                assert!(other.ends_with(ends) && other != text || text.contains("70"), "{other}");
            }
            for text in ["2008年5月12日", "12月31日", "May 12, 2008", "31 May 2008", "2008年10月"] {
                let Some(date) = vary(text, Kind::Date, &mut chance) else { continue };
                assert!(date != text && numbers_in(&date).len() == numbers_in(text).len(), "{date}");
                let digits = |t: &str| t.chars().filter(char::is_ascii_digit).count();
                assert_eq!(digits(&date), digits(text), "{date}");
                assert!(!date.contains("31日") || date.contains("12月"), "{date}");
            }
        }
    }
}
