//! Which generator a machine carries, where the settings leave the choice to Lectern.

use provision::{Catalogue, Entry, ModelKind, ProvisionError};

use crate::bootstrap::GeneratorChoice;

const GIB: u64 = 1 << 30;

/// A generator, and what a machine needs to run it beside reading and search.
#[derive(Clone, Copy, Debug)]
struct Tier {
    name: &'static str,
    id: &'static str,
    /// Bytes of memory that are free before it is loaded: weights, the cache of keys and values, and what the reader takes.
    memory: u64,
    /// Below these, an answer takes longer than a reader waits.
    cores: usize,
}

/// The largest first; the last is for every machine.
const TIERS: [Tier; 3] = [
    Tier { name: "large", id: "qwen2.5-coder-1.5b-instruct", memory: 6 * GIB, cores: 4 },
    Tier { name: "standard", id: "qwen2.5-coder-0.5b-instruct", memory: 3 * GIB, cores: 2 },
    Tier { name: "small", id: "smollm2-135m-lectern", memory: 0, cores: 1 },
];

/// A generator that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Its id in the catalogue.
    pub id: &'static str,
    /// Why, in a sentence.
    pub reason: String,
}

/// The largest generator that is offered and that a machine with so many bytes of free memory and so many cores carries.
pub fn choose_generator(memory: u64, cores: usize, offered: impl Fn(&str) -> bool) -> Chosen {
    let [.., small] = TIERS;
    let carries = |tier: &&Tier| memory >= tier.memory && cores >= tier.cores && offered(tier.id);
    let tier = TIERS.iter().find(carries).unwrap_or(&small);
    let Tier { name, id, .. } = tier;
    let free = memory as f64 / GIB as f64;
    let reason = format!(
        "{id} is the {name} model, the largest offered that {free:.1} GiB of free memory and {cores} cores carry."
    );
    Chosen { id, reason }
}

/// Whether a model can be had with certainty: with files of known checksums.
fn is_offered(entry: &Entry) -> bool {
    entry.kind == ModelKind::Generator && !entry.files.is_empty() && entry.files.iter().all(|f| f.sha256.is_some())
}

/// The generator that is meant on this machine: never [`GeneratorChoice::Auto`].
pub fn resolve_generator(choice: &GeneratorChoice, catalogue: &Catalogue) -> Result<GeneratorChoice, ProvisionError> {
    if *choice != GeneratorChoice::Auto {
        return Ok(choice.clone());
    }
    let memory = tuner::free_memory().unwrap_or(0);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let chosen = choose_generator(memory, cores, |id| catalogue.get(id).is_ok_and(is_offered));
    tracing::info!(generator = chosen.id, "{}", chosen.reason);
    Ok(GeneratorChoice::Catalogue(catalogue.get(chosen.id)?.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_memory_and_more_cores_carry_a_larger_model() {
        let id = |memory, cores| choose_generator(memory, cores, |_| true).id;
        assert_eq!(id(0, 1), "smollm2-135m-lectern");
        assert_eq!(id(64 * GIB, 1), "smollm2-135m-lectern");
        assert_eq!(id(3 * GIB - 1, 16), "smollm2-135m-lectern");
        assert_eq!(id(3 * GIB, 2), "qwen2.5-coder-0.5b-instruct");
        assert_eq!(id(64 * GIB, 3), "qwen2.5-coder-0.5b-instruct");
        assert_eq!(id(6 * GIB, 4), "qwen2.5-coder-1.5b-instruct");
    }

    #[test]
    fn what_is_not_offered_is_not_chosen_and_the_reason_names_the_machine() {
        let chosen = choose_generator(16 * GIB, 8, |id| id.starts_with("smollm2"));
        assert_eq!(chosen.id, "smollm2-135m-lectern");
        assert_eq!(
            chosen.reason,
            "smollm2-135m-lectern is the small model, the largest offered that 16.0 GiB of free memory and 8 cores carry."
        );
    }

    #[test]
    fn every_tier_is_in_the_catalogue() {
        let catalogue = Catalogue::builtin().unwrap();
        for tier in TIERS {
            assert_eq!(catalogue.get(tier.id).unwrap().kind, ModelKind::Generator);
        }
        let [.., small] = TIERS;
        assert!(is_offered(catalogue.get(small.id).unwrap()));
    }
}
