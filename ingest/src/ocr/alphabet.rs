//! The characters that the recognition network knows, and which of them tell Traditional from Simplified Chinese.

use encoding_rs::{BIG5, GBK};

/// In which of the two scripts a character is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// In Big5 and not in GB 2312: 頁, 顆.
    Traditional,
    /// In GB 2312 and not in Big5: 页, 颗.
    Simplified,
    /// In both, or no Chinese character.
    Any,
}

/// The network's classes as characters.
#[derive(Clone, Debug)]
pub(super) struct Alphabet {
    pub chars: Vec<char>,
    scripts: Vec<Script>,
}

impl Alphabet {
    /// One class a line. Class 0 is the blank; a class of several characters does not exist.
    pub(super) fn of_lines(text: &str) -> Self {
        let mut chars: Vec<char> =
            text.split('\n').map(|key| key.trim_end_matches('\r').chars().next().unwrap_or(' ')).collect();
        if text.ends_with('\n') {
            chars.pop();
        }
        Self { scripts: chars.iter().map(|c| script(*c)).collect(), chars }
    }

    pub(super) fn script(&self, class: usize) -> Script {
        self.scripts.get(class).copied().unwrap_or(Script::Any)
    }

    /// Of a class that is written in Simplified Chinese only, the likeliest Traditional character at the same place, if its
    /// likelihood is at least `share` of the class's: the network parts what it saw between the two forms.
    pub(super) fn traditional(&self, class: usize, likelihoods: &[f32], share: f32) -> Option<char> {
        if self.script(class) != Script::Simplified {
            return None;
        }
        let traditional = likelihoods.iter().enumerate().filter(|(n, _)| self.script(*n) == Script::Traditional);
        let (best, likelihood) = traditional.max_by(|a, b| a.1.total_cmp(b.1))?;
        (*likelihood >= share * likelihoods.get(class)?).then(|| self.chars[best])
    }
}

/// The script that a character is written in.
pub(super) fn script(c: char) -> Script {
    if !('\u{3400}'..='\u{9fff}').contains(&c) {
        return Script::Any;
    }
    let mut buffer = [0; 4];
    let text = c.encode_utf8(&mut buffer);
    let in_big5 = !BIG5.encode(text).2;
    // GBK holds all characters of Unicode 1.1; those of GB 2312 are in its rows B0 to F7.
    let in_gb2312 = matches!(*GBK.encode(text).0, [0xb0..=0xf7, 0xa1..=0xfe]);
    match (in_big5, in_gb2312) {
        (true, false) => Script::Traditional,
        (false, true) => Script::Simplified,
        _ => Script::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_tell_their_script() {
        assert!("頁顆參誕內萊終溫滲學".chars().all(|c| script(c) == Script::Traditional));
        assert!("页颗参诞内莱终温渗学".chars().all(|c| script(c) == Script::Simplified));
        assert!("里干松人a、".chars().all(|c| script(c) == Script::Any));
    }

    #[test]
    fn the_other_form_is_taken_where_the_network_saw_it_too() {
        let alphabet = Alphabet::of_lines("\n页\n頁\n類\n天\n");
        assert_eq!(alphabet.chars.len(), 5);
        assert_eq!(alphabet.traditional(1, &[0.0, 0.7, 0.25, 0.04, 0.01], 0.03), Some('頁'));
        assert_eq!(alphabet.traditional(1, &[0.0, 0.98, 0.01, 0.01, 0.0], 0.03), None);
        assert_eq!(alphabet.traditional(4, &[0.0, 0.0, 0.3, 0.0, 0.7], 0.03), None);
    }
}
