//! Three wrong options for a question: people's own, or answers of the same kind to other questions near it.

use domain::task_prompts::v2::read_distractors;

use super::{falsify::change_number, question_kind::Wanted};
use crate::random::Random;

/// Three of `others`, the nearest in form and length, that are neither the key nor part of it nor of each other.
pub(super) fn of_kind<'a>(
    key: &str,
    wanted: Wanted,
    others: impl Iterator<Item = &'a str>,
    random: &mut Random,
) -> Option<[String; 3]> {
    // A name of anything: of Chinese ones only the last character tells that they are of one kind.
    let unlike = |other: &&str| {
        let last = |text: &str| text.chars().last();
        wanted == Wanted::Name && !key.is_ascii() && last(key) != last(other)
    };
    let amount = matches!(wanted, Wanted::Number | Wanted::Time) && key.chars().any(|c| c.is_ascii_digit());
    let mut found: Vec<String> = Vec::new();
    if amount {
        // Other amounts of the same unit; what the text counts otherwise would show by its unit.
        for _ in 0..24 {
            if let Some(other) = change_number(key, random).filter(|other| !found.contains(other)) {
                found.push(other);
            }
            if found.len() == 3 {
                break;
            }
        }
    } else {
        let length = |text: &str| text.chars().count();
        let mut near: Vec<&str> = others.filter(|other| alike(key, other) && !unlike(other)).collect();
        near.sort_by_key(|other| length(other).abs_diff(length(key)));
        for other in near {
            let part = |a: &str, b: &str| {
                a.to_lowercase().contains(&b.to_lowercase()) || b.to_lowercase().contains(&a.to_lowercase())
            };
            if found.len() < 3 && !part(other, key) && !found.iter().any(|known| part(known, other)) {
                found.push(other.to_owned());
            }
        }
    }
    let three: [String; 3] = found.try_into().ok()?;
    // What can't be read back is not written.
    read_distractors(key, &three.join("\n"))
}

/// Whether two answers are of one form: both with a capital or a digit or neither, and of about one length.
fn alike(a: &str, b: &str) -> bool {
    let form = |text: &str| {
        (text.starts_with(char::is_uppercase), text.chars().any(|c| c.is_ascii_digit()), text.starts_with(['《', '「']))
    };
    let (short, long) = (a.chars().count().min(b.chars().count()), a.chars().count().max(b.chars().count()));
    form(a) == form(b) && long <= 2 * short + 2 && same_class(a, b)
}

/// Last characters of Chinese names that say what they name.
const CLASSES: &str = "人國国軍军隊队系黨党族州省市縣县區区鎮镇村河江湖海島岛山期代時时朝年紀纪會会院校廠厂法論论學学教派語语業业化地方者家王帝部司站路線线港城";

/// Whether what the names name is not seen to differ: the last characters of Chinese names agree, or tell nothing.
pub(super) fn same_class(a: &str, b: &str) -> bool {
    let last = |text: &str| text.chars().last().filter(|c| CLASSES.contains(*c));
    last(a) == last(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_of_the_keys_kind_and_form() {
        let mut random = Random::new(1);
        let others = ["Ernest Rutherford", "the queen", "Pierre Curie", "Marie", "Henri Becquerel", "Lise Meitner"];
        let three = of_kind("Marie Curie", Wanted::Person, others.into_iter(), &mut random).unwrap();
        assert!(three.iter().all(|o| o != "the queen" && o != "Marie"), "{three:?}");
        let three = of_kind("22名", Wanted::Number, others.into_iter(), &mut random).unwrap();
        assert!(three.iter().all(|o| o.ends_with('名') && o != "22名"), "{three:?}");
        assert_eq!(of_kind("the mill", Wanted::Place, others.into_iter(), &mut random), None);
    }
}
