//! How a Hugging Face config stretches rotary positions: `rope_scaling` of transformers 4, `rope_parameters` of 5.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::Shape;

/// One of the two objects, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct RopeConfig {
    rope_type: Option<String>,
    #[serde(rename = "type")]
    old_type: Option<String>,
    pub rope_theta: Option<f32>,
    partial_rotary_factor: Option<f32>,
    factor: Option<f32>,
    low_freq_factor: Option<f32>,
    high_freq_factor: Option<f32>,
    original_max_position_embeddings: Option<f32>,
    #[serde(flatten)]
    others: BTreeMap<String, Json>,
}

/// Scaled positions, of the kinds that a GGUF file can tell and the engine runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RopeScaling {
    /// Every position is divided by the factor.
    Linear(f32),
    /// Llama 3.1's: slow waves are stretched by the whole factor, quick ones not at all, between them in between.
    Llama3 {
        factor: f32,
        /// Waves that turn less often than this in `original` positions are slow.
        low: f32,
        /// Those that turn more often than this are quick.
        high: f32,
        original: f32,
    },
}

impl RopeConfig {
    /// What it asks for; none where positions stay as they are. The error says what can't be represented.
    pub(super) fn scaling(&self) -> Result<Option<RopeScaling>, String> {
        if let Some(kind) = self.others.iter().find(|(_, value)| value.is_object()).map(|(key, _)| key) {
            return Err(format!("rotary positions of their own for `{kind}` are not supported"));
        }
        if let Some(share) = self.partial_rotary_factor.filter(|share| (share - 1.0).abs() > f32::EPSILON) {
            return Err(format!("rotating only {share} of each head is not supported"));
        }
        let needed = |name: &str, value: Option<f32>| {
            let usable = value.filter(|v| v.is_finite() && *v > 0.0);
            usable.ok_or_else(|| format!("the rotary scaling needs `{name}`, a number above 0"))
        };
        match self.rope_type.as_deref().or(self.old_type.as_deref()).unwrap_or("default") {
            "default" => Ok(None),
            "linear" => Ok(Some(RopeScaling::Linear(needed("factor", self.factor)?))),
            "llama3" => Ok(Some(RopeScaling::Llama3 {
                factor: needed("factor", self.factor)?,
                low: needed("low_freq_factor", self.low_freq_factor)?,
                high: needed("high_freq_factor", self.high_freq_factor)?,
                original: needed("original_max_position_embeddings", self.original_max_position_embeddings)?,
            })),
            other => Err(format!("the rotary scaling `{other}` is not supported; linear and llama3 are")),
        }
    }
}

/// The angle per position of each pair of a head's numbers, all divided by `factor` (linear scaling), and each by its own
/// divisor where there are such (Llama 3's scaling): as the engine turns them.
pub(super) fn frequencies(shape: &Shape, factor: f32, divisors: Option<&[f32]>) -> Vec<f64> {
    let (base, head) = (f64::from(shape.rope_base), shape.head as f64);
    let divisor = |pair: usize| divisors.and_then(|d| d.get(pair)).map_or(1.0, |d| f64::from(*d)) * f64::from(factor);
    (0..shape.head / 2).map(|pair| base.powf(-2.0 * pair as f64 / head) / divisor(pair)).collect()
}

impl RopeScaling {
    /// The angle per position of each pair of a head's numbers.
    pub(super) fn frequencies(&self, shape: &Shape) -> Vec<f64> {
        let factor = if let Self::Linear(factor) = self { *factor } else { 1.0 };
        frequencies(shape, factor, self.divisors(shape.rope_base, shape.head).as_deref())
    }

    /// What each pair's angle is divided by, where that differs between pairs: GGUF's `rope_freqs`.
    pub(crate) fn divisors(&self, base: f32, head: usize) -> Option<Vec<f32>> {
        let Self::Llama3 { factor, low, high, original } = *self else { return None };
        let half = head / 2;
        let divisor = |pair: usize| {
            let angle = base.powf(-(pair as f32) / half as f32);
            let turns = original * angle / (2.0 * std::f32::consts::PI);
            let smooth = ((turns - low) / (high - low)).clamp(0.0, 1.0);
            1.0 / ((1.0 - smooth) / factor + smooth)
        };
        Some((0..half).map(divisor).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scaling(config: Json) -> Result<Option<RopeScaling>, String> {
        serde_json::from_value::<RopeConfig>(config).unwrap().scaling()
    }

    fn llama3() -> Json {
        json!({
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192, "rope_theta": 500_000.0,
        })
    }

    #[test]
    fn kinds_are_told_apart_and_unknown_ones_refused() {
        assert_eq!(scaling(json!({"rope_theta": 10_000.0, "rope_type": "default"})), Ok(None));
        assert_eq!(scaling(json!({"type": "linear", "factor": 2.0})), Ok(Some(RopeScaling::Linear(2.0))));
        let expected = RopeScaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 8192.0 };
        assert_eq!(scaling(llama3()), Ok(Some(expected)));
        for (config, said) in [
            (json!({"rope_type": "yarn", "factor": 4.0}), "`yarn`"),
            (json!({"rope_type": "llama3", "factor": 8.0}), "`low_freq_factor`"),
            (json!({"rope_type": "linear"}), "`factor`"),
            (json!({"rope_type": "default", "partial_rotary_factor": 0.5}), "only 0.5"),
            (json!({"full_attention": {"rope_type": "default"}}), "`full_attention`"),
        ] {
            let error = scaling(config).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }

    /// What transformers 4.44 makes of Llama 3.1's config (`_compute_llama3_parameters`), worked out by hand for one pair of
    /// each kind: quick (wave shorter than 8192 / 4), between, and slow (longer than 8192).
    #[test]
    fn angles_are_those_of_the_reference() {
        let shape = Shape { rope_base: 500_000.0, head: 128, ..crate::network::tests::tiny_shape() };
        let plain = frequencies(&shape, 1.0, None);
        let scaled = scaling(llama3()).unwrap().unwrap().frequencies(&shape);
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-5, "{a}, not {b}");
        close(plain[1], 500_000f64.powf(-1.0 / 64.0));
        close(scaled[8], plain[8]);
        close(scaled[60], plain[60] / 8.0);
        let pair = 32;
        let wave = 2.0 * std::f64::consts::PI / plain[pair];
        assert!(wave > 2048.0 && wave < 8192.0);
        let smooth = (8192.0 / wave - 1.0) / (4.0 - 1.0);
        close(scaled[pair], (1.0 - smooth) * plain[pair] / 8.0 + smooth * plain[pair]);
        let half = RopeScaling::Linear(2.0).frequencies(&shape);
        assert!(half.iter().zip(&plain).all(|(a, b)| (a * 2.0 - b).abs() < 1e-12));
    }

    #[test]
    fn only_slow_waves_are_stretched() {
        let divisors = scaling(llama3()).unwrap().unwrap().divisors(500_000.0, 64).unwrap();
        assert_eq!((divisors.len(), divisors[0], divisors[31]), (32, 1.0, 8.0));
        assert!(divisors.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(divisors.iter().any(|d| *d > 1.0 && *d < 8.0));
        assert_eq!(RopeScaling::Linear(2.0).divisors(10_000.0, 64), None);
    }
}
