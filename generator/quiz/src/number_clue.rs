//! Whether the words around a blank ask for one or for several, and an option is of the other number. Only what a reader
//! sees without doubt counts: names, numbers and the like have no number here.

use domain::{BLANK, Language, Question};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    One,
    Several,
}

/// Ends of a clause before which a blank is the subject of what follows it.
const CLAUSE_ENDS: [char; 6] = [',', ':', ';', '.', '?', '—'];
/// Plurals without `s`.
const PLURALS: [&str; 18] = [
    "people",
    "children",
    "men",
    "women",
    "mice",
    "feet",
    "teeth",
    "geese",
    "bacteria",
    "fungi",
    "criteria",
    "phenomena",
    "larvae",
    "cacti",
    "stomata",
    "mitochondria",
    "nuclei",
    "algae",
];
/// Words that are alike in both numbers, or end in `s` and are one.
const UNCERTAIN: [&str; 10] =
    ["series", "species", "means", "news", "sheep", "fish", "deer", "aircraft", "lens", "headquarters"];
/// What stands behind the noun that counts: `layers of the leaf`.
const BEHIND: [&str; 14] = [
    " of ",
    " in ",
    " on ",
    " at ",
    " from ",
    " for ",
    " with ",
    " by ",
    " to ",
    " that ",
    " which ",
    " who ",
    " near ",
    " between ",
];

/// The options whose number the stem rules out, where the key's number is the one it asks for.
pub(crate) fn ruled_out<'o>(question: &Question, options: &'o [String], key: &str) -> Option<&'o str> {
    if question.language != Language::English {
        return None;
    }
    let asked = asked(&question.stem)?;
    let other = |option: &&String| number(option).is_some_and(|n| n != asked);
    (number(key) == Some(asked)).then(|| options.iter().find(other).map(String::as_str))?
}

/// The number that the stem asks for.
fn asked(stem: &str) -> Option<Number> {
    let Some((before, after)) = stem.split_once(BLANK) else { return asked_by_question(stem) };
    let before = before.trim_end().to_lowercase();
    let next = after.split_whitespace().next().unwrap_or_default().to_lowercase();
    let last = before.rsplit(' ').next().unwrap_or_default();
    let verb = number_of_verb(&next);
    let ends = next.is_empty() || next.starts_with([',', '.', ';', '?']) || after.starts_with([',', '.', ';', '?']);
    match last {
        "many" | "several" | "few" | "both" | "these" | "those" if ends || verb.is_some() => Some(Number::Several),
        "each" | "every" | "another" if ends || verb.is_some() => Some(Number::One),
        _ => {
            let subject = before.strip_suffix("the").map_or(before.as_str(), str::trim_end);
            (subject.is_empty() || subject.ends_with(CLAUSE_ENDS)).then_some(verb)?
        }
    }
}

/// `What are …?` asks for several; `What is …?` may be answered by several all the same.
fn asked_by_question(stem: &str) -> Option<Number> {
    let lower = stem.to_lowercase();
    let mut words = lower.split_whitespace();
    let asks = matches!(words.next(), Some("what" | "which"));
    (asks && matches!(words.next(), Some("are" | "were"))).then_some(Number::Several)
}

fn number_of_verb(word: &str) -> Option<Number> {
    match word {
        "is" | "was" | "has" | "does" => Some(Number::One),
        "are" | "were" | "have" | "do" => Some(Number::Several),
        _ => None,
    }
}

/// The number of a common noun with what belongs to it.
pub(super) fn number(option: &str) -> Option<Number> {
    let text = option.trim().trim_end_matches('.');
    let end = BEHIND.iter().filter_map(|word| text.find(word)).min().unwrap_or(text.len());
    let noun = text.get(..end)?.rsplit(' ').next()?;
    let common = noun.chars().all(|c| c.is_lowercase() || c == '-') && noun.len() > 2;
    if !common || UNCERTAIN.contains(&noun) || noun.ends_with("ics") || text.contains([',', ';']) {
        return None;
    }
    if text.contains(" and ") || PLURALS.contains(&noun) {
        return Some(Number::Several);
    }
    let plural = noun.ends_with('s') && !noun.ends_with("ss") && !noun.ends_with("us") && !noun.ends_with("is");
    Some(if plural { Number::Several } else { Number::One })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_ask_for_one_or_for_several() {
        for (stem, expected) in [
            ("_____ are found in every leaf.", Some(Number::Several)),
            ("The _____ was built in 1790.", Some(Number::One)),
            ("In the leaf, the _____ have a green colour.", Some(Number::Several)),
            ("A cell holds many _____.", Some(Number::Several)),
            ("A cell holds several _____ walls.", None),
            ("Each _____ has a nucleus.", Some(Number::One)),
            ("Cities near _____ are large.", None),
            ("Roots and _____ are parts of plants.", None),
            ("Plants need _____ to grow.", None),
            ("What are the green parts of a cell?", Some(Number::Several)),
            ("What is the green part of a cell?", None),
            ("Who were the first settlers?", None),
            ("Why are leaves green?", None),
        ] {
            assert_eq!(asked(stem), expected, "{stem}");
        }
    }

    #[test]
    fn only_common_nouns_have_a_number() {
        for (option, expected) in [
            ("chloroplasts", Some(Number::Several)),
            ("a chloroplast", Some(Number::One)),
            ("layers of the leaf", Some(Number::Several)),
            ("a layer of cells", Some(Number::One)),
            ("water and light", Some(Number::Several)),
            ("bacteria", Some(Number::Several)),
            ("grass", Some(Number::One)),
            ("the nucleus", Some(Number::One)),
            ("photosynthesis", Some(Number::One)),
            ("physics", None),
            ("species", None),
            ("Texas", None),
            ("the United States", None),
            ("1848", None),
            ("12,000", None),
            ("葉綠體", None),
        ] {
            assert_eq!(number(option), expected, "{option}");
        }
    }
}
