//! Reads multiple-choice questions: one file, or a folder with a file for each subject.

use std::path::{Path, PathBuf};

use domain::Language;
use serde::Deserialize;

/// Most options that have a letter.
const MOST_OPTIONS: usize = 26;

/// A question with its options.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// As its line says, else that of most of the file.
    pub language: Language,
    /// Empty where there is none.
    pub passage: String,
    /// What is asked.
    pub question: String,
    /// Two or more.
    pub options: Vec<String>,
    /// The key, from 0.
    pub answer_index: usize,
}

/// The questions of a file.
pub struct Subject {
    /// The file's name without `_val`, `_test` or `_dev`.
    pub name: String,
    /// What is asked.
    pub items: Vec<Item>,
    /// Solved questions that are shown before each.
    pub shots: Vec<Item>,
}

/// A line as it is written.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    lang: Option<Language>,
    #[serde(default)]
    passage: String,
    question: String,
    options: Vec<String>,
    answer_index: usize,
}

/// Reads a file, or all files of a folder, of each `limit` questions at most; `dev` says where solved questions are, and
/// how many of them are shown.
pub fn read_subjects(path: &Path, limit: Option<usize>, dev: Option<(&Path, usize)>) -> Result<Vec<Subject>, String> {
    let files = if path.is_dir() { question_files(path)? } else { vec![path.to_owned()] };
    let read = |file: &PathBuf| {
        let name = subject_of(file);
        let items = retriever::spread(read(file)?, limit);
        let shots = dev.map(|(dev, count)| read_shots(dev, &name, count)).transpose()?.unwrap_or_default();
        Ok(Subject { name, items, shots })
    };
    files.iter().map(read).collect()
}

fn question_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "csv" || e == "jsonl"));
    files.sort();
    if files.is_empty() { Err(format!("{} holds no .csv or .jsonl files", folder.display())) } else { Ok(files) }
}

fn subject_of(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let parts = ["_val", "_test", "_dev"];
    parts.iter().find_map(|part| stem.strip_suffix(part)).unwrap_or(&stem).to_owned()
}

fn read_shots(dev: &Path, subject: &str, count: usize) -> Result<Vec<Item>, String> {
    let file = if dev.is_dir() {
        let own = question_files(dev)?.into_iter().find(|file| subject_of(file) == subject);
        own.ok_or_else(|| format!("{} holds no solved questions on {subject}", dev.display()))?
    } else {
        dev.to_owned()
    };
    let mut items = read(&file)?;
    if items.len() < count {
        return Err(format!("{} holds {} questions, --shots asks for {count}", file.display(), items.len()));
    }
    items.truncate(count);
    Ok(items)
}

fn read(path: &Path) -> Result<Vec<Item>, String> {
    let of_file = |problem: String| format!("{}{problem}", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| of_file(format!(": {e}")))?;
    let lines = if path.extension().is_some_and(|e| e == "csv") {
        read_csv(&text).map_err(|e| of_file(format!(": {e}")))?
    } else {
        let line =
            |(n, line): (usize, &str)| serde_json::from_str(line).map_err(|e| of_file(format!(" line {}: {e}", n + 1)));
        text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()).map(line).collect::<Result<_, _>>()?
    };
    let sound = |line: &Line| {
        (2..=MOST_OPTIONS).contains(&line.options.len())
            && line.answer_index < line.options.len()
            && !line.options.iter().any(String::is_empty)
    };
    if let Some(n) = lines.iter().position(|line| !sound(line)) {
        let problem = "needs two options or more, none empty, and the key among them";
        return Err(of_file(format!(" question {}: {problem}", n + 1)));
    }
    if lines.is_empty() { Err(of_file(" holds no questions".to_owned())) } else { Ok(with_languages(lines)) }
}

