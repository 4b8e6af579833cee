//! Draws the losses of a run as an SVG.

use std::fmt::Write;

use super::Evaluation;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 320.0;
const MARGIN: f64 = 44.0;

/// A picture of the loss of each step (thin: as it is; thick: smoothed) and of the evaluations (dots).
pub(super) fn draw(losses: &[f64], evaluations: &[(usize, Evaluation)]) -> String {
    let highest = losses.iter().chain(evaluations.iter().map(|(_, e)| &e.loss)).copied().fold(0.1, f64::max);
    let x = |step: f64| MARGIN + step / (losses.len().max(1) as f64) * (WIDTH - 2.0 * MARGIN);
    let y = |loss: f64| HEIGHT - MARGIN - loss / highest * (HEIGHT - 2.0 * MARGIN);
    let line = |values: &mut dyn Iterator<Item = f64>| -> String {
        let points = values.enumerate().map(|(n, loss)| format!("{:.1},{:.1}", x(n as f64 + 1.0), y(loss)));
        points.collect::<Vec<_>>().join(" ")
    };
    let mut smooth = losses.first().copied().unwrap_or_default();
    let mut smoothed = losses.iter().map(|loss| {
        smooth += 0.1 * (loss - smooth);
        smooth
    });
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let style = "fill=\"none\" stroke=";
    let _ = writeln!(svg, "<polyline {style}\"#bbb\" points=\"{}\"/>", line(&mut losses.iter().copied()));
    let _ = writeln!(svg, "<polyline {style}\"#0757c4\" stroke-width=\"2\" points=\"{}\"/>", line(&mut smoothed));
    for (step, evaluation) in evaluations {
        let (cx, cy) = (x(*step as f64), y(evaluation.loss));
        let _ = writeln!(svg, "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"3.5\" fill=\"#c4471a\"/>");
    }
    for part in 0..=4 {
        let loss = highest * f64::from(part) / 4.0;
        let _ = writeln!(svg, "<text x=\"4\" y=\"{:.1}\">{loss:.2}</text>", y(loss) + 4.0);
        let step = losses.len() * part as usize / 4;
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{step}</text>", x(step as f64), HEIGHT - 20.0);
    }
    let label = "loss (nats per answer token) by step; dots: held out";
    let _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"18\">{label}</text>\n</svg>");
    svg
}
