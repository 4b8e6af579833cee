//! What each threshold of doubt would refuse, rightly and wrongly.

use serde::Serialize;

use super::judge::Outcome;

/// The share of unanswerable questions that must be refused, for the price that is printed last.
const WANTED_RECALL: f64 = 0.7;

/// What a threshold does.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Point {
    threshold: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    /// Of the questions that can be answered.
    answerable_refused: f64,
}

/// Thresholds from 0.05 to 0.95; the last point is the highest threshold that refuses 70 % of the unanswerable questions.
/// Empty where no question is unanswerable.
pub fn curve(outcomes: &[Outcome]) -> Vec<Point> {
    let scored: Vec<Scored> = outcomes.iter().map(|o| (o.doubt, o.accepted.is_empty())).collect();
    let Some(cheapest) = cheapest(&scored) else { return Vec::new() };
    (1..20).map(|n| point(&scored, f64::from(n) / 20.0)).chain([cheapest]).collect()
}

/// A question's doubt, and whether it is unanswerable.
type Scored = (f64, bool);

fn point(scored: &[Scored], threshold: f64) -> Point {
    let count = |of: &dyn Fn(&Scored) -> bool| scored.iter().filter(|s| of(s)).count() as f64;
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let right = count(&|s| s.0 > threshold && s.1);
    let wrong = count(&|s| s.0 > threshold && !s.1);
    let (precision, recall) = (share(right, right + wrong), share(right, count(&|s| s.1)));
    let f1 = share(2.0 * precision * recall, precision + recall);
    Point { threshold, precision, recall, f1, answerable_refused: share(wrong, count(&|s| !s.1)) }
}

fn cheapest(scored: &[Scored]) -> Option<Point> {
    let mut thresholds: Vec<f64> = scored.iter().map(|s| s.0 - 1e-9).collect();
    thresholds.sort_by(|a, b| b.total_cmp(a));
    thresholds.into_iter().map(|t| point(scored, t)).find(|p| p.recall >= WANTED_RECALL)
}

/// One point a line, below a head.
pub fn table(curve: &[Point]) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let line = |p: &Point| {
        let [precision, recall, f1, refused] = [p.precision, p.recall, p.f1, p.answerable_refused].map(percent);
        format!("\n{:>9.2} {precision:>10} {recall:>8} {f1:>8} {refused:>19}", p.threshold)
    };
    let head = format!("\n{:>9} {:>10} {:>8} {:>8} {:>19}", "doubt", "precision", "recall", "F1", "answerable refused");
    head + &curve.iter().map(line).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_judged_by_what_it_refuses() {
        let scored = [(0.9, true), (0.8, false), (0.7, true), (0.2, true), (0.1, false), (0.0, false)];
        let Point { precision, recall, f1, answerable_refused, .. } = point(&scored, 0.5);
        assert!((precision - 2.0 / 3.0).abs() < 1e-9 && (recall - 2.0 / 3.0).abs() < 1e-9);
        assert!((f1 - 2.0 / 3.0).abs() < 1e-9 && (answerable_refused - 1.0 / 3.0).abs() < 1e-9);
        let all = cheapest(&scored).unwrap();
        assert!((all.recall - 1.0).abs() < 1e-9 && (0.19..0.2).contains(&all.threshold));
        assert!(cheapest(&[]).is_none() && point(&[], 0.5).precision.abs() < 1e-9);
    }
}
