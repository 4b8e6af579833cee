//! Near-duplicates among hits: the same lesson as slides and as a handout must not fill all places of an answer.

use std::{
    collections::HashSet,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

/// Terms in a row that are compared, as in w-shingling (Broder, 1997).
const SHINGLE: usize = 3;
/// A text of which this share was said before says nothing new.
const KNOWN: f32 = 0.9;

/// What better hits have said.
#[derive(Debug, Default)]
pub(crate) struct Said(HashSet<u64>);

impl Said {
    /// Whether a text of these terms repeats what was said, by one or by several texts together; if not, it is said from
    /// now on.
    pub(crate) fn repeats(&mut self, terms: &[String]) -> bool {
        let shingles = shingles(terms);
        let known = shingles.intersection(&self.0).count();
        let repeats = !shingles.is_empty() && known as f32 >= KNOWN * shingles.len() as f32;
        if !repeats {
            self.0.extend(shingles);
        }
        repeats
    }
}

fn shingles(terms: &[String]) -> HashSet<u64> {
    let hasher = BuildHasherDefault::<DefaultHasher>::new();
    terms.windows(SHINGLE.min(terms.len().max(1))).map(|window| hasher.hash_one(window)).collect()
}

#[cfg(test)]
mod tests {
    use super::Said;
    use crate::analyse_text::analyse;

    fn repeats(said: &mut Said, text: &str) -> bool {
        said.repeats(&analyse(text))
    }

    #[test]
    fn a_copy_is_told_however_it_is_set_and_divided() {
        let mut said = Said::default();
        let first =
            "Granite is an igneous rock that cools slowly, deep under the ground, so that its crystals grow large.";
        let second =
            "Basalt cools quickly at the surface, and its crystals stay too small to be seen by the naked eye.";
        assert!(!repeats(&mut said, first) && !repeats(&mut said, second));
        assert!(repeats(
            &mut said,
            "granite is an igneous rock\nthat cools slowly,   deep under the ground, so that its crystals"
        ));
        assert!(repeats(&mut said, &format!("{first} {second}")));
        assert!(!repeats(
            &mut said,
            "Granite is an igneous rock that is often polished and used for the fronts of banks."
        ));
        assert!(!repeats(&mut said, "") && !repeats(&mut said, "。"));
    }

    #[test]
    fn chinese_is_told_in_either_script() {
        let mut said = Said::default();
        assert!(!repeats(&mut said, "光合作用是植物利用光能將二氧化碳和水轉化為葡萄糖並釋放氧氣的過程。"));
        assert!(repeats(&mut said, "光合作用是植物利用光能将二氧化碳和水转化为葡萄糖并释放氧气的过程。"));
        assert!(!repeats(&mut said, "呼吸作用是生物分解葡萄糖以取得能量的過程。"));
    }
}
