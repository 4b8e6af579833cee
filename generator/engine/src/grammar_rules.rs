//! JSON schemas and regular expressions, through the crate `llguidance`.

use llguidance::{Matcher, ParserFactory, api::TopLevelGrammar};

use super::{constrain::bad, token_rules::TokenRules};
use crate::{EngineError, EngineResult};

/// Follows a text along a grammar.
pub(super) struct GrammarRules {
    matcher: Matcher,
}

impl GrammarRules {
    /// Compiles a grammar, and looks whether any text follows it.
    pub(super) fn new(factory: &ParserFactory, grammar: TopLevelGrammar) -> EngineResult<Self> {
        let mut matcher = Matcher::new(factory.create_parser(grammar));
        if let Some(error) = matcher.get_error() {
            return Err(bad(&first_line(&error)));
        }
        if !matcher.is_stopped() && matcher.compute_mask().map_err(|e| bad(&first_line(&e.to_string())))?.is_zero() {
            return Err(bad(&"no text satisfies it"));
        }
        Ok(Self { matcher })
    }
}

impl TokenRules for GrammarRules {
    fn mask(&mut self, logits: &mut [f32]) -> EngineResult<()> {
        let mask = self.matcher.compute_mask_or_eos().map_err(|e| failed(&e))?;
        mask.iter_unset_entries(|token| {
            if let Some(logit) = logits.get_mut(token) {
                *logit = f32::NEG_INFINITY;
            }
        });
        if mask.is_zero() { Err(failed(&"no token may follow")) } else { Ok(()) }
    }

    fn accept(&mut self, token: u32) -> EngineResult<()> {
        self.matcher.consume_token(token).map_err(|e| failed(&e))
    }

    fn forced(&mut self) -> EngineResult<Vec<u32>> {
        Ok(self.matcher.consume_ff_tokens())
    }

    fn is_done(&self) -> bool {
        self.matcher.is_stopped() && !self.matcher.is_error()
    }
}

fn failed(error: &dyn std::fmt::Display) -> EngineError {
    EngineError::Compute { stage: "keeping to the constraint", reason: first_line(&error.to_string()) }
}

/// Without the state of the parser that may follow.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
