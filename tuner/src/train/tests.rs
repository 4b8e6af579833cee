//! Whole runs on a tiny model: packing, learning, stopping and going on.

use std::{ops::ControlFlow, path::Path};

use domain::{
    Language,
    ports::{Message, Role},
};

use super::{End, Event, Outcome, TuneSettings, Tuning, pack::TokenRows};
use crate::{
    AdapterConfig, TunerError, TunerResult,
    base::{Base, Shape},
    network::{
        Network, Span,
        tests::{busy_adapter, tiny_base, tiny_shape},
    },
    random::Random,
    rows::Row,
    text::TextCodec,
};

/// A byte-level tokenizer without merges, as Hugging Face writes it.
fn codec(folder: &Path) -> TextCodec {
    let alphabet: Vec<char> = tokenizers::pre_tokenizers::byte_level::ByteLevel::alphabet().into_iter().collect();
    let mut sorted = alphabet;
    sorted.sort_unstable();
    let mut vocab: serde_json::Map<String, serde_json::Value> =
        sorted.iter().enumerate().map(|(n, c)| (c.to_string(), n.into())).collect();
    for (n, token) in ["<|im_start|>", "<|im_end|>"].into_iter().enumerate() {
        vocab.insert(token.to_owned(), (256 + n).into());
    }
    let added = |id: usize, content: &str| {
        serde_json::json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    };
    let bytes =
        serde_json::json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true});
    let json = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "post_processor": null,
        "added_tokens": [added(256, "<|im_start|>"), added(257, "<|im_end|>")],
        "pre_tokenizer": bytes, "decoder": bytes,
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "vocab": vocab, "merges": []},
    });
    std::fs::write(folder.join("tokenizer.json"), json.to_string()).expect("the folder can be written");
    std::fs::write(folder.join("tokenizer_config.json"), r#"{"eos_token": "<|im_end|>"}"#).expect("the same");
    TextCodec::open(folder).expect("a valid tokenizer")
}

fn shape() -> Shape {
    Shape { vocabulary: 258, context: 512, ..tiny_shape() }
}

fn row(n: usize, group: &str, passage: &str, answer: &str) -> Row {
    let message = |role, content: String| Message { role, content };
    Row {
        id: format!("row-{n}"),
        task: if answer.starts_with("Not") { "refuse" } else { "answer" }.to_owned(),
        language: Language::English,
        group: group.to_owned(),
        messages: vec![message(Role::User, format!("{passage}\nQ{n}?")), message(Role::Assistant, answer.to_owned())],
        ..Row::default()
    }
}

/// Rows whose answers follow from their questions, three to a passage.
fn rows() -> Vec<Row> {
    let answers = ["red", "blue", "Not in the passages."];
    (0..12).map(|n| row(n, &format!("g{}", n / 3), &format!("passage number {}", n / 3), answers[n % 3])).collect()
}

fn settings() -> TuneSettings {
    TuneSettings {
        epochs: 6,
        sequence: 256,
        accumulate: 1,
        learning_rate: 3e-2,
        evaluate_every: 4,
        checkpoint_every: 3,
        ..TuneSettings::default()
    }
}

fn adapter() -> AdapterConfig {
    AdapterConfig { rank: 4, alpha: 8.0, dropout: 0.1, ..AdapterConfig::default() }
}

fn start<'a>(base: &'a Base, folder: &Path, settings: TuneSettings) -> TunerResult<Tuning<'a>> {
    let rows = rows();
    Tuning::new(base, "tiny", &codec(folder), (&rows, &rows[..3]), adapter(), settings, folder)
}

