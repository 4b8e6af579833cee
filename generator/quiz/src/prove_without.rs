//! Whether a question can be answered without its passage: by what a model knows, by what it takes for likely, or by how
//! near the key alone is to the stem.

use domain::{Check, Language, PortResult, Question, QuestionBody, ports::EmbedRole};

use super::{
    checks::check,
    pick_distractors::{likeness, one_thing},
    prove::Prover,
    question_parts::plain_stem,
    rule_stems::without_topic,
    shuffle::Chance,
    spans::Span,
    vary_numbers::vary,
};

const NAME: &str = "not_answerable_without";
/// A key with this probability without the passage is given away by knowledge or form; four options by chance have 0.25.
const GIVEN_AWAY: f32 = 0.6;
/// The same of a statement's truth; two by chance have 0.5, and small models lean to one of them.
const TRUTH_GIVEN_AWAY: f32 = 0.85;
/// How much nearer than all others the key may be to the stem, as cosines. Of 263 questions on Chinese articles 3 are over it
/// (multilingual-e5-small), two of them because the key repeats the topic.
const NEARER: f32 = 0.025;
/// Spans of the key's type that stand in for distractors where a question has none; with fewer, nothing is compared.
const PEERS: usize = 3;

impl Prover<'_> {
    /// Given no passage, the key does not stand out.
    pub(super) async fn not_answerable_without(&self, question: &Question) -> PortResult<Check> {
        match &question.body {
            QuestionBody::MultipleChoice { options, key } => {
                let others: Vec<String> = options.iter().filter(|o| *o != key).cloned().collect();
                self.key_among(question, key, &others).await
            }
            QuestionBody::Cloze { key, .. } | QuestionBody::ShortAnswer { key, .. } => {
                let others = self.peers(question, key);
                if others.len() < PEERS {
                    return Ok(check(NAME, true, "the course holds too few of the key's type to compare it with"));
                }
                self.key_among(question, key, &others).await
            }
            QuestionBody::TrueFalse { key } => self.truth(question, *key).await,
            QuestionBody::Ordering { key, .. } => Ok(check(NAME, true, one_in(key.len()))),
            QuestionBody::Matching { pairs } => Ok(check(NAME, true, one_in(pairs.len()))),
        }
    }

    /// By a model that writes the language, else by the embedder.
    async fn key_among(&self, question: &Question, key: &str, others: &[String]) -> PortResult<Check> {
        let options: Vec<String> = std::iter::once(key.to_owned()).chain(others.iter().cloned()).collect();
        match self.likely(question.language, &[], &question.stem, options).await? {
            Some((name, shares)) => {
                let share = shares.first().copied().unwrap_or(0.0);
                let best = shares.iter().all(|s| *s <= share);
                let found = format!("{name}, without the passage, gives the key {:.0} %", share * 100.0);
                Ok(check(NAME, !(best && share >= GIVEN_AWAY), found))
            }
            // The limit was measured on Chinese.
            None if question.language.is_chinese() => self.nearness(question, key, others).await,
            None => Ok(check(NAME, true, "no model here can score options; their form does not give the key away")),
        }
    }

    /// Whether the key alone is near to the stem in meaning: what a reader without the passage would take.
    async fn nearness(&self, question: &Question, key: &str, others: &[String]) -> PortResult<Check> {
        let stem = plain_stem(without_topic(&question.stem));
        let mut texts = vec![stem, key.to_owned()];
        texts.extend(others.iter().cloned());
        let vectors = self.embedder.embed(texts, EmbedRole::Passage).await?;
        let Some((stem, options)) = vectors.split_first() else { return Ok(check(NAME, true, "nothing to compare")) };
        let cosine = |v: &Vec<f32>| v.iter().zip(stem).map(|(a, b)| a * b).sum::<f32>();
        let own = options.first().map_or(0.0, cosine);
        let best = options.iter().skip(1).map(cosine).fold(f32::NEG_INFINITY, f32::max);
        let margin = own - best;
        tracing::debug!(stem = question.stem, key, margin, "how near the key is to its stem");
        let found = if margin > 0.0 {
            format!("by meaning the key is nearer to the stem than the others by {margin:.2}; up to {NEARER} is chance")
        } else {
            "by meaning another option is as near to the stem as the key".to_owned()
        };
        Ok(check(NAME, margin <= NEARER, found))
    }

    /// The model's probability of a statement's truth, beside what it says of any statement (contextual calibration: Zhao et
    /// al. 2021).
    async fn truth(&self, question: &Question, key: bool) -> PortResult<Check> {
        let (ask, words) = match question.language {
            Language::TraditionalChinese => ("這句話對還是錯？", ["對", "錯"]),
            Language::SimplifiedChinese => ("这句话对还是错？", ["对", "错"]),
            Language::English | Language::Other => ("True or false? ", ["True", "False"]),
        };
        let mut odds = Vec::new();
        for statement in [question.stem.as_str(), "N/A"] {
            let words = words.map(str::to_owned).to_vec();
            let Some((name, shares)) = self.likely(question.language, &[], &format!("{ask}{statement}"), words).await?
            else {
                let found = "no model here writes this language; true and false statements are of one form";
                return Ok(check(NAME, true, found));
            };
            let (yes, no) = (shares.first().copied().unwrap_or(0.5), shares.last().copied().unwrap_or(0.5));
            odds.push((name, yes.max(1e-4) / no.max(1e-4)));
        }
        let (Some((name, said)), Some((_, any))) = (odds.first(), odds.last()) else {
            return Ok(check(NAME, true, "nothing to compare"));
        };
        let ratio = said / any;
        let share = if key { ratio / (1.0 + ratio) } else { 1.0 / (1.0 + ratio) };
        let found = format!("{name}, without the passage, takes what is right for likely by {:.0} %", share * 100.0);
        Ok(check(NAME, share < TRUTH_GIVEN_AWAY, found))
    }

    /// Other spans of the key's type, the likest first; numbers have neighbours of their own.
    fn peers(&self, question: &Question, key: &str) -> Vec<String> {
        let Some((at, span)) = self.key_span(question, key) else { return Vec::new() };
        let own = self.book.sentences.get(at).map(|s| s.text).unwrap_or_default();
        let mut scored: Vec<(f32, &str)> = Vec::new();
        for (_, other) in self.book.spans_of(span.kind, question.language) {
            let apart = !own.contains(&other.text) && !one_thing(span, other);
            scored.extend(likeness(span, other, false).filter(|_| apart).map(|score| (score, other.text.as_str())));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut found: Vec<String> = scored.into_iter().take(PEERS).map(|(_, text)| text.to_owned()).collect();
        let mut chance = Chance::new(0);
        for _ in 0..30 {
            let other = vary(key, span.kind, &mut chance).filter(|_| found.len() < PEERS);
            found.extend(other.filter(|o| o != key && !found.contains(o)));
        }
        found
    }

    /// The key as a span of the sentence that is cited.
    fn key_span(&self, question: &Question, key: &str) -> Option<(usize, &Span)> {
        let cited = question.evidence.first()?;
        let holds = |(at, sentence): (usize, &text::Sentence<'_>)| {
            let passage = self.book.passages.get(sentence.passage)?;
            let start = passage.range.start + sentence.range.start;
            let same = passage.document_id == cited.document_id && start <= cited.start;
            let within = cited.start < passage.range.start + sentence.range.end;
            let span = self.book.spans.get(at)?.iter().find(|s| s.text == key)?;
            (same && within).then_some((at, span))
        };
        self.book.sentences.iter().enumerate().find_map(holds)
    }
}

/// How many orders there are.
fn one_in(items: usize) -> String {
    let orders: usize = (1..=items.min(12)).product();
    format!("of {orders} ways to put its parts together, one is right")
}
