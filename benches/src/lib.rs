//! What the runs share: documents of several pages, hostile ones, and a process's memory.

mod hostile_documents;
mod mutate;

use lectern_tests::pdf;

pub use self::{hostile_documents::hostile_documents, mutate::mutate};

/// `count` PDFs of `pages` pages each, every one different.
pub fn documents(count: usize, pages: usize) -> Vec<(String, Vec<u8>)> {
    let sentence = |d: usize, p: usize, s: usize| {
        format!(
            "Volume {d}, page {p}: the survey of {} counted {} houses in district {s}.",
            1700 + d * 7 + p,
            31 * d + 17 * s
        )
    };
    let page = |d: usize, p: usize| (0..20).map(|s| sentence(d, p, s)).collect::<Vec<_>>().join("\n");
    let document = |d: usize| {
        let pages: Vec<String> = (0..pages).map(|p| page(d, p)).collect();
        (format!("volume{d:02}.pdf"), pdf(&pages.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    (0..count).map(document).collect()
}

/// Resident memory of a process in MiB; 0 where it can't be read.
pub fn resident_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|l| l.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

/// The value below which a share of the sorted values lies.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}
