//! What was filled into a form: it stands in annotations, not in the page's content.

use pdfium_render::prelude::{PdfFormField, PdfPage};

/// More annotations than this are not looked at.
const MOST_ANNOTATIONS: usize = 5000;

/// Makes the values of a form's fields part of the page's content, as they are drawn; leaves a page without any alone.
pub(super) fn draw_form_values(page: &mut PdfPage<'_>) {
    let filled = page.annotations().iter().take(MOST_ANNOTATIONS).any(|a| a.as_form_field().is_some_and(has_words));
    if filled && let Err(error) = page.flatten() {
        tracing::debug!(?error, "the values of a form were not read");
    }
}

/// Buttons and boxes have signs, not words.
fn has_words(field: &PdfFormField<'_>) -> bool {
    let value = match field {
        PdfFormField::Text(field) => field.value(),
        PdfFormField::ComboBox(field) => field.value(),
        PdfFormField::ListBox(field) => field.value(),
        _ => None,
    };
    value.is_some_and(|value| !value.trim().is_empty())
}
