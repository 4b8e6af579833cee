//! What a line says: the classes of a recognition network to characters, by connectionist temporal classification
//! (Graves et al., 2006), with where along the line each stands.

use super::{
    alphabet::Alphabet,
    picture::{Picture, Slanted},
};

/// The network's input height, in pixels.
const HEIGHT: usize = 48;
/// Narrower inputs are padded to this, wider ones cut down to the second; in pixels.
const NARROWEST: usize = 48;
const WIDEST: usize = 3200;
/// "Nothing new" counts this much: the network was trained on labels in which characters that are also radicals (文, 人,
/// 石) were often missing, and is in two minds about them. Measured: without it 2 % of Simplified Chinese is lost.
const NOTHING_NEW: f32 = 0.1;
/// A character and its other form share the likelihood; with less than this share of it, only one was seen. Measured: where
/// the Simplified form was read on a Traditional page, the Traditional one had a fourteenth of its likelihood or more.
const OTHER_FORM: f32 = 0.03;
/// Lines less sure than this are stains and pictures.
const SURE: f32 = 0.5;

/// A line of text in a picture.
#[derive(Clone, Debug)]
pub(crate) struct TextLine {
    pub place: Slanted,
    pub chars: Vec<TextChar>,
}

/// A character and its extent along its line, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TextChar {
    pub ch: char,
    /// What it may be as well, where it is Simplified Chinese.
    pub traditional: Option<char>,
    pub from: f32,
    pub to: f32,
}

/// The network's input for a line.
pub(super) fn input_size(place: &Slanted) -> (usize, usize) {
    let width = (HEIGHT as f32 * place.width / place.height.max(1.0)).ceil() as usize;
    (width.next_multiple_of(8).clamp(NARROWEST, WIDEST), HEIGHT)
}

/// The network's input: colours from −1 to 1.
pub(super) fn input(picture: &Picture, place: &Slanted, size: (usize, usize)) -> Vec<f32> {
    picture.cut(place, size, |_, v| (v - 0.5) / 0.5)
}

/// The characters of the likeliest path; `None` for a line that is not sure or blank. `steps` holds the likelihoods of
/// the alphabet's classes at each step along the line; class 0 is "nothing new".
pub(super) fn decode(steps: &[f32], alphabet: &Alphabet, place: Slanted) -> Option<TextLine> {
    let classes = alphabet.chars.len();
    let step = place.width * classes as f32 / steps.len().max(1) as f32;
    let mut found: Vec<Found> = Vec::new();
    let (mut last, mut sure) = (0, 0.0);
    for (n, likelihoods) in steps.chunks_exact(classes).enumerate() {
        let (class, likelihood) = likeliest(likelihoods);
        if class != 0 && class != last {
            let traditional = alphabet.traditional(class, likelihoods, OTHER_FORM);
            found.push(Found { ch: alphabet.chars[class], traditional, at: (n as f32 + 0.5) * step });
            sure += likelihood;
        }
        last = class;
    }
    let visible = found.iter().any(|c| !c.ch.is_whitespace());
    (visible && sure / found.len() as f32 >= SURE).then(|| TextLine { chars: extents(&found, &place), place })
}

/// A character and where along the line it was seen, in pixels.
struct Found {
    ch: char,
    traditional: Option<char>,
    at: f32,
}

fn likeliest(likelihoods: &[f32]) -> (usize, f32) {
    let nothing = (0, likelihoods.first().map_or(0.0, |v| v * NOTHING_NEW));
    likelihoods.iter().copied().enumerate().skip(1).fold(nothing, |best, at| if at.1 > best.1 { at } else { best })
}

/// Characters reach half-way to their neighbours, and no further than a character of the line's height is wide.
fn extents(found: &[Found], place: &Slanted) -> Vec<TextChar> {
    let widest = 0.55 * place.height;
    let between = |n: usize| f32::midpoint(found[n].at, found[n + 1].at);
    let extent = |(n, c): (usize, &Found)| {
        let from = if n == 0 { 0.0 } else { between(n - 1) };
        let to = if n + 1 == found.len() { place.width } else { between(n) };
        TextChar { ch: c.ch, traditional: c.traditional, from: from.max(c.at - widest), to: to.min(c.at + widest) }
    };
    found.iter().enumerate().map(extent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_one_and_blanks_part_them() {
        let place = Slanted { centre: (0.0, 0.0), along: (1.0, 0.0), width: 60.0, height: 20.0 };
        // "b" is taken although "nothing new" is likelier.
        let path = [1, 1, 0, 1, 3, 0];
        let steps: Vec<f32> = path
            .iter()
            .flat_map(|class| {
                if *class == 3 { [0.6, 0.0, 0.4] } else { [0, 1, 2].map(|c| f32::from(u8::from(c == *class)) * 0.9) }
            })
            .collect();
        let line = decode(&steps, &Alphabet::of_lines("\na\nb"), place).unwrap();
        assert_eq!(line.chars.iter().map(|c| c.ch).collect::<String>(), "aab");
        assert!((line.chars[1].from - 24.0).abs() < 1e-4 && (line.chars[1].to - 40.0).abs() < 1e-4, "{line:?}");
        let unsure: Vec<f32> = steps.iter().map(|v| v * 0.3).collect();
        assert!(decode(&unsure, &Alphabet::of_lines("\na\nb"), place).is_none());
        assert!(decode(&[], &Alphabet::of_lines(""), place).is_none());
    }
}
