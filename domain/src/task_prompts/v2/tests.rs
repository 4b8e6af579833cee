//! Writers and readers are each other's inverse, and readers take nothing else.

use proptest::prelude::*;

use super::*;
use crate::Turn;

const LANGUAGES: [Language; 3] = [Language::English, Language::TraditionalChinese, Language::SimplifiedChinese];

fn shown() -> Numbered {
    Numbered::new([
        ShownPassage { heading: "", sentences: vec!["Otters eat\nurchins.", "Urchins eat kelp."] },
        ShownPassage {
            heading: "Harbours ",
            sentences: vec!["It was called the Barbary Coast.", " ", "It burned in 1906."],
        },
    ])
}

fn found(numbers: &[usize], words: Option<&str>) -> PointedAnswer {
    PointedAnswer::Found { numbers: numbers.to_vec(), words: words.map(str::to_owned) }
}

#[test]
fn sentences_are_numbered_through_and_tasks_share_their_beginning() {
    let shown = shown();
    let text = "[1] Otters eat urchins.\n[2] Urchins eat kelp.\n\nHarbours\n[3] It was called the Barbary Coast.\n[4] It burned \
                in 1906.\n";
    assert_eq!(shown.text(), text);
    assert_eq!((shown.len(), shown.sentence(4), shown.sentence(5)), (4, Some("It burned in 1906."), None));
    assert_eq!((shown.place(4), shown.number(1, 2), shown.number(1, 1)), (Some((1, 2)), Some(4), None));
    let english = Language::English;
    for (messages, task) in [
        (answer_prompt(english, &shown, " Why\nso? "), "Question: Why so?"),
        (verdict_prompt(english, &shown, "Otters eat kelp."), "Is it so? Otters eat kelp."),
        (question_prompt(english, &shown, QuestionType::MainIdea), "Write a question. Type: main idea"),
        (
            distractor_prompt(english, &shown, "When?", "1906"),
            "Question: When?\nKey: 1906\nWrite three wrong options, like the key in form and length.",
        ),
    ] {
        assert_eq!(messages[0].content, rules(english));
        assert_eq!(messages[1].content, format!("{text}\n{task}"));
    }
}

#[test]
fn a_follow_up_comes_after_what_was_said() {
    let before = [Turn { question: "Who was Ada?".into(), answer: "A countess.".into() }];
    let messages = rewrite_prompt(Language::English, &before, "When? ");
    let wanted =
        "Question: Who was Ada?\nKey: A countess.\nQuestion: When?\nWrite the last question so that it stands alone.";
    assert_eq!(messages[1].content, wanted);
    assert_eq!(read_rewrite(" When was Ada born?\n"), Some("When was Ada born?"));
    assert_eq!((read_rewrite("a\nb"), read_rewrite(" ")), (None, None));
}

#[test]
fn answers_are_read_as_they_are_written() {
    let shown = shown();
    for language in LANGUAGES {
        for answer in [
            PointedAnswer::Absent,
            found(&[2], None),
            found(&[1, 2, 3, 4], None),
            found(&[3], Some("Barbary Coast")),
            found(&[3, 4], Some("1906")),
        ] {
            let text = answer_text(language, &answer);
            assert_eq!(read_answer(language, &shown, &text), Some(answer), "{text}");
        }
    }
    assert_eq!(answer_text(Language::English, &found(&[4, 3, 4], Some("1906"))), "[3] [4] = 1906");
    for bad in [
        "",
        "none",
        "[0]",
        "[5]",
        "[01]",
        "[+1]",
        "[1",
        "[1][2]",
        "[1] [1]",
        "[1]  [2]",
        "[1] = ",
        "[1] = 1906",
        "[1] 1906",
        "[4] =1906",
        "[4] = 1906 ...",
        "[x]",
        "None [1]",
        "[1] None",
        "[99999999999999999999999]",
        "無",
    ] {
        assert_eq!(read_answer(Language::English, &shown, bad), None, "{bad}");
    }
}

#[test]
fn verdicts_are_read_as_they_are_written() {
    let shown = shown();
    for language in LANGUAGES {
        for verdict in Verdict::ALL {
            let numbers = if verdict == Verdict::NotSaid { Vec::new() } else { vec![2, 4] };
            let judgement = Judgement { verdict, numbers };
            let text = verdict_text(language, &judgement);
            assert_eq!(read_verdict(language, &shown, &text), Some(judgement), "{text}");
            let name = serde_json::to_value(verdict).unwrap();
            assert_eq!(name, verdict.name());
        }
    }
    for bad in ["", "yes", "[1]", "[1] = maybe", "[1] = None", "[7] = yes", "[1] = yes.", "[2] [2] = no"] {
        assert_eq!(read_verdict(Language::English, &shown, bad), None, "{bad}");
    }
}

