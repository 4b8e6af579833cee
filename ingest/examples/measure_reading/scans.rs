//! The scans: character error rate (Levenshtein distance over the length of the truth, spaces left out) and speed.

use std::{path::Path, time::Instant};

use crate::common::{read, tight};

pub fn measure(data: &Path) {
    for name in ["hist101", "sci201", "lib204"] {
        let begun = Instant::now();
        match read(&data.join(format!("course/{name}-scanned.pdf")), None) {
            Ok(document) => {
                let truth = std::fs::read_to_string(data.join(format!("course/scanned_truth/{name}-scanned.txt")));
                let seconds = begun.elapsed().as_secs_f64();
                if let Some(folder) = std::env::var_os("SAVE_TEXT") {
                    std::fs::write(Path::new(&folder).join(format!("{name}.txt")), &document.text).expect("writable");
                }
                let (seen, truth) = (words(&document.text), words(&truth.expect("truth")));
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

/// Without white space, the marks of tables, and what is left out on purpose: running headers and page numbers.
fn words(text: &str) -> String {
    let furniture = |line: &&str| {
        let line = tight(line);
        let numbered =
            (line.starts_with('第') && line.contains("，共")) || (line.starts_with("Page") && line.contains("of"));
        let header =
            ["课程讲义", "課程講義", "Coursereader"].iter().any(|end| line.ends_with(end)) && line.chars().count() < 24;
        !numbered && !header
    };
    tight(&text.lines().filter(furniture).collect::<String>().replace(['|', '-'], ""))
}

/// What follows the schedule table, whose cells `pdftotext`, which made the truth, gives column by column.
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
