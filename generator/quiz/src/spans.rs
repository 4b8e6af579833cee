//! Spans of the text that can be keys and distractors: what they are, and which of them are of one type.

use std::ops::Range;

/// What a span names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A year alone.
    Year,
    /// A day or month of a year.
    Date,
    /// `the 1980s`.
    Decade,
    /// A number with its unit.
    Quantity,
    /// A share of a hundred.
    Percent,
    /// A human being.
    Person,
    /// A place on the map.
    Place,
    /// A company, a party, a school, …
    Group,
    /// A war, a treaty, a prize, …
    Event,
    /// A book, a film, a song.
    Work,
    /// A proper name of any other thing.
    Name,
    /// What something is called.
    Named,
    /// What a named thing is.
    Meaning,
    /// Words in quotation marks.
    Quoted,
    /// A word of the subject.
    Term,
    /// Any other noun of the text: it stands beside words of the subject, and is asked for where nothing else is left.
    Phrase,
    /// A clause that says why.
    Cause,
}

impl Kind {
    /// Whether it is made of digits.
    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Year | Self::Date | Self::Decade | Self::Quantity | Self::Percent)
    }

    /// Whether other spans of the kind can stand beside it as options. What quotes name is too different from one another.
    pub(crate) const fn has_peers(self) -> bool {
        !matches!(self, Self::Quoted)
    }

    /// The kinds whose spans can stand beside it: what is given a name is a word of the subject.
    pub(crate) fn peers(&self) -> &[Self] {
        const WORDS: [Kind; 3] = [Kind::Named, Kind::Term, Kind::Phrase];
        if WORDS.contains(self) { &WORDS } else { std::slice::from_ref(self) }
    }

    /// Whether it is a clause or the like, for which nothing else can stand in its sentence.
    pub(crate) const fn is_clause(self) -> bool {
        matches!(self, Self::Cause | Self::Meaning)
    }

    /// Whether only spans with the same cue are of its type.
    pub(crate) const fn needs_cue(self) -> bool {
        matches!(
            self,
            Self::Quantity
                | Self::Percent
                | Self::Date
                | Self::Decade
                | Self::Place
                | Self::Group
                | Self::Event
                | Self::Name
                | Self::Person
                | Self::Named
                | Self::Meaning
                | Self::Term
                | Self::Phrase
        )
    }

    /// How well it serves as a key, 0 to 1: names and numbers that are surely of their type come first.
    pub(crate) const fn worth(self) -> f32 {
        match self {
            Self::Person | Self::Place | Self::Work | Self::Group | Self::Event | Self::Named => 1.0,
            Self::Year | Self::Term => 0.9,
            Self::Date | Self::Name | Self::Quoted | Self::Meaning => 0.8,
            Self::Cause => 1.3,
            Self::Quantity | Self::Percent | Self::Decade => 0.7,
            Self::Phrase => 0.2,
        }
    }
}

/// A span of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its bytes in the sentence.
    pub range: Range<usize>,
    /// The words.
    pub text: String,
    /// What it names.
    pub kind: Kind,
    /// What makes it alike to others of its kind: a unit, the word before it, its last word or character.
    pub cue: String,
}

impl Span {
    /// A span of `sentence`; `None` where the range is none of its.
    pub(crate) fn new(sentence: &str, range: Range<usize>, kind: Kind, cue: impl Into<String>) -> Option<Self> {
        let text = sentence.get(range.clone())?.to_owned();
        Some(Self { range, text, kind, cue: cue.into() })
    }
}

/// Leaves the first of spans that overlap.
pub(crate) fn without_overlaps(spans: Vec<Span>) -> Vec<Span> {
    let mut kept: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        if kept.iter().all(|k| k.range.end <= span.range.start || span.range.end <= k.range.start) {
            kept.push(span);
        }
    }
    kept.sort_by_key(|s| s.range.start);
    kept
}

/// Whether two spans name the same, or one within the other: `the Soviet Union` and `Soviet Union`.
pub(crate) fn same_or_within(a: &str, b: &str) -> bool {
    let plain = |s: &str| {
        // 台灣 and 臺灣 are one.
        let lower = s.to_lowercase().replace([',', ' ', '-', '·', '．'], "").replace('臺', "台");
        lower.trim_start_matches("the").to_owned()
    };
    let (a, b) = (plain(a), plain(b));
    a.contains(&b) || b.contains(&a)
}
