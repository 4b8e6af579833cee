//! The title of a conversation that was given none: its first question, cut at the end of a word.

use unicode_segmentation::UnicodeSegmentation;

/// Longest title, in characters, without the dots that say that it was cut.
const LONGEST: usize = 80;

/// A title made of a question; `None` where nothing of it can be shown.
pub fn title_of(question: &str) -> Option<String> {
    let words = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = words.chars().filter(|c| !c.is_control()).collect();
    let line = line.trim();
    if line.chars().count() <= LONGEST {
        return (!line.is_empty()).then(|| line.to_owned());
    }
    let (mut title, mut length) = (String::new(), 0);
    for piece in line.split_word_bounds() {
        length += piece.chars().count();
        if length > LONGEST {
            break;
        }
        title.push_str(piece);
    }
    if title.is_empty() {
        // One word that is longer than a title.
        title = line.chars().take(LONGEST).collect();
    }
    Some(format!("{}…", title.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::title_of;

    #[test]
    fn a_long_question_is_cut_at_the_end_of_a_word() {
        assert_eq!(title_of(" What is\n light? ").as_deref(), Some("What is light?"));
        let long = title_of(&"photosynthesis ".repeat(9)).unwrap();
        assert_eq!(long, format!("{}…", ["photosynthesis"; 5].join(" ")));
        let han = title_of(&"光合作用".repeat(40)).unwrap();
        assert_eq!(han, format!("{}…", "光合作用".repeat(20)));
    }

    #[test]
    fn no_title_is_longer_than_allowed_and_none_has_control_characters() {
        for question in ["a".repeat(500), "e\u{301}".repeat(300), "👩‍👩‍👧 ".repeat(99), "x\u{7}\u{0}y ".repeat(70)]
        {
            let title = title_of(&question).unwrap();
            assert!(title.chars().count() <= 81 && !title.chars().any(char::is_control), "{title:?}");
        }
        assert_eq!(title_of("\u{0}\u{7}"), None);
    }
}