#[test]
fn questions_and_options_are_read_as_they_are_written() {
    let shown = shown();
    let question =
        WrittenQuestion { proof: vec![1, 2], stem: "What do otters eat?".into(), key: "What eats kelp.".into() };
    assert_eq!(question_text(&question), "[1] [2]\nWhat do otters eat?\nWhat eats kelp.");
    assert_eq!(read_question(&shown, &question_text(&question)), Some(question));
    for bad in [
        "",
        "[1]",
        "[1]\nWhy?",
        "[9]\nWhy?\nSo.",
        "[1] Why?\nSo.",
        "[1]\nWhy?\nSo.\nOr so.",
        "[1]\nWhy?\nWhy?",
        "[1]\n\nSo.",
    ] {
        assert_eq!(read_question(&shown, bad), None, "{bad}");
    }
    let options = ["kelp", "seals", "crabs"].map(str::to_owned);
    assert_eq!(read_distractors("urchins", &distractor_text(&options)), Some(options));
    for bad in ["", "a\nb", "a\nb\nc\nd", "a\nA\nb", "a\nurchins\nb", "a\n\nb"] {
        assert_eq!(read_distractors("Urchins", bad), None, "{bad}");
    }
}

#[test]
fn every_type_has_a_name_of_its_own() {
    for (n, kind) in QuestionType::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, n);
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        for language in LANGUAGES {
            assert_eq!(QuestionType::ALL.into_iter().filter(|k| k.word(language) == kind.word(language)).count(), 1);
        }
    }
}

#[test]
fn constraints_allow_what_is_written() {
    let regex = |constraint| match constraint {
        Constraint::Regex(regex) => regex,
        other => panic!("{other:?}"),
    };
    let two = Numbered::new([ShownPassage { heading: "", sentences: vec!["a", "b"] }]);
    let numbers = r"\[(1|2)\]( \[(1|2)\]){0,3}";
    let english = Language::English;
    assert_eq!(regex(answer_constraint(english, &two)), format!(r"{numbers}( = [^\s][^\n]*)?|None"));
    assert_eq!(regex(answer_constraint(english, &Numbered::default())), "None");
    assert_eq!(regex(verdict_constraint(english, &two)), format!("{numbers} = (yes|no)|None"));
    assert_eq!(regex(question_constraint(&two, &[2, 1]).unwrap()), r"\[1\] \[2\]\n[^\s][^\n]*\n[^\s][^\n]*");
    assert_eq!(question_constraint(&Numbered::default(), &[]), None);
    assert_eq!(regex(rewrite_constraint()), r"[^\s][^\n]*");
}

/// Texts near the forms, and any others.
fn texts() -> impl Strategy<Value = String> {
    let near = prop::collection::vec(
        prop_oneof![
            Just("[".to_owned()),
            Just("]".to_owned()),
            Just("[1]".to_owned()),
            Just("[4]".to_owned()),
            Just(" ".to_owned()),
            Just(" = ".to_owned()),
            Just("\n".to_owned()),
            Just("None".to_owned()),
            Just("無".to_owned()),
            Just("yes".to_owned()),
            Just("是".to_owned()),
            Just("kelp".to_owned()),
            "[0-9]{1,3}",
            "\\PC{0,4}",
        ],
        0..10,
    );
    prop_oneof![near.prop_map(|parts| parts.concat()), any::<String>()]
}

fn in_order(numbers: &[usize], shown: &Numbered) -> bool {
    let ascending = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    ascending && numbers.len() <= MOST_POINTED && numbers.iter().all(|n| (1..=shown.len()).contains(n))
}

proptest! {
    /// Whatever is read is in range, in order, and written back as what it was read from.
    #[test]
    fn readers_take_only_what_writers_could_have_written(text in texts()) {
        let shown = shown();
        for language in LANGUAGES {
            if let Some(answer) = read_answer(language, &shown, &text) {
                if let PointedAnswer::Found { numbers, .. } = &answer {
                    prop_assert!(!numbers.is_empty() && in_order(numbers, &shown));
                }
                let written = answer_text(language, &answer);
                prop_assert_eq!(read_answer(language, &shown, &written), Some(answer));
            }
            if let Some(judgement) = read_verdict(language, &shown, &text) {
                prop_assert!(in_order(&judgement.numbers, &shown));
                prop_assert_eq!(judgement.numbers.is_empty(), judgement.verdict == Verdict::NotSaid);
                let written = verdict_text(language, &judgement);
                prop_assert_eq!(read_verdict(language, &shown, &written), Some(judgement));
            }
        }
        if let Some(question) = read_question(&shown, &text) {
            prop_assert!(!question.proof.is_empty() && in_order(&question.proof, &shown));
            let written = question_text(&question);
            prop_assert_eq!(read_question(&shown, &written), Some(question));
        }
        if let Some(options) = read_distractors("kelp", &text) {
            prop_assert_eq!(read_distractors("kelp", &distractor_text(&options)), Some(options));
        }
        if let Some(question) = read_rewrite(&text) {
            prop_assert_eq!(read_rewrite(question), Some(question));
        }
    }
}
