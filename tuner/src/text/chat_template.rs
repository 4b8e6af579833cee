//! Puts a model's own chat template (Jinja, as `transformers` reads it) around messages.

use domain::ports::{Message, Role};
use minijinja::{Environment, Error, ErrorKind, context, syntax::SyntaxConfig};

use crate::{TunerError, TunerResult};

const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + \
                      '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' \
                      }}{% endif %}";

/// A compiled chat template.
pub(super) struct ChatTemplate {
    environment: Environment<'static>,
    begin: String,
    end: String,
    controls: Vec<String>,
}

impl ChatTemplate {
    /// Compiles `source`, or ChatML where a model has none.
    pub(super) fn new(source: Option<String>, begin: String, end: String, controls: Vec<String>) -> TunerResult<Self> {
        let build = || -> Result<Environment<'static>, Error> {
            let mut environment = Environment::new();
            environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
            environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
            environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
                Err(Error::new(ErrorKind::InvalidOperation, message))
            });
            environment.add_template_owned("chat", source.unwrap_or_else(|| CHATML.to_owned()))?;
            Ok(environment)
        };
        Ok(Self { environment: build().map_err(|e| failed(&e))?, begin, end, controls })
    }

    /// The text of these messages; with `ask`, up to where the assistant is to go on.
    pub(super) fn render(&self, messages: &[Message], ask: bool) -> TunerResult<String> {
        let name = |role| match role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let message = |m: &Message| context! { role => name(m.role), content => self.disarm(&m.content) };
        let values = context! {
            messages => messages.iter().map(message).collect::<Vec<_>>(),
            add_generation_prompt => ask,
            bos_token => self.begin.clone(),
            eos_token => self.end.clone(),
        };
        let template = self.environment.get_template("chat").map_err(|e| failed(&e))?;
        template.render(values).map_err(|e| failed(&e))
    }

    /// The same text, with each spelling of a control token broken by a space after its first character.
    pub(super) fn disarm(&self, content: &str) -> String {
        let mut text = content.to_owned();
        for control in &self.controls {
            let (head, tail) = control.split_at(control.chars().next().map_or(0, char::len_utf8));
            if text.contains(control.as_str()) {
                text = text.replace(control.as_str(), &format!("{head} {tail}"));
            }
        }
        text
    }
}

fn failed(error: &Error) -> TunerError {
    TunerError::Tokenizer { problem: format!("its chat template failed: {error}") }
}
