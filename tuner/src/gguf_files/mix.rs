//! Which type each tensor of a model is stored as: llama.cpp's mixes (`llama-quant.cpp`), by their names there.

use std::str::FromStr;

use candle_core::quantized::GgmlDType;

/// A mix of types: how small a file becomes, and at what loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 8.5 bits a weight.
    Q8_0,
    /// 6.6 bits a weight.
    Q6K,
    /// About 5.7 bits a weight; half of the values and downs in 6.
    Q5KM,
    /// About 4.8 bits a weight; half of the values and downs in 6.
    Q4KM,
    /// 4.5 bits a weight, the output in 6.
    Q4_0,
}

impl Mix {
    /// All of them, best first.
    pub const ALL: [Self; 7] = [Self::F32, Self::F16, Self::Q8_0, Self::Q6K, Self::Q5KM, Self::Q4KM, Self::Q4_0];

    /// Its name in llama.cpp, lower-case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q6K => "q6_k",
            Self::Q5KM => "q5_k_m",
            Self::Q4KM => "q4_k_m",
            Self::Q4_0 => "q4_0",
        }
    }

    /// Its number in a file's `general.file_type`.
    pub(super) const fn file_type(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q8_0 => 7,
            Self::Q4KM => 15,
            Self::Q5KM => 17,
            Self::Q6K => 18,
        }
    }

    /// The type of most tensors.
    const fn base(self) -> GgmlDType {
        match self {
            Self::F32 => GgmlDType::F32,
            Self::F16 => GgmlDType::F16,
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q6K => GgmlDType::Q6K,
            Self::Q5KM => GgmlDType::Q5K,
            Self::Q4KM => GgmlDType::Q4K,
            Self::Q4_0 => GgmlDType::Q4_0,
        }
    }

    /// The type of the tensor `name` with these dimensions (rows first) in a model of `layers` layers. `tied` says that
    /// the embedding also is the output.
    pub(super) fn kind_of(self, name: &str, dims: &[usize], layers: usize, tied: bool) -> GgmlDType {
        if dims.len() < 2 {
            return GgmlDType::F32;
        }
        let output = name == "output.weight" || (tied && name == "token_embd.weight");
        let mixed = matches!(self, Self::Q5KM | Self::Q4KM);
        let sensitive = name.ends_with("attn_v.weight") || name.ends_with("ffn_down.weight");
        let wanted = match self {
            Self::F32 | Self::F16 | Self::Q8_0 => self.base(),
            _ if output => GgmlDType::Q6K,
            _ if mixed && sensitive && more_bits(layer_of(name), layers) => GgmlDType::Q6K,
            _ => self.base(),
        };
        fitting(wanted, dims.last().copied().unwrap_or_default())
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let lower = name.to_lowercase();
        Self::ALL.into_iter().find(|m| m.name() == lower).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|m| m.name()).collect();
            format!("{name} is none of {}", known.join(", "))
        })
    }
}

fn layer_of(name: &str) -> usize {
    name.strip_prefix("blk.").and_then(|n| n.split('.').next()?.parse().ok()).unwrap_or_default()
}

/// The first and last eighth of the layers, and every third between.
const fn more_bits(layer: usize, layers: usize) -> bool {
    layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2
}

/// Rows that do not divide into blocks of 256 take the nearest type with blocks of 32; those that do not divide into
/// these either stay floats.
fn fitting(wanted: GgmlDType, row: usize) -> GgmlDType {
    if row.is_multiple_of(wanted.block_size()) {
        return wanted;
    }
    let smaller = match wanted {
        GgmlDType::Q4K => GgmlDType::Q5_0,
        GgmlDType::Q5K => GgmlDType::Q5_1,
        _ => GgmlDType::Q8_0,
    };
    if row.is_multiple_of(32) { smaller } else { GgmlDType::F16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for mix in Mix::ALL {
            assert_eq!(mix.name().to_uppercase().parse(), Ok(mix));
        }
        assert!("q3".parse::<Mix>().is_err());
    }

    #[test]
    fn a_mix_is_that_of_llama_cpp() {
        let kind = |mix: Mix, name: &str, row| mix.kind_of(name, &[64, row], 32, true);
        assert_eq!(kind(Mix::Q4KM, "blk.5.attn_q.weight", 512), GgmlDType::Q4K);
        assert_eq!(kind(Mix::Q4KM, "blk.5.attn_q.weight", 576), GgmlDType::Q5_0);
        assert_eq!(kind(Mix::Q4KM, "blk.0.ffn_down.weight", 512), GgmlDType::Q6K);
        assert_eq!(kind(Mix::Q4KM, "blk.5.ffn_down.weight", 512), GgmlDType::Q4K);
        assert_eq!(kind(Mix::Q4_0, "token_embd.weight", 576), GgmlDType::Q8_0);
        assert_eq!(Mix::Q4_0.kind_of("token_embd.weight", &[64, 576], 32, false), GgmlDType::Q4_0);
        assert_eq!(kind(Mix::Q8_0, "blk.1.attn_q.weight", 40), GgmlDType::F16);
        assert_eq!(Mix::Q4_0.kind_of("blk.1.attn_norm.weight", &[64], 32, true), GgmlDType::F32);
    }
}
