//! Makes a follow-up question stand alone for retrieval: a short or pronominal one gets the content words of the
//! question before it.

use domain::Turn;
use text::{is_common, is_han, question_terms};
use unicode_segmentation::UnicodeSegmentation;

/// How many turns back a chain of follow-ups is traced.
const TURNS: usize = 3;
/// Characters of an earlier question that are read: what it asks stands at its beginning, and a search needs no more.
const LONGEST: usize = 500;

const PRONOUNS: [&str; 22] = [
    "it", "its", "he", "him", "his", "she", "her", "hers", "they", "them", "their", "theirs", "this", "that", "these",
    "those", "there", "one", "ones", "same", "former", "latter",
];
const PRONOUNS_HAN: [&str; 12] = ["它", "他", "她", "牠", "這", "这", "那", "此", "該", "该", "其", "前者"];
/// In these the characters above are no pronouns.
const NOT_PRONOUNS: [&str; 8] = ["其他", "其它", "其中", "其餘", "其余", "其實", "其实", "因此"];

/// `question` as a retrieval query that is understood without `history`.
pub fn standalone_question(question: &str, history: &[Turn]) -> String {
    let recent = history.get(history.len().saturating_sub(TURNS)..).unwrap_or_default();
    let Some((last, earlier)) = recent.split_last() else { return question.to_owned() };
    if !depends(question) {
        return question.to_owned();
    }
    let asked: String = last.question.chars().take(LONGEST).collect();
    let before = standalone_question(&asked, earlier);
    let own = question_terms(question);
    let mut added: Vec<&str> = Vec::new();
    for word in before.unicode_words() {
        let known = added.contains(&word) || question.contains(word);
        if !known && !is_common(&word.to_lowercase()) && !own.iter().any(|t| t == &word.to_lowercase()) {
            added.push(word);
        }
    }
    if before.chars().any(is_han) {
        // Chinese words are not told apart by spaces: the whole question before serves.
        return format!("{question} {before}");
    }
    if added.is_empty() { question.to_owned() } else { format!("{question} {}", added.join(" ")) }
}

/// Whether a question leans on the one before: few words of its own, or a pronoun.
fn depends(question: &str) -> bool {
    let mut text = question.to_lowercase();
    for word in NOT_PRONOUNS {
        text = text.replace(word, " ");
    }
    let pronoun = text.unicode_words().any(|w| PRONOUNS.contains(&w)) || PRONOUNS_HAN.iter().any(|p| text.contains(p));
    pronoun || question_terms(question).len() < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(question: &str) -> Turn {
        Turn { question: question.to_owned(), answer: String::new() }
    }

    #[test]
    fn a_follow_up_gets_the_words_before_it() {
        let history = [turn("Who founded the city of Kaohsiung?")];
        assert_eq!(standalone_question("When?", &history), "When? founded city Kaohsiung");
        assert_eq!(
            standalone_question("How large is it today?", &history),
            "How large is it today? founded city Kaohsiung"
        );
        assert!(standalone_question("它在哪裡？", &[turn("光合作用是什麼？")]).contains("光合作用"));
    }

    #[test]
    fn a_question_of_its_own_stays() {
        let history = [turn("Who founded the city?")];
        let own = "What gas do green plants release in sunlight?";
        assert_eq!(standalone_question(own, &history), own);
        assert_eq!(standalone_question("When?", &[]), "When?");
    }

    #[test]
    fn an_enormous_question_before_is_cut() {
        let history = [turn(&(0..200_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" word"))];
        assert!(standalone_question("When?", &history).len() < 2 * LONGEST);
    }

    #[test]
    fn a_chain_of_follow_ups_reaches_back() {
        let history = [turn("Who wrote the novel Emma?"), turn("When?")];
        assert!(standalone_question("And where?", &history).contains("Emma"));
    }
}
