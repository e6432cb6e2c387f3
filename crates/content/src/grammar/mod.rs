//! Texts in a grammar that the request gives: a regular expression, or rules in Lark's
//! notation or GGML's.
//! Not here: JSON.

mod ebnf;
mod grow;
mod lark;
mod regex;

use fakeai_canon::{ApiError, Grammar, Seed};

use crate::prose::Topic;

/// A text of the grammar.
///
/// # Errors
/// A grammar that can't be read (400).
pub(crate) fn text(grammar: &Grammar, topic: &Topic, seed: Seed) -> Result<String, ApiError> {
    let seed = seed.fork("grammar");
    match grammar.syntax.as_str() {
        "regex" => regex::text(&grammar.definition, topic, &mut seed.rng())
            .ok_or_else(|| wrong("the regular expression can't be parsed or has no match")),
        "lark" | "ebnf" => {
            let rules = match grammar.syntax.as_str() {
                "lark" => lark::parse(&grammar.definition),
                _ => ebnf::parse(&grammar.definition),
            };
            let text = rules.and_then(|rules| grow::text(&rules, topic, &mut seed.rng()));
            text.map_err(|reason| wrong(&reason))
        }
        other => Err(wrong(&format!("unknown syntax '{other}'"))),
    }
}

fn wrong(reason: &str) -> ApiError {
    ApiError::invalid(format!("Invalid grammar: {reason}.")).code("invalid_grammar")
}
