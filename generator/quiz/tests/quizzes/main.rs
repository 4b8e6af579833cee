//! Quizzes made by rule from a small course: that a seed repeats them, that every quote is verbatim, that texts which hold
//! little give little, and that an edit is proven again.

mod apply;
mod small_course;
#[path = "../../../test_embedder.rs"]
mod test_embedder;

use std::sync::Mutex;

use domain::{ByteRange, CognitiveLevel, Language, Question, QuestionBody, QuestionKind, QuizRequest};
use quiz::{QuizEvent, QuizSource, SourceItem};
use small_course::{CHINESE, ENGLISH, assert_sound, failed, locate, make, maker, request, sources};

#[tokio::test]
async fn a_seed_repeats_a_quiz_and_another_does_not() {
    let sources = sources(&ENGLISH, Language::English);
    let asked = request(6, &[QuestionKind::Cloze, QuestionKind::TrueFalse]);
    let first = make(&sources, &asked).await;
    assert!(first.questions.len() >= 5, "{:?}", first.left_out);
    assert_eq!(first, make(&sources, &asked).await);
    assert_ne!(first, make(&sources, &QuizRequest { seed: Some(6), ..asked }).await);
    assert_sound(&first, &sources);
}

#[tokio::test]
async fn chinese_questions_take_a_question_word_or_a_blank() {
    let sources = sources(&CHINESE, Language::TraditionalChinese);
    let made = make(&sources, &request(8, &[QuestionKind::ShortAnswer, QuestionKind::MultipleChoice])).await;
    assert_sound(&made, &sources);
    let stems: Vec<&str> = made.questions.iter().map(|q| q.stem.as_str()).collect();
    assert!(stems.iter().any(|s| s.contains("哪一年") || s.contains("多少")), "{stems:?}");
    assert!(made.questions.iter().all(|q| q.language == Language::TraditionalChinese));
}

#[tokio::test]
async fn events_are_ordered_and_terms_matched() {
    let sources = sources(&ENGLISH, Language::English);
    let made = make(&sources, &request(2, &[QuestionKind::Ordering, QuestionKind::Matching])).await;
    assert_sound(&made, &sources);
    let order = made.questions.iter().find_map(|q| match &q.body {
        QuestionBody::Ordering { key, .. } => Some(key.clone()),
        _ => None,
    });
    let events =
        ["Mexico became a free country", "Texas joined the United States", "the war with Mexico came to an end"];
    assert_eq!(order.unwrap(), events);
    let pairs = made.questions.iter().find_map(|q| match &q.body {
        QuestionBody::Matching { pairs } => Some(pairs.clone()),
        _ => None,
    });
    let pairs = pairs.unwrap();
    assert_eq!(pairs[0].left, "Photosynthesis");
    assert_eq!(pairs[0].right, "a process that turns light into chemical energy");
}

#[tokio::test]
async fn too_little_text_gives_fewer_questions_and_says_why() {
    let short = sources(&["Ten words are here and none of them says anything."], Language::English);
    let table = sources(
        &[
            "Week | Topic | Points\n1 | Rivers | 10\n2 | Seas | 20\n3 | Lakes | 30",
            "fn main() { let x = 1; println!(\"{x}\"); }",
        ],
        Language::English,
    );
    for sources in [short, table, Vec::new()] {
        let made = make(&sources, &request(5, &[QuestionKind::Cloze])).await;
        assert_eq!(made.questions, []);
        assert!(sources.is_empty() || !made.left_out.is_empty(), "nothing says why");
    }
    let few = sources(&ENGLISH, Language::English);
    let made = make(&few, &request(100, &[QuestionKind::Cloze])).await;
    assert!((3..100).contains(&made.questions.len()));
    assert!(!made.left_out.is_empty());
}

