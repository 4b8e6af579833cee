//! Picks wrong options: spans of the same type from the same course, near the key in form and meaning, that no passage
//! supports for this stem.

use std::collections::{HashMap, HashSet};

use domain::{
    BLANK, Difficulty, Language, PortResult,
    ports::{EmbedRole, Embedder},
};
use text::{is_han, question_terms};

use super::{
    akin::is_akin,
    book::Book,
    other_clauses::other_clauses,
    question_parts::plain_stem,
    rule_stems::without_topic,
    shuffle::Chance,
    spans::{Kind, Span, same_or_within},
    vary_numbers::vary,
};

/// Candidates that are embedded; of Chinese words more, as their form tells little of what they are.
const EMBEDDED: usize = 16;
const WORDS_EMBEDDED: usize = 48;
/// What one unit of cosine to the key counts against likeness of form, for names and for words.
const SIMILARITY_WEIGHT: f32 = 8.0;
const WORD_SIMILARITY_WEIGHT: f32 = 20.0;
/// The same for words to the stem: one that the key alone is near to is answered without reading.
const STEM_WEIGHT: f32 = 10.0;
/// What a Chinese word counts more that ends as the key does: 水球运动员, 篮球运动员.
const SAME_HEAD: f32 = 0.8;
/// No candidate is nearer in meaning than this: it might be the same in other words.
const SAME_MEANING: f32 = 0.985;
/// What a span counts more that the course holds e times as often.
const FREQUENCY_WEIGHT: f32 = 0.3;
/// Least likeness of form.
const LEAST: f32 = -2.5;
/// A sentence that holds a candidate and this share of the stem's terms supports it.
pub(crate) const SUPPORTS: f32 = 0.55;

/// The vectors of spans that were compared so far.
#[derive(Default)]
pub(crate) struct Vectors(HashMap<String, Vec<f32>>);

impl Vectors {
    async fn learn(&mut self, texts: &[&str], embedder: &dyn Embedder) -> PortResult<()> {
        let new: Vec<String> = texts.iter().filter(|t| !self.0.contains_key(**t)).map(|t| (*t).to_owned()).collect();
        if !new.is_empty() {
            let vectors = embedder.embed(new.clone(), EmbedRole::Passage).await?;
            self.0.extend(new.into_iter().zip(vectors));
        }
        Ok(())
    }

    fn cosine(&self, a: &str, b: &str) -> f32 {
        let (Some(a), Some(b)) = (self.0.get(a), self.0.get(b)) else { return 0.0 };
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }
}

/// What wrong options are wanted for.
pub(crate) struct Wanted<'a> {
    /// The place of the key's sentence.
    pub sentence: usize,
    pub key: &'a Span,
    pub stem: &'a str,
    pub language: Language,
    pub count: usize,
    pub difficulty: Difficulty,
    /// Whether the key may be the longest option.
    pub longest: bool,
    /// Options that are not to come again.
    pub not: &'a [String],
}

