//! Properties of the rows that question sets become.

use std::{collections::HashSet, fs};

use domain::{
    Language,
    ports::{Message, Role},
};

use super::{PrepareSettings, Prepared, QuestionItem, QuestionSet, Row, prepare, read_questions, write_question_set};

/// Eight articles of two passages each; every passage has three questions and is like the other of its article.
fn items(language: Language) -> Vec<QuestionItem> {
    let words = |n: usize| match language {
        Language::English => format!("The river number{n} rises at spring{n}, feeds lake{n} and passes town{n}."),
        _ => format!("第{n}條河流源自甲乙{n}泉，流入丙丁{n}湖，再經過戊己{n}城。"),
    };
    let item = |article: usize, passage: usize, asked: usize| {
        let context = format!("{} {} ({passage})", words(article), words(article + 100));
        let answer = match language {
            Language::English => [format!("spring{article}"), format!("lake{article}"), format!("town{article}")],
            _ => [format!("甲乙{article}泉"), format!("丙丁{article}湖"), format!("戊己{article}城")],
        };
        QuestionItem {
            id: format!("{article}-{passage}-{asked}"),
            lang: language,
            context,
            question: format!("What is asked in {article}-{passage}-{asked}?"),
            answer: answer[asked].clone(),
            wrong: Vec::new(),
            source: String::new(),
            title: format!("Article {article}"),
        }
    };
    (0..8).flat_map(|a| (0..2).flat_map(move |p| (0..3).map(move |q| item(a, p, q)))).collect()
}

fn questions(language: Language) -> QuestionSet {
    QuestionSet { questions: items(language), ..QuestionSet::default() }
}

fn settings() -> PrepareSettings {
    PrepareSettings { hold_out: 0.25, sizes: vec![1, 2], ..PrepareSettings::default() }
}

fn of_task<'a>(rows: &'a [Row], task: &str) -> Vec<&'a Row> {
    rows.iter().filter(|r| r.task == task).collect()
}

/// Numbers of the articles that rows show.
fn articles(rows: &[Row]) -> HashSet<usize> {
    let shown = |row: &Row| row.messages[1].content.clone();
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    rows.iter().flat_map(|r| shown(r).split("river number").skip(1).filter_map(number).collect::<Vec<_>>()).collect()
}

#[test]
fn articles_are_held_out_whole() {
    let Prepared { train, held_out, held_out_questions, report } =
        prepare(&questions(Language::English), &[], &settings()).unwrap();
    let (trained, held) = (articles(&train), articles(&held_out));
    assert!(!held.is_empty() && trained.is_disjoint(&held), "{trained:?} and {held:?}");
    assert_eq!(report.passages.0 + report.passages.1, 16);
    assert_eq!(held_out_questions.len(), 3 * report.passages.1);
}

#[test]
fn repeated_questions_and_passages_kept_back_are_left_out_and_counted() {
    let mut items = items(Language::English);
    let kept_back = vec![items[0].context.clone()];
    items.push(items[20].clone());
    let set = QuestionSet { questions: items, ..QuestionSet::default() };
    let prepared = prepare(&set, &kept_back, &settings()).unwrap();
    // The other passage of the article differs from the one kept back by a number, and counts as the same.
    assert_eq!((prepared.report.items, prepared.report.repeated, prepared.report.kept_back), (49, 1, 6));
    let all: Vec<Row> = [prepared.train, prepared.held_out].concat();
    assert!(!articles(&all).contains(&0));
    let different: HashSet<(&str, &str)> =
        all.iter().map(|r| (r.id.as_str(), r.messages[1].content.as_str())).collect();
    assert_eq!(different.len(), all.len(), "a row is there twice");
}

