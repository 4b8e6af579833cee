//! The checks that need no model: each says what it found, in plain words.

use std::collections::HashSet;

use domain::{BLANK, Check, Question, QuestionBody};
use text::{Sentence, leans, question_terms, single_spaced, terms};

use super::{
    book::Book,
    english_named::asks_what_is,
    false_statements::is_said,
    number_clue::ruled_out,
    pick_distractors::{SUPPORTS, is_told, support},
    question_parts::{key_text, plain_stem},
    rule_stems::without_topic,
    script::strangers,
    shuffle::is_longest,
    spans::same_or_within,
    which_statement::asks_statements,
    years_between::arithmetic,
};

/// How much longer the longest option may be than the shortest, and the key than the longest distractor.
const LENGTHS: f32 = 3.0;
const KEY_LENGTH: f32 = 1.6;
/// Stems that share this much of their words ask the same; with the same key less is enough.
const SAME_STEM: f32 = 0.8;
const SAME_STEM_AND_KEY: f32 = 0.5;
/// Most characters of a stem.
const LONGEST_STEM: usize = 400;

pub(crate) fn check(name: &str, passed: bool, found: impl Into<String>) -> Check {
    Check { name: name.to_owned(), passed, found: found.into() }
}

/// The distractors of a question.
pub(crate) fn distractors(body: &QuestionBody) -> Vec<&str> {
    match body {
        QuestionBody::MultipleChoice { options, key } => {
            options.iter().filter(|o| *o != key).map(String::as_str).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the quotes are in their sources, character for character, and hold the key.
pub(crate) fn key_supported(question: &Question, book: &Book<'_>) -> Check {
    const NAME: &str = "key_supported";
    if question.evidence.is_empty() {
        return check(NAME, false, "no sentence of the material is cited");
    }
    let verbatim = question.evidence.iter().all(|c| {
        let holds = |(n, p): (usize, &domain::Passage)| {
            let range = c.start.checked_sub(p.range.start)?..c.end.checked_sub(p.range.start)?;
            let same = book.sources.get(n)?.document_id == c.document_id;
            Some(same && p.text.get(range)? == c.quote)
        };
        book.passages.iter().enumerate().any(|at| holds(at) == Some(true))
    });
    if !verbatim {
        return check(NAME, false, "a quote is not in its document at the place it names");
    }
    if let Some(reckoned) = arithmetic(question) {
        let found =
            if reckoned.passed { "the key is reckoned from the cited sentences".to_owned() } else { reckoned.found };
        return check(NAME, reckoned.passed, found);
    }
    let plain = |t: &str| t.split_whitespace().collect::<Vec<_>>().join(" ");
    let quotes: Vec<String> = question.evidence.iter().map(|c| plain(&c.quote)).collect();
    let all = quotes.join(" ");
    let holds = |text: &str| all.to_lowercase().contains(&plain(text).to_lowercase());
    let missing: Vec<&str> = match &question.body {
        QuestionBody::MultipleChoice { key, .. }
        | QuestionBody::Cloze { key, .. }
        | QuestionBody::ShortAnswer { key, .. } => {
            [key.as_str()].into_iter().filter(|k| !all.contains(&plain(k))).collect()
        }
        QuestionBody::TrueFalse { key } => {
            let said = holds(without_topic(&question.stem).trim_end_matches(['.', '。']));
            if said == *key { Vec::new() } else { vec![question.stem.as_str()] }
        }
        QuestionBody::Ordering { key, .. } => key.iter().map(String::as_str).filter(|k| !holds(k)).collect(),
        QuestionBody::Matching { pairs } => {
            pairs.iter().flat_map(|p| [p.left.as_str(), p.right.as_str()]).filter(|k| !holds(k)).collect()
        }
    };
    match (missing.first(), &question.body) {
        (None, QuestionBody::TrueFalse { key: false }) => {
            check(NAME, true, "the cited sentence says otherwise than the statement")
        }
        (None, _) => check(NAME, true, "the cited sentence holds the key, word for word"),
        (Some(_), QuestionBody::TrueFalse { key: true }) => {
            check(NAME, false, "the statement is not what the cited sentence says")
        }
        (Some(_), QuestionBody::TrueFalse { key: false }) => {
            check(NAME, false, "the cited sentence says just what the statement says")
        }
        (Some(key), _) => check(NAME, false, format!("the cited sentences do not hold “{key}”")),
    }
}

/// Whether a sentence of the document says of a distractor what the stem asks.
pub(crate) fn distractors_unsupported(question: &Question, book: &Book<'_>, passage: Option<usize>) -> Check {
    const NAME: &str = "distractors_unsupported";
    if matches!(question.body, QuestionBody::TrueFalse { key: false }) {
        return falsehood_unsupported(question, book);
    }
    let (Some(passage), false) = (passage, distractors(&question.body).is_empty()) else {
        return check(NAME, true, "no distractors");
    };
    let asked = question_terms(&plain_stem(&question.stem));
    let key = key_text(&question.body);
    let statements = asks_statements(&question.stem);
    for option in distractors(&question.body) {
        if same_or_within(option, &key) {
            return check(NAME, false, format!("“{option}” and the key name the same"));
        }
        if statements && is_said(book, passage, option) {
            return check(NAME, false, format!("the text says “{option}” too"));
        }
        if question.evidence.iter().any(|c| c.quote.contains(option)) {
            return check(NAME, false, format!("“{option}” stands in the cited sentence"));
        }
        let share = support(book, passage, option, &asked);
        if share >= SUPPORTS {
            let percent = (share * 100.0).round();
            return check(NAME, false, format!("a sentence with “{option}” holds {percent} % of the stem's words"));
        }
    }
    check(NAME, true, "no sentence says of a distractor what the stem asks")
}

/// Whether no other sentence of the document says what a false statement says: every word of it that counts. Of the cited
/// sentence `key_supported` tells; a statement may well deny it in its own words.
fn falsehood_unsupported(question: &Question, book: &Book<'_>) -> Check {
    const NAME: &str = "distractors_unsupported";
    let said = question_terms(without_topic(&question.stem));
    let elsewhere = |s: &Sentence<'_>| {
        let Some(passage) = book.passages.get(s.passage) else { return false };
        let (start, end) = (passage.range.start + s.range.start, passage.range.start + s.range.end);
        let mut own = question.evidence.iter().filter(|c| c.document_id == passage.document_id).peekable();
        own.peek().is_some() && own.all(|c| end <= c.start || c.end <= start)
    };
    let says = |s: &&Sentence<'_>| said.iter().all(|term| s.terms.contains(term)) && elsewhere(s);
    match book.sentences.iter().find(says).filter(|_| !said.is_empty()) {
        Some(sentence) => check(NAME, false, format!("the text says it: “{}”", single_spaced(sentence.text))),
        None => check(NAME, true, "no other sentence says what the statement says"),
    }
}

/// Whether nothing in their form tells the key from the other options.
pub(crate) fn options_alike(question: &Question) -> Check {
    const NAME: &str = "options_alike";
    let QuestionBody::MultipleChoice { options, key } = &question.body else { return check(NAME, true, "no options") };
    let length = |t: &str| t.chars().count() as f32;
    let others = || options.iter().filter(|o| *o != key);
    let (shortest, longest) = others().fold((f32::MAX, 0.0_f32), |(a, b), o| (a.min(length(o)), b.max(length(o))));
    let all = (shortest.min(length(key)), longest.max(length(key)));
    if all.1 / all.0.max(1.0) > LENGTHS && all.1 - all.0 > 6.0 {
        return check(NAME, false, format!("the longest option has {} characters, the shortest {}", all.1, all.0));
    }
    if is_longest(key, options) && length(key) > longest * KEY_LENGTH && length(key) - longest > 3.0 {
        return check(NAME, false, "the key is by far the longest");
    }
    if length(key) * KEY_LENGTH < shortest && shortest - length(key) > 3.0 {
        return check(NAME, false, "the key is by far the shortest");
    }
    let shapes: [fn(&str) -> bool; 4] = [
        |t| t.chars().any(char::is_numeric),
        |t| t.starts_with(char::is_lowercase),
        |t| t.ends_with(['.', '。']),
        |t| t.contains(['「', '《', '"', '“']),
    ];
    if shapes.iter().any(|shape| others().all(|o| shape(o) != shape(key))) {
        return check(NAME, false, "the key alone has its form (digits, capital, full stop, quotes)");
    }
    // `a _____` and `an _____` tell whether a vowel follows.
    let vowel = |t: &str| t.starts_with(|c: char| "aeiouAEIOU".contains(c));
    let article = question.stem.contains(&format!(" a {BLANK}")) || question.stem.contains(&format!(" an {BLANK}"));
    if article && others().any(|o| vowel(o) != vowel(key)) {
        return check(NAME, false, "the article before the blank rules an option out");
    }
    if let Some(option) = ruled_out(question, options, key) {
        return check(NAME, false, format!("singular or plural of the stem rules “{option}” out"));
    }
    if is_told(key, &question.stem) && !asks_statements(&question.stem) {
        return check(NAME, false, "the stem holds the key's number");
    }
    let stem = question.stem.to_lowercase();
    let shown = |t: &str| terms(t).iter().any(|t| stem.contains(t.as_str()) && t.len() > 3);
    if shown(key) && !others().any(|o| shown(o)) {
        return check(NAME, false, "the stem holds a word of the key and of no other option");
    }
    check(NAME, true, format!("{} to {} characters, the key {}", all.0, all.1, length(key)))
}

/// Whether another question asks the same.
pub(crate) fn no_duplicate<'q>(question: &Question, others: impl IntoIterator<Item = &'q Question>) -> Check {
    const NAME: &str = "no_duplicate";
    let words = |q: &Question| -> HashSet<String> { terms(&plain_stem(&q.stem)).into_iter().collect() };
    let own = words(question);
    let plain = |q: &Question| q.stem.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let (stem, key) = (plain(question), key_text(&question.body).to_lowercase());
    for other in others {
        if asks_statements(&question.stem) || asks_statements(&other.stem) {
            // All such stems are alike but for the topic.
            if plain(other) == stem {
                return check(NAME, false, format!("it asks the same as “{}”", other.stem));
            }
            continue;
        }
        let theirs = words(other);
        let common = own.intersection(&theirs).count() as f32;
        let share = common / (own.len().min(theirs.len()).max(1)) as f32;
        let same_body = match (&question.body, &other.body) {
            (QuestionBody::Ordering { .. }, QuestionBody::Ordering { .. })
            | (QuestionBody::Matching { .. }, QuestionBody::Matching { .. }) => {
                if key_text(&other.body).to_lowercase() == key {
                    return check(NAME, false, format!("it asks the same as “{}”", other.stem));
                }
                continue;
            }
            _ => key_text(&other.body).to_lowercase() == key && question.body.kind() == other.body.kind(),
        };
        let limit = if same_body { SAME_STEM_AND_KEY } else { SAME_STEM };
        let cited = question.evidence.iter().any(|c| {
            other.evidence.iter().any(|o| c.document_id == o.document_id && c.start < o.end && o.start < c.end)
        });
        if plain(other) == stem || share >= limit && common >= 2.0 || cited && same_body {
            return check(NAME, false, format!("it asks the same as “{}”", other.stem));
        }
    }
    check(NAME, true, "no other question of the quiz asks the same")
}

/// Whether the stem is understood without the passage's pronouns.
pub(crate) fn stands_alone(question: &Question) -> Check {
    const NAME: &str = "stands_alone";
    let plain = plain_stem(&question.stem);
    let asked = question_terms(&plain);
    if let QuestionBody::Ordering { key, .. } = &question.body {
        let leaning = key.iter().find_map(|k| leans(k, question.language));
        return check(NAME, leaning.is_none(), leaning.unwrap_or_else(|| "every item is understood alone".to_owned()));
    }
    if matches!(question.body, QuestionBody::Matching { .. }) {
        return check(NAME, true, "terms and definitions need no passage");
    }
    if let (true, QuestionBody::MultipleChoice { options, .. }) = (asks_statements(&question.stem), &question.body) {
        let leaning = options.iter().find_map(|o| leans(o, question.language));
        return check(
            NAME,
            leaning.is_none(),
            leaning.unwrap_or_else(|| "every statement is understood alone".to_owned()),
        );
    }
    if let Some(why) = stem_leans(plain.trim(), question) {
        return check(NAME, false, why);
    }
    let enough = match question.language.is_chinese() {
        true => 3,
        false if asks_what_is(&question.stem) => 1,
        false => 2,
    };
    if asked.len() < enough {
        return check(NAME, false, "it has too few words to know what is meant");
    }
    check(NAME, true, "no word of it points to the passage")
}

/// As [`leans`], for questions: `which` and `what` begin them rightly.
fn stem_leans(stem: &str, question: &Question) -> Option<String> {
    if question.language.is_chinese() {
        // The topic in front is no sentence's beginning.
        return leans(without_topic(stem), question.language);
    }
    let asks = [
        "who", "what", "which", "when", "where", "why", "how", "whose", "whom", "one", "some", "many", "several",
        "most", "again",
    ];
    let first = stem.split_whitespace().next().unwrap_or_default().to_lowercase();
    let rest = if asks.contains(&first.as_str()) { stem.split_once(' ').map_or("", |(_, r)| r) } else { stem };
    let lower = format!(" {} ", rest.to_lowercase().replace(['?', ',', '.'], " "));
    if let Some(word) =
        [" this ", " these ", " those ", " he ", " she ", " above ", " the passage ", " the text ", " the author "]
            .iter()
            .find(|w| lower.contains(**w))
    {
        let named = rest.split_whitespace().any(|w| w.starts_with(char::is_uppercase));
        let pronoun = matches!(*word, " he " | " she ");
        if !(pronoun && named) {
            return Some(format!("“{}” points to the passage", word.trim()));
        }
    }
    if asks.contains(&first.as_str()) { None } else { leans(rest, question.language) }
}

/// Whether the question keeps to the language and script of its source.
pub(crate) fn language(question: &Question, book: &Book<'_>, passage: Option<usize>) -> Check {
    const NAME: &str = "language";
    let mut text = question.stem.clone();
    match &question.body {
        QuestionBody::MultipleChoice { options, .. } => text.extend(options.iter().map(String::as_str)),
        QuestionBody::Cloze { key, .. } | QuestionBody::ShortAnswer { key, .. } => text.push_str(key),
        QuestionBody::TrueFalse { .. } => {}
        QuestionBody::Ordering { key, .. } => text.extend(key.iter().map(String::as_str)),
        QuestionBody::Matching { pairs } => text.extend(pairs.iter().flat_map(|p| [p.left.as_str(), p.right.as_str()])),
    }
    if passage.is_some_and(|p| book.language(p) != question.language) {
        return check(NAME, false, "the passage is in another language");
    }
    // What the source itself writes so is right: names, quotes.
    let source = passage.and_then(|p| book.passages.get(p)).map(|p| p.text.as_str()).unwrap_or_default();
    let strange: String = strangers(&text, question.language).into_iter().filter(|c| !source.contains(*c)).collect();
    check(
        NAME,
        strange.is_empty(),
        if strange.is_empty() {
            format!("all of it is {}", question.language.tag())
        } else {
            format!("characters of another script: {strange}")
        },
    )
}

/// Whether the parts fit the kind.
pub(crate) fn well_formed(question: &Question) -> Check {
    const NAME: &str = "well_formed";
    let fault = fault(question);
    check(NAME, fault.is_none(), fault.unwrap_or_else(|| "its parts fit its kind".to_owned()))
}

fn fault(question: &Question) -> Option<String> {
    let stem = question.stem.trim();
    if stem.is_empty() {
        return Some("the stem is empty".to_owned());
    }
    if stem.chars().count() > LONGEST_STEM {
        return Some(format!("the stem has more than {LONGEST_STEM} characters"));
    }
    let differ = |list: &[String]| {
        let mut seen = HashSet::new();
        list.iter().all(|o| !o.trim().is_empty() && seen.insert(o.trim().to_lowercase()))
    };
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            let all = ["all of the above", "none of the above", "以上皆是", "以上皆非", "以上都是", "以上都不是"];
            if !(3..=5).contains(&options.len()) {
                Some(format!("it has {} options; three to five are asked for", options.len()))
            } else if !differ(options) {
                Some("two options are alike, or one is empty".to_owned())
            } else if !options.contains(key) {
                Some("the key is not among the options".to_owned())
            } else if options.iter().any(|o| all.iter().any(|a| o.to_lowercase().contains(a))) {
                Some("“all of the above” is no option".to_owned())
            } else {
                None
            }
        }
        QuestionBody::Cloze { key, .. } if stem.matches(BLANK).count() != 1 || key.trim().is_empty() => {
            Some("a cloze has one blank and a key".to_owned())
        }
        QuestionBody::ShortAnswer { key, .. } if key.trim().is_empty() => Some("the key is empty".to_owned()),
        QuestionBody::TrueFalse { .. } if stem.ends_with(['?', '？']) => Some("a question is no statement".to_owned()),
        QuestionBody::Ordering { options, key } => {
            let sorted = |l: &[String]| {
                let mut l = l.to_vec();
                l.sort();
                l
            };
            (key.len() < 3 || !differ(key) || sorted(options) != sorted(key))
                .then(|| "an ordering has three items or more, all different".to_owned())
        }
        QuestionBody::Matching { pairs } => {
            let (left, right): (Vec<String>, Vec<String>) =
                pairs.iter().map(|p| (p.left.clone(), p.right.clone())).unzip();
            (pairs.len() < 3 || !differ(&left) || !differ(&right))
                .then(|| "a matching has three pairs or more, all different".to_owned())
        }
        _ => None,
    }
}
