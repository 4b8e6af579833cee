//! Analysing text, English and Chinese: script, sentences, terms, definitions; what a question asks for and which
//! sentences answer it; and text as it goes into files. Knows neither answers nor quizzes.

mod cite;
mod context_dependent;
mod definitions;
pub mod english;
mod expected_kind;
mod markup;
mod number_words;
mod passage_text;
mod prompt_injection;
mod rank_sentences;
mod script;
mod select_quote;
mod sentences;
mod split_sentences;
mod terms;

pub use cite::{Citations, Cited};
pub use context_dependent::{is_balanced, is_plain, leans};
pub use definitions::{definition, single_spaced};
pub use expected_kind::{Expected, holds, names};
pub use markup::{as_html, as_markdown, clean, one_line, page_word};
pub use number_words::number_word;
pub use passage_text::passage_text;
pub use prompt_injection::{orders_in, without_markers};
pub use rank_sentences::{Ranked, passage_priors, rank_sentences};
pub use script::{is_han, is_within_word};
pub use select_quote::{cosine, select_quote, widen};
pub use sentences::{Sentence, sentences_of};
pub use split_sentences::split_sentences;
pub use terms::{is_common, number_key, question_terms, stem, terms};
