//! Answers about the material itself: its headings, a part's most central sentences, the sentences that define terms.
//! Every line is verbatim and cites its place.

use std::{collections::HashSet, ops::Range};

use domain::{
    Answer, Language, Passage, PortResult, Usage,
    ports::{EmbedRole, Embedder, Locate},
};
use text::{Citations, Sentence, cosine, definition, is_han, leans, sentences_of};
use tokio::sync::mpsc;

use super::{AnswerEvent, Answerer, about_material::MaterialQuestion, finish, show_sentence::Shown};

/// Sentences that a summary chooses from; they are embedded.
const EMBEDDED: usize = 60;
/// Most sentences of a summary: a third of the part's, this many at most.
const SUMMARY: usize = 5;
/// Shortest sentence of a summary, in bytes.
const SHORTEST: usize = 25;
/// What a sentence loses for likeness to one that was chosen before it (maximal marginal relevance, Carbonell and
/// Goldstein, SIGIR 1998).
const LIKENESS: f32 = 0.6;
/// Words with which a sentence gives a thing its name.
const NAMES: [&str; 12] = [
    " called ",
    " known as ",
    " named ",
    " defined as ",
    " refers to ",
    "稱為",
    "称为",
    "叫作",
    "叫做",
    "定義為",
    "定义为",
    "稱之為",
];
/// Most terms that are told.
const MOST_TERMS: usize = 30;

impl Answerer {
    /// Answers a question about the material from `passages`, which [`super::material_passages`] gave for it.
    ///
    /// Cancel safety: as [`Answerer::answer`].
    pub async fn answer_about(
        &self,
        asked: &MaterialQuestion,
        passages: &[Passage],
        locate: &dyn Locate,
        events: mpsc::Sender<AnswerEvent>,
    ) -> PortResult<Answer> {
        let told = match asked {
            MaterialQuestion::Contents => passages.iter().enumerate().filter_map(|(n, p)| heading(n, p)).collect(),
            MaterialQuestion::Summary(_) => summary(passages, self.embedder.as_ref()).await?,
            MaterialQuestion::Terms(_) => terms(passages),
        };
        let mut shown = Shown::new(Citations::new(passages, locate), events);
        let list = !matches!(asked, MaterialQuestion::Summary(_));
        for sentence in told {
            if list { shown.list(&sentence).await? } else { shown.show(sentence.text, &sentence, 1.0).await? }
        }
        Ok(finish(shown, false, Usage::default()))
    }
}

/// A heading as the sentence that it is.
fn heading(passage: usize, found: &Passage) -> Option<Sentence<'_>> {
    let range: Range<usize> = 0..found.text.len();
    let text = found.text.as_str();
    (!text.trim().is_empty()).then(|| Sentence { passage, place: 0, range, text, terms: HashSet::new(), orders: false })
}

/// The sentences nearest to the part's middle and unlike each other, in their order.
async fn summary<'a>(passages: &'a [Passage], embedder: &dyn Embedder) -> PortResult<Vec<Sentence<'a>>> {
    let mut sentences = prose(passages);
    let wanted = sentences.len().div_ceil(3).min(SUMMARY);
    // `This process is called …` says nothing alone.
    let alone = |s: &Sentence<'_>| leans(s.text, language_of(s.text)).is_none();
    if sentences.iter().filter(|s| alone(s)).count() >= wanted {
        sentences.retain(alone);
    }
    if sentences.len() > EMBEDDED {
        // Every so-manieth: what is said all over is as central there.
        let step = sentences.len().div_ceil(EMBEDDED);
        sentences = sentences.into_iter().step_by(step).collect();
    }
    let texts = sentences.iter().map(|s| s.text.to_owned()).collect();
    let vectors = embedder.embed(texts, EmbedRole::Passage).await?;
    let chosen = central(&vectors, wanted);
    let kept = sentences.into_iter().enumerate().filter(|(n, _)| chosen.contains(n));
    Ok(kept.map(|(_, sentence)| sentence).collect())
}

fn language_of(text: &str) -> Language {
    if text.contains(is_han) { Language::TraditionalChinese } else { Language::English }
}

/// The whole sentences, without headings, rows of tables and crumbs.
pub(super) fn prose(passages: &[Passage]) -> Vec<Sentence<'_>> {
    let ends = |t: &str| t.trim_end_matches(['"', '”', '」', ')', '）']).ends_with(['.', '。', '!', '！']);
    let whole = |s: &Sentence<'_>| s.text.len() >= SHORTEST && ends(s.text) && !s.text.starts_with(['|', '#']);
    sentences_of(passages).into_iter().filter(whole).collect()
}

/// The places of `count` vectors near the mean of all and unlike each other.
fn central(vectors: &[Vec<f32>], count: usize) -> Vec<usize> {
    let mut mean = vec![0.0_f32; vectors.first().map_or(0, Vec::len)];
    for vector in vectors {
        for (sum, x) in mean.iter_mut().zip(vector) {
            *sum += x / vectors.len() as f32;
        }
    }
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < count.min(vectors.len()) {
        let worth = |n: usize| {
            let like = chosen.iter().map(|c| cosine(&vectors[*c], &vectors[n])).fold(0.0, f32::max);
            cosine(&mean, &vectors[n]) - LIKENESS * like
        };
        let rest = (0..vectors.len()).filter(|n| !chosen.contains(n));
        let Some(best) = rest.max_by(|a, b| worth(*a).total_cmp(&worth(*b)).then(b.cmp(a))) else { break };
        chosen.push(best);
    }
    chosen
}

/// The sentences that say what something is.
pub(super) fn terms(passages: &[Passage]) -> Vec<Sentence<'_>> {
    let short = |term: &str| term.chars().count() <= if term.contains(is_han) { 12 } else { 40 };
    let defines = |s: &Sentence<'_>| {
        definition(s.text).is_some_and(|(term, _)| short(&term)) || NAMES.iter().any(|w| s.text.contains(w))
    };
    sentences_of(passages).into_iter().filter(defines).take(MOST_TERMS).collect()
}

#[cfg(test)]
mod tests {
    use super::central;

    #[test]
    fn central_vectors_are_near_the_mean_and_unlike_each_other() {
        let vectors = [vec![1.0, 0.0], vec![0.99, 0.14], vec![0.0, 1.0], vec![-1.0, 0.0]];
        let two = central(&vectors, 2);
        assert!(two.contains(&2) && (two.contains(&0) || two.contains(&1)), "{two:?}");
        assert_eq!(central(&vectors, 9).len(), 4);
        assert!(central(&[], 2).is_empty());
    }
}
