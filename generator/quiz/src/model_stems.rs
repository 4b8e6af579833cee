//! Stems that a language model writes, kept where the model, asked the stem, answers with the key: round-trip consistency
//! (Alberti et al. 2019).

use domain::{
    ErrorKind, Language, PortResult,
    ports::{Constraint, GenerateRequest, Generated, Generation, LanguageModel, Message, Sampling},
    task_prompts::{answer_prompt, read_answer, stem_prompt},
};
use text::{Expected, is_common, single_spaced};

use super::{QuizConfig, spans::Kind};

/// Most tokens of an answer that is asked back.
const ANSWER_TOKENS: usize = 32;

/// What a stem is wanted for.
pub(crate) struct StemWanted<'a> {
    pub passage: &'a str,
    pub key: &'a str,
    pub kind: Kind,
    pub language: Language,
    pub seed: u64,
}

/// The stems whose answer is the key, the model's likeliest first.
pub(crate) async fn model_stems(
    model: &dyn LanguageModel,
    wanted: &StemWanted<'_>,
    config: &QuizConfig,
) -> PortResult<Vec<String>> {
    let messages = stem_prompt(wanted.language, &[wanted.passage], wanted.key);
    let samplings = (0..config.stems_sampled.max(1) as u64).map(|n| Sampling {
        temperature: if n == 0 { 0.0 } else { config.temperature },
        top_p: 0.95,
        seed: wanted.seed.wrapping_add(n),
        ..Sampling::default()
    });
    let grammar = Some(Constraint::Regex(grammar(wanted.language)));
    let requests: Vec<GenerateRequest> = samplings
        .map(|sampling| GenerateRequest {
            constraint: grammar.clone(),
            ..request(messages.clone(), config.stem_tokens, sampling)
        })
        .collect();
    let written = match all(model, requests.clone()).await {
        // A model on another server may not keep to a grammar; its stems are looked at like all others.
        Err(error) if error.kind == ErrorKind::Unsupported => {
            let free = requests.into_iter().map(|r| GenerateRequest { constraint: None, ..r });
            all(model, free.collect()).await?
        }
        written => written?,
    };
    let mut stems: Vec<String> = Vec::new();
    for text in written {
        let stem = single_spaced(text.trim());
        if asks_well(&stem, wanted) && !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    let asked = stems.iter().map(|stem| {
        request(answer_prompt(wanted.language, &[wanted.passage], stem), ANSWER_TOKENS, Sampling::default())
    });
    let answers = all(model, asked.collect()).await?;
    let tuned = model.info().tuned;
    let mut right = answers.iter().map(|answer| is_key(answer, wanted.key, tuned));
    stems.retain(|_| right.next().unwrap_or(false));
    Ok(stems)
}

/// What a stem may be: one line with one question mark, at its end, and a question word: at the beginning in English, behind
/// a preposition at most, anywhere in Chinese.
fn grammar(language: Language) -> String {
    if language.is_chinese() {
        const WORDS: &str = "誰|谁|什麼|什么|哪|幾|几|多少|多大|多長|多长|多高|何|怎|為何|为何";
        return format!("[^?？。\\n]{{0,48}}({WORDS})[^?？。\\n]{{2,48}}？");
    }
    let before = "In|On|At|By|For|From|To|With|Of|During|Under|After|Before|Since|Until|Through|Into|Against";
    let words = "who|whom|whose|what|which|when|where|why|how";
    let capital = "Who|Whom|Whose|What|Which|When|Where|Why|How";
    format!("(({before}) ({words})|{capital}) [^?\\n]{{8,200}}\\?")
}

fn request(messages: Vec<Message>, max_tokens: usize, sampling: Sampling) -> GenerateRequest {
    GenerateRequest { messages, max_tokens, stop: vec!["\n".to_owned()], sampling, ..GenerateRequest::default() }
}

/// What the model writes to each request. They run side by side as far as its queue holds them.
async fn all(model: &dyn LanguageModel, requests: Vec<GenerateRequest>) -> PortResult<Vec<String>> {
    let mut texts = Vec::with_capacity(requests.len());
    let mut waiting: Vec<GenerateRequest> = requests.into_iter().rev().collect();
    while !waiting.is_empty() {
        let mut running: Vec<Box<dyn Generation>> = Vec::new();
        while let Some(next) = waiting.last().cloned() {
            match model.generate(next).await {
                Ok(generation) => running.push(generation),
                // Its queue is full: what runs goes first.
                Err(error) if error.kind == ErrorKind::Overloaded && !running.is_empty() => break,
                Err(error) => return Err(error),
            }
            waiting.pop();
        }
        for generation in running {
            texts.push(text_of(generation).await?);
        }
    }
    Ok(texts)
}

async fn text_of(mut generation: Box<dyn Generation>) -> PortResult<String> {
    let mut text = String::new();
    while let Some(event) = generation.next().await.transpose()? {
        match event {
            Generated::Text(more) => text.push_str(&more),
            Generated::Finished { .. } => break,
        }
    }
    Ok(text)
}

/// Whether a stem is one question, of a fit length, that does not say its key and asks for the key's kind of thing.
fn asks_well(stem: &str, wanted: &StemWanted<'_>) -> bool {
    let ends = stem.ends_with(['?', '？']) && stem.matches(['?', '？']).count() == 1;
    let length = if wanted.language.is_chinese() {
        (8..=64).contains(&stem.chars().count())
    } else {
        (5..=32).contains(&stem.split_whitespace().count())
    };
    let lower = stem.to_lowercase();
    let key = wanted.key.to_lowercase();
    let tells = lower.contains(&key)
        || (!wanted.kind.is_number() && key.split(' ').any(|w| w.len() > 3 && !is_common(w) && lower.contains(w)));
    let expected = Expected::of(stem);
    let fits = match wanted.kind {
        Kind::Cause => expected == Expected::Reason,
        kind if kind.is_number() => matches!(expected, Expected::Number | Expected::Any),
        Kind::Person => lower.starts_with("who") || lower.contains(" who") || expected == Expected::Any,
        _ => {
            !matches!(expected, Expected::Number | Expected::Reason) && !lower.starts_with("who ")
                || matches!(wanted.kind, Kind::Group | Kind::Name) && expected == Expected::Name
        }
    };
    let year = ["what year", "which year", "哪一年", "哪年"].iter().any(|words| lower.contains(words));
    ends && length && !tells && fits && (!year || wanted.kind == Kind::Year)
}

/// Whether an answer is the key: a tuned model's in so many words, another's if it holds the key and little else.
fn is_key(answer: &str, key: &str, tuned: bool) -> bool {
    let plain = |text: &str| {
        let lower = text.trim().trim_end_matches(['.', '。']).to_lowercase();
        let bare = lower.strip_prefix("the ").or_else(|| lower.strip_prefix("in ")).unwrap_or(&lower);
        bare.trim_start_matches("the ").replace([' ', ','], "")
    };
    let words = read_answer(answer).map_or(answer, |(words, _)| words);
    let (given, key) = (plain(words), plain(key));
    given == key || (!tuned && given.contains(&key) && given.len() < key.len() * 4 + 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_without_articles_and_marks() {
        assert!(is_key("the Fergana Valley [1]", "Fergana Valley", true));
        assert!(is_key("1,500 [1]", "1500", true));
        assert!(!is_key("Fergana [1]", "Fergana Valley", true));
        assert!(!is_key("It was the Fergana Valley.", "Fergana Valley", true));
        assert!(is_key("It was the Fergana Valley.", "Fergana Valley", false));
    }

    #[test]
    fn a_stem_asks_for_the_keys_kind_and_does_not_say_it() {
        let asks = |stem: &str, key: &str, kind: Kind| {
            asks_well(stem, &StemWanted { passage: "", key, kind, language: Language::English, seed: 0 })
        };
        assert!(asks("Who replaced Paula Abdul as a judge?", "Ellen DeGeneres", Kind::Person));
        assert!(!asks("When was Paula Abdul replaced as a judge?", "Ellen DeGeneres", Kind::Person));
        assert!(!asks("Who was Ellen that replaced Paula Abdul?", "Ellen DeGeneres", Kind::Person));
        assert!(asks("In what year did the union fall apart?", "1991", Kind::Year));
        assert!(!asks("Why did the union fall apart then?", "1991", Kind::Year));
    }
}