#[tokio::test]
async fn limits_of_the_request_hold_and_progress_is_told() {
    let mut sources = sources(&ENGLISH, Language::English);
    sources.extend(self::sources(&CHINESE, Language::TraditionalChinese));
    let asked = QuizRequest { language: Some(Language::English), pages: vec![2], ..request(5, &[QuestionKind::Cloze]) };
    let events = Mutex::new(Vec::new());
    let made = maker().make(&asked, &sources, &locate, |e| events.lock().unwrap().push(e)).await.unwrap();
    assert!(!made.questions.is_empty());
    assert!(
        made.questions.iter().all(|q| ENGLISH[1]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains(&q.evidence[0].quote))
    );
    let events = events.into_inner().unwrap();
    assert_eq!(events.first(), Some(&QuizEvent::Read { passages: 1 }));
    assert_eq!(events.iter().filter(|e| **e == QuizEvent::Tried).count(), made.tried);
    let accepted = events.iter().filter(|e| matches!(e, QuizEvent::Accepted { .. })).count();
    assert_eq!(accepted, made.questions.len());
}

#[tokio::test]
async fn an_edit_that_breaks_a_question_is_seen() {
    let sources = sources(&ENGLISH, Language::English);
    let made = make(&sources, &request(4, &[QuestionKind::Cloze])).await;
    let good = made.questions[0].clone();
    let again = maker().prove(&good, &sources, &made.questions[1..]).await.unwrap();
    assert!(again.proven, "{again:?}");
    let broken = |change: &dyn Fn(&mut Question)| {
        let mut question = good.clone();
        change(&mut question);
        question
    };
    let cases: [(&str, Question); 5] = [
        ("well_formed", broken(&|q| q.stem = "There is no blank here.".to_owned())),
        (
            "key_supported",
            broken(&|q| {
                if let QuestionBody::Cloze { key, .. } = &mut q.body {
                    *key = "Atlantis".to_owned();
                }
            }),
        ),
        ("key_supported", broken(&|q| q.evidence[0].quote.push('!'))),
        ("stands_alone", broken(&|q| q.stem = "This happened in _____ as they say.".to_owned())),
        ("language", broken(&|q| q.stem.push('國'))),
    ];
    for (name, mut question) in cases {
        question.proof = maker().prove(&question, &sources, &[]).await.unwrap();
        assert!(failed(&question).contains(&name), "{name}: {:?}", question.proof);
    }
    let twin = maker().prove(&good, &sources, std::slice::from_ref(&good)).await.unwrap();
    assert!(twin.checks.iter().any(|c| c.name == "no_duplicate" && !c.passed));
}

#[tokio::test]
async fn a_question_is_made_again_otherwise() {
    let sources = sources(&ENGLISH, Language::English);
    let asked = request(4, &[QuestionKind::Cloze]);
    let made = make(&sources, &asked).await;
    let (old, others) = made.questions.split_first().unwrap();
    let new = maker().remake(old, &asked, &sources, others, &locate).await.unwrap().unwrap();
    assert!(new.proof.proven);
    assert_ne!(new.stem, old.stem);
    assert!(others.iter().all(|q| q.stem != new.stem));
}

#[tokio::test]
async fn one_distractor_is_made_again() {
    let sources = sources(&ENGLISH, Language::English);
    let made = make(&sources, &request(4, &[QuestionKind::MultipleChoice])).await;
    assert!(!made.questions.is_empty(), "{:?}", made.left_out);
    let mut remade = 0;
    for (i, old) in made.questions.iter().enumerate() {
        let others: Vec<Question> = made.questions.iter().filter(|q| q.stem != old.stem).cloned().collect();
        let QuestionBody::MultipleChoice { options, key } = &old.body else { panic!("{:?}", old.body) };
        let place = options.iter().position(|o| o != key).unwrap();
        let new = maker().remake_distractor(old, &options[place], &sources, &others, &locate).await.unwrap();
        let Some(new) = new else { continue };
        remade += 1;
        assert!(new.proof.proven, "{i}: {:?}", new.proof);
        let QuestionBody::MultipleChoice { options: after, key: same } = &new.body else { panic!("{:?}", new.body) };
        let changed: Vec<usize> = (0..options.len()).filter(|i| options[*i] != after[*i]).collect();
        assert_eq!((changed, same), (vec![place], key));
        assert!(!options.contains(&after[place]), "{after:?}");
    }
    assert!(remade > 0, "{:?}", made.questions);
    let QuestionBody::MultipleChoice { key, .. } = &made.questions[0].body else { panic!("a choice") };
    let none = maker().remake_distractor(&made.questions[0], key, &sources, &[], &locate).await.unwrap();
    assert_eq!(none, None, "the key is no distractor");
}

