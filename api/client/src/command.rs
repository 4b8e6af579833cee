//! What commands end with, and how they print.

use serde_json::Value;

/// What commands end with: an exit code, or a message for the user.
pub type CommandResult = Result<std::process::ExitCode, Box<dyn std::error::Error + Send + Sync>>;

/// Nothing was found, or the answer was refused.
pub const NOTHING_FOUND: u8 = 3;

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// JSON instead of text.
    pub json: bool,
}

impl Output {
    /// Prints the value as one line of JSON, or the text.
    pub fn print(self, value: &Value, text: impl FnOnce() -> String) {
        if self.json {
            println!("{value}");
        } else {
            println!("{}", text());
        }
    }
}

/// An enum's variant by its name in JSON.
pub fn parse_name<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|_| format!("{name} is not one of them"))
}
