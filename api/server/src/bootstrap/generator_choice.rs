//! The setting `models.generator`: where the language model comes from.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// What the setting has where Lectern is to choose.
const AUTO: &str = "auto";

/// Where the language model comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum GeneratorChoice {
    /// The largest of the catalogue that this machine carries: `auto`.
    Auto,
    /// A model of the catalogue, by its id.
    Catalogue(String),
    /// A GGUF file.
    File(PathBuf),
    /// An OpenAI-compatible server, by its address.
    Server(String),
}

impl GeneratorChoice {
    /// The id of a model of the catalogue that is named.
    pub fn catalogue_id(&self) -> Option<&str> {
        if let Self::Catalogue(id) = self { Some(id) } else { None }
    }
}

impl From<String> for GeneratorChoice {
    fn from(text: String) -> Self {
        let is_address = text.starts_with("http://") || text.starts_with("https://");
        if text == AUTO {
            Self::Auto
        } else if is_address {
            Self::Server(text)
        } else if Path::new(&text).extension().is_some_and(|e| e.eq_ignore_ascii_case("gguf")) {
            Self::File(text.into())
        } else {
            Self::Catalogue(text)
        }
    }
}

impl fmt::Display for GeneratorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str(AUTO),
            Self::Catalogue(name) | Self::Server(name) => f.write_str(name),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

impl From<GeneratorChoice> for String {
    fn from(choice: GeneratorChoice) -> Self {
        choice.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_stands_for_a_model_a_file_a_server_or_a_choice() {
        let choice = |text: &str| GeneratorChoice::from(text.to_owned());
        assert_eq!(choice("auto"), GeneratorChoice::Auto);
        assert_eq!(choice("smollm2-135m-lectern"), GeneratorChoice::Catalogue("smollm2-135m-lectern".into()));
        assert_eq!(choice("models/School.GGUF"), GeneratorChoice::File("models/School.GGUF".into()));
        assert_eq!(choice("https://gpu/v1"), GeneratorChoice::Server("https://gpu/v1".into()));
        for text in ["auto", "qwen", "a/b.gguf", "http://127.0.0.1:1/v1"] {
            assert_eq!(choice(text).to_string(), text);
        }
    }
}
