//! Questions that ask to reckon with years of the text.

use domain::{CognitiveLevel, Language, Question, QuestionBody, QuestionKind, QuizRequest};

use crate::small_course::{ENGLISH, failed, make, maker, request, sources};

const TRADITIONAL: &str = "1928年，臺灣大學在臺北創立。1945年，臺灣大學改制為今名。臺灣大學的校園面積約34公頃。";
const SIMPLIFIED: &str = "1928年，北方大学在天津创立。1945年，北方大学改为今名。北方大学的校园面积约34公顷。";

fn years(question: &Question) -> (i32, Vec<i32>) {
    let number = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => (number(key), options.iter().map(|o| number(o)).collect()),
        QuestionBody::ShortAnswer { key, .. } => (number(key), Vec::new()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn years_between_two_events_are_reckoned_and_proven_in_each_script() {
    use Language::{English, SimplifiedChinese as Hans, TraditionalChinese as Hant};
    for (text, language, right) in
        [(ENGLISH[0], English, vec![24, 3, 27]), (TRADITIONAL, Hant, vec![17]), (SIMPLIFIED, Hans, vec![17])]
    {
        let sources = sources(&[text], language);
        for kind in [QuestionKind::MultipleChoice, QuestionKind::ShortAnswer] {
            let asked = QuizRequest { level: Some(CognitiveLevel::Apply), ..request(4, &[kind]) };
            let made = make(&sources, &asked).await;
            // Each event is asked about once.
            let [question] = made.questions.as_slice() else { panic!("{made:?}") };
            let (key, options) = years(question);
            assert!(right.contains(&key) && question.level == CognitiveLevel::Apply, "{question:?}");
            assert!(question.proof.proven && question.evidence.len() == 2, "{question:?}");
            assert!(question.proof.checks.iter().any(|c| c.name == "arithmetic"), "{question:?}");
            assert!(kind == QuestionKind::ShortAnswer || options.len() == 4 && options.contains(&key), "{options:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_sum_and_another_stem_are_no_longer_proven() {
    let sources = sources(&ENGLISH, Language::English);
    let asked = QuizRequest { level: Some(CognitiveLevel::Apply), ..request(1, &[QuestionKind::ShortAnswer]) };
    let question = make(&sources, &asked).await.questions.remove(0);
    let mut wrong = question.clone();
    wrong.body = QuestionBody::ShortAnswer { key: "99 years".to_owned(), accepted: Vec::new() };
    wrong.proof = maker().prove(&wrong, &sources, &[]).await.unwrap();
    assert_eq!(failed(&wrong), ["key_supported", "arithmetic"]);
    // The key of a question that asks for something else has to stand in the text.
    let mut other = question.clone();
    other.stem = "When did Mexico become a free country?".to_owned();
    other.proof = maker().prove(&other, &sources, &[]).await.unwrap();
    assert!(failed(&other).contains(&"key_supported"), "{other:?}");
}

#[tokio::test]
async fn kinds_whose_key_stands_in_the_text_do_not_fit() {
    let sources = sources(&ENGLISH, Language::English);
    let asked = QuizRequest { level: Some(CognitiveLevel::Apply), ..request(2, &[QuestionKind::Cloze]) };
    let made = make(&sources, &asked).await;
    assert_eq!(made.questions, []);
    assert_eq!(made.left_out.iter().map(|l| l.reason.as_str()).collect::<Vec<_>>(), ["kind_does_not_fit"]);
}