#[tokio::test]
async fn a_course_in_two_languages_gives_questions_each_in_its_own() {
    let mut sources = sources(&ENGLISH, Language::English);
    sources.extend(self::sources(&CHINESE, Language::TraditionalChinese));
    let made = make(&sources, &request(8, &[QuestionKind::Cloze, QuestionKind::MultipleChoice])).await;
    assert_sound(&made, &sources);
    for language in [Language::English, Language::TraditionalChinese] {
        let own = made.questions.iter().filter(|q| q.language == language);
        assert!(own.count() >= 2, "{language:?}: {:?}", made.left_out);
    }
    for question in &made.questions {
        let source = sources.iter().find(|s| s.document_id == question.evidence[0].document_id).unwrap();
        assert_eq!(question.language, source.language, "{}", question.stem);
        if let QuestionBody::MultipleChoice { options, .. } = &question.body
            && question.language == Language::English
        {
            assert!(options.iter().all(|o| o.is_ascii()), "{options:?}");
        }
    }
}

#[tokio::test]
async fn every_page_gets_its_share() {
    let leaves = "In 1779 Jan Ingenhousz described how leaves use light. In 1804 Nicolas de Saussure weighed the water in \
                  plants. In 1893 Charles Barnes proposed two names for the process.";
    let sources = sources(&[ENGLISH[0], ENGLISH[1], leaves], Language::English);
    for count in [3, 6] {
        let made = make(&sources, &request(count, &[QuestionKind::Cloze])).await;
        assert_eq!(made.questions.len(), count, "{:?}", made.left_out);
        let on_page = |source: &QuizSource| {
            let range = source.start..source.start + source.text.len();
            made.questions.iter().filter(|q| range.contains(&q.evidence[0].start)).count()
        };
        let shares: Vec<usize> = sources.iter().map(on_page).collect();
        assert!(shares.iter().all(|share| (1..=count / 2).contains(share)), "{shares:?}");
    }
}

#[tokio::test]
async fn a_kind_that_fits_nowhere_is_said_not_to_fit() {
    let plain = sources(&["The river is long and the hills are green. Many birds live there."], Language::English);
    let made = make(&plain, &request(3, &[QuestionKind::Ordering])).await;
    assert_eq!((made.questions.len(), made.tried), (0, 0));
    let reasons: Vec<(&str, usize)> = made.left_out.iter().map(|l| (l.reason.as_str(), l.count)).collect();
    assert_eq!(reasons, [("kind_does_not_fit", 3)]);
    let none = make(&[], &request(3, &[QuestionKind::Ordering])).await;
    assert_eq!(none.left_out[0].reason, "no_key");
}

