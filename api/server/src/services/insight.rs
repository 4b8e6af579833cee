//! What a teacher learns from the questions that were asked.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use crate::store::{CitedDocument, KeptAnswer};

/// Most questions of each list.
const LISTED: usize = 10;
/// Most days, the newest.
const DAYS: usize = 30;
/// Upper bounds of the bands of answering times, in milliseconds; what is slower is the last band.
const BANDS_MS: [u64; 7] = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000];

/// What is known of a course's questions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Insight {
    /// Questions, refused ones included.
    pub asked: usize,
    /// Questions that the material did not answer.
    pub refused: usize,
    /// Answers that readers found helpful.
    pub helpful: usize,
    /// Answers that readers did not find helpful.
    pub unhelpful: usize,
    /// Half of the answers took no longer, in milliseconds.
    pub median_ms: u64,
    /// 95 of 100 answers took no longer, in milliseconds.
    pub p95_ms: u64,
    /// By time taken.
    pub times: Vec<TimeBand>,
    /// By day, oldest first; days without questions are left out.
    pub days: Vec<Day>,
    /// What was asked most, at least twice.
    pub asked_most: Vec<AskedOften>,
    /// What the material did not answer: its gaps.
    pub gaps: Vec<AskedOften>,
    /// The latest answers that did not help.
    pub did_not_help: Vec<KeptAnswer>,
    /// Ready documents, the most cited first.
    pub documents: Vec<CitedDocument>,
}

/// Answers that took so long.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeBand {
    /// Milliseconds; null for the last band.
    pub up_to_ms: Option<u64>,
    /// How many.
    pub answers: usize,
}

/// Questions of one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct Day {
    /// `YYYY-MM-DD`, UTC.
    pub date: String,
    /// How many were answered.
    pub answered: usize,
    /// How many were refused.
    pub refused: usize,
}

/// A question, whatever its case, blanks and last mark.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AskedOften {
    /// As it was asked last.
    pub question: String,
    /// How often.
    pub times: usize,
    /// RFC 3339, UTC.
    pub last_asked: String,
}

/// Sums up answers, which come newest first.
pub fn summarise(answers: &[KeptAnswer], documents: Vec<CitedDocument>) -> Insight {
    let mut taken: Vec<u64> = answers.iter().map(|answer| answer.total_ms).collect();
    taken.sort_unstable();
    let count = |helpful| answers.iter().filter(|answer| answer.helpful == Some(helpful)).count();
    let often = grouped(answers.iter()).into_iter().filter(|group| group.times > 1);
    Insight {
        asked: answers.len(),
        refused: answers.iter().filter(|answer| answer.refused).count(),
        helpful: count(true),
        unhelpful: count(false),
        median_ms: percentile(&taken, 50),
        p95_ms: percentile(&taken, 95),
        times: bands(&taken),
        days: days(answers),
        asked_most: often.take(LISTED).collect(),
        gaps: grouped(answers.iter().filter(|answer| answer.refused)).into_iter().take(LISTED).collect(),
        did_not_help: answers.iter().filter(|a| a.helpful == Some(false)).take(LISTED).cloned().collect(),
        documents,
    }
}

/// The smallest value that `percent` of the sorted values do not exceed (nearest rank); 0 of none.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

fn bands(sorted: &[u64]) -> Vec<TimeBand> {
    let mut below = 0;
    let bounds = BANDS_MS.into_iter().map(Some).chain([None]);
    bounds
        .map(|up_to_ms| {
            let end = up_to_ms.map_or(sorted.len(), |bound| sorted.partition_point(|ms| *ms <= bound));
            let band = TimeBand { up_to_ms, answers: end - below };
            below = end;
            band
        })
        .collect()
}

fn days(answers: &[KeptAnswer]) -> Vec<Day> {
    let mut days: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for answer in answers {
        let (answered, refused) = days.entry(answer.created_at.get(..10).unwrap_or_default()).or_default();
        *(if answer.refused { refused } else { answered }) += 1;
    }
    let skipped = days.len().saturating_sub(DAYS);
    let day = |(day, (answered, refused)): (&str, _)| Day { date: day.to_owned(), answered, refused };
    days.into_iter().skip(skipped).map(day).collect()
}

/// Questions that are the same but for case, blanks and their last mark; the most asked first, then the newest.
fn grouped<'a>(answers: impl Iterator<Item = &'a KeptAnswer>) -> Vec<AskedOften> {
    let mut places = HashMap::new();
    let mut groups: Vec<AskedOften> = Vec::new();
    for answer in answers {
        let at = *places.entry(plain(&answer.question)).or_insert(groups.len());
        if let Some(group) = groups.get_mut(at) {
            group.times += 1;
        } else {
            let (question, last_asked) = (answer.question.clone(), answer.created_at.clone());
            groups.push(AskedOften { question, times: 1, last_asked });
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.times));
    groups
}

fn plain(question: &str) -> String {
    let words: Vec<&str> = question.split_whitespace().collect();
    words.join(" ").trim_end_matches(['?', '？', '.', '。', '!', '！', ' ']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use domain::{AnswerId, AnswerMode};

    use super::*;

    fn answer(question: &str, day: u32, total_ms: u64, refused: bool) -> KeptAnswer {
        KeptAnswer {
            id: AnswerId::new(),
            question: question.to_owned(),
            answer: String::new(),
            mode: AnswerMode::Answer,
            refused,
            total_ms,
            helpful: None,
            created_at: format!("2026-01-{day:02}T08:00:00.000Z"),
        }
    }

    #[test]
    fn questions_that_differ_in_case_blanks_and_mark_are_one() {
        let answers = [
            answer("What is  chlorophyll?", 3, 900, false),
            answer("what is chlorophyll", 2, 100, false),
            answer("Who won?", 2, 3_000, true),
        ];
        let seen = summarise(&answers, Vec::new());
        assert_eq!((seen.asked, seen.refused), (3, 1));
        let most: Vec<_> = seen.asked_most.iter().map(|q| (q.question.as_str(), q.times)).collect();
        assert_eq!(most, [("What is  chlorophyll?", 2)]);
        assert_eq!(seen.gaps.iter().map(|q| q.question.as_str()).collect::<Vec<_>>(), ["Who won?"]);
        assert_eq!((seen.median_ms, seen.p95_ms), (900, 3_000));
        let days: Vec<_> = seen.days.iter().map(|d| (d.date.as_str(), d.answered, d.refused)).collect();
        assert_eq!(days, [("2026-01-02", 1, 1), ("2026-01-03", 1, 0)]);
        assert_eq!(seen.times.iter().map(|band| band.answers).collect::<Vec<_>>(), [1, 1, 0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn a_course_that_nobody_asked_has_nothing_to_show() {
        let seen = summarise(&[], Vec::new());
        assert_eq!((seen.asked, seen.median_ms, seen.days.len()), (0, 0, 0));
    }
}
