//! Excel workbooks, by `calamine`: each sheet a heading, each block of filled rows a table.

use std::{collections::BTreeMap, io::Cursor};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use domain::{BlockKind, ParsedDocument};

use super::{
    archive::{Archive, damaged},
    tables::Grid,
};
use crate::{Format, IngestError, build_document::DocumentBuilder};

/// Filled cells of a workbook that are read.
const MOST_CELLS: usize = 2_000_000;
/// Columns beyond this are left out.
const WIDEST: u32 = 256;

/// Rows with their filled cells, by column.
type Rows = BTreeMap<u32, BTreeMap<u32, String>>;

pub(super) fn read_xlsx(archive: &mut Archive<'_>, bytes: &[u8], name: &str) -> Result<ParsedDocument, IngestError> {
    archive.check_all()?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut document = DocumentBuilder::default();
    let mut left = MOST_CELLS;
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet || sheet.visible != SheetVisible::Visible {
            continue;
        }
        let rows = rows(&mut book, &sheet.name, &mut left)?;
        if !rows.is_empty() {
            document.push_heading(1, &sheet.name);
            push_blocks(&mut document, &rows);
        }
    }
    document.finish_flowing(Format::Xlsx, name)
}

fn broken(error: &XlsxError) -> IngestError {
    match error {
        XlsxError::Password => IngestError::DocumentEncrypted,
        other => damaged(format!("its workbook is broken: {other}")),
    }
}

/// Cells come one by one: a sheet that claims a million empty columns costs nothing.
fn rows(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str, left: &mut usize) -> Result<Rows, IngestError> {
    let mut rows = Rows::new();
    let mut cells = book.worksheet_cells_reader(sheet).map_err(|e| broken(&e))?;
    while let Some(cell) = cells.next_cell().map_err(|e| broken(&e))? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value());
        if text.trim().is_empty() || column >= WIDEST {
            continue;
        }
        *left = left.checked_sub(1).ok_or_else(|| damaged(format!("it has more than {MOST_CELLS} cells")))?;
        rows.entry(row).or_default().insert(column, text);
    }
    Ok(rows)
}

/// Rows that follow each other without an empty one between them are one table; a block of one column is text.
fn push_blocks(document: &mut DocumentBuilder, rows: &Rows) {
    let filled: Vec<(&u32, &BTreeMap<u32, String>)> = rows.iter().collect();
    for block in filled.chunk_by(|a, b| *a.0 + 1 == *b.0) {
        let columns = || block.iter().flat_map(|(_, cells)| cells.keys());
        let (Some(first), Some(last)) = (columns().min(), columns().max()) else { continue };
        if first == last {
            for text in block.iter().filter_map(|(_, cells)| cells.get(first)) {
                document.push(BlockKind::Paragraph, text);
            }
            continue;
        }
        let mut grid = Grid::default();
        for (_, cells) in block {
            grid.begin_row();
            for column in *first..=*last {
                grid.cell(cells.get(&column).map_or("", String::as_str), 1);
            }
        }
        document.push(BlockKind::Table, &grid.into_markdown());
    }
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) => shortest(*n),
        DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_owned(),
        DataRef::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(at) if at.is_duration() => duration(at.as_f64()),
        DataRef::DateTime(at) => date(at.to_ymd_hms_milli()),
        DataRef::Error(e) => e.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// As Excel shows a general number: 0.1 + 0.2 is 0.3.
fn shortest(n: f64) -> String {
    let rounded: f64 = format!("{n:.10e}").parse().unwrap_or(n);
    rounded.to_string()
}

/// ISO 8601, the time only where there is one.
fn date((year, month, day, hour, minute, second, _): (u16, u8, u8, u8, u8, u8, u16)) -> String {
    let date = format!("{year:04}-{month:02}-{day:02}");
    let time =
        if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") };
    match (year, hour, minute, second) {
        (_, 0, 0, 0) => date,
        // A time of day alone counts from the epoch.
        (..=1900, ..) => time,
        _ => format!("{date} {time}"),
    }
}

fn duration(days: f64) -> String {
    let seconds = (days * 86_400.0).round() as i64;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
