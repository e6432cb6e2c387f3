//! Skills: which of them a prompt is about, and the shell's call that reads those. Not here: where a
//! skill's text comes from.

use fakeai_canon::{Alphabet, Generate, HostedCall, Seed, Skill};
use serde_json::{Value, json};

use super::matching::Words;
use super::rules::RULES;
use crate::embedding::is_stop_word;
use crate::identifier;

/// The wire type of the tool that reads them.
pub(super) const TOOL: &str = "shell";

/// Whether a prompt is about a skill: they share a word that tells something.
pub(crate) fn is_for(asked: &str, name: &str, description: &str) -> bool {
    let words = Words::of(asked);
    let own = [name, description].into_iter().flat_map(identifier::words);
    let telling = |word: &String| {
        word.chars().count() > 1
            && !is_stop_word(word)
            && !RULES.points.generic_words.contains(word)
    };
    own.filter(telling).any(|word| words.has(&word))
}

/// The skills that an answer reads.
pub(crate) fn read(work: &Generate) -> impl Iterator<Item = (&Skill, &str)> {
    let skills = work.skills.iter();
    skills.filter_map(|skill| Some((skill, skill.read.as_deref()?)))
}

/// What a skill is about: its name, and what its instructions say.
pub(crate) fn subject((skill, text): (&Skill, &str)) -> String {
    let name = identifier::words(&skill.name).join(" ");
    let instructions = text
        .strip_prefix("---")
        .and_then(|rest| rest.split_once("\n---"))
        .map_or(text, |(_, instructions)| instructions);
    format!("{name}.\n{}", instructions.trim())
}

/// The call, as a plan has it.
pub(super) fn detail(work: &Generate, seed: Seed) -> Value {
    let commands: Vec<_> = read(work).map(|(skill, _)| skill.read_by()).collect();
    json!({
        "call_id": seed.fork("call").id("call_", Alphabet::Alphanumeric, 24),
        "action": {"commands": commands, "timeout_ms": null, "max_output_length": null},
    })
}

/// What the shell gave out for a call: an outcome for each command.
pub(crate) fn output(work: &Generate, call: &HostedCall) -> HostedCall {
    let outcome = |(_, text): (&Skill, &str)| json!({"stdout": text, "stderr": "", "outcome": {"type": "exit", "exit_code": 0}});
    HostedCall {
        kind: format!("{TOOL}_output"),
        detail: json!({
            "call_id": call.detail["call_id"],
            "output": read(work).map(outcome).collect::<Vec<_>>(),
            "max_output_length": null,
        }),
        overhead: 0,
    }
}
