//! Follow-up questions made of two that were asked about the same thing: the second leaves its name out, as people do.
//!
//! Sets of real follow-ups (`CANARD`, `QReCC`) are read where they are given; none came with a licence to ship what is
//! learnt from it. What is made here is kept to forms that people do use, and a share needs no change, so that a question
//! that stands alone is left alone.

use domain::{Language, Turn, task_prompts::v2::rewrite_prompt};

use super::{
    Row, Told,
    maker::{Maker, stem_of},
    passages::PlacedItem,
    saying,
};
use crate::random::Random;

/// Share of passages whose questions are put one after the other though the second needs nothing of the first.
const UNCHANGED: f32 = 0.06;

impl Maker<'_> {
    /// At most one row a passage.
    pub(super) fn follow_ups(&self, members: &[usize], random: &mut Random) -> Vec<Row> {
        members.iter().filter_map(|passage| self.follow_up(*passage, random)).collect()
    }

    fn follow_up(&self, passage: usize, random: &mut Random) -> Option<Row> {
        let quoted = |placed: &&PlacedItem<'_>| matches!(placed.item.told, Told::Quoted(_));
        let own: Vec<&PlacedItem<'_>> = self.passages[passage].items.iter().filter(quoted).collect();
        let asked = *own.get(random.below(own.len()))?;
        let standalone = stem_of(asked)?;
        let near = self.near(passage).take(3).flat_map(|p| self.passages[p].items.iter()).filter(quoted);
        let mut before: Vec<&PlacedItem<'_>> =
            near.filter(|b| b.item.id != asked.item.id && stem_of(b).is_some()).collect();
        random.shuffle(&mut before);
        let language = self.passages[passage].language;
        let leaning = before.iter().find_map(|placed| {
            let first = placed.item.question.as_str();
            let made = match language {
                Language::English | Language::Other => english(first, &standalone, self.passages[passage].text),
                _ => chinese(first, &standalone, random),
            };
            Some((*placed, made?))
        });
        let (kind, first, question) = match leaning {
            Some((first, question)) => ("leaning", first, question),
            None if random.float() < UNCHANGED => ("alone", *before.first()?, standalone.clone()),
            None => return None,
        };
        let answer = if random.float() < 0.7 { first.item.key().to_owned() } else { String::new() };
        let history = [Turn { question: stem_of(first)?, answer }];
        let messages = rewrite_prompt(language, &history, &question);
        let row = Row {
            id: format!("rewrite-{}", asked.item.id),
            task: "rewrite".to_owned(),
            kind: kind.to_owned(),
            language,
            ..Row::default()
        };
        Some(saying(row, messages, standalone))
    }
}

/// The second question with a pronoun for a name that the first has too; `None` where no pronoun surely fits.
fn english(first: &str, second: &str, passage: &str) -> Option<String> {
    let words: Vec<&str> = second.trim_end_matches('?').split(' ').collect();
    let capital = |n: usize| words[n].starts_with(char::is_uppercase);
    let begin = (1..words.len()).find(|n| capital(*n))?;
    let end = (begin..words.len()).find(|n| !capital(*n)).unwrap_or(words.len());
    let owner = words[end - 1].strip_suffix("'s");
    let last = owner.unwrap_or(words[end - 1]);
    let name = [&words[begin..end - 1], &[last]].concat().join(" ");
    // Another name in the question, or a mark, and the pronoun could be anybody's.
    let clear = !(end..words.len()).any(capital) && name.chars().all(|c| c.is_alphanumeric() || c == ' ');
    let same = first.contains(&name) && second.matches(&name).count() == 1 && passage.contains(&name);
    if !clear || !same || first.trim() == second {
        return None;
    }
    let before = words[begin - 1];
    let place = ["in", "at", "from", "to", "into"].iter().any(|word| passage.contains(&format!(" {word} {name}")));
    let count = |forms: &[&str]| passage.split(|c: char| !c.is_alphabetic()).filter(|w| forms.contains(w)).count();
    let (he, she) = (count(&["he", "He", "his", "him", "His"]), count(&["she", "She", "her", "Her"]));
    let it = count(&["it", "It", "its", "Its"]);
    let subject = ["did", "does", "is", "was", "has", "had", "would", "could", "can", "will"].contains(&before);
    let object = ["of", "for", "with", "by", "about", "did"].contains(&before) || end == words.len();
    let forms = match (place, he, she) {
        (true, ..) if it > 0 => ["it", "it", "its"],
        (false, 2.., 0) => ["he", "him", "his"],
        (false, 0, 2..) => ["she", "her", "her"],
        (false, 0, 0) if it > 1 => ["it", "it", "its"],
        _ => return None,
    };
    let (pronoun, end) = match (owner, subject, object) {
        (Some(_), ..) => (forms[2], end),
        (None, true, _) if end < words.len() => (forms[0], end),
        (None, false, true) => (forms[1], end),
        _ => return None,
    };
    // `in it` is said as `there`.
    let made: Vec<&str> = if before == "in" && pronoun == "it" {
        [&words[..begin - 1], &["there"], &words[end..]].concat()
    } else {
        [&words[..begin], &[pronoun], &words[end..]].concat()
    };
    Some(format!("{}?", made.join(" ")))
}

/// The second question without the name that it begins with and the first has too: Chinese leaves known subjects out.
fn chinese(first: &str, second: &str, random: &mut Random) -> Option<String> {
    const FOLLOWING: &str = "在是的於于曾有被何最從从將将由共與与和會会哪位不一什甚屬属";
    let chars: Vec<(usize, char)> = second.char_indices().collect();
    let cut = (2..chars.len().min(12)).find(|n| FOLLOWING.contains(chars[*n].1))?;
    let (name, rest) = second.split_at(chars[cut].0);
    let leans = [
        "在", "如果", "根據", "根据", "這", "这", "文中", "下列", "為什", "为什", "哪", "誰", "谁", "被", "從", "从",
        "當", "当",
    ];
    let plain = !leans.iter().any(|word| name.starts_with(word)) && !name.contains(['，', ',', '、', '「', '（', '(']);
    let known = first.contains(name) && first.trim_end_matches(['?', '？']) != second.trim_end_matches('？');
    if !plain || !known || rest.chars().count() < 5 || rest.contains(name) || name.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let rest = rest.strip_prefix('的').unwrap_or(rest);
    Some(if random.float() < 0.35 { format!("那{rest}") } else { rest.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_known_are_left_out() {
        let passage = "Ada Stone was a writer. She moved to Graz, where she wrote her books.";
        let made = |second| english("When was Ada Stone born?", second, passage);
        assert_eq!(made("When did Ada Stone move to the south?"), Some("When did she move to the south?".to_owned()));
        assert_eq!(made("What were Ada Stone's books about?"), Some("What were her books about?".to_owned()));
        assert_eq!(made("When did Ada Stone move to Graz?"), None);
        assert_eq!(made("When did Bela Stone move?"), None);
        let mut random = Random::new(1);
        let made = chinese("西燕在哪一年滅亡?", "西燕的都城在哪裡？", &mut random);
        assert!(made == Some("都城在哪裡？".to_owned()) || made == Some("那都城在哪裡？".to_owned()), "{made:?}");
        assert_eq!(chinese("西燕在哪一年滅亡?", "東燕的都城在哪裡？", &mut random), None);
    }
}