#[test]
fn each_language_has_its_own_wording() {
    for (language, question, refusal) in [
        (Language::English, "Question: ", "Not in the passages."),
        (Language::TraditionalChinese, "問題：", "段落未提及。"),
        (Language::SimplifiedChinese, "问题：", "段落未提及。"),
    ] {
        let rows = prepare(&questions(language), &[], &settings()).unwrap().train;
        let (answers, refusals) = (of_task(&rows, "answer"), of_task(&rows, "refuse"));
        assert!(!refusals.is_empty() && refusals.len() * 3 < answers.len(), "{}, {}", answers.len(), refusals.len());
        assert!(rows.iter().all(|r| r.language == language));
        assert!(answers.iter().all(|r| r.messages[1].content.contains(question)));
        assert!(refusals.iter().all(|r| r.messages[2].content == refusal));
    }
}

#[test]
fn an_answer_names_the_passage_that_holds_it() {
    let rows = prepare(&questions(Language::English), &[], &settings()).unwrap().train;
    for row in of_task(&rows, "answer") {
        let [_, Message { content: shown, .. }, Message { role: Role::Assistant, content: said }] = &row.messages[..]
        else {
            panic!("{row:?}")
        };
        let (answer, number) = domain::task_prompts::read_answer(said).unwrap();
        assert!(shown.lines().nth(number - 1).is_some_and(|p| p.contains(answer)), "{row:?}");
    }
}

#[test]
fn options_that_people_wrote_become_wrong_answers() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("choices.jsonl");
    let line = r#"{"id": "1", "lang": "zh-Hans", "passage": "桃子不宜多吃。", "question": "作者有什么建议？",
        "options": ["越多越好", "不同人不同", "随习惯", "谁都不宜多吃"], "answer_index": 3}"#;
    fs::write(&set, line.replace('\n', "")).unwrap();
    let read = read_questions(&set).unwrap();
    let rows = prepare(&read, &[], &PrepareSettings { stems: 1.0, hold_out: 0.0, ..settings() }).unwrap().train;
    // The key is not in the passage word for word: no row may answer with it.
    assert_eq!(rows.iter().map(|r| r.task.as_str()).collect::<Vec<_>>(), ["stem", "distractors"]);
    assert_eq!(rows[1].messages[2].content, "越多越好\n不同人不同\n随习惯");

    fs::write(&set, line.replace('\n', "").replace("\"answer_index\": 3", "\"answer_index\": 4")).unwrap();
    let said = read_questions(&set).unwrap_err().to_string();
    assert!(said.contains("line 1") && said.contains("`answer_index`: 4, but there are 4 options"), "{said}");
}

#[test]
fn follow_ups_become_rows_for_writing_them_anew() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("follow_ups.jsonl");
    let line = r#"{"id": "N", "lang": "en", "history": [{"question": "Who was Ada?", "answer": ""}], "question": "When did she live?",
        "standalone": "When did Ada live?"}"#;
    let line = line.replace('\n', "");
    let lines: Vec<String> = (0..8).map(|n| line.replace('N', &n.to_string())).collect();
    fs::write(&set, lines.join("\n")).unwrap();
    let read = read_questions(&set).unwrap();
    let Prepared { train, held_out, report, .. } = prepare(&read, &[], &settings()).unwrap();
    assert_eq!((report.items, train.len(), held_out.len()), (8, 6, 2));
    assert!(of_task(&train, "rewrite").iter().all(|r| r.messages[2].content == "When did Ada live?"));
    assert!(train[0].messages[1].content.contains("Question: Who was Ada?\nQuestion: When did she live?\n"));

    for (field, said) in
        [(r#"[{"question": "Who was Ada?", "answer": ""}]"#, "`history`"), ("When did Ada live?", "`standalone`")]
    {
        fs::write(&set, line.replace(field, if field.starts_with('[') { "[]" } else { "" })).unwrap();
        let error = read_questions(&set).unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains(said), "{error}");
    }
}

#[test]
fn a_question_set_is_written_as_it_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let mut items = items(Language::English);
    items[1].answer = String::new();
    items[2].answer = "a key in other words".to_owned();
    write_question_set(folder.path(), &items[..6]).unwrap();
    let lines = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(lines("passages.jsonl").lines().count(), 2);
    let questions = lines("questions.jsonl");
    assert_eq!(questions.lines().count(), 5);
    assert!(questions.lines().nth(1).unwrap().contains(r#""answers":[]"#), "{questions}");
}
