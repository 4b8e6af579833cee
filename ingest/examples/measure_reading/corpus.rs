//! The corpus of others' test files: nothing crashes, and about as many characters are read as by `pdftotext`.

use std::{path::Path, time::Instant};

use crate::common::{read, tight};

pub fn measure(data: &Path) {
    let manifest = std::fs::read_to_string(data.join("corpus/manifest.tsv")).expect("manifest.tsv");
    let mut ratios: Vec<(f64, String)> = Vec::new();
    let (mut pages, mut seconds) = (0, 0.0);
    for line in manifest.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [path, _, _, _, chars, password, ..] = fields[..] else { continue };
        let begun = Instant::now();
        let result = read(&data.join("corpus").join(path), Some(password).filter(|p| !p.is_empty()));
        let took = begun.elapsed().as_secs_f64();
        match result {
            Ok(document) => {
                if std::env::var_os("SHOW_TABLES").is_some() {
                    let tables = document.blocks.iter().filter(|b| b.kind == domain::BlockKind::Table);
                    tables.for_each(|t| println!("--- {path} page {}\n{}", t.page, document.slice(t.range)));
                }
                pages += document.pages.len();
                seconds += took;
                let seen = tight(&document.text).chars().count() as f64;
                if let Some(truth) = chars.parse::<f64>().ok().filter(|n| *n > 20.0) {
                    ratios.push((seen / truth, format!("{path}: {seen} of {truth}")));
                }
            }
            Err(error) => println!("{path}: {} ({chars} characters by pdftotext)", error.code()),
        }
        if took > 5.0 {
            println!("{path}: {took:.1} s");
        }
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("{} files, {pages} pages, {:.1} pages/s", ratios.len(), f64::from(pages as u32) / seconds);
    let median = ratios.get(ratios.len() / 2).map_or(0.0, |r| r.0);
    println!("characters against pdftotext: median {median:.3}; the worst:");
    for (ratio, what) in ratios.iter().take(6).chain(ratios.iter().rev().take(4)) {
        println!("  {ratio:.3} {what}");
    }
}
