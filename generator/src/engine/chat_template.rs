//! Puts the model's own chat template around the messages.
//!
//! The template is the Jinja text in the file's `tokenizer.chat_template`, read as Hugging Face's `transformers` reads
//! it; a file without one gets ChatML. What the messages say can never become a control token: their spellings are
//! broken up in the content first.

use domain::ports::{Message, Role};
use minijinja::{Environment, Error, ErrorKind, context, syntax::SyntaxConfig};

use super::{
    read_gguf::{Metadata, text},
    vocabulary::Vocabulary,
};
use crate::GeneratorResult;

const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + \
                      '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' \
                      }}{% endif %}";

/// A compiled chat template.
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    controls: Vec<String>,
    begin: String,
    end: String,
}

impl ChatTemplate {
    /// Compiles the file's template.
    pub(crate) fn read(metadata: &Metadata, vocabulary: &Vocabulary) -> GeneratorResult<Self> {
        let source = text(metadata, "tokenizer.chat_template").unwrap_or(CHATML).to_owned();
        let mut environment = Environment::new();
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", |format: String| jiff::Zoned::now().strftime(&format).to_string());
        environment.add_template_owned("chat", source)?;
        Ok(Self {
            environment,
            controls: vocabulary.controls.clone(),
            begin: vocabulary.begin_text.clone(),
            end: vocabulary.end_text.clone(),
        })
    }

    /// The prompt for these messages, up to where the assistant is to go on.
    pub(crate) fn render(&self, messages: &[Message]) -> GeneratorResult<String> {
        let messages: Vec<_> = messages
            .iter()
            .map(|m| context! { role => role_name(m.role), content => self.disarm(&m.content) })
            .collect();
        let values = context! {
            messages,
            add_generation_prompt => true,
            bos_token => self.begin.clone(),
            eos_token => self.end.clone(),
        };
        Ok(self.environment.get_template("chat")?.render(values)?)
    }

    /// The same text, with each spelling of a control token broken by a space after its first character.
    pub(crate) fn disarm(&self, content: &str) -> String {
        let mut text = content.to_owned();
        for control in &self.controls {
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
