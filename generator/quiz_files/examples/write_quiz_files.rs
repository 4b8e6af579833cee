//! Writes random quizzes, every other one with reading sets, in every format, each beside what it is, for readers that
//! others wrote: `make quiz-files`.
//!
//! `write_quiz_files FOLDER [QUIZZES]` makes `FOLDER/000/quiz.json` with the quiz and what each format does not hold, and
//! `FOLDER/000/<format>.<ending>`; the same quizzes each time.

use std::{collections::BTreeMap, path::Path};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use quiz_files::{QuizFormat, export_quiz};

#[path = "../src/random_quiz.rs"]
mod random_quiz;

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("a folder to write to");
    let count: usize = args.next().map_or(100, |count| count.parse().expect("a number of quizzes"));
    let mut runner = TestRunner::deterministic();
    let questions = proptest::collection::vec(random_quiz::question(), 6..13);
    let passages = proptest::collection::vec(random_quiz::citation(), 2);
    for i in 0..count {
        let questions = questions.new_tree(&mut runner).expect("random questions").current();
        let mut quiz = random_quiz::quiz(&format!("Units {i}/2: light & \"water\" 光"), questions);
        if i % 2 == 1 {
            quiz.passages = passages.new_tree(&mut runner).expect("random passages").current();
            add_sets(&mut quiz);
        }
        write(&Path::new(&folder).join(format!("{i:03}")), &quiz);
    }
}

/// The second and third question on one passage, the fifth and those after it on another.
fn add_sets(quiz: &mut domain::Quiz) {
    (1..).zip(&mut quiz.passages).for_each(|(n, passage)| passage.n = n);
    for (place, question) in quiz.questions.iter_mut().enumerate() {
        question.passage = match place {
            1 | 2 => Some(1),
            0 | 3 => None,
            _ => Some(2),
        };
    }
}

fn write(folder: &Path, quiz: &domain::Quiz) {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let mut not_held = BTreeMap::new();
    for format in QuizFormat::ALL {
        let file = export_quiz(quiz, format).expect("the quiz can be written");
        let name = format!("{}.{}", format.name(), format.extension());
        std::fs::write(folder.join(name), file.bytes).expect("the file can be written");
        not_held.insert(format.name(), file.not_held);
    }
    let truth = serde_json::json!({ "quiz": quiz, "not_held": not_held });
    std::fs::write(folder.join("quiz.json"), truth.to_string()).expect("the file can be written");
}
