//! Chinese characters that the network takes for their Simplified form on a page of Traditional Chinese.

use super::{
    alphabet::{Script, script},
    read_line::TextLine,
};

/// A line with as many Simplified characters, and fewer Traditional ones, is a quotation.
const QUOTATION: usize = 3;

/// Gives characters their Traditional form on a page that is written so. The network was trained on more Simplified than
/// Traditional Chinese and leans to it, never the other way. A quotation is left as it is.
pub(super) fn one_script(lines: &mut [TextLine]) {
    let (traditional, simplified) = lines.iter().map(counts).fold((0, 0), |sum, line| (sum.0 + line.0, sum.1 + line.1));
    if traditional <= 2 * simplified {
        return;
    }
    for line in lines {
        let (traditional, simplified) = counts(line);
        if simplified < QUOTATION || simplified <= traditional {
            line.chars.iter_mut().for_each(|c| c.ch = c.traditional.unwrap_or(c.ch));
        }
    }
}

/// How many characters of a line are Traditional only, and Simplified only.
fn counts(line: &TextLine) -> (usize, usize) {
    let of = |wanted: Script| line.chars.iter().filter(|c| script(c.ch) == wanted).count();
    (of(Script::Traditional), of(Script::Simplified))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{picture::Slanted, read_line::TextChar},
        *,
    };

    fn line(text: &str) -> TextLine {
        let other = |ch: char| "页頁内內国國".chars().collect::<Vec<_>>().chunks(2).find(|p| p[0] == ch).map(|p| p[1]);
        let chars = text.chars().map(|ch| TextChar { ch, traditional: other(ch), from: 0.0, to: 1.0 }).collect();
        TextLine { place: Slanted { centre: (0.0, 0.0), along: (1.0, 0.0), width: 9.0, height: 1.0 }, chars }
    }

    fn read(lines: &[&str]) -> Vec<String> {
        let mut lines: Vec<TextLine> = lines.iter().map(|text| line(text)).collect();
        one_script(&mut lines);
        lines.iter().map(|line| line.chars.iter().map(|c| c.ch).collect()).collect()
    }

    #[test]
    fn a_page_has_one_script() {
        let traditional = "國際天文學聯合會";
        assert_eq!(read(&[traditional, "第3页", "國内"]), [traditional, "第3頁", "國內"]);
        assert_eq!(read(&[traditional, traditional, "中国页内"])[2], "中国页内", "a quotation");
        assert_eq!(read(&["国际天文学联合会", "頁国"])[1], "頁国");
    }
}
