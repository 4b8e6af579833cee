//! Passages that can be cited.

use domain::Passage;

/// The passages whose text has the length of their range. Another would break the law that a quote is the document's
/// text at its place, so it is left out.
pub(crate) fn sound(passages: Vec<Passage>) -> Vec<Passage> {
    let fits = |p: &Passage| p.range.len() == p.text.len() && !p.text.is_empty();
    let (good, bad): (Vec<_>, Vec<_>) = passages.into_iter().partition(fits);
    for passage in bad {
        tracing::error!(document = %passage.document_id, n = passage.n, "a passage does not fit its byte range");
    }
    good
}
