//! Small courses in two languages, and quizzes of them by rule alone.

use std::sync::Arc;

use domain::{ByteRange, DocumentId, Language, Place, Question, QuestionBody, QuestionKind, QuizRequest};
use quiz::{MadeQuiz, QuizConfig, QuizMaker, QuizSource};

use crate::test_embedder::Pairs;

pub const ENGLISH: [&str; 3] = [
    "In 1821 Mexico became a free country. In 1845 Texas joined the United States. In 1848 the war with Mexico came to an \
     end. The army of General Winfield Scott took the capital with 12,000 soldiers.",
    "The Danube rises in Germany and flows through ten countries. The city of Vienna lies on its banks. The Danube Delta was \
     named a reserve in 1998. About 19 million people drink water from the Danube.",
    "Photosynthesis is a process that turns light into chemical energy. A chloroplast is an organelle that holds \
     chlorophyll. Chlorophyll is a pigment that absorbs red and blue light. The first experiments were made by Jan \
     Ingenhousz in 1779.",
];
pub const CHINESE: [&str; 2] = [
    "樂山市位於四川省，古稱嘉州。樂山市總面積1.27萬平方公里。樂山大佛於713年動工，歷時90年完成。樂山大佛在1996年列入世界遺產名錄。",
    "臺灣大學創立於1928年。臺灣大學的校園面積約34公頃，學生三萬多名。1945年，臺灣大學改制為今名。",
];

pub fn sources(texts: &[&str], language: Language) -> Vec<QuizSource> {
    let document_id = DocumentId::new();
    let mut start = 0;
    texts
        .iter()
        .zip(1..)
        .map(|(text, page)| {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let source = QuizSource {
                document_id,
                document_name: "reader.pdf".to_owned(),
                start,
                page,
                heading_path: vec![format!("{page}. Topic {page}")],
                language,
                items: Vec::new(),
                text,
            };
            start += source.text.len() + 2;
            source
        })
        .collect()
}

pub fn request(count: usize, kinds: &[QuestionKind]) -> QuizRequest {
    QuizRequest {
        count,
        kinds: kinds.to_vec(),
        language: None,
        document_ids: Vec::new(),
        pages: Vec::new(),
        difficulty: None,
        level: None,
        seed: Some(5),
        reuse_items: false,
        title: None,
        questions_per_passage: None,
    }
}

pub fn locate(_: DocumentId, range: ByteRange) -> Vec<Place> {
    vec![Place::at(range)]
}

pub fn maker() -> QuizMaker {
    QuizMaker::new(None, Arc::new(Pairs), QuizConfig::default())
}

pub async fn make(sources: &[QuizSource], request: &QuizRequest) -> MadeQuiz {
    maker().make(request, sources, &locate, |_| {}).await.unwrap()
}

pub fn failed(question: &Question) -> Vec<&str> {
    question.proof.checks.iter().filter(|c| !c.passed).map(|c| c.name.as_str()).collect()
}

pub fn assert_sound(made: &MadeQuiz, sources: &[QuizSource]) {
    for question in &made.questions {
        assert!(question.proof.proven, "{question:?}");
        assert_eq!(question.proof.checks.len(), 9, "{question:?}");
        assert!(!question.evidence.is_empty());
        for cited in &question.evidence {
            let verbatim = sources.iter().any(|s| {
                let range = cited.start.checked_sub(s.start).zip(cited.end.checked_sub(s.start));
                range.is_some_and(|(a, b)| s.text.get(a..b) == Some(&cited.quote))
            });
            assert!(verbatim, "{cited:?}");
        }
        match &question.body {
            QuestionBody::MultipleChoice { options, key } => {
                assert_eq!(options.iter().filter(|o| *o == key).count(), 1);
                assert!(!question.stem.contains(key.as_str()), "{}", question.stem);
            }
            QuestionBody::Cloze { key, .. } | QuestionBody::ShortAnswer { key, .. } => {
                assert!(question.evidence.iter().any(|c| c.quote.contains(key.as_str())));
            }
            _ => {}
        }
    }
}
