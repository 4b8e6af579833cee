//! The scans: character error rate (Levenshtein distance over the length of the truth, spaces left out) and speed.

use std::{path::Path, time::Instant};

use crate::common::{read, tight};

pub fn measure(data: &Path) {
    for name in ["hist101", "sci201", "lib204"] {
        let begun = Instant::now();
        match read(&data.join(format!("course/{name}-scanned.pdf")), None) {
            Ok(document) => {
                let truth = std::fs::read_to_string(data.join(format!("course/scanned_truth/{name}-scanned.txt")));
                let (seen, truth) = (
                    tight(&document.text.replace(['|', '-'], "")),
                    tight(&truth.expect("truth").replace(['|', '-'], "")),
                );
                let wrong = distance(&seen, &truth);
                let seconds = begun.elapsed().as_secs_f64();
                println!(
                    "{name}: {} pages, {:.2} % of {} characters wrong, {:.2} pages/s; {:?}",
                    document.pages.len(),
                    100.0 * wrong as f64 / truth.chars().count() as f64,
                    truth.chars().count(),
                    document.pages.len() as f64 / seconds,
                    document.warnings
                );
            }
            Err(error) => println!("{name}: {error}"),
        }
    }
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
