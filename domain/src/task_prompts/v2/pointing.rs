//! Numbers of sentences, as they are written: `[3] [4]`.

use super::Numbered;

/// Most sentences that are pointed at.
pub const MOST_POINTED: usize = 4;

/// The numbers in reading order, each once.
pub(super) fn write_numbers(numbers: &[usize]) -> String {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.iter().map(|n| format!("[{n}]")).collect::<Vec<_>>().join(" ")
}

/// The numbers with which a text begins, in reading order, and what comes after them. `None` where there is none, where
/// one is not shown or is there twice, or where there are more than [`MOST_POINTED`].
pub(super) fn take_numbers<'a>(shown: &Numbered, text: &'a str) -> Option<(Vec<usize>, &'a str)> {
    let (mut numbers, mut rest) = (Vec::new(), text);
    loop {
        let (digits, after) = rest.strip_prefix('[')?.split_once(']')?;
        let plain =
            digits.starts_with(|c: char| ('1'..='9').contains(&c)) && digits.bytes().all(|b| b.is_ascii_digit());
        let number = digits.parse().ok().filter(|n| plain && *n <= shown.len() && !numbers.contains(n))?;
        numbers.push(number);
        if numbers.len() > MOST_POINTED {
            return None;
        }
        match after.strip_prefix(' ') {
            Some(next) if next.starts_with('[') => rest = next,
            _ => {
                numbers.sort_unstable();
                return Some((numbers, after));
            }
        }
    }
}

/// A regular expression of one to [`MOST_POINTED`] numbers of what is shown, repetitions not told apart; `None` where
/// nothing is shown.
pub(super) fn numbers_regex(shown: &Numbered) -> Option<String> {
    if shown.is_empty() {
        return None;
    }
    let all: Vec<String> = (1..=shown.len()).map(|n| n.to_string()).collect();
    let one = format!(r"\[({})\]", all.join("|"));
    Some(format!("{one}( {one}){{0,{}}}", MOST_POINTED - 1))
}
