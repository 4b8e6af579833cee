//! Headings told by how they begin: `1.2 Title`, `Chapter 3`, `第三章`.

use crate::script::{ends_sentence, is_han};

/// What the beginning of a line says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberedHeading {
    /// 1 for a chapter, 2 for `1.2`, and so on.
    pub depth: u8,
}

/// Whether a line, standing alone, reads as a numbered heading. Modest: when in doubt it is not one.
pub(crate) fn numbered_heading(line: &str) -> Option<NumberedHeading> {
    if ends_sentence(line) || line.is_empty() {
        return None;
    }
    chapter_word(line).or_else(|| chinese_ordinal(line)).or_else(|| dotted_number(line))
}

fn chapter_word(line: &str) -> Option<NumberedHeading> {
    let (first, rest) = line.split_once(' ')?;
    let depth = match first.to_lowercase().as_str() {
        "chapter" | "part" | "unit" | "appendix" | "lecture" | "lesson" => 1,
        "section" => 2,
        _ => return None,
    };
    let label = rest.split([' ', '.', ':']).next()?;
    let numbered = label.chars().all(|c| c.is_ascii_digit() || "IVXLC".contains(c)) || label.len() == 1;
    (numbered && !label.is_empty()).then_some(NumberedHeading { depth })
}

fn chinese_ordinal(line: &str) -> Option<NumberedHeading> {
    let rest = line.strip_prefix('第')?;
    let digits = rest.chars().take_while(|c| c.is_ascii_digit() || "一二三四五六七八九十百零〇 ".contains(*c)).count();
    let mut after = rest.chars().skip(digits);
    let unit = after.next()?;
    let depth = match unit {
        '章' | '單' | '单' | '課' | '课' | '講' | '讲' | '編' | '编' | '部' => 1,
        '節' | '节' => 2,
        _ => return None,
    };
    let short = line.chars().count() <= 40;
    (digits > 0 && short).then_some(NumberedHeading { depth })
}

/// `1 Title`, `1. Title`, `1.2.3 Title`: the title begins with a capital or a Chinese character.
fn dotted_number(line: &str) -> Option<NumberedHeading> {
    let end = line.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let (number, rest) = line.split_at(end);
    let parts: Vec<&str> = number.trim_end_matches('.').split('.').collect();
    if parts.len() > 5 || parts.iter().any(|p| p.is_empty() || p.len() > 2) {
        return None;
    }
    let title = rest.trim_start();
    let first = title.chars().next()?;
    let titled = first.is_uppercase() || is_han(first) || (parts.len() > 1 && first.is_alphanumeric());
    let spaced = rest.starts_with([' ', '\t']) || number.ends_with('.');
    let plain = !title.contains(['，', '。', ';', '；']) && title.chars().count() <= 80;
    (titled && spaced && plain).then_some(NumberedHeading { depth: parts.len() as u8 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(line: &str) -> Option<u8> {
        numbered_heading(line).map(|h| h.depth)
    }

    #[test]
    fn numbers_that_head_and_numbers_that_do_not() {
        assert_eq!(depth("1.1 Bronze and Copper"), Some(2));
        assert_eq!(depth("2. 電"), Some(1));
        assert_eq!(depth("CHAPTER 1. NEOLITHIC"), Some(1));
        assert_eq!(depth("第三章 電磁學"), Some(1));
        assert_eq!(depth("1.1 第1節"), Some(2));
        assert_eq!(depth("1912 was the year of the founding"), None);
        assert_eq!(depth("3 apples and 4 pears"), None);
        assert_eq!(depth("1. Wash the hands."), None);
        assert_eq!(depth(""), None);
    }
}
