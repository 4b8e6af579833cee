//! Takes over exam items of the material as they stand, marked as such.

use domain::{ByteRange, Citation, PortResult, Proof, Question, QuestionBody, ports::Locate};

use super::{
    make_quiz::Run,
    question_parts::question,
    source::{QuizSource, SourceItem},
};

/// Checks that compare a question with the text around its key.
const ABOUT_THE_PASSAGE: [&str; 2] = ["distractors_unsupported", "answerable_with_passage"];
/// Without these an item is no question, or one that is there already.
const NEEDED: [&str; 3] = ["well_formed", "key_supported", "no_duplicate"];

impl Run<'_> {
    /// The multiple-choice items with a key of the passages that may be asked about, the proven ones first. They stay as
    /// they stood in the paper: one that fails a check of its making is told to be unproven.
    pub(crate) async fn items(&mut self, passages: &[usize]) -> PortResult<Vec<Question>> {
        let mut found: Vec<Question> = Vec::new();
        for source in passages.iter().filter_map(|p| self.book.sources.get(*p)) {
            for item in &source.items {
                let Some(mut made) = reuse(source, item, self.locate).await? else { continue };
                let prover = self.maker.prover(self.book, false);
                made.proof = of_item(prover.prove(&made, &found).await?);
                if made.proof.checks.iter().all(|c| c.passed || !NEEDED.contains(&c.name.as_str())) {
                    found.push(made);
                }
            }
        }
        found.sort_by_key(|q| !q.proof.proven);
        Ok(found)
    }
}

/// The proof without the checks that an item can't stand: what is cited is the item itself, its wrong options among it.
pub(crate) fn of_item(proof: Proof) -> Proof {
    Proof::new(proof.checks.into_iter().filter(|c| !ABOUT_THE_PASSAGE.contains(&c.name.as_str())).collect())
}

/// The item as a question, its own place in the paper as evidence.
async fn reuse(source: &QuizSource, item: &SourceItem, locate: &dyn Locate) -> PortResult<Option<Question>> {
    let (Some(key), 3..=5) = (item.key.and_then(|k| item.options.get(k)), item.options.len()) else { return Ok(None) };
    let start = item.range.start.max(source.start);
    let end = item.range.end.min(source.start + source.text.len());
    let places = locate.locate(source.document_id, ByteRange::new(start, end)).await?;
    let cited = |(n, place): (usize, domain::Place)| {
        let (start, end) = (place.range.start, place.range.end);
        let quote = source.text.get(start.checked_sub(source.start)?..end.checked_sub(source.start)?)?;
        Some(Citation {
            n,
            document_id: source.document_id,
            document_name: source.document_name.clone(),
            page: place.page,
            paged: place.paged,
            heading_path: place.heading_path,
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
