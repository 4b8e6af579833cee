//! Selects the sentence that answers the question best: word overlap picks the candidates, embeddings decide.

use domain::{
    Passage, PortResult, Script,
    ports::{EmbedRole, Embedder},
};

use super::rank_sentences::{Ranked, Sentence, passage_priors, rank_sentences};

/// What one unit of cosine is worth, in score. Measured on `SQuAD` and CMRC 2018 with multilingual-e5-small: 2 to 4 find
/// nearly the same; the sentences' late interaction beside it finds less.
const SIMILARITY_WEIGHT: f32 = 3.0;
/// Sentences in another script than the question that are embedded, and how far down, 0 to 1, the search may have placed
/// their passage. No word tells which of them are worth it: those of the best passages, in their order.
const ACROSS: usize = 12;
const ACROSS_PLACE: f32 = 0.5;
/// What a unit of their cosine is worth. Unrelated ones are at 0.2, those that answer at 0.45 (the questions in
/// `benches/questions`): so much as words of the question tell of others.
const ACROSS_WEIGHT: f32 = 1.5;
/// How far below the best one a neighbouring sentence may rank, in places and in score, to be quoted with it.
const NEAR: usize = 3;
const NEAR_SCORE: f32 = 0.3;
/// How long the two may be together, in bytes.
const LONGEST_SPAN: usize = 450;

/// The sentences, best first; the first `candidates` by words carry their similarity to the question and are ordered
/// by both. Beside them, some in another script are ordered by meaning alone.
pub(crate) async fn select_quote<'a>(
    question: &str,
    passages: &[Passage],
    sentences: &[Sentence<'a>],
    embedder: &dyn Embedder,
    candidates: usize,
) -> PortResult<Vec<Ranked<'a>>> {
    let mut ranked = rank_sentences(question, passages, sentences);
    let across = take_across(question, passages, &mut ranked, embedder);
    let rest = ranked.split_off(candidates.min(ranked.len()));
    if ranked.is_empty() && across.is_empty() {
        return Ok(rest);
    }
    let own = ranked.len();
    ranked.extend(across);
    let texts: Vec<String> = ranked.iter().map(|r| r.sentence.text.to_owned()).collect();
    let (asked, found) = tokio::try_join!(
        embedder.embed(vec![question.to_owned()], EmbedRole::Query),
        embedder.embed(texts, EmbedRole::Passage)
    )?;
    let asked = asked.into_iter().next().unwrap_or_default();
    let (found, found_across) = found.split_at(own.min(found.len()));
    let (candidates, candidates_across) = ranked.split_at_mut(own);
    let cosines: Vec<f32> = found.iter().map(|v| cosine(&asked, v)).collect();
    let mean = cosines.iter().sum::<f32>() / cosines.len().max(1) as f32;
    for (candidate, cosine) in candidates.iter_mut().zip(cosines) {
        candidate.similarity = Some(cosine);
        candidate.score += SIMILARITY_WEIGHT * (cosine - mean);
    }
    if let Some(bias) = embedder.language_bias(Script::of(question), EmbedRole::Query) {
        let asked = bias.off_text(&asked);
        for (candidate, vector) in candidates_across.iter_mut().zip(found_across) {
            let bias = embedder.language_bias(Script::of(candidate.sentence.text), EmbedRole::Passage);
            let cosine = bias.map_or(0.0, |bias| cosine(&asked, &bias.off_text(vector)));
            candidate.across = Some(cosine);
            candidate.score += ACROSS_WEIGHT * cosine;
        }
    }
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked.extend(rest);
    Ok(ranked)
}

/// Takes the sentences in another script that are worth embedding out of `ranked`.
fn take_across<'a>(
    question: &str,
    passages: &[Passage],
    ranked: &mut Vec<Ranked<'a>>,
    embedder: &dyn Embedder,
) -> Vec<Ranked<'a>> {
    let script = Script::of(question);
    let is_across = |r: &Ranked<'_>| Script::of(r.sentence.text) != script;
    if embedder.language_bias(script, EmbedRole::Query).is_none() || !ranked.iter().any(is_across) {
        return Vec::new();
    }
    let places = passage_priors(passages);
    let place = |r: &Ranked<'_>| places.get(r.sentence.passage).copied().unwrap_or_default();
    let worth = |r: &Ranked<'_>| is_across(r) && place(r) >= ACROSS_PLACE;
    let mut across: Vec<Ranked<'a>> = ranked.extract_if(.., |r| worth(r)).collect();
    across.sort_by(|a, b| place(b).total_cmp(&place(a)).then(a.sentence.place.cmp(&b.sentence.place)));
    ranked.extend(across.drain(ACROSS.min(across.len())..));
    across
}