fn run(tuning: &mut Tuning<'_>, until: usize) -> TunerResult<Outcome> {
    tuning.run(|event| match event {
        Event::Step(progress) if progress.step >= until => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
}

#[test]
fn learns_and_writes_adapter_curve_and_checkpoint() {
    let (base, folder) = (tiny_base(&shape(), 1), tempfile::tempdir().expect("a folder"));
    let mut tuning = start(&base, folder.path(), settings()).expect("valid settings");
    let outcome = run(&mut tuning, usize::MAX).expect("it trains");
    assert!(outcome.end == End::Epochs && outcome.steps == tuning.steps());
    let (first, last) = (outcome.losses[0], outcome.losses[outcome.losses.len() - 1]);
    assert!(last < 0.7 * first, "the loss falls: {first} to {last}");
    let read = crate::read_adapter(folder.path(), base.shape()).expect("the adapter is there");
    assert_eq!(read.parameters(), tuning.adapter().parameters());
    let svg = std::fs::read_to_string(folder.path().join("loss.svg")).expect("the curve is there");
    assert!(svg.starts_with("<svg") && svg.contains("polyline") && svg.contains("circle"));
}

#[test]
fn a_run_that_is_broken_off_anywhere_ends_as_if_it_had_not() {
    let base = tiny_base(&shape(), 1);
    let folder = || tempfile::tempdir().expect("a folder");
    let whole = folder();
    let mut undisturbed = start(&base, whole.path(), settings()).expect("valid settings");
    let expected = run(&mut undisturbed, usize::MAX).expect("it trains");
    for at in [1, 4, expected.steps - 1] {
        let broken = folder();
        let mut first = start(&base, broken.path(), settings()).expect("valid settings");
        assert_eq!(run(&mut first, at).expect("it trains").end, End::Stopped);
        let mut second = start(&base, broken.path(), settings()).expect("valid settings");
        assert_eq!(second.resume().expect("the checkpoint is there"), at);
        let outcome = run(&mut second, usize::MAX).expect("it trains");
        assert_eq!(outcome, expected, "broken off after step {at}");
        assert_eq!(second.adapter().values, undisturbed.adapter().values);
    }
}

#[test]
fn a_finished_run_goes_on_where_more_is_asked_for() {
    let (base, folder) = (tiny_base(&shape(), 1), tempfile::tempdir().expect("a folder"));
    let short = run(&mut start(&base, folder.path(), settings()).expect("valid settings"), usize::MAX);
    let short = short.expect("it trains");
    let settings = TuneSettings { epochs: 12, checkpoint_every: 1, ..settings() };
    let mut longer = start(&base, folder.path(), settings).expect("valid settings");
    assert_eq!(longer.resume().expect("the checkpoint is there"), short.steps);
    let outcome = run(&mut longer, usize::MAX).expect("it trains");
    assert!(outcome.end == End::Epochs && outcome.steps == 2 * short.steps, "{outcome:?}");
    assert_eq!(outcome.losses[..short.steps], short.losses);
}

#[test]
fn settings_that_change_no_step_may_change_between_pieces() {
    let base = tiny_base(&shape(), 1);
    let folder = || tempfile::tempdir().expect("a folder");
    let (whole, broken) = (folder(), folder());
    let mut undisturbed = start(&base, whole.path(), settings()).expect("valid settings");
    let expected = run(&mut undisturbed, usize::MAX).expect("it trains");
    let mut first = start(&base, broken.path(), settings()).expect("valid settings");
    run(&mut first, 5).expect("it trains");
    let other = TuneSettings { recompute: true, half: true, evaluate_rows: 1, evaluate_every: 7, ..settings() };
    let mut second = start(&base, broken.path(), other).expect("valid settings");
    assert_eq!(second.resume().expect("the checkpoint is of this run"), 5);
    assert_eq!(run(&mut second, usize::MAX).expect("it trains").losses, expected.losses);
    assert_eq!(second.adapter().values, undisturbed.adapter().values);
}

#[test]
fn a_run_ends_early_where_nothing_gets_better_and_says_so() {
    let (base, folder) = (tiny_base(&shape(), 1), tempfile::tempdir().expect("a folder"));
    // Far too quick to learn anything that holds for long.
    let hasty = TuneSettings { learning_rate: 1.0, evaluate_every: 1, patience: 2, epochs: 40, ..settings() };
    let mut tuning = start(&base, folder.path(), hasty.clone()).expect("valid settings");
    let outcome = run(&mut tuning, usize::MAX).expect("it trains");
    assert!(outcome.end == End::NoGain && outcome.steps < tuning.steps(), "{outcome:?}");
    let best = |e: &[(usize, super::Evaluation)]| e.iter().map(|e| e.1.loss).fold(f64::INFINITY, f64::min);
    let (before, last) = outcome.evaluations.split_at(outcome.evaluations.len() - 2);
    assert!(best(last) >= best(before));

    let mut again = start(&base, folder.path(), hasty.clone()).expect("valid settings");
    assert_eq!(again.resume().expect("the checkpoint is there"), outcome.steps);
    assert_eq!(run(&mut again, usize::MAX).expect("nothing is left to do"), outcome);
    let mut patient = start(&base, folder.path(), TuneSettings { patience: 3, ..hasty }).expect("valid settings");
    patient.resume().expect("the checkpoint is there");
    assert!(run(&mut patient, usize::MAX).expect("it trains").steps > outcome.steps);
}

#[test]
fn a_limit_of_tokens_is_told_from_the_end_of_the_epochs() {
    let (base, folder) = (tiny_base(&shape(), 1), tempfile::tempdir().expect("a folder"));
    let limited = TuneSettings { max_tokens: 300, ..settings() };
    let mut tuning = start(&base, folder.path(), limited).expect("valid settings");
    assert_eq!(run(&mut tuning, usize::MAX).expect("it trains").end, End::Tokens);
}

#[test]
fn a_step_over_several_sequences_is_one_over_a_longer_one() {
    let shape = Shape { context: 4096, ..shape() };
    let (base, folder) = (tiny_base(&shape, 1), tempfile::tempdir().expect("a folder"));
    let all = TokenRows::encode(&rows(), &codec(folder.path()), 512).expect("they fit");
    let short = all.pack(4096, Random::new(1))[0].tokens * 3 / 5;
    assert_eq!(all.pack(short, Random::new(1)).len(), 2);
    let network = Network {
        base: &base,
        adapter: &busy_adapter(&shape, AdapterConfig { rank: 2, ..AdapterConfig::default() }),
        recompute: false,
    };
    let gradient = |length: usize| {
        let mut sum = vec![0.0; network.adapter.parameters()];
        for packed in all.pack(length, Random::new(1)) {
            network.train(&packed.sequence(&all), None, &mut sum);
        }
        sum
    };
    let (apart, together) = (gradient(short), gradient(4096));
    let length = |g: &mut dyn Iterator<Item = f32>| g.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let off = length(&mut apart.iter().zip(&together).map(|(a, b)| a - b));
    assert!(off < 1e-4 * length(&mut together.iter().copied()), "off by {off}");

    let first_step = |sequence, accumulate| {
        let settings = TuneSettings { sequence, accumulate, epochs: 1, ..settings() };
        let rows = rows();
        let adapter = AdapterConfig { dropout: 0.0, ..adapter() };
        let made = Tuning::new(&base, "tiny", &codec(folder.path()), (&rows, &[]), adapter, settings, folder.path());
        let mut tuning = made.expect("valid settings");
        assert_eq!(tuning.steps(), 1);
        let mut seen = None;
        let watch = |event: &Event| {
            if let Event::Step(progress) = event {
                seen = Some((progress.loss, progress.gradient));
            }
            ControlFlow::Continue(())
        };
        tuning.run(watch).expect("it trains");
        seen.expect("one step")
    };
    let ((loss, gradient), (same_loss, same_gradient)) = (first_step(short, 2), first_step(4096, 1));
    assert!((loss - same_loss).abs() < 1e-5 && (gradient - same_gradient).abs() < 1e-4 * gradient);
}

#[test]
fn another_runs_checkpoint_is_refused() {
    let (base, folder) = (tiny_base(&shape(), 1), tempfile::tempdir().expect("a folder"));
    let mut tuning = start(&base, folder.path(), settings()).expect("valid settings");
    run(&mut tuning, 2).expect("it trains");
    let other = TuneSettings { learning_rate: 1e-2, ..settings() };
    let error = start(&base, folder.path(), other).expect("valid settings").resume();
    assert!(matches!(error, Err(TunerError::ForeignCheckpoint { .. })), "{error:?}");
}

#[test]
fn a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint() {
    let (mut base, folder) = (tiny_base(&shape(), 1), tempfile::tempdir().expect("a folder"));
    let mut tuning = start(&base, folder.path(), settings()).expect("valid settings");
    run(&mut tuning, 2).expect("it trains");
    let kept = std::fs::read(folder.path().join("checkpoint.safetensors")).expect("it is there");
    base.layers[0].down.weight[0] = f32::NAN;
    let mut tuning = start(&base, folder.path(), settings()).expect("valid settings");
    tuning.resume().expect("the checkpoint is of this run");
    let error = run(&mut tuning, usize::MAX);
    let Err(TunerError::Diverged { step: 3, checkpoint: Some(path), .. }) = error else { panic!("{error:?}") };
    assert_eq!(std::fs::read(path).expect("it is there"), kept);
}

#[test]
fn a_row_that_does_not_fit_is_named() {
    let (base, folder) = (tiny_base(&shape(), 1), tempfile::tempdir().expect("a folder"));
    let long = [row(7, "", &"x".repeat(400), "red")];
    let made = Tuning::new(&base, "tiny", &codec(folder.path()), (&long, &[]), adapter(), settings(), folder.path());
    let Err(TunerError::RowTooLong { id, limit: 256, tokens }) = made.map(|_| ()) else { panic!("it does not fit") };
    assert!(id == "row-7" && tokens > 400);
}

#[test]
fn packing_shares_beginnings_and_loses_no_goal() {
    let (base, folder) = (tiny_base(&shape(), 1), tempfile::tempdir().expect("a folder"));
    let codec = codec(folder.path());
    let all = TokenRows::encode(&rows(), &codec, 256).expect("they fit");
    let packed = all.pack(256, Random::new(1));
    let apart = TokenRows::encode(
        &rows().into_iter().map(|r| Row { group: String::new(), ..r }).collect::<Vec<_>>(),
        &codec,
        256,
    )
    .expect("they fit");
    let unshared = apart.pack(256, Random::new(1));
    let tokens = |p: &[super::pack::Packed]| p.iter().map(|p| p.tokens).sum::<usize>();
    assert!(tokens(&packed) < tokens(&unshared), "{} {}", tokens(&packed), tokens(&unshared));
    assert!(packed.iter().all(|p| p.sequence(&all).tokens.len() == p.tokens && p.tokens <= 256));

    // Each row is predicted as it is alone.
    let adapter = busy_adapter(&shape(), AdapterConfig { rank: 2, ..AdapterConfig::default() });
    let network = Network { base: &base, adapter: &adapter, recompute: false };
    let mut seen = vec![false; all.rows.len()];
    for packed in &packed {
        let predictions = network.predict(&packed.sequence(&all));
        let mut left = predictions.iter();
        for n in packed.rows() {
            seen[n] = true;
            let row = &all.rows[n];
            let alone = TokenRows { rows: vec![row.clone()], groups: vec![vec![0]], tasks: all.tasks.clone() };
            for expected in network.predict(&alone.pack(256, Random::new(1))[0].sequence(&alone)) {
                let found = left.next().expect("as many goals");
                assert!((found.loss - expected.loss).abs() < 1e-4, "row {n}: {found:?}, alone {expected:?}");
            }
        }
        assert!(left.next().is_none());
    }
    assert!(seen.iter().all(|s| *s), "every row is packed");
    assert_eq!(
        all.pack(256, Random::new(5))[0].sequence(&all).spans[0],
        Span { own: 0..packed_prefix(&all), prefix: 0..0 }
    );
}

/// The common beginning of a group, by looking.
fn packed_prefix(all: &TokenRows) -> usize {
    let (a, b) = (&all.rows[0].tokens, &all.rows[1].tokens);
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
