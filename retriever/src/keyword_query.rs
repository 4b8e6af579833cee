//! From words and filters to a query of the keyword index.

use std::collections::BTreeMap;

use domain::{CourseId, SearchFilter};
use tantivy::{
    Term,
    query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, TermQuery, TermSetQuery},
    schema::IndexRecordOption,
};

use crate::{analyse_text::analyse, keyword_schema::Fields};

/// Most different terms of a query; what comes after them is left out.
const MOST_TERMS: usize = 256;

/// The query for `text` in a course, or `None` where the text holds no term.
pub(crate) fn keyword_query(
    fields: Fields,
    course: CourseId,
    filter: &SearchFilter,
    text: &str,
    heading_boost: f32,
) -> Option<BooleanQuery> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for term in analyse(text) {
        if counts.len() < MOST_TERMS || counts.contains_key(&term) {
            *counts.entry(term).or_default() += 1;
        }
    }
    if counts.is_empty() {
        return None;
    }
    let mut words: Vec<(Occur, Box<dyn Query>)> = Vec::with_capacity(2 * counts.len());
    for (term, count) in &counts {
        words.push((Occur::Should, weighted(Term::from_field_text(fields.text, term), *count as f32)));
        if heading_boost > 0.0 {
            let boost = heading_boost * *count as f32;
            words.push((Occur::Should, weighted(Term::from_field_text(fields.headings, term), boost)));
        }
    }
    let mut must: Vec<(Occur, Box<dyn Query>)> = vec![
        (Occur::Must, Box::new(BooleanQuery::new(words))),
        (Occur::Must, unscored(TermQuery::new(fields.of_course(course), IndexRecordOption::Basic))),
    ];
    if !filter.documents.is_empty() {
        let terms = filter.documents.iter().map(|&id| fields.of_document(id));
        must.push((Occur::Must, unscored(TermSetQuery::new(terms))));
    }
    if !filter.pages.is_empty() {
        let terms = filter.pages.iter().map(|&page| Term::from_field_u64(fields.page, u64::from(page)));
        must.push((Occur::Must, unscored(TermSetQuery::new(terms))));
    }
    Some(BooleanQuery::new(must))
}

fn weighted(term: Term, boost: f32) -> Box<dyn Query> {
    let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
    Box::new(BoostQuery::new(query, boost))
}

/// A condition that takes no part in the score.
fn unscored(query: impl Query) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), 0.0))
}
