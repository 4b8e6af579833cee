//! Takes over exam items of the material as they stand, marked as such.

use domain::{PortResult, Question, QuestionBody};

use super::{
    checks,
    make_quiz::Run,
    question_parts::question,
    source::{QuizSource, SourceItem},
};
use crate::answer::Locate;
use domain::{ByteRange, Citation, Proof};

impl Run<'_> {
    /// The multiple-choice items with a key of the passages that may be asked about.
    pub(crate) async fn items(&mut self, passages: &[usize]) -> PortResult<Vec<Question>> {
        let mut found: Vec<Question> = Vec::new();
        for source in passages.iter().filter_map(|p| self.book.sources.get(*p)) {
            for item in &source.items {
                let Some(mut made) = reuse(source, item, self.locate).await? else { continue };
                made.proof = Proof::new(vec![
                    checks::well_formed(&made),
                    checks::key_supported(&made, self.book),
                    checks::no_duplicate(&made, &found),
                ]);
                if made.proof.proven {
                    found.push(made);
                }
            }
        }
        Ok(found)
    }
}

/// The item as a question, its own place in the paper as evidence.
async fn reuse(source: &QuizSource, item: &SourceItem, locate: &dyn Locate) -> PortResult<Option<Question>> {
    let (Some(key), 3..=5) = (item.key.and_then(|k| item.options.get(k)), item.options.len()) else { return Ok(None) };
    let start = item.range.start.max(source.start);
    let end = item.range.end.min(source.start + source.text.len());
    let places = locate.locate(source.document_id, ByteRange::new(start, end)).await?;
    let cited = |(n, place): (usize, crate::answer::Place)| {
        let (start, end) = (place.range.start, place.range.end);
        let quote = source.text.get(start.checked_sub(source.start)?..end.checked_sub(source.start)?)?;
        Some(Citation {
            n,
            document_id: source.document_id,
            document_name: source.document_name.clone(),
            page: place.page,
            quote: quote.to_owned(),
            start,
            end,
            boxes: place.boxes,
            shown: place.shown,
        })
    };
    let evidence = (1..).zip(places).filter_map(cited).collect();
    let body = QuestionBody::MultipleChoice { options: item.options.clone(), key: key.clone() };
    let mut made = question(item.stem.clone(), body, evidence, source.language);
    made.explanation = String::new();
    made.reused = true;
    Ok(Some(made))
}
