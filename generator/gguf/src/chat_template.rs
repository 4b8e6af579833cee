//! Puts the model's own chat template around the messages.
//!
//! The template is Jinja text, read as Hugging Face's `transformers` reads it. What the messages say can never become a
//! control token: their spellings are broken up in the content first.

use domain::ports::{Message, Role};
use minijinja::{Environment, Error, ErrorKind, context, syntax::SyntaxConfig};

use crate::{GgufResult, SpecialTokens};

const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + \
                      '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' \
                      }}{% endif %}";

/// A compiled chat template.
pub struct ChatTemplate {
    environment: Environment<'static>,
    special: SpecialTokens,
}

impl ChatTemplate {
    /// Compiles `source`, or `ChatML` where a model has none.
    pub fn new(source: Option<&str>, special: SpecialTokens) -> GgufResult<Self> {
        let mut environment = Environment::new();
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", |format: String| jiff::Zoned::now().strftime(&format).to_string());
        environment.add_template_owned("chat", source.unwrap_or(CHATML).to_owned())?;
        Ok(Self { environment, special })
    }

    /// The text of these messages; with `ask`, up to where the assistant is to go on.
    pub fn render(&self, messages: &[Message], ask: bool) -> GgufResult<String> {
        let messages: Vec<_> = messages
            .iter()
            .map(|m| context! { role => role_name(m.role), content => self.disarm(&m.content) })
            .collect();
        let values = context! {
            messages,
            add_generation_prompt => ask,
            bos_token => self.special.begin_text.clone(),
            eos_token => self.special.end_text.clone(),
        };
        Ok(self.environment.get_template("chat")?.render(values)?)
    }

    /// The same text, with each spelling of a control token broken by a space after its first character.
    pub fn disarm(&self, content: &str) -> String {
        let mut text = content.to_owned();
        for control in &self.special.controls {
            let first = control.chars().next().map_or(0, char::len_utf8);
            let (head, tail) = control.split_at(first);
            if text.contains(control.as_str()) {
                text = text.replace(control.as_str(), &format!("{head} {tail}"));
            }
        }
        text
    }
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
