//! How near an answer comes to an accepted one: exact match and F1, as `SQuAD` (Rajpurkar et al. 2016) and, for Chinese,
//! CMRC 2018 (Cui et al. 2019) define them.

use std::collections::HashMap;

use domain::Language;

/// Exact match (0 or 1) and F1 against the accepted answer that is nearest.
pub fn score(language: Language, text: &str, accepted: &[String]) -> (f64, f64) {
    accepted.iter().fold((0.0, 0.0), |(exact, f1), right| {
        let (text, right) = (tokens(language, text), tokens(language, right));
        let same = f64::from(u8::from(text == right));
        (same.max(exact), f1_of(language, &text, &right).max(f1))
    })
}

/// Whether an accepted answer stands in the text, whatever case and white space.
pub fn holds(text: &str, accepted: &[String]) -> bool {
    let plain = |s: &str| s.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let text = plain(text);
    accepted.iter().any(|a| text.contains(&plain(a)))
}

/// Words without case, punctuation and articles; in Chinese every character is one.
fn tokens(language: Language, text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    if language.is_chinese() {
        let mut all = Vec::new();
        let mut word = String::new();
        for c in lower.chars() {
            let western = c.is_ascii_alphanumeric();
            if western {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                all.push(std::mem::take(&mut word));
            }
            if c.is_alphanumeric() {
                all.push(c.to_string());
            }
        }
        all.extend(Some(word).filter(|w| !w.is_empty()));
        return all;
    }
    // SQuAD takes punctuation out, it does not split at it.
    let kept: String = lower.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    kept.split_whitespace().filter(|w| !matches!(*w, "a" | "an" | "the")).map(str::to_owned).collect()
}

fn f1_of(language: Language, text: &[String], right: &[String]) -> f64 {
    if text.is_empty() || right.is_empty() {
        return f64::from(u8::from(text == right));
    }
    let common = if language.is_chinese() { longest_common(text, right) } else { shared(text, right) };
    if common == 0 {
        return 0.0;
    }
    let (precision, recall) = (common as f64 / text.len() as f64, common as f64 / right.len() as f64);
    2.0 * precision * recall / (precision + recall)
}

/// Words that both have, each as often as in both.
fn shared(a: &[String], b: &[String]) -> usize {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in a {
        *left.entry(word).or_default() += 1;
    }
    b.iter()
        .filter(|word| left.get_mut(word.as_str()).is_some_and(|n| std::mem::replace(n, n.saturating_sub(1)) > 0))
        .count()
}

/// The longest run of tokens that both have.
fn longest_common(a: &[String], b: &[String]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut longest = 0;
    for x in a {
        let mut now = vec![0; b.len() + 1];
        for (at, y) in b.iter().enumerate() {
            if x == y {
                now[at + 1] = before[at] + 1;
                longest = longest.max(now[at + 1]);
            }
        }
        before = now;
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact match and F1 in percent.
    fn of(language: Language, text: &str, right: &str) -> (i32, i32) {
        let (exact, f1) = score(language, text, &[right.to_owned()]);
        ((exact * 100.0).round() as i32, (f1 * 100.0).round() as i32)
    }

    #[test]
    fn case_articles_and_punctuation_do_not_count() {
        assert_eq!(of(Language::English, "The Fergana Valley.", "fergana valley"), (100, 100));
        assert_eq!(of(Language::English, "in the Fergana Valley", "Fergana Valley"), (0, 80));
        assert_eq!(of(Language::English, "", "x"), (0, 0));
        assert_eq!(of(Language::English, "x b b", "b b b"), (0, 67));
    }

    #[test]
    fn chinese_counts_characters_in_a_row() {
        assert_eq!(of(Language::TraditionalChinese, "在1912年。", "1912年"), (0, 80));
        assert_eq!(of(Language::SimplifiedChinese, "葉緑體", "葉綠體"), (0, 33));
    }

    #[test]
    fn an_answer_is_held_whatever_case() {
        assert!(holds("killed 69,197  People", &["69,197 people".to_owned()]));
        assert!(!holds("x", &["y".to_owned()]));
    }
}
