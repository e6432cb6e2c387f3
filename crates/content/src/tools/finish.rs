//! The tool by which an agent ends: once there is a result, a turn that must call a tool calls this one
//! with what was found. Not here: agents that are written as text.

use fakeai_canon::Tool;

use super::call::Call;
use super::decide::Toolbox;
use super::report;
use super::rules::RULES;
use crate::reading::{Outcome, Reading};
use crate::slots::Given;

/// The call, where something was found and such a tool is offered; `names` are those that may be
/// called, or none for all.
pub(super) fn call(
    tools: &[Tool],
    names: &[String],
    toolbox: &Toolbox<'_>,
    reading: &Reading<'_>,
) -> Option<Call> {
    let ends = |tool: &Tool| {
        let name = tool.name();
        let is_allowed = names.is_empty() || names.iter().any(|one| one == name);
        is_allowed && RULES.finish.tools.contains(name)
    };
    let index = tools.iter().position(ends)?;
    let told = told(reading)?;
    Some(toolbox.spelt(
        index,
        vec![(
            None,
            vec![Given {
                text: told,
                number: None,
            }],
        )],
    ))
}

/// What was found: the results of calls, or an observation that the last turn tells.
fn told(reading: &Reading<'_>) -> Option<String> {
    let language = reading.topic().language;
    if !reading.results.is_empty() {
        return Some(report::report(&reading.results, language));
    }
    let mut labels = RULES.finish.labels.iter();
    let text = labels.find_map(|label| reading.asked.trim_start().strip_prefix(label.as_str()))?;
    let found = Outcome {
        tool: None,
        text: text.trim().into(),
    };
    Some(report::report(&[found], language))
}
