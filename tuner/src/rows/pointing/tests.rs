//! Properties of the rows of version 2.

use std::{collections::HashSet, ops::Range};

use domain::{
    Language,
    task_prompts::v2::{
        Numbered, PointedAnswer, ShownPassage, Verdict, read_answer, read_distractors, read_question, read_rewrite,
        read_verdict, rules,
    },
};

use super::{super::Row, *};

/// Sentences by their stops: enough for these texts.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut begin = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| matches!(c, '.' | '。')) {
        let start = begin + text[begin..].len() - text[begin..].trim_start().len();
        begin = at + c.len_utf8();
        ranges.push(start..begin);
    }
    ranges
}

/// Twelve articles of two passages; each passage says who, where and when.
fn material(language: Language) -> Material {
    let names = ["Ada", "Bela", "Cora", "Dora", "Edda", "Fina", "Gina", "Hera", "Ilse", "Jana", "Kira", "Lena"];
    let item = |article: usize, passage: usize, asked: usize| {
        let (name, year) = (names[article], 1800 + 20 * article + passage);
        let (context, question, answer) = if language == Language::English {
            (
                format!(
                    "The bridge of {name}town was built by {name} Stone in {year}. Most ships of {name}town can pass under the old \
                     bridge. All {name}town schools are closed on Mondays."
                ),
                [
                    format!("Who built the bridge of {name}town?"),
                    "When was it built?".to_owned(),
                    "Where can ships pass?".to_owned(),
                ],
                [format!("{name} Stone"), year.to_string(), "under the old bridge".to_owned()],
            )
        } else {
            (
                format!(
                    "{name}城的石橋是{name}石在{year}年建造的。大多數船隻可以從{name}城的橋下通過。{name}城的所有學校必須在星期一休館。"
                ),
                [
                    format!("{name}城的石橋是誰建造的?"),
                    format!("{name}城的石橋在哪一年建造?"),
                    format!("{name}城的船隻從哪裡通過?"),
                ],
                [format!("{name}石"), format!("{year}年"), "橋下".to_owned()],
            )
        };
        AskedItem {
            id: format!("{article}-{passage}-{asked}"),
            lang: language,
            sources: vec![SourceText { title: format!("Article {article}"), text: context }],
            question: question[asked].clone(),
            told: Told::Quoted(answer[asked].clone()),
            wrong: Vec::new(),
            kind: None,
        }
    };
    let asked = (0..12).flat_map(|a| (0..2).flat_map(move |p| (0..3).map(move |q| item(a, p, q)))).collect();
    Material { asked, follow_ups: Vec::new() }
}

fn settings() -> PrepareSettings {
    PrepareSettings {
        hold_out: 0.25,
        sizes: vec![1, 2, 3],
        verdicts: 1.0,
        stems: 1.0,
        distractors: 1.0,
        ..PrepareSettings::default()
    }
}

/// What a row shows, read back from its prompt.
fn shown(row: &Row) -> Numbered {
    let user = &row.messages[1].content;
    let (passages, _) = user.rsplit_once("\n\n").unwrap();
    let passage = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.split_once("] ")?.1.to_owned())).collect()
    };
    let passages: Vec<Vec<String>> = passages.split("\n\n").map(passage).collect();
    Numbered::new(
        passages.iter().map(|p| ShownPassage { heading: "", sentences: p.iter().map(String::as_str).collect() }),
    )
}

