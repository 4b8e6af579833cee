//! Rows that judge statements.

use domain::task_prompts::v2::{Judgement, Verdict, verdict_prompt, verdict_text};

use super::{
    Row, Told,
    evidence::keys,
    falsify::as_question,
    maker::{Maker, Shown},
    passages::PlacedItem,
    question_kind::{Wanted, wanted},
    statements::{Swap, joined, judged, statement_of},
    wrong_options::same_class,
};
use crate::random::Random;

/// Share of the statements that are made of a question and its answer, where the passage has such.
const JOINED: f32 = 0.35;

/// A statement, with the sentences of its passage that tell of it.
struct Stated {
    text: String,
    evidence: Vec<usize>,
    id: String,
}

impl Maker<'_> {
    /// As many verdicts as the passages' questions call for; each passage is shown twice, so half of them now.
    /// Of the three, the one that `made` counts least of is tried: what can't be falsified must not tilt them.
    pub(super) fn judge(&self, shown: &Shown, made: &mut [usize; 3], random: &mut Random, rows: &mut Vec<Row>) {
        for passage in &shown.set {
            let asked = self.passages[*passage].items.len().max(1) as f64;
            let wanted = (self.settings.verdicts * asked * 0.5 + f64::from(random.float())) as usize;
            for _ in 0..wanted {
                let first = random.below(3);
                let least = (0..3).map(|n| (first + n) % 3).min_by_key(|n| made[*n]).unwrap_or_default();
                let verdict = Verdict::ALL[least];
                // Most sentences lean on others or hold nothing to falsify: some tries find one that does not.
                let tries = if verdict == Verdict::Contradicted { 16 } else { 6 };
                if let Some(row) = (0..tries).find_map(|_| self.verdict(shown, *passage, verdict, random)) {
                    made[least] += 1;
                    rows.push(row);
                }
            }
        }
    }

    fn verdict(&self, shown: &Shown, passage: usize, verdict: Verdict, random: &mut Random) -> Option<Row> {
        let source = if verdict == Verdict::NotSaid { self.untold(shown, random)? } else { passage };
        let stated = self.stated(source, verdict, random)?;
        let numbers = match verdict {
            Verdict::NotSaid => Vec::new(),
            _ => shown.numbers(passage, &stated.evidence),
        };
        if verdict == Verdict::NotSaid && self.is_told(shown, &stated.text) {
            return None;
        }
        let known = &self.passages[source].text;
        let asks = stated.text.contains(['?', '？']);
        let text = if !asks && random.float() < 0.5 {
            as_question(&stated.text, known, shown.language, random)
        } else {
            stated.text
        };
        let says = verdict_text(shown.language, &Judgement { verdict, numbers });
        let prompt = verdict_prompt(shown.language, &shown.numbered, &text);
        Some(shown.row("verdict", verdict.name(), &stated.id, prompt, says))
    }

    /// A near passage that is not shown.
    fn untold(&self, shown: &Shown, random: &mut Random) -> Option<usize> {
        let near: Vec<usize> = self.outside(shown).take(6).collect();
        near.get(random.below(near.len())).copied()
    }

    /// Whether a sentence that is shown may tell of a statement of another passage.
    fn is_told(&self, shown: &Shown, statement: &str) -> bool {
        let (wanted, weights) = (keys(statement), self.weights.get(&shown.language));
        let mut sentences = shown.set.iter().flat_map(|p| &self.passages[*p].keys);
        weights.is_none_or(|weights| sentences.any(|here| weights.covered(&wanted, here) > 0.5))
    }

    fn stated(&self, passage: usize, verdict: Verdict, random: &mut Random) -> Option<Stated> {
        let answered: Vec<&PlacedItem<'_>> =
            self.passages[passage].items.iter().filter(|placed| !placed.evidence.is_empty()).collect();
        if !answered.is_empty() && random.float() < JOINED {
            return self.answered(passage, answered[random.below(answered.len())], verdict, random);
        }
        let sentences = &self.passages[passage].sentences;
        let at = random.below(sentences.len());
        let language = self.passages[passage].language;
        let statement = statement_of(sentences.get(at)?, language, random)?;
        let text = judged(&statement, verdict, language, &self.swaps(passage, random), random)?;
        Some(Stated { text, evidence: vec![at], id: format!("{passage}-{at}") })
    }

    /// A question with its answer, or with a wrong one.
    fn answered(
        &self,
        passage: usize,
        placed: &PlacedItem<'_>,
        verdict: Verdict,
        random: &mut Random,
    ) -> Option<Stated> {
        let item = placed.item;
        let kind = wanted(&item.question, item.lang);
        let answer = match (verdict, &item.told) {
            (Verdict::Contradicted, Told::Quoted(right)) => self.other_answer(passage, right, kind?, random)?,
            (Verdict::Contradicted, _) => self.wrong_option(passage, placed, random)?,
            _ => item.key(),
        };
        let text = joined(&item.question, answer, kind, item.lang);
        Some(Stated { text, evidence: placed.evidence.clone(), id: item.id.clone() })
    }

    /// Another answer of the kind, of this passage or of one near it.
    fn other_answer(&self, passage: usize, right: &str, kind: Wanted, random: &mut Random) -> Option<&str> {
        let last = |text: &str| text.chars().last();
        let differs = |other: &&str| {
            let unlike = kind == Wanted::Name && !right.is_ascii() && last(right) != last(other);
            !right.contains(*other) && !other.contains(right) && same_class(right, other) && !unlike
        };
        let others: Vec<&str> =
            self.near(passage).flat_map(|p| self.answers(p, kind)).filter(differs).take(6).collect();
        others.get(random.below(others.len())).copied()
    }

    /// A wrong option that speaks of what the passage speaks of: that it is wrong can then be seen. What is not touched on
    /// at all may be so for all that is said.
    fn wrong_option<'b>(&self, passage: usize, placed: &'b PlacedItem<'_>, random: &mut Random) -> Option<&'b str> {
        let weights = self.weights.get(&placed.item.lang)?;
        let here = self.passages[passage].keys.iter().flatten().cloned().collect();
        let touched = |option: &&String| weights.covered(&keys(option), &here) >= 0.75;
        let options: Vec<&String> = placed.item.wrong.iter().filter(touched).collect();
        options.get(random.below(options.len())).map(|option| option.as_str())
    }

    /// Answers that stand in the passage, each with others of its kind.
    fn swaps(&self, passage: usize, random: &mut Random) -> Vec<Swap<'_>> {
        let kinds = [Wanted::Person, Wanted::Place, Wanted::Time, Wanted::Name];
        let mut swaps = Vec::new();
        for kind in kinds {
            for old in self.answers(passage, kind).filter(|old| old.chars().count() <= 30) {
                let capital = old.starts_with(char::is_uppercase);
                let alike = |new: &&str| {
                    let form = new.starts_with(char::is_uppercase) == capital && new.chars().count() <= 30;
                    form && same_class(old, new)
                };
                let mut new: Vec<&str> =
                    self.near(passage).flat_map(|p| self.answers(p, kind)).filter(alike).take(8).collect();
                random.shuffle(&mut new);
                swaps.push(Swap { old, new });
            }
        }
        swaps
    }
}
