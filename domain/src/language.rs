//! The languages Lectern serves.

use serde::{Deserialize, Serialize};

/// A language of course material, by its BCP 47 tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Traditional Chinese.
    #[serde(rename = "zh-Hant", alias = "zh-TW", alias = "zh-HK")]
    TraditionalChinese,
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans", alias = "zh-CN")]
    SimplifiedChinese,
    /// Anything else: it is read, indexed and quoted, but nothing is written in it.
    #[serde(rename = "und")]
    Other,
}

impl Language {
    /// Its BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::TraditionalChinese => "zh-Hant",
            Self::SimplifiedChinese => "zh-Hans",
            Self::Other => "und",
        }
    }

    /// The language of a tag; `None` for one that Lectern does not know.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Some(match tag {
            "en" | "en-US" | "en-GB" => Self::English,
            "zh-Hant" | "zh-TW" | "zh-HK" => Self::TraditionalChinese,
            "zh-Hans" | "zh-CN" | "zh" => Self::SimplifiedChinese,
            "und" => Self::Other,
            _ => return None,
        })
    }

    /// Whether it is written in Chinese characters.
    pub const fn is_chinese(self) -> bool {
        matches!(self, Self::TraditionalChinese | Self::SimplifiedChinese)
    }
}
