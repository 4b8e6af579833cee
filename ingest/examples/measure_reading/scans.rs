//! The scans: character error rate (Levenshtein distance over the length of the truth, spaces left out) and speed.
//!
//! The truth was made by `pdftotext`, which gives the schedule table column by column. In its place the rows of the same
//! table in the reader's Markdown file are the truth, so that cells in the wrong row or order count as errors. The marks of
//! tables are left out on both sides; running headers and page numbers are left out of the truth only, as reading must.

use std::{path::Path, time::Instant};

use crate::common::{read, tight};

pub fn measure(data: &Path) {
    for name in ["hist101", "sci201", "lib204"] {
        let begun = Instant::now();
        match read(&data.join(format!("course/{name}-scanned.pdf")), None) {
            Ok(document) => {
                let seconds = begun.elapsed().as_secs_f64();
                if let Some(folder) = std::env::var_os("SAVE_TEXT") {
                    std::fs::write(Path::new(&folder).join(format!("{name}.txt")), &document.text).expect("writable");
                }
                let (seen, truth) = (words(&document.text), truth(data, name));
                let (seen_running, truth_running) = (running(&seen), running(&truth));
                println!(
                    "{name}: {} pages, wrong of all {} characters {:.2} %, of the {} of running text {:.2} %, {:.2} pages/s; {:?}",
                    document.pages.len(),
                    truth.chars().count(),
                    rate(&seen, &truth),
                    truth_running.chars().count(),
                    rate(seen_running, truth_running),
                    document.pages.len() as f64 / seconds,
                    document.warnings
                );
            }
            Err(error) => println!("{name}: {error}"),
        }
    }
}

/// Per cent.
fn rate(seen: &str, truth: &str) -> f64 {
    100.0 * distance(seen, truth) as f64 / truth.chars().count() as f64
}

/// What stands on the pages, without running headers and page numbers.
fn truth(data: &Path, name: &str) -> String {
    let file = |path: String| std::fs::read_to_string(data.join("course").join(path)).expect("the course's files");
    let furniture = |line: &&str| {
        let line = tight(line);
        let numbered =
            (line.starts_with('第') && line.contains("，共")) || (line.starts_with("Page") && line.contains("of"));
        let header =
            ["课程讲义", "課程講義", "Coursereader"].iter().any(|end| line.ends_with(end)) && line.chars().count() < 24;
        !numbered && !header
    };
    let whole = file(format!("scanned_truth/{name}-scanned.txt"));
    let all = words(&whole.lines().filter(furniture).collect::<Vec<_>>().join("\n"));
    let markdown = file(format!("{name}.md"));
    let (before, table) = markdown.split_once("\n|").expect("a table");
    let heading = tight(before.trim_end().rsplit('#').next().unwrap_or_default());
    let table: String = table.lines().take_while(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect();
    let head = all.find(&heading).map_or("", |at| &all[..at + heading.len()]);
    [head, &words(&table), running(&all)].concat()
}

/// Without white space and the marks of tables.
fn words(text: &str) -> String {
    let between = |line: &&str| !line.contains('|') || line.contains(|c: char| !"|- :".contains(c));
    tight(&text.lines().filter(between).collect::<String>().replace('|', ""))
}

/// What follows the schedule table.
fn running(text: &str) -> &str {
    let begin = ["Chapter1.", "CHAPTER1.", "1.1第1"].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(0);
    &text[begin..]
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
