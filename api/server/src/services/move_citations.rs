//! Keeps the evidence of quizzes at its words when a document is read again and its text has changed.

use domain::{ByteRange, Citation, CourseId, DocumentId, ParsedDocument, Proof, Question};

use crate::store::{QuizRow, Store, StoreResult};

/// Quizzes looked at in one go.
const QUIZZES: u32 = 50;
/// Tries to write a quiz that others change at the same time.
const TRIES: usize = 5;

/// Moves the evidence in a course's quizzes to where a document has it now.
pub async fn move_citations(
    store: &Store,
    course: CourseId,
    document: DocumentId,
    parsed: &ParsedDocument,
) -> StoreResult<()> {
    let mut last = None;
    loop {
        let quizzes = store.quizzes(course, last, true, QUIZZES).await?;
        let Some(end) = quizzes.last() else { return Ok(()) };
        last = Some(end.quiz.id);
        for quiz in quizzes {
            move_in_quiz(store, quiz, document, parsed).await?;
        }
    }
}

async fn move_in_quiz(store: &Store, row: QuizRow, document: DocumentId, parsed: &ParsedDocument) -> StoreResult<()> {
    let (id, mut row) = (row.quiz.id, Some(row));
    for _ in 0..TRIES {
        let Some(QuizRow { mut quiz, version, .. }) = row else { return Ok(()) };
        let mut changed = false;
        for question in &mut quiz.questions {
            changed |= move_evidence(question, document, parsed);
        }
        if !changed || store.change_quiz(id, version, &quiz.title, &quiz.questions).await? {
            return Ok(());
        }
        row = store.quiz(id).await?;
    }
    tracing::warn!(quiz = %id, "a quiz kept changing; its evidence is where an older reader saw it");
    Ok(())
}

/// Whether anything had to be moved. Evidence that is no longer in the text goes, and the proof with it.
fn move_evidence(question: &mut Question, document: DocumentId, parsed: &ParsedDocument) -> bool {
    let (mut changed, mut lost) = (false, false);
    question.evidence.retain_mut(|citation| {
        if citation.document_id != document || is_there(citation, parsed) {
            return true;
        }
        changed = true;
        let found = nearest(citation, parsed);
        lost |= !found;
        found
    });
    if lost {
        question.proof = Proof::default();
    }
    changed
}

fn is_there(citation: &Citation, parsed: &ParsedDocument) -> bool {
    parsed.slice(ByteRange::new(citation.start, citation.end)) == citation.quote
}

/// Moves a citation to the place of its words that is nearest to where they were.
fn nearest(citation: &mut Citation, parsed: &ParsedDocument) -> bool {
    let places = parsed.text.match_indices(citation.quote.as_str()).map(|(at, _)| at);
    let Some(start) = places.min_by_key(|at| at.abs_diff(citation.start)) else { return false };
    let range = ByteRange::new(start, start + citation.quote.len());
    (citation.start, citation.end) = (range.start, range.end);
    citation.page = parsed.page_of(range.start);
    (citation.paged, citation.heading_path) = (parsed.is_paged(), parsed.headings_of(range.start));
    citation.boxes = parsed.boxes(range);
    citation.shown = parsed.readable(range);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn citation(quote: &str, start: usize) -> Citation {
        Citation {
            n: 1,
            document_id: DocumentId::new(),
            document_name: "a".into(),
            page: 9,
            paged: true,
            heading_path: vec![],
            quote: quote.into(),
            start,
            end: start + quote.len(),
            boxes: vec![],
            shown: None,
        }
    }

    #[test]
    fn a_quote_moves_to_the_nearest_place_of_its_words() {
        let parsed = ParsedDocument {
            text: "It rained. Then it snowed. It rained.".into(),
            pages: vec![],
            blocks: vec![],
            words: vec![],
            language: domain::Language::English,
            media_type: "text/plain".into(),
            warnings: vec![],
        };
        let mut moved = citation("It rained.", 30);
        assert!(!is_there(&moved, &parsed) && nearest(&mut moved, &parsed));
        assert_eq!((moved.start, moved.end, moved.page), (27, 37, 1));
        assert!(is_there(&moved, &parsed));
        assert!(!nearest(&mut citation("It hailed.", 0), &parsed));
    }
}
