//! Quizzes as files: what other systems import, what is printed, and what comes back in.
//!
//! Every text of a question is plain text; where a format has markup of its own, it is escaped, so that `a < b` and
//! `{x}` arrive as they stand. What a format has no place for is told in [`QuizFile::not_held`].

mod clean_quiz;
mod error;
#[cfg(test)]
mod faults_tests;
mod not_held;
#[cfg(test)]
mod passages_tests;
mod plain_text;
mod qti_item;
#[cfg(test)]
mod random_quiz;
mod read_gift;
mod read_gift_answers;
mod read_html_text;
mod read_json;
mod read_moodle_xml;
mod read_xml;
#[cfg(test)]
mod round_trip_tests;
mod shuffle;
mod words;
mod write_aiken;
mod write_anki;
mod write_csv;
mod write_gift;
mod write_html;
mod write_markdown;
mod write_moodle_xml;
mod write_qti;
mod xml;

use domain::{Citation, Language, Question, Quiz, form_fault};

pub use error::{QuizFileError, QuizFileResult};
pub use not_held::NotHeld;
pub use shuffle::shown_order;

use not_held::Notes;

/// Most bytes that are read as a quiz.
pub const MAX_IMPORT_BYTES: usize = 8 << 20;
/// Most questions that are taken from a file.
pub const MAX_IMPORT_QUESTIONS: usize = 1000;

/// A file format for quizzes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuizFormat {
    /// Moodle's text format, <https://docs.moodle.org/en/GIFT_format>.
    Gift,
    /// <https://docs.moodle.org/en/Moodle_XML_format>.
    MoodleXml,
    /// A package of 1EdTech's Question and Test Interoperability 2.1.
    Qti21,
    /// The same, 3.0.
    Qti30,
    /// <https://docs.moodle.org/en/Aiken_format>: choices only.
    Aiken,
    /// A table with everything.
    Csv,
    /// The columns of Kahoot's spreadsheet.
    CsvKahoot,
    /// The columns that add-ons of Google Forms import.
    CsvGoogleForms,
    /// Notes that Anki imports.
    Anki,
    /// To be read and edited as text.
    Markdown,
    /// To be printed, with the answer key on a page of its own.
    Html,
    /// The quiz as the API has it.
    Json,
}

/// A quiz as a file.
#[derive(Clone, Debug, PartialEq)]
pub struct QuizFile {
    /// The file's bytes; text is UTF-8.
    pub bytes: Vec<u8>,
    /// What did not fit the format.
    pub not_held: Vec<NotHeld>,
}

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportedQuiz {
    /// The file's own title.
    pub title: Option<String>,
    /// The passages that questions are asked about, where the format carries them.
    pub passages: Vec<Citation>,
    /// In the file's order; not proven, and without evidence unless the format carries it.
    pub questions: Vec<Question>,
    /// The line that each of them begins on, from 1.
    pub lines: Vec<usize>,
    /// What was well-formed but has no place in Lectern.
    pub left_out: Vec<FileProblem>,
}

/// Something about a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// From 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl ImportedQuiz {
    fn push(&mut self, line: usize, question: Question) {
        self.lines.push(line);
        self.questions.push(question);
    }

    /// The line of the question at this place.
    fn line(&self, place: usize) -> usize {
        self.lines.get(place).copied().unwrap_or(1)
    }
}

impl FileProblem {
    fn new(line: usize, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into() }
    }
}

impl QuizFormat {
    /// Every format.
    pub const ALL: [Self; 12] = [
        Self::Gift,
        Self::MoodleXml,
        Self::Qti21,
        Self::Qti30,
        Self::Aiken,
        Self::Csv,
        Self::CsvKahoot,
        Self::CsvGoogleForms,
        Self::Anki,
        Self::Markdown,
        Self::Html,
        Self::Json,
    ];

    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The ending of its files, without the dot.
    pub const fn extension(self) -> &'static str {
        self.row().1
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        self.row().2
    }

    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Gift => ("gift", "gift", "text/plain; charset=utf-8"),
            Self::MoodleXml => ("moodle_xml", "xml", "application/xml"),
            Self::Qti21 => ("qti21", "zip", "application/zip"),
            Self::Qti30 => ("qti30", "zip", "application/zip"),
            Self::Aiken => ("aiken", "txt", "text/plain; charset=utf-8"),
            Self::Csv => ("csv", "csv", "text/csv; charset=utf-8"),
            Self::CsvKahoot => ("csv_kahoot", "csv", "text/csv; charset=utf-8"),
            Self::CsvGoogleForms => ("csv_google_forms", "csv", "text/csv; charset=utf-8"),
            Self::Anki => ("anki", "txt", "text/plain; charset=utf-8"),
            Self::Markdown => ("markdown", "md", "text/markdown; charset=utf-8"),
            Self::Html => ("html", "html", "text/html; charset=utf-8"),
            Self::Json => ("json", "json", "application/json"),
        }
    }

    /// The format of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format that a file of this ending most likely is.
    pub fn from_extension(extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        Some(match extension.as_str() {
            "zip" => Self::Qti21,
            "txt" => Self::Aiken,
            "htm" => Self::Html,
            "tsv" => Self::Anki,
            _ => return Self::ALL.into_iter().find(|format| format.extension() == extension),
        })
    }

    /// Whether files of this format can be read.
    pub const fn can_import(self) -> bool {
        matches!(self, Self::Gift | Self::MoodleXml | Self::Json)
    }
}

