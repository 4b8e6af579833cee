//! What quizzes are made from: passages of the course, and the exam items that were read in them.

use domain::{ByteRange, DocumentId, Language, Passage, QuizRequest, Scores};

/// A question of an exam paper among the material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceItem {
    /// The question.
    pub stem: String,
    /// Its options in order; empty for an open question.
    pub options: Vec<String>,
    /// The place of the right option, from 0, where the paper gives exactly one.
    pub key: Option<usize>,
    /// Its bytes in the document's text.
    pub range: ByteRange,
}

/// A passage to ask about.
#[derive(Clone, Debug, PartialEq)]
pub struct QuizSource {
    /// Its document.
    pub document_id: DocumentId,
    /// The document's name.
    pub document_name: String,
    /// Verbatim text of the document from `start` on.
    pub text: String,
    /// First byte in the document's text.
    pub start: usize,
    /// The page it begins on, from 1.
    pub page: u32,
    /// Titles of the headings it stands under, outermost first.
    pub heading_path: Vec<String>,
    /// Its language.
    pub language: Language,
    /// Exam items that begin in it.
    pub items: Vec<SourceItem>,
}

impl QuizSource {
    /// Whether questions may be made from it.
    pub(crate) fn wanted(&self, request: &QuizRequest) -> bool {
        let named = request.document_ids.is_empty() || request.document_ids.contains(&self.document_id);
        let paged = request.pages.is_empty() || request.pages.contains(&self.page);
        named
            && paged
            && !self.is_reference_list()
            && request.language.is_none_or(|l| l == self.language)
            && self.language != Language::Other
    }

    /// Whether it lists what others wrote.
    fn is_reference_list(&self) -> bool {
        const HEADINGS: [&str; 10] = [
            "references",
            "bibliography",
            "works cited",
            "literature",
            "further reading",
            "參考文獻",
            "参考文献",
            "參考資料",
            "参考资料",
            "參考書目",
        ];
        let plain = |heading: &String| {
            let title = heading.trim_start_matches(|c: char| !c.is_alphabetic());
            HEADINGS.contains(&title.trim().to_lowercase().as_str())
        };
        self.heading_path.iter().any(plain)
    }

    /// As the answerer reads it.
    pub(crate) fn passage(&self, n: usize) -> Passage {
        Passage {
            n,
            document_id: self.document_id,
            document_name: self.document_name.clone(),
            pages: (self.page, self.page),
            heading_path: self.heading_path.clone(),
            text: self.text.clone(),
            range: ByteRange::new(self.start, self.start + self.text.len()),
            score: 0.0,
            scores: Scores::default(),
            boxes: Vec::new(),
        }
    }

    /// The innermost heading that names a topic; numbers before it do not count.
    pub(crate) fn topic(&self) -> Option<&str> {
        let heading = self.heading_path.last()?;
        // `2.1 Population`, `三、人口`: the number goes; `1990年世界盃` keeps its year.
        let number = |c: char| c.is_ascii_digit() || "一二三四五六七八九十".contains(c);
        let rest = heading.trim_start().trim_start_matches(|c| number(c) || c == '.');
        let numbered = rest.len() < heading.len() && rest.starts_with(['.', '、', ')', '）', ' ', '\t']);
        let topic = if numbered { rest.trim_start_matches(['.', '、', ')', '）', ' ', '\t']) } else { heading }.trim();
        let length = topic.chars().count();
        ((2..=40).contains(&length) && topic.chars().any(char::is_alphabetic)).then_some(topic)
    }
}
