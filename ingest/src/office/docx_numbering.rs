//! Word's automatic numbers: `1.`, `(a)`, `第一章` are not in a paragraph's text but counted from `word/numbering.xml`.

use std::collections::HashMap;

use super::{docx_styles::value, xml::Element};

/// Word has nine levels.
const LEVELS: usize = 9;

#[derive(Clone, Default)]
struct Level {
    format: String,
    /// `%1.%2` stands for the numbers of the first and second level.
    text: String,
    start: u32,
}

/// The lists of a document and how far each has counted.
#[derive(Default)]
pub(super) struct Numbering {
    /// Levels by the list's id, and which counter it shares.
    lists: HashMap<String, (String, Vec<Level>)>,
    counters: HashMap<String, [u32; LEVELS]>,
}

impl Numbering {
    /// From `word/numbering.xml`.
    pub(super) fn of(root: &Element) -> Self {
        let named = |name: &'static str| root.elements().filter(move |e| e.name == name);
        let shapes: HashMap<&str, Vec<Level>> = named("abstractNum")
            .filter_map(|e| {
                Some((e.attribute("abstractNumId")?, e.elements().filter(|l| l.name == "lvl").map(level).collect()))
            })
            .collect();
        let lists = named("num")
            .filter_map(|e| {
                let shape = value(e, "abstractNumId")?;
                let restarted = e.child("lvlOverride").is_some_and(|o| o.child("startOverride").is_some());
                let id = e.attribute("numId")?;
                let counter = if restarted { format!("{shape}/{id}") } else { shape.to_owned() };
                Some((id.to_owned(), (counter, shapes.get(shape)?.clone())))
            })
            .collect();
        Self { lists, counters: HashMap::new() }
    }

    /// Counts one paragraph of a list and gives its label: `None` for no list, empty for a bullet.
    pub(super) fn next_label(&mut self, list: &str, depth: usize) -> Option<String> {
        let (counter, levels) = self.lists.get(list)?;
        let level = levels.get(depth).filter(|_| depth < LEVELS)?;
        let counts = self.counters.entry(counter.clone()).or_default();
        counts[depth] = if counts[depth] == 0 { level.start.max(1) } else { counts[depth].saturating_add(1) };
        counts[depth + 1..].fill(0);
        if matches!(level.format.as_str(), "bullet" | "none") {
            return Some(String::new());
        }
        let mut label = level.text.clone();
        for (n, shown) in levels.iter().enumerate().take(depth + 1) {
            let number = if counts[n] == 0 { shown.start.max(1) } else { counts[n] };
            label = label.replace(&format!("%{}", n + 1), &format_number(number, &shown.format));
        }
        Some(label)
    }
}

fn level(e: &Element) -> Level {
    Level {
        format: value(e, "numFmt").unwrap_or("decimal").to_owned(),
        text: value(e, "lvlText").unwrap_or_default().to_owned(),
        start: value(e, "start").and_then(|v| v.parse().ok()).unwrap_or(1),
    }
}

/// ECMA-376 part 1, 17.18.59, the formats in use here; others count in digits.
fn format_number(n: u32, format: &str) -> String {
    match format {
        "lowerLetter" => letters(n, b'a'),
        "upperLetter" => letters(n, b'A'),
        "lowerRoman" => roman(n).to_lowercase(),
        "upperRoman" => roman(n),
        "decimalZero" => format!("{n:02}"),
        f if f.starts_with("chineseCounting")
            || f.starts_with("taiwaneseCounting")
            || f == "ideographTraditional"
            || f == "japaneseCounting" =>
        {
            chinese(n)
        }
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" if (1..=20).contains(&n) => {
            char::from_u32(0x245f + n).unwrap_or('?').to_string()
        }
        _ => n.to_string(),
    }
}

/// a … z, aa, bb, …
fn letters(n: u32, first: u8) -> String {
    let (times, letter) = ((n - 1) / 26 + 1, (n - 1) % 26);
    char::from(first + letter as u8).to_string().repeat(times.min(8) as usize)
}

fn roman(mut n: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if n > 3999 {
        return n.to_string();
    }
    let mut out = String::new();
    for (value, sign) in SIGNS {
        while n >= value {
            out.push_str(sign);
            n -= value;
        }
    }
    out
}

fn chinese(n: u32) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (tens, ones) = (n as usize / 10, n as usize % 10);
    match tens {
        0 => DIGITS[ones].to_owned(),
        1 => format!("十{}", DIGITS[ones]),
        2..=9 => format!("{}十{}", DIGITS[tens], DIGITS[ones]),
        _ => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::xml::parse, *};

    #[test]
    fn levels_count_restart_and_share() {
        let source = "<numbering><abstractNum abstractNumId='0'>\
            <lvl ilvl='0'><start val='1'/><numFmt val='decimal'/><lvlText val='%1.'/></lvl>\
            <lvl ilvl='1'><start val='1'/><numFmt val='upperLetter'/><lvlText val='%1%2)'/></lvl></abstractNum>\
            <num numId='5'><abstractNumId val='0'/></num></numbering>";
        let mut numbering = Numbering::of(&parse(source.as_bytes(), "n").unwrap());
        let labels: Vec<String> = [0, 1, 1, 0, 1].iter().filter_map(|d| numbering.next_label("5", *d)).collect();
        assert_eq!(labels, ["1.", "1A)", "1B)", "2.", "2A)"]);
        assert_eq!(numbering.next_label("6", 0), None);
        assert_eq!(numbering.next_label("5", 99), None);
    }

    #[test]
    fn numbers_in_every_format() {
        assert_eq!(
            (format_number(28, "lowerLetter").as_str(), format_number(1994, "upperRoman").as_str()),
            ("bb", "MCMXCIV")
        );
        assert_eq!(
            (format_number(21, "taiwaneseCountingThousand").as_str(), format_number(3, "?").as_str()),
            ("二十一", "3")
        );
    }
}