#[tokio::test]
async fn exam_items_are_taken_over_as_they_stand() {
    let mut sources = sources(&ENGLISH, Language::English);
    let text = "1. Which river flows through Vienna? A. The Rhine B. The Danube C. The Elbe Answer: B";
    let start = sources.last().map_or(0, |s| s.start + s.text.len() + 2);
    let options: Vec<String> = ["The Rhine", "The Danube", "The Elbe"].map(str::to_owned).to_vec();
    let item = SourceItem {
        stem: "Which river flows through Vienna?".to_owned(),
        options: options.clone(),
        key: Some(1),
        range: ByteRange::new(start, start + text.len()),
    };
    let unkeyed = SourceItem { key: None, ..item.clone() };
    let two = SourceItem { options: vec!["A".to_owned(), "B".to_owned()], ..item.clone() };
    let last = sources[0].clone();
    sources.push(QuizSource { text: text.to_owned(), start, page: 4, items: vec![item.clone(), unkeyed, two], ..last });
    let asked = QuizRequest { reuse_items: true, ..request(2, &[QuestionKind::Cloze]) };
    let made = make(&sources, &asked).await;
    let reused: Vec<&Question> = made.questions.iter().filter(|q| q.reused).collect();
    assert_eq!(reused.len(), 1);
    assert_eq!(reused[0].body, QuestionBody::MultipleChoice { options, key: "The Danube".to_owned() });
    assert_eq!(reused[0].evidence[0].quote, text);
    assert_eq!(made.questions.len(), 2);
    assert!(reused[0].proof.proven, "{:?}", reused[0].proof);
    let names: Vec<&str> = reused[0].proof.checks.iter().map(|c| c.name.as_str()).collect();
    let all = ["well_formed", "key_supported", "language", "stands_alone", "options_alike", "no_duplicate"];
    assert_eq!(names, [&all[..], &["not_answerable_without"]].concat());
    let again = maker().prove(reused[0], &sources, &[]).await.unwrap();
    assert_eq!(again, reused[0].proof, "an edit is proven by the same checks");
}

#[tokio::test]
async fn an_exam_item_that_fails_a_check_is_kept_and_told_to_be_unproven() {
    let mut sources = sources(&ENGLISH, Language::English);
    let text = "1. Which river does he mean? A. The Rhine B. The Danube of the Black Forest C. Elbe Answer: B";
    let start = sources.last().map_or(0, |s| s.start + s.text.len() + 2);
    let options = ["The Rhine", "The Danube of the Black Forest", "Elbe"].map(str::to_owned).to_vec();
    let item = SourceItem {
        stem: "Which river does he mean?".to_owned(),
        options,
        key: Some(1),
        range: ByteRange::new(start, start + text.len()),
    };
    let last = sources[0].clone();
    sources.push(QuizSource { text: text.to_owned(), start, page: 4, items: vec![item], ..last });
    let made = make(&sources, &QuizRequest { reuse_items: true, ..request(1, &[QuestionKind::Cloze]) }).await;
    let reused = made.questions.iter().find(|q| q.reused).unwrap();
    assert!(!reused.proof.proven);
    assert_eq!(failed(reused), ["stands_alone", "options_alike"]);
}

#[tokio::test]
async fn a_key_that_alone_is_near_to_its_stem_is_answerable_without_the_passage() {
    let sources = sources(&CHINESE, Language::TraditionalChinese);
    let made = make(&sources, &request(8, &[QuestionKind::MultipleChoice, QuestionKind::ShortAnswer])).await;
    let without = |question: &Question| {
        question.proof.checks.iter().find(|c| c.name == "not_answerable_without").map(|c| c.passed)
    };
    assert!(!made.questions.is_empty() && made.questions.iter().all(|q| without(q) == Some(true)));
    let mut told = made.questions.iter().find(|q| q.body.kind() == QuestionKind::MultipleChoice).unwrap().clone();
    told.stem = "樂山大佛在四川省樂山市的哪一個市？".to_owned();
    told.body = QuestionBody::MultipleChoice {
        options: ["樂山市", "鶴崗縣", "屏東鎮", "格爾木"].map(str::to_owned).to_vec(),
        key: "樂山市".to_owned(),
    };
    told.proof = maker().prove(&told, &sources, &[]).await.unwrap();
    assert_eq!(without(&told), Some(false), "{:?}", told.proof);
}