/// Writes a quiz as a file.
pub fn export_quiz(quiz: &Quiz, format: QuizFormat) -> QuizFileResult<QuizFile> {
    let mut notes = Notes::default();
    let clean = clean_quiz::cleaned(quiz);
    let bytes = match format {
        QuizFormat::Gift => write_gift::write(&clean, &mut notes).into_bytes(),
        QuizFormat::MoodleXml => write_moodle_xml::write(&clean, &mut notes).into_bytes(),
        QuizFormat::Qti21 => write_qti::write(&clean, write_qti::Version::V21, &mut notes)?,
        QuizFormat::Qti30 => write_qti::write(&clean, write_qti::Version::V30, &mut notes)?,
        QuizFormat::Aiken => write_aiken::write(&clean, &mut notes).into_bytes(),
        QuizFormat::Csv => write_csv::write_all(&clean)?,
        QuizFormat::CsvKahoot => write_csv::write_kahoot(&clean, &mut notes)?,
        QuizFormat::CsvGoogleForms => write_csv::write_google_forms(&clean, &mut notes)?,
        QuizFormat::Anki => write_anki::write(&clean).into_bytes(),
        QuizFormat::Markdown => write_markdown::write(&clean).into_bytes(),
        QuizFormat::Html => write_html::write(&clean).into_bytes(),
        QuizFormat::Json => serde_json::to_vec_pretty(quiz).map_err(|e| unwritable(format, &e))?,
    };
    Ok(QuizFile { bytes, not_held: notes.into_list() })
}

fn unwritable(format: QuizFormat, error: &dyn std::error::Error) -> QuizFileError {
    QuizFileError::Unwritable { format: format.name(), reason: error.to_string() }
}

/// Reads a quiz file. `language_of` tells the language of a text, for formats that do not. An error has every malformed
/// place of the file with its line; nothing is taken from a malformed file.
pub fn import_quiz(
    format: QuizFormat,
    bytes: &[u8],
    language_of: &dyn Fn(&str) -> Language,
) -> QuizFileResult<ImportedQuiz> {
    let refuse = |problems| Err(QuizFileError::Invalid { format: format.name(), problems });
    if bytes.len() > MAX_IMPORT_BYTES {
        return refuse(vec![FileProblem::new(1, format!("the file is over {} MB", MAX_IMPORT_BYTES >> 20))]);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].split(|b| *b == b'\n').skip(1).count();
            return refuse(vec![FileProblem::new(line, "the text is not UTF-8; save the file as UTF-8")]);
        }
    };
    let read = match format {
        QuizFormat::Gift => read_gift::read(text, language_of),
        QuizFormat::MoodleXml => read_moodle_xml::read(text, language_of),
        QuizFormat::Json => read_json::read(text),
        _ => return Err(QuizFileError::FormatNotRead { format: format.name() }),
    };
    match read {
        Err(problems) => refuse(problems),
        Ok(quiz) if quiz.questions.is_empty() => {
            let none = FileProblem::new(1, "the file holds no question that Lectern has a kind for");
            refuse(if quiz.left_out.is_empty() { vec![none] } else { quiz.left_out })
        }
        Ok(quiz) if quiz.questions.len() > MAX_IMPORT_QUESTIONS => refuse(vec![FileProblem::new(
            quiz.line(MAX_IMPORT_QUESTIONS),
            format!("the file holds over {MAX_IMPORT_QUESTIONS} questions; import it in parts"),
        )]),
        Ok(quiz) => match faults(&quiz) {
            faults if faults.is_empty() => Ok(quiz),
            faults => refuse(faults),
        },
    }
}

/// Questions that parse, but do not hold together.
fn faults(quiz: &ImportedQuiz) -> Vec<FileProblem> {
    let numbered = quiz.questions.iter().enumerate();
    let fault =
        |(i, q)| form_fault(q).map(|fault| FileProblem::new(quiz.line(i), format!("question {}: {fault}", i + 1)));
    numbered.filter_map(fault).take(read_gift::MAX_PROBLEMS).collect()
}
