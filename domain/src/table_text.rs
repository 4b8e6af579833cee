//! Table rows as words: a document's tables are Markdown in its text, which nobody wants to read as a quote.

use crate::{Block, BlockKind, ByteRange, ParsedDocument};

impl ParsedDocument {
    /// A range as it is shown where it touches a table: of each row the cells, named by their columns' heads; other text
    /// as it stands. `None` where it touches no table.
    pub fn readable(&self, range: ByteRange) -> Option<String> {
        let first = self.blocks.partition_point(|b| b.range.end <= range.start);
        let blocks: Vec<&Block> = self.blocks[first..].iter().take_while(|b| b.range.start < range.end).collect();
        if blocks.iter().all(|b| b.kind != BlockKind::Table) {
            return None;
        }
        let shown = |block: &&Block| {
            let within = ByteRange::new(block.range.start.max(range.start), block.range.end.min(range.end));
            match block.kind {
                BlockKind::Table => self.rows(block, within),
                _ => vec![self.slice(within).to_owned()],
            }
        };
        let lines: Vec<String> = blocks.iter().flat_map(shown).filter(|line| !line.trim().is_empty()).collect();
        Some(lines.join("\n")).filter(|text| !text.is_empty())
    }

    fn rows(&self, table: &Block, range: ByteRange) -> Vec<String> {
        let (colon, semicolon) = if self.language.is_chinese() { ("：", "；") } else { (": ", "; ") };
        let mut heads: Vec<String> = Vec::new();
        let (mut rows, mut start) = (Vec::new(), table.range.start);
        for (n, line) in self.slice(table.range).split('\n').enumerate() {
            let cells = cells(line, start);
            start += line.len() + 1;
            if n == 0 {
                heads = cells.iter().map(|(_, text)| text.clone()).collect();
            }
            // Below the head stands a rule.
            if n == 1 || (n == 0 && start < range.end) {
                continue;
            }
            let touched = cells.iter().enumerate().filter(|(_, (at, text))| at.overlaps(range) && !text.is_empty());
            let named = |(column, (_, text)): (usize, &(ByteRange, String))| match heads.get(column) {
                Some(head) if n > 0 && !head.is_empty() => format!("{head}{colon}{text}"),
                _ => text.clone(),
            };
            rows.push(touched.map(named).collect::<Vec<_>>().join(semicolon));
        }
        rows
    }
}

/// The cells of a row that stands at `start`: their bytes with the spaces around them, and their words.
fn cells(row: &str, start: usize) -> Vec<(ByteRange, String)> {
    let mut bars: Vec<usize> = row.match_indices('|').map(|(at, _)| at).collect();
    bars.retain(|at| !row[..*at].ends_with('\\'));
    let cell = |pair: &[usize]| {
        let text = row[pair[0] + 1..pair[1]].trim().replace("\\|", "|");
        (ByteRange::new(start + pair[0] + 1, start + pair[1]), text)
    };
    bars.windows(2).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Language, PageInfo};

    const TEXT: &str =
        "Before.\n\n| Week | Topic | Date |\n|---|---|---|\n| 3 | Calendars |  |\n| 4 | A \\| B | May |\n\nAfter.";

    fn document(language: Language) -> ParsedDocument {
        let mut at = 0;
        let blocks = TEXT.split("\n\n").enumerate().map(|(n, text)| {
            let range = ByteRange::new(at, at + text.len());
            at = range.end + 2;
            let kind = if n == 1 { BlockKind::Table } else { BlockKind::Paragraph };
            Block { kind, level: 0, page: 1, range, heading_path: vec![], boxes: vec![] }
        });
        ParsedDocument {
            blocks: blocks.collect(),
            text: TEXT.into(),
            pages: vec![PageInfo { number: 1, width: 0.0, height: 0.0 }],
            words: vec![],
            language,
            media_type: "text/markdown".into(),
            warnings: vec![],
        }
    }

    fn range(words: &str) -> ByteRange {
        let start = TEXT.find(words).unwrap();
        ByteRange::new(start, start + words.len())
    }

    #[test]
    fn rows_are_shown_as_cells_with_their_heads() {
        let english = document(Language::English);
        let shown = |words: &str| english.readable(range(words));
        assert_eq!(shown("| 3 | Calendars |  |").as_deref(), Some("Week: 3; Topic: Calendars"));
        assert_eq!(shown("A \\| B | M").as_deref(), Some("Topic: A | B; Date: May"));
        assert_eq!(shown("| Week | Topic | Date |").as_deref(), Some("Week; Topic; Date"));
        assert_eq!(shown("Before."), None);
        let both = "Week: 3; Topic: Calendars\nWeek: 4; Topic: A | B; Date: May\nAfter.";
        assert_eq!(english.readable(ByteRange::new(9, TEXT.len())).as_deref(), Some(both));
        let chinese = document(Language::TraditionalChinese);
        assert_eq!(chinese.readable(range("| 3 | Calendars |  |")).as_deref(), Some("Week：3；Topic：Calendars"));
        // A rule alone has no words.
        assert_eq!(english.readable(range("|---|---|")), None);
    }
}