#[test]
fn every_row_says_what_its_reader_takes() {
    for language in [Language::English, Language::TraditionalChinese] {
        let prepared = prepare_pointing(&material(language), &[], &settings(), split).unwrap();
        let mut tasks = HashSet::new();
        for row in prepared.train.iter().chain(&prepared.held_out) {
            let says = row.messages[2].content.as_str();
            let shown = if row.task == "rewrite" { Numbered::default() } else { shown(row) };
            assert_eq!(row.messages[0].content, rules(language));
            tasks.insert(row.task.clone());
            match row.task.as_str() {
                "answer" => {
                    let Some(PointedAnswer::Found { numbers, words: Some(words) }) =
                        read_answer(language, &shown, says)
                    else {
                        panic!("{row:?}")
                    };
                    assert!(numbers.iter().any(|n| shown.sentence(*n).unwrap().contains(&words)), "{row:?}");
                }
                "refuse" => assert_eq!(read_answer(language, &shown, says), Some(PointedAnswer::Absent)),
                "verdict" => {
                    let judged = read_verdict(language, &shown, says).unwrap();
                    assert_eq!(judged.verdict.name(), row.kind);
                    assert_eq!(judged.numbers.is_empty(), judged.verdict == Verdict::NotSaid);
                }
                "question" => assert!(read_question(&shown, says).is_some(), "{row:?}"),
                "distractors" => assert!(read_distractors("", says).is_some(), "{row:?}"),
                "rewrite" => assert!(read_rewrite(says).is_some(), "{row:?}"),
                other => panic!("{other}"),
            }
        }
        assert!(tasks.len() >= 5, "{tasks:?}");
        let verdicts: HashSet<&str> =
            prepared.train.iter().filter(|r| r.task == "verdict").map(|r| r.kind.as_str()).collect();
        assert_eq!(verdicts.len(), 3);
    }
}

#[test]
fn the_same_seed_makes_the_same_rows_and_articles_are_held_out_whole() {
    let material = material(Language::English);
    let once = prepare_pointing(&material, &[], &settings(), split).unwrap();
    let twice = prepare_pointing(&material, &[], &settings(), split).unwrap();
    assert_eq!((&once.train, &once.held_out), (&twice.train, &twice.held_out));
    let towns = |rows: &[Row]| -> HashSet<String> {
        let words = rows.iter().flat_map(|r| r.messages[1].content.split([' ', '?', '\n']).map(str::to_owned));
        words.filter(|w| w.ends_with("town")).collect()
    };
    assert!(!once.held_out.is_empty() && towns(&once.train).is_disjoint(&towns(&once.held_out)));
}

#[test]
fn a_group_begins_alike_and_passages_kept_back_are_left_out() {
    let material = material(Language::English);
    let kept_back = vec![material.asked[0].sources[0].text.clone()];
    let prepared = prepare_pointing(&material, &kept_back, &settings(), split).unwrap();
    assert!(prepared.report.kept_back >= 3);
    let rows: Vec<Row> = [prepared.train, prepared.held_out].concat();
    assert!(!rows.iter().any(|r| r.messages[1].content.contains("Adatown was built by Ada Stone in 1800")));
    let beginning = |row: &Row| row.messages[1].content.rsplit_once("\n\n").unwrap().0.to_owned();
    let rows: Vec<Row> = rows.into_iter().filter(|row| !row.group.is_empty()).collect();
    for group in rows.chunk_by(|a, b| a.group == b.group) {
        assert!(group.iter().all(|row| beginning(row) == beginning(&group[0])));
    }
}

#[test]
fn answers_of_several_sources_point_at_all_of_them() {
    let source = |title: &str, text: &str| SourceText { title: title.to_owned(), text: text.to_owned() };
    let item = AskedItem {
        id: "joined".to_owned(),
        lang: Language::English,
        sources: vec![
            source("Otter", "Otters live at sea. They keep warm by their fur."),
            source("Seal", "Seals keep warm by fat."),
        ],
        question: "How do otters and seals keep warm?".to_owned(),
        told: Told::Joined(vec![(0, "by their fur".to_owned()), (1, "Seals keep warm by fat".to_owned())]),
        wrong: Vec::new(),
        kind: None,
    };
    let material = Material { asked: vec![item], follow_ups: Vec::new() };
    let settings = PrepareSettings { hold_out: 0.0, ..settings() };
    let rows = prepare_pointing(&material, &[], &settings, split).unwrap().train;
    let says = rows[0].messages[2].content.as_str();
    let first = rows[0].messages[1].content.lines().next().unwrap();
    assert_eq!(says, if first == "Otter" { "[2] [3]" } else { "[1] [3]" });
}