fn with_languages(lines: Vec<Line>) -> Vec<Item> {
    let texts: Vec<&str> = lines.iter().flat_map(|l| [l.question.as_str(), &l.passage]).collect();
    let most = ingest::detect_language(&texts.join("\n"));
    let item = |line: Line| Item {
        language: line.lang.unwrap_or(most),
        passage: line.passage,
        question: line.question,
        options: line.options,
        answer_index: line.answer_index,
    };
    lines.into_iter().map(item).collect()
}

/// C-Eval's and CMMLU's form: a head line, and the key as a letter.
fn read_csv(text: &str) -> Result<Vec<Line>, String> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let head: Vec<String> = reader.headers().map_err(|e| e.to_string())?.iter().map(str::to_lowercase).collect();
    let column = |name: &str| head.iter().position(|h| h == name).ok_or_else(|| format!("has no column `{name}`"));
    let (question, answer) = (column("question")?, column("answer")?);
    let options: Vec<usize> = ["a", "b", "c", "d"].into_iter().map(column).collect::<Result<_, _>>()?;
    let line = |(n, record): (usize, csv::Result<csv::StringRecord>)| {
        let record = record.map_err(|e| e.to_string())?;
        let field = |at: usize| record.get(at).unwrap_or_default().trim().to_owned();
        let letter = field(answer).to_uppercase();
        let key = "ABCD".find(letter.as_str()).filter(|_| letter.len() == 1);
        Ok(Line {
            lang: None,
            passage: String::new(),
            question: field(question),
            options: options.iter().map(|at| field(*at)).collect(),
            answer_index: key.ok_or_else(|| format!("line {}: the answer `{letter}` is none of A, B, C, D", n + 2))?,
        })
    };
    reader.records().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn c_evals_and_cmmlus_questions_are_read() {
        let items = read_csv("id,question,A,B,C,D,answer\n0,\"1+1, =?\",1,2,3,4,B\n").unwrap();
        assert_eq!((items[0].question.as_str(), items[0].answer_index), ("1+1, =?", 1));
        let items = read_csv("\u{feff},Question,A,B,C,D,Answer\n0,1+2=?,1,2,3,4,C\n").unwrap();
        assert_eq!((items[0].question.as_str(), items[0].answer_index), ("1+2=?", 2));
        assert_eq!(items[0].options, ["1", "2", "3", "4"]);
        assert!(read_csv("question,A,B,C,D,answer\nq,1,2,3,4,E\n").unwrap_err().contains("line 2"));
        assert!(read_csv("question,answer\n").unwrap_err().contains("column `a`"));
    }

    #[test]
    fn a_folder_has_a_subject_a_file_with_solved_questions_and_a_language() {
        let folder = tempfile::tempdir().unwrap();
        let (val, dev) = (folder.path().join("val"), folder.path().join("dev"));
        for (folder, part) in [(&val, "val"), (&dev, "dev")] {
            fs::create_dir(folder).unwrap();
            let csv = |question: &str| format!("id,question,A,B,C,D,answer\n0,{question},1,2,3,4,A\n1,2,3,4,5,6,B\n");
            fs::write(folder.join(format!("law_{part}.csv")), csv("下列关于我国法律的说法中，正确的是")).unwrap();
            fs::write(folder.join(format!("history_{part}.csv")), csv("下列關於歷史的說法中，正確的是")).unwrap();
        }
        let subjects = read_subjects(&val, None, Some((&dev, 1))).unwrap();
        let seen: Vec<_> = subjects.iter().map(|s| (s.name.as_str(), s.items[1].language, s.shots.len())).collect();
        let expected = [("history", Language::TraditionalChinese, 1), ("law", Language::SimplifiedChinese, 1)];
        assert_eq!(seen, expected);
        assert_eq!(read_subjects(&val, Some(1), None).unwrap()[0].items.len(), 1);
        assert!(read_subjects(&val, None, Some((&dev, 3))).err().unwrap().contains("holds 2 questions"));
        fs::remove_file(dev.join("law_dev.csv")).unwrap();
        assert!(read_subjects(&val, None, Some((&dev, 1))).err().unwrap().contains("no solved questions on law"));
    }
}
