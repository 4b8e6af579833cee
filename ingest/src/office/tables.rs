//! The cells of a table in an office file, gathered row by row.

use crate::build_document::markdown_table;

/// A cell longer than this makes its table a frame around running text, in bytes.
const LONGEST_CELL: usize = 1500;
/// Spreadsheets and hostile files claim spans of any size.
const WIDEST: usize = 256;

/// A table in the making.
#[derive(Default)]
pub(super) struct Grid {
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(super) fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// Adds a cell that covers `span` columns; its words stand in the first.
    pub(super) fn cell(&mut self, text: &str, span: usize) {
        if let Some(row) = self.rows.last_mut().filter(|row| row.len() < WIDEST) {
            row.push(text.trim().to_owned());
            row.resize((row.len() + span.max(1) - 1).min(WIDEST), String::new());
        }
    }

    /// Adds what stands above: a cell that reaches down. Repeated, so that each row is understood alone.
    pub(super) fn repeat_above(&mut self, span: usize) {
        let column = self.rows.last().map_or(0, Vec::len);
        let above = self.rows.iter().rev().nth(1).and_then(|row| row.get(column)).cloned().unwrap_or_default();
        self.cell(&above, span);
    }

    /// Whether it is a table and not a frame around running text.
    pub(super) fn is_table(&self) -> bool {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        columns > 1 && self.rows.iter().flatten().all(|cell| cell.len() <= LONGEST_CELL)
    }

    /// The table, rows without words left out.
    pub(super) fn into_markdown(mut self) -> String {
        self.rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        markdown_table(&self.rows)
    }
}
