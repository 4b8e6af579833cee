//! English: the verb's auxiliary takes the negation, so that nothing must be inflected.

/// Verbs that `not` follows.
const AUXILIARIES: [&str; 14] =
    ["is", "are", "was", "were", "can", "could", "may", "must", "should", "will", "would", "has", "have", "had"];

/// Participles that don't end in `ed` or `en`, after which `has` is an auxiliary.
const PARTICIPLES: [&str; 22] = [
    "become", "made", "won", "led", "built", "left", "held", "come", "gone", "lost", "found", "kept", "set", "had",
    "sent", "met", "put", "read", "said", "told", "known", "grown",
];

/// After these a statement is negated already, or `not` would be misplaced.
const BLOCKS: [&str; 11] = ["not", "n't", "never", "no", "only", "neither", "nor", "hardly", "none", "just", "nothing"];

/// Each the other's opposite, whatever stands beside them.
const OPPOSITES: [(&str, &str); 44] = [
    ("before", "after"),
    ("increase", "decrease"),
    ("increased", "decreased"),
    ("increases", "decreases"),
    ("increasing", "decreasing"),
    ("higher", "lower"),
    ("larger", "smaller"),
    ("largest", "smallest"),
    ("highest", "lowest"),
    ("longest", "shortest"),
    ("oldest", "youngest"),
    ("older", "younger"),
    ("best", "worst"),
    ("better", "worse"),
    ("northern", "southern"),
    ("eastern", "western"),
    ("north", "south"),
    ("east", "west"),
    ("earlier", "later"),
    ("earliest", "latest"),
    ("early", "late"),
    ("majority", "minority"),
    ("maximum", "minimum"),
    ("internal", "external"),
    ("inside", "outside"),
    ("success", "failure"),
    ("successful", "unsuccessful"),
    ("allowed", "forbidden"),
    ("accepted", "rejected"),
    ("supported", "opposed"),
    ("won", "lost"),
    ("rich", "poor"),
    ("strong", "weak"),
    ("stronger", "weaker"),
    ("possible", "impossible"),
    ("common", "rare"),
    ("warm", "cold"),
    ("positive", "negative"),
    ("public", "private"),
    ("legal", "illegal"),
    ("always", "never"),
    ("often", "rarely"),
    ("above", "below"),
    ("fewer", "more"),
];

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'')
}

/// `word` with its bare part replaced, marks around it kept, a capital too.
fn put(word: &str, new: &str) -> String {
    let old = bare(word);
    let new = if old.starts_with(char::is_uppercase) { capital(new) } else { new.to_owned() };
    word.replacen(old, &new, 1)
}

