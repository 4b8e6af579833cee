//! Comma-separated values (RFC 4180, and its cousins with semicolons and tabs) to one table.

use domain::{BlockKind, ParsedDocument};

use crate::{
    Format, IngestError,
    build_document::{DocumentBuilder, markdown_table},
};

/// What may stand between two values, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Lines that are looked at to tell the delimiter.
const SAMPLE: usize = 20;
/// Columns beyond this are left out.
const WIDEST: usize = 256;

/// Reads values that were decoded already.
pub(crate) fn read_csv(text: &str, name: &str) -> Result<ParsedDocument, IngestError> {
    let delimiter = delimiter(text).map_or(b',', |(delimiter, _)| delimiter);
    let rows: Vec<Vec<String>> = records(text, delimiter)
        .map(|record| record.iter().take(WIDEST).map(str::to_owned).collect())
        .filter(|row: &Vec<String>| row.iter().any(|cell| !cell.trim().is_empty()))
        .collect();
    let mut document = DocumentBuilder::default();
    if !rows.is_empty() {
        document.push(BlockKind::Table, &markdown_table(&rows));
    }
    document.finish_flowing(Format::Csv, name)
}

/// Whether a text is one of these though its name does not say so: three lines or more, all with the same three values
/// or more, and no space behind the delimiters, as sentences have.
pub(crate) fn looks_like_csv(head: &str) -> bool {
    delimiter(head).is_some_and(|(delimiter, columns)| {
        let sentence = format!("{} ", char::from(delimiter));
        columns > 2 && head.lines().filter(|l| !l.trim().is_empty()).count() > 2 && !head.contains(&sentence)
    })
}

/// The delimiter that gives all lines looked at the same number of values, and that number.
fn delimiter(text: &str) -> Option<(u8, usize)> {
    let columns = |delimiter: u8| {
        let counts: Vec<usize> = records(text, delimiter).take(SAMPLE).map(|r| r.len()).collect();
        // The last line looked at may be cut off.
        let whole = &counts[..counts.len().saturating_sub(usize::from(counts.len() > 2))];
        let first = *whole.first()?;
        (first > 1 && whole.iter().all(|n| *n == first)).then_some((delimiter, first))
    };
    DELIMITERS.into_iter().filter_map(columns).max_by_key(|(_, columns)| *columns)
}

fn records(text: &str, delimiter: u8) -> impl Iterator<Item = csv::StringRecord> + '_ {
    let reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    reader.into_records().map_while(Result::ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_delimiters_and_ragged_rows() {
        let doc = read_csv("a;b\n\"x;\ny\";2\n\n3\n", "a.csv").unwrap();
        assert_eq!(doc.text, "| a | b |\n|---|---|\n| x; y | 2 |\n| 3 |  |");
        assert_eq!(read_csv("\n \n", "a.csv").unwrap_err().code(), "no_text");
    }

    #[test]
    fn sentences_are_not_values() {
        assert!(looks_like_csv("n,name,points\n1,Ann,5\n2,Bo,7\n"));
        assert!(!looks_like_csv("One, two, three.\nFour, five, six.\nSeven, eight, nine.\n"));
        assert!(!looks_like_csv("one\ntwo\nthree\n"));
    }
}
