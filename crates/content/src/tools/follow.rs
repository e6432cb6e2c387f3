//! Prompts that want a call without naming what it does: those that go on with the call of the
//! turn before, and questions to a lone tool that answers questions. Not here: other prompts.

use fakeai_canon::Tool;

use super::rules::RULES;
use crate::identifier;

/// Whether a prompt goes on with the turn before: `And in Rome?`
pub(super) fn goes_on(asked: &str) -> bool {
    let rules = &RULES.follow;
    opens(asked, &rules.openings) && asked.split_whitespace().count() <= rules.most_words
}

/// Whether a prompt is a question that such a tool is there for: `How many users are there?`
pub(super) fn is_for(asked: &str, tool: &Tool) -> bool {
    let rules = &RULES.lean;
    let (Tool::Function {
        name, description, ..
    }
    | Tool::Custom {
        name, description, ..
    }) = tool
    else {
        return false;
    };
    let described = description.as_deref().unwrap_or_default();
    let mut words = identifier::words(name);
    words.extend(identifier::words(described));
    words.iter().any(|word| rules.tools.contains(word))
        && opens(asked, &rules.openings)
        && asked.split_whitespace().count() >= rules.least_words
}

fn opens(text: &str, openings: &[String]) -> bool {
    let lower = text.trim_start().to_lowercase();
    let is_opening = |opening: &String| {
        let rest = lower.strip_prefix(opening.as_str());
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    openings.iter().any(is_opening)
}