pub(in super::super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The words with those at `range` replaced; empty ones fall away.
fn replaced(words: &[&str], range: std::ops::Range<usize>, new: &str) -> String {
    let (head, tail) = (&words[..range.start], &words[range.end..]);
    let all = head.iter().copied().chain(std::iter::once(new)).chain(tail.iter().copied());
    all.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

pub(super) fn negated(statement: &str) -> Vec<String> {
    let words: Vec<&str> = statement.split(' ').collect();
    let mut made = Vec::new();
    for (n, word) in words.iter().enumerate().skip(1) {
        let next = words.get(n + 1).map_or("", |word| bare(word));
        let (taken_out, change) = match bare(word) {
            "cannot" => (true, Some(replaced(&words, n..n + 1, &put(word, "can")))),
            "never" if !words[n - 1].ends_with("n't") => (true, Some(replaced(&words, n..n + 1, &put(word, "often")))),
            "without" => (true, Some(replaced(&words, n..n + 1, &put(word, "with")))),
            "no" if next == "longer" => (true, Some(replaced(&words, n..n + 2, "still"))),
            auxiliary if next == "not" && AUXILIARIES.contains(&auxiliary) => {
                (true, Some(replaced(&words, n + 1..n + 2, "")))
            }
            auxiliary if AUXILIARIES.contains(&auxiliary) && takes_not(auxiliary, word, next) => {
                let not = if auxiliary == "can" { "cannot".to_owned() } else { format!("{auxiliary} not") };
                (false, Some(replaced(&words, n..n + 1, &put(word, &not))))
            }
            _ => (false, None),
        };
        // A statement is made positive at its negation, else negated at its first verb.
        match change {
            Some(change) if taken_out => return vec![change],
            Some(change) if made.is_empty() => made.push(change),
            _ => {}
        }
    }
    if is_negated(&words) { Vec::new() } else { made }
}

fn takes_not(auxiliary: &str, word: &str, next: &str) -> bool {
    let perfect = ["has", "have", "had"].contains(&auxiliary);
    let participle = next == "been" || next.ends_with("ed") || next.ends_with("en") || PARTICIPLES.contains(&next);
    // A mark after it: the verb stands at the end of its clause.
    bare(word) == word && !next.is_empty() && !BLOCKS.contains(&next) && (!perfect || participle)
}

fn is_negated(words: &[&str]) -> bool {
    words.iter().any(|word| {
        let word = bare(word);
        ["not", "never", "no", "none", "neither", "nor", "cannot", "without"].contains(&word) || word.ends_with("n't")
    })
}

pub(super) fn is_marked(statement: &str) -> bool {
    let lower = statement.to_lowercase();
    let words: Vec<&str> = lower.split([' ', '?']).collect();
    let quantifiers = [
        "all", "every", "most", "many", "few", "some", "any", "only", "always", "often", "rarely", "usually", "least",
        "both", "more", "less", "fewer",
    ];
    is_negated(&words) || words.iter().any(|word| quantifiers.contains(&bare(word)))
}

pub(super) fn opposed(statement: &str) -> Vec<String> {
    let words: Vec<&str> = statement.split(' ').collect();
    let change = |n: usize| {
        let lower = bare(words[n]).to_lowercase();
        let before = n.checked_sub(1).map_or_else(String::new, |n| bare(words[n]).to_lowercase());
        let before = before.as_str();
        let next = words.get(n + 1).map_or("", |word| bare(word));
        // `North America` is a name, and so is what follows a capital.
        let direction = ["north", "south", "east", "west", "northern", "southern", "eastern", "western"];
        if bare(words[n]).starts_with(char::is_uppercase) && (n > 0 || direction.contains(&lower.as_str())) {
            return None;
        }
        quantified(&lower, n == 0, before, next)
            .map(|new| replaced(&words, n..n + 1, &put(words[n], &new)))
            .or_else(|| opposite(&lower, before, next).map(|new| replaced(&words, n..n + 1, &put(words[n], new))))
    };
    (0..words.len()).filter_map(change).collect()
}

/// Quantifiers, as far as what stands beside them stays grammatical.
fn quantified(word: &str, first: bool, before: &str, next: &str) -> Option<String> {
    let plural = next.ends_with('s') && !next.ends_with("ss") && next.starts_with(char::is_lowercase);
    let new = match word {
        "all"
            if (plural || next == "of")
                && !["at", "after", "above", "of", "in", "not", "almost", "nearly"].contains(&before) =>
        {
            "only some"
        }
        "every" if first => "no",
        "most" if next == "of" || (first && plural) => "few",
        "most" if before == "the" && !plural => "least",
        "many"
            if (plural || next == "of")
                && !["how", "as", "so", "too", "very", "not", "a", "great"].contains(&before) =>
        {
            "few"
        }
        "few" if plural && before != "a" => "many",
        "usually" | "frequently" => "rarely",
        "rarely" | "seldom" => "often",
        "more" if next == "than" || (!plural && !next.is_empty() && before != "the" && before != "once") => "less",
        "less" if next == "than" => "more",
        "least" if before == "at" => "most",
        "most" if before == "at" => "least",
        "first" if before == "the" => "last",
        "last" if before == "the" && next != "name" => "first",
        _ => return None,
    };
    Some(new.to_owned())
}

fn opposite(word: &str, before: &str, next: &str) -> Option<&'static str> {
    // `shortly before`, `more common`, `the best known`: the opposite would not go with what stands beside it.
    let blocked = match word {
        "common" | "possible" => ["more", "most", "less", "as", "in", "the"].contains(&before),
        "always" => next == "been",
        "late" | "early" => before == "too" || before == "as",
        "best" => next == "known",
        "won" | "lost" => before == "was" || before == "were",
        "more" => true,
        "increase" | "decrease" => before == "an" || before == "a",
        "often" => before == "most" || before == "more",
        "above" | "below" => next.is_empty(),
        _ => false,
    };
    if blocked {
        return None;
    }
    OPPOSITES.iter().find_map(|(a, b)| {
        let other = if *a == word { b } else { a };
        let vowel = |w: &str| w.starts_with(['a', 'e', 'i', 'o', 'u']);
        // The article must go with it.
        let article = (before == "a" && vowel(other)) || (before == "an" && !vowel(other));
        ((*a == word || *b == word) && !article).then_some(*other)
    })
}

/// Words that begin no subject.
const NO_SUBJECT: [&str; 30] = [
    "in",
    "on",
    "at",
    "by",
    "for",
    "with",
    "after",
    "when",
    "while",
    "if",
    "although",
    "as",
    "because",
    "since",
    "during",
    "from",
    "to",
    "among",
    "under",
    "over",
    "between",
    "despite",
    "unlike",
    "like",
    "though",
    "before",
    "until",
    "through",
    "according",
    "of",
];

/// Words whose capital is only the sentence's.
const COMMON: [&str; 38] = [
    "once", "now", "long", "what", "the", "a", "an", "this", "these", "that", "those", "it", "he", "she", "they",
    "his", "her", "its", "their", "some", "all", "many", "most", "each", "every", "both", "several", "no", "few",
    "only", "other", "such", "one", "two", "three", "there", "any", "another",
];

/// The auxiliary put first where the subject is short and plain; else asked whether it is true.
pub(super) fn as_question(statement: &str, known: &str) -> String {
    let text = statement.trim_end_matches(['.', '!', ' ']);
    let words: Vec<&str> = text.split(' ').collect();
    let auxiliary = (1..words.len().min(7)).find(|n| AUXILIARIES.contains(&words[*n]));
    let begins = words.first().map_or(String::new(), |word| bare(word).to_lowercase());
    let plain = |subject: &[&str]| {
        let inner = ["who", "which", "that", "whose", "where", "when", "and"];
        !NO_SUBJECT.contains(&begins.as_str())
            && !subject.iter().any(|word| word.ends_with([',', ';', ':']) || inner.contains(word))
            && !subject.iter().skip(1).any(|word| word.ends_with("ed") || word.ends_with("ing"))
    };
    let common = COMMON.contains(&begins.as_str())
        || begins.ends_with("ing")
        || begins.ends_with("ly")
        || NO_SUBJECT.contains(&begins.as_str())
        || known.split(|c: char| !c.is_alphanumeric()).any(|word| word == begins);
    let first = words.first().copied().unwrap_or_default();
    let first = if common { lower_first(first) } else { first.to_owned() };
    if let Some(n) = auxiliary.filter(|n| plain(&words[..*n])) {
        let main = words.get(n + 1).is_some_and(|next| takes_not(words[n], words[n], bare(next)) || *next == "not");
        if main {
            let rest = [&words[1..n], &words[n + 1..]].concat().join(" ");
            return format!("{} {first} {rest}?", capital(words[n]));
        }
    }
    let rest = words.get(1..).unwrap_or_default().join(" ");
    format!("Is it true that {first} {rest}?")
}

fn lower_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negations_are_put_in_and_taken_out() {
        for (statement, negation) in [
            ("Parents may vote.", "Parents may not vote."),
            ("Parents may not vote.", "Parents may vote."),
            ("A seal can stay warm.", "A seal cannot stay warm."),
            ("The lamps cannot be lent.", "The lamps can be lent."),
            ("It has been sold.", "It has not been sold."),
            ("The mine is no longer used.", "The mine is still used."),
            ("He works without pay.", "He works with pay."),
        ] {
            assert_eq!(negated(statement), [negation]);
        }
        for none in ["It has three gates.", "Dogs bark.", "He was never only kind and no friend."] {
            assert!(negated(none).iter().all(|made| made != none && !made.contains("not three")), "{none}");
        }
    }

    #[test]
    fn quantifiers_and_comparisons_are_turned_round() {
        for (statement, opposites) in [
            ("All students need a card.", vec!["Only some students need a card."]),
            ("Most of them are larger.", vec!["Few of them are larger.", "Most of them are smaller."]),
            ("The most important port.", vec!["The least important port."]),
            ("It held more than 500 men.", vec!["It held less than 500 men."]),
            ("At least three came.", vec!["At most three came."]),
            ("North America is a continent of the East.", vec![]),
        ] {
            assert_eq!(opposed(statement), opposites);
        }
    }

    #[test]
    fn questions_put_the_verb_first() {
        assert_eq!(as_question("The old port was closed in 1906.", ""), "Was the old port closed in 1906?");
        assert_eq!(as_question("Otters eat urchins.", "how otters eat"), "Is it true that otters eat urchins?");
        assert_eq!(as_question("Curie did this.", ""), "Is it true that Curie did this?");
        assert_eq!(as_question("Parents may not vote.", ""), "May Parents not vote?");
    }
}
