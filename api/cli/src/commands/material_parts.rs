//! Which part of a course's material a command is about.

use client::{CallError, Client, all_pages};
use domain::DocumentId;

/// Documents and pages; without any, all of the material.
#[derive(Clone, Debug, clap::Args)]
pub struct MaterialParts {
    /// Only from this document, by name or id; may be repeated
    #[arg(long, value_name = "DOCUMENT")]
    document: Vec<String>,
    /// Only from these pages: 3,5-9
    #[arg(long, value_delimiter = ',', value_parser = parse_pages, value_name = "PAGES")]
    pages: Vec<PageRange>,
}

impl MaterialParts {
    /// The pages, each by its number.
    pub fn pages(&self) -> Vec<u32> {
        self.pages.iter().flat_map(|range| range.0..=range.1).collect()
    }

    /// The ids of documents that are named by name or id.
    pub async fn document_ids(&self, client: &Client, course: &str) -> Result<Vec<DocumentId>, CallError> {
        if self.document.is_empty() {
            return Ok(Vec::new());
        }
        let known = all_pages(client, &format!("/api/v1/courses/{course}/documents"), "documents").await?;
        let id = |wanted: &String| {
            let found = known.iter().find(|d| d["id"] == *wanted || d["name"] == *wanted);
            found.and_then(|d| d["id"].as_str()?.parse().ok()).ok_or_else(|| CallError::Refused {
                code: "document_not_found".into(),
                detail: format!("The course has no document {wanted}."),
            })
        };
        self.document.iter().map(id).collect()
    }
}

/// First and last page.
#[derive(Clone, Copy, Debug)]
struct PageRange(u32, u32);

fn parse_pages(text: &str) -> Result<PageRange, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if 1 <= first && first <= last && last - first < 10_000 => Ok(PageRange(first, last)),
        _ => Err(format!("{text} is no page and no range of pages")),
    }
}