#[tokio::test]
async fn reading_sets_ask_several_questions_on_a_passage_that_is_shown() {
    let mut sources = sources(&ENGLISH, Language::English);
    sources.extend(self::sources(&CHINESE, Language::TraditionalChinese));
    let kinds = [QuestionKind::Cloze, QuestionKind::MultipleChoice, QuestionKind::TrueFalse];
    let asked = QuizRequest { questions_per_passage: Some(3), ..request(9, &kinds) };
    let events = Mutex::new(Vec::new());
    let made = maker().make(&asked, &sources, &locate, |e| events.lock().unwrap().push(e)).await.unwrap();
    assert_sound(&made, &sources);
    assert!(made.passages.len() >= 2, "{:?}", made.left_out);
    for passage in &made.passages {
        let own: Vec<&Question> = made.questions.iter().filter(|q| q.passage == Some(passage.n)).collect();
        assert!((2..=3).contains(&own.len()), "{own:?}");
        let source = sources.iter().find(|s| s.document_id == passage.document_id && s.start == passage.start).unwrap();
        assert_eq!((&source.text, source.start + source.text.len()), (&passage.quote, passage.end));
        let within = |q: &&Question| q.evidence.iter().all(|c| passage.start <= c.start && c.end <= passage.end);
        assert!(own.iter().all(within), "{own:?}");
    }
    // Each passage's questions follow one another, in the passages' order, and none stands alone.
    let numbers: Vec<usize> = made.questions.iter().map(|q| q.passage.unwrap()).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    let events = events.into_inner().unwrap();
    let told = events.iter().filter(|e| matches!(e, QuizEvent::Passage(_))).count();
    assert_eq!(told, made.passages.len());
    let first = made.questions.first().unwrap();
    let new = maker().remake(first, &asked, &sources, &made.questions[1..], &locate).await.unwrap();
    assert!(new.is_none_or(|new| new.passage == first.passage));
}

#[tokio::test]
async fn a_passage_that_holds_one_question_makes_no_set() {
    let one = sources(&["In 1821 Mexico became a free country, as its people had long wanted."], Language::English);
    let asked = QuizRequest { questions_per_passage: Some(2), ..request(4, &[QuestionKind::Cloze]) };
    let made = make(&one, &asked).await;
    assert_eq!((made.questions.len(), made.passages.len()), (0, 0));
    assert!(made.left_out.iter().any(|l| l.reason == "too_few_on_passage"), "{:?}", made.left_out);
}

#[tokio::test]
async fn a_chinese_text_is_asked_which_statement_is_true() {
    let text = "太陽能電池的效率近年逐漸提高。再生能源在2015年得到政府支持。水庫的北部建有三座發電廠。\
                風力發電的成本在十年內減少了一半。核能電廠的位置大多靠近海岸。";
    let sources = sources(&[text], Language::TraditionalChinese);
    let asked = QuizRequest { level: Some(CognitiveLevel::Understand), ..request(1, &[QuestionKind::MultipleChoice]) };
    let made = make(&sources, &asked).await;
    assert_sound(&made, &sources);
    let question = made.questions.first().unwrap_or_else(|| panic!("{:?}", made.left_out));
    assert_eq!(question.stem, "關於「Topic 1」，下列敘述何者正確？");
    let QuestionBody::MultipleChoice { options, key } = &question.body else { panic!("{question:?}") };
    assert!(text.contains(key.as_str()));
    assert_eq!(options.iter().filter(|o| text.contains(o.as_str())).count(), 1, "{options:?}");
}

#[tokio::test]
async fn dropping_the_future_stops_it() {
    let sources = sources(&ENGLISH, Language::English);
    let asked = request(50, &[QuestionKind::Cloze]);
    let maker = maker();
    let making = maker.make(&asked, &sources, &locate, |_| {});
    let cut = tokio::time::timeout(std::time::Duration::ZERO, making).await;
    assert!(cut.is_err() || cut.unwrap().is_ok());
}