/// Wrong options; fewer than asked for where the course has no good ones.
pub(crate) async fn pick_distractors(
    book: &Book<'_>,
    wanted: &Wanted<'_>,
    embedder: &dyn Embedder,
    vectors: &mut Vectors,
    chance: &mut Chance,
) -> PortResult<Vec<String>> {
    let mut scored = alike(book, wanted);
    keep_lengths(&mut scored, wanted);
    scored.truncate(embedded(wanted));
    if !wanted.key.kind.is_number() && !scored.is_empty() {
        let (words, stem) = (is_chinese_word(wanted), plain_stem(without_topic(wanted.stem)));
        let mut texts: Vec<&str> = scored.iter().map(|(_, t)| t.as_str()).collect();
        texts.push(&wanted.key.text);
        texts.extend(words.then_some(stem.as_str()));
        vectors.learn(&texts, embedder).await?;
        let cosines_to = |to: &str| scored.iter().map(|(_, t)| vectors.cosine(to, t)).collect::<Vec<f32>>();
        let (cosines, to_stem) = (cosines_to(&wanted.key.text), cosines_to(&stem));
        let weights = if words { (WORD_SIMILARITY_WEIGHT, STEM_WEIGHT) } else { (SIMILARITY_WEIGHT, 0.0) };
        let mean = |list: &[f32]| list.iter().sum::<f32>() / list.len() as f32;
        let means = (mean(&cosines), mean(&to_stem));
        for ((score, _), (key, stem)) in scored.iter_mut().zip(cosines.iter().zip(&to_stem)) {
            *score += weights.0 * (key - means.0) + weights.1 * (stem - means.1);
        }
        let mut kept: Vec<bool> = cosines.iter().map(|c| *c < SAME_MEANING).collect();
        scored.retain(|_| kept.remove(0));
    }
    // A little chance, so that the same three do not come each time.
    for (score, _) in &mut scored {
        *score += 0.4 * chance.share();
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let good: Vec<String> = scored.into_iter().map(|(_, t)| t).collect();
    let mut chosen = choose(&good, wanted);
    fill_numbers(book, wanted, chance, &mut chosen);
    Ok(chosen)
}

/// Whether the key is a Chinese word of the subject: what it is, its form does not tell.
fn is_chinese_word(wanted: &Wanted<'_>) -> bool {
    wanted.language.is_chinese() && matches!(wanted.key.kind, Kind::Term | Kind::Phrase | Kind::Named)
}

fn embedded(wanted: &Wanted<'_>) -> usize {
    if is_chinese_word(wanted) { WORDS_EMBEDDED } else { EMBEDDED }
}

/// Whether the course may hold enough wrong options for a key: told before a model writes a stem,
/// which is a blank then.
pub(crate) fn has_peers(book: &Book<'_>, wanted: &Wanted<'_>) -> bool {
    let kind = wanted.key.kind;
    kind.is_number() || alike(book, wanted).len() >= wanted.count
}

/// The candidates of the course, best first by form and place.
fn alike(book: &Book<'_>, wanted: &Wanted<'_>) -> Vec<(f32, String)> {
    let Some(own) = book.sentences.get(wanted.sentence) else { return Vec::new() };
    let stem = wanted.stem.to_lowercase();
    let mut scored: Vec<(f32, String)> = Vec::new();
    let peers = wanted.key.kind.peers().iter();
    for (at, span) in peers.flat_map(|kind| book.spans_of(*kind, wanted.language)) {
        let Some(sentence) = book.sentences.get(at) else { continue };
        let taken = wanted.not.contains(&span.text) || one_thing(wanted.key, span);
        // What stands beside the key in its sentence may well be right too.
        let told = stem.contains(&span.text.to_lowercase()) || is_told(&span.text, &stem);
        if taken || told || own.text.contains(&span.text) {
            continue;
        }
        let blank = wanted.stem.contains(BLANK);
        let Some(mut score) = likeness(wanted.key, span, blank) else { continue };
        let near = sentence.passage == own.passage;
        let document = |p: usize| book.sources.get(p).map(|s| s.document_id);
        // Titles are of all genres; those of one document have most in common. So have its causes and words.
        let apart = match wanted.key.kind {
            Kind::Work => true,
            Kind::Term | Kind::Phrase | Kind::Named => !wanted.language.is_chinese(),
            Kind::Cause => wanted.language.is_chinese(),
            _ => false,
        };
        if apart && document(sentence.passage) != document(own.passage) {
            continue;
        }
        score += match wanted.difficulty {
            Difficulty::Easy if near => -0.5,
            Difficulty::Hard if near => 1.0,
            _ if near => 0.4,
            _ if document(sentence.passage) == document(own.passage) => 0.3,
            _ => 0.0,
        };
        // A name that is seldom met beside one that all know is no temptation.
        if !wanted.key.kind.is_number() {
            score += FREQUENCY_WEIGHT * (book.times(span) as f32).ln().min(2.0);
        }
        if is_chinese_word(wanted) && span.text.chars().next_back() == wanted.key.text.chars().next_back() {
            score += SAME_HEAD;
        }
        if score > LEAST {
            scored.push((score, span.text.clone()));
        }
    }
    if wanted.key.kind == Kind::Cause {
        scored.extend(other_clauses(book, wanted));
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let asked = question_terms(wanted.stem);
    scored.truncate(embedded(wanted) * 2);
    scored.retain(|(_, text)| support(book, own.passage, text, &asked) < SUPPORTS);
    scored
}

/// Whether two spans may name one thing: 俄國 and 俄羅斯 begin alike.
pub(crate) fn one_thing(key: &Span, other: &Span) -> bool {
    let han = |s: &Span| s.text.chars().next().filter(|c| is_han(*c));
    let countries = key.cue == "country" && other.cue == "country" && han(key).is_some() && han(key) == han(other);
    countries || same_or_within(&other.text, &key.text)
}

/// How alike two spans of one kind are in form; `None` where one can't stand beside the other.
pub(crate) fn likeness(key: &Span, other: &Span, blank: bool) -> Option<f32> {
    // A question word names the type to the letter; beside a blank, a county may stand for a city.
    let akin = blank && is_akin(&key.cue, &other.cue);
    let same_cue = key.cue == other.cue || akin;
    let shape = |t: &str| (t.contains(' '), t.starts_with(char::is_uppercase), t.contains('·'));
    let words = |t: &str| t.split_whitespace().count() as f32;
    let length = |t: &str| t.chars().count() as f32;
    let ratio = (length(&key.text) / length(&other.text)).ln().abs();
    let mut score = -1.5 * ratio - 0.5 * (words(&key.text) - words(&other.text)).abs();
    match key.kind {
        // A unit tells which number is meant; another shape, too.
        kind if kind.needs_cue() && !same_cue => return None,
        Kind::Year | Kind::Decade | Kind::Date => score -= year_distance(&key.text, &other.text)?,
        Kind::Quantity | Kind::Percent => score -= size_distance(&key.text, &other.text)?,
        Kind::Cause if !same_cue => return None,
        // Names of unknown things are alike only where something says so.
        Kind::Name if key.cue.is_empty() => return None,
        _ => {}
    }
    if shape(&key.text) != shape(&other.text) {
        score -= 0.8;
    }
    if akin {
        score -= 0.3;
    }
    (ratio < 1.0).then_some(score)
}

/// Years far apart are easily told apart: one unit for 40 years.
fn year_distance(a: &str, b: &str) -> Option<f32> {
    let distance = (year_of(a)? - year_of(b)?).abs() as f32 / 40.0;
    (distance < 1.0).then_some(distance)
}

/// The year in a date; 0 for one without, and none where it is written in Chinese numerals.
fn year_of(text: &str) -> Option<i32> {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty());
    let years: Vec<i32> = numbers.filter(|n| n.len() >= 3).filter_map(|n| n.parse().ok()).collect();
    match years.first() {
        Some(year) => Some(*year),
        None => text.contains(|c: char| c.is_ascii_digit()).then_some(0),
    }
}

/// Amounts of another size are no temptation; the format must be the same.
fn size_distance(a: &str, b: &str) -> Option<f32> {
    let number = |t: &str| {
        let digits: String = t.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
        digits.trim_matches('.').parse::<f32>().ok().filter(|n| *n > 0.0)
    };
    let frame = |t: &str| t.chars().filter(|c| !c.is_ascii_digit() && !matches!(c, '.' | ',')).collect::<String>();
    if frame(a) != frame(b) {
        return None;
    }
    // 1,500 and 4000 are written by different hands.
    let commas = |t: &str| t.contains(',') || t.chars().filter(char::is_ascii_digit).count() < 4;
    if significant(a).min(3) != significant(b).min(3)
        || !(commas(a) && commas(b)) && (a.contains(',') || b.contains(','))
    {
        return None;
    }
    let distance = (number(a)? / number(b)?).ln().abs();
    (distance > 0.02 && distance < 2.0).then_some(distance)
}

/// How many digits of a number tell anything: 2 of 1,500.
fn significant(text: &str) -> usize {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

/// Whether an option that is one number is in the stem, in whatever unit: there it stands for something else.
pub(crate) fn is_told(option: &str, stem: &str) -> bool {
    let numbers = |t: &str| {
        let plain = t.replace(',', "");
        let runs = plain.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty());
        runs.map(str::to_owned).collect::<Vec<_>>()
    };
    let own = numbers(option);
    own.len() == 1 && own.iter().all(|n| n.len() > 1 && numbers(stem).contains(n))
}

/// Puts those in front that give the key the rank in length that it is to have: shorter ones where it is to be the
/// longest and enough of them are there, else the best of those that are longer.
fn keep_lengths(scored: &mut [(f32, String)], wanted: &Wanted<'_>) {
    let key = length(&wanted.key.text);
    if !wanted.longest {
        let mut longer = 0;
        scored.sort_by_cached_key(|(_, t)| {
            longer += usize::from(length(t) > key);
            length(t) <= key || longer > wanted.count
        });
    } else if scored.iter().filter(|(_, t)| length(t) < key).count() >= wanted.count {
        scored.sort_by_key(|(_, t)| length(t) >= key);
    }
}

/// Characters: what a reader sees of a text's length.
fn length(text: &str) -> usize {
    text.chars().count()
}

/// The best of the candidates, different from one another: all shorter than the key where that is to be the longest, else
/// one that is longer, or at least as long.
fn choose(good: &[String], wanted: &Wanted<'_>) -> Vec<String> {
    let key = length(&wanted.key.text);
    let mut chosen: Vec<String> = Vec::new();
    let differ = |chosen: &[String], text: &str| chosen.iter().all(|c| !same_or_within(c, text));
    let take = |chosen: &mut Vec<String>, text: &String| {
        if chosen.len() < wanted.count && differ(chosen, text) {
            chosen.push(text.clone());
        }
    };
    if wanted.longest {
        for text in good.iter().filter(|t| length(t) < key) {
            take(&mut chosen, text);
        }
    }
    // Under this the fourth option is a different sort of thing.
    let pool = good.get(..good.len().min(3 * wanted.count + 2)).unwrap_or_default();
    let number = wanted.key.kind.is_number();
    if wanted.longest && number {
        // Numbers that are shorter are made.
        return chosen;
    }
    if !wanted.longest
        && let Some(long) = good.iter().find(|t| length(t) > key).or_else(|| pool.iter().find(|t| length(t) == key))
    {
        take(&mut chosen, long);
    }
    // That one stands out where the others are shorter, so that the longest is not the key whenever one stands out.
    let most_long = chosen.first().map(|c| length(c)).filter(|l| *l > key && !number);
    for text in pool.iter().filter(|t| most_long.is_some_and(|most| length(t) < most)) {
        take(&mut chosen, text);
    }
    // One that is longer is made of numbers, so that the key's length tells nothing.
    let most = if number && !chosen.iter().any(|c| length(c) > key) { wanted.count - 1 } else { wanted.count };
    for text in pool {
        if chosen.len() < most {
            take(&mut chosen, text);
        }
    }
    chosen
}

/// Numbers have neighbours of their own.
fn fill_numbers(book: &Book<'_>, wanted: &Wanted<'_>, chance: &mut Chance, chosen: &mut Vec<String>) {
    if !wanted.key.kind.is_number() {
        return;
    }
    let passage = book.sentences.get(wanted.sentence).and_then(|s| book.passages.get(s.passage));
    let text = passage.map(|p| p.text.as_str()).unwrap_or_default();
    let key = length(&wanted.key.text);
    let mut longer = chosen.iter().any(|c| length(c) > key);
    for n in 0..60 {
        if chosen.len() >= wanted.count {
            return;
        }
        let Some(other) = vary(&wanted.key.text, wanted.key.kind, chance) else { continue };
        let told = is_told(&other, wanted.stem);
        let known = told || chosen.contains(&other) || wanted.not.contains(&other) || text.contains(&other);
        // At first only what gives the key the rank in length that it is to have.
        let ranked = n >= 30 || if wanted.longest { length(&other) < key } else { longer || length(&other) > key };
        if !known && ranked && other != wanted.key.text {
            longer |= length(&other) > key;
            chosen.push(other);
        }
    }
}

/// How far the text near a passage says of `candidate` what the stem asks (its terms are `asked`): the greatest share of
/// the stem's terms in a sentence that holds it.
pub(crate) fn support(book: &Book<'_>, passage: usize, candidate: &str, asked: &[String]) -> f32 {
    if asked.is_empty() {
        return 0.0;
    }
    let document = |p: usize| book.sources.get(p).map(|s| s.document_id);
    let own: HashSet<&String> = asked.iter().collect();
    let holding =
        book.sentences.iter().filter(|s| document(s.passage) == document(passage) && s.text.contains(candidate));
    let share = holding.map(|s| own.iter().filter(|t| s.terms.contains(t.as_str())).count() as f32 / own.len() as f32);
    share.fold(0.0, f32::max)
}