/// The span to quote: the best sentence, with the one after or before it where that ranks near it as well. Definitions
/// and lists often run over two sentences.
pub(crate) fn widen<'a>(passages: &'a [Passage], ranked: &[Ranked<'a>]) -> Option<Sentence<'a>> {
    let best = ranked.first()?;
    let mut span = best.sentence.clone();
    let text = &passages.get(span.passage)?.text;
    let near = ranked.iter().skip(1).take(NEAR).filter(|r| r.score > best.score - NEAR_SCORE);
    // A question answers none.
    let near = near.filter(|r| !r.sentence.text.ends_with(['?', '？']) && !r.sentence.orders);
    for other in near.map(|r| &r.sentence).filter(|s| s.passage == span.passage) {
        let joined = span.range.start.min(other.range.start)..span.range.end.max(other.range.end);
        if other.place.abs_diff(best.sentence.place) == 1 && joined.len() <= LONGEST_SPAN {
            span.text = text.get(joined.clone())?;
            span.terms.extend(other.terms.iter().cloned());
            span.range = joined;
            break;
        }
    }
    Some(span)
}

/// The dot product of two vectors: their cosine where both are of length 1.
pub(super) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use domain::{
        ByteRange, DocumentId, Language, Scores,
        ports::{BoxFuture, LanguageBias},
    };

    use super::*;
    use crate::answer::{rank_sentences::sentences_of, refuse::evidence};

    /// Texts about the moon lie one way, all others another way; the language tells more than both.
    struct Biased([LanguageBias; 2]);

    fn unbiased(x: f32, y: f32, script: Script) -> Vec<f32> {
        let language = if script == Script::Unspaced { 4.0 } else { -4.0 };
        LanguageBias::default().off_text(&[x, y, language])
    }

    impl Biased {
        fn new() -> Self {
            let of = |script| LanguageBias { text: unbiased(0.0, 0.0, script), token: Vec::new() };
            Self([of(Script::Spaced), of(Script::Unspaced)])
        }
    }

    impl Embedder for Biased {
        fn dimensions(&self) -> usize {
            3
        }

        fn identity(&self) -> &'static str {
            "biased"
        }

        fn language_bias(&self, script: Script, _role: EmbedRole) -> Option<&LanguageBias> {
            self.0.get(usize::from(script == Script::Unspaced))
        }

        fn embed(&self, texts: Vec<String>, _role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>> {
            let vector = |text: &String| {
                let moon = text.contains("moon") || text.contains('月');
                unbiased(if moon { 1.0 } else { 0.0 }, if moon { 0.0 } else { 1.0 }, Script::of(text))
            };
            let vectors = texts.iter().map(vector).collect();
            Box::pin(async move { Ok(vectors) })
        }
    }

    fn passage(text: &str, score: f32) -> Passage {
        Passage {
            n: 1,
            document_id: DocumentId::new(),
            document_name: String::new(),
            pages: (1, 1),
            heading_path: Vec::new(),
            text: text.to_owned(),
            range: ByteRange::new(0, text.len()),
            score,
            scores: Scores::default(),
            boxes: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_sentence_in_another_script_is_chosen_by_its_meaning_alone() {
        let passages =
            [passage("花崗岩冷卻得很慢。月球繞著地球轉。玄武岩是黑色的。", 1.0), passage("Lava is hot.", 0.4)];
        let sentences = sentences_of(&passages);
        let question = "What does the moon orbit?";
        let ranked = select_quote(question, &passages, &sentences, &Biased::new(), 8).await.unwrap();
        assert_eq!(ranked[0].sentence.text, "月球繞著地球轉。");
        assert_eq!(ranked.len(), sentences.len());
        assert!(evidence(&ranked, 2.0, Language::English) > 0.0, "it is evidence though no word is in it");
        let question = "How is bread made?";
        let elsewhere = [passage("月球繞著地球轉。", 1.0)];
        let sentences = sentences_of(&elsewhere);
        let ranked = select_quote(question, &elsewhere, &sentences, &Biased::new(), 8).await.unwrap();
        assert!(evidence(&ranked, 2.0, Language::English) < 0.0);
    }
}
