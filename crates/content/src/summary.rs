//! A summary that takes the place of a conversation: who said what, in the first words of each
//! turn. Not here: how a dialect seals it.

use std::collections::HashMap;
use std::sync::LazyLock;

use fakeai_canon::{Choice, Generate, Generation, Input, Message, RawPrompt, Role, Seed, Segment};
use fakeai_catalog::Model;
use serde::Deserialize;

use crate::behaviour::vocabulary_of;
use crate::prose::Language;
use crate::reading::text_of;
use crate::voice::Voice;
use crate::{data, prose};

#[derive(Deserialize)]
struct Phrases {
    opening: String,
    user: String,
    assistant: String,
    instructions: String,
    call: String,
    result: String,
}

static PHRASES: LazyLock<HashMap<String, Phrases>> =
    LazyLock::new(|| data::facts(include_str!("../../../data/content/summary.toml")));

/// The most turns that are told; of a longer conversation the first and the latest.
const TURNS: usize = 24;
/// The most words of a turn.
const WORDS: usize = 24;
/// The most tokens of a summary where the request names no limit.
const MOST: u32 = 1024;

/// Plans the summary as a text.
pub(crate) fn plan(work: &Generate, model: &Model, seed: Seed) -> Generation {
    let vocabulary = vocabulary_of(model);
    let text = match &work.input {
        Input::Chat(messages) => of_chat(messages),
        Input::Raw(prompts) => of_raw(prompts),
    };
    let topic = prose::Topic::of("");
    let voice = Voice::new(vocabulary, topic, work);
    let room = work.limits.max_tokens.unwrap_or(MOST);
    let (tokens, finish) = voice.exactly(&text, seed, room);
    let choice = Choice {
        segments: vec![Segment::Text(tokens)],
        finish,
    };
    Generation::of(vocabulary, vec![choice])
}

fn of_chat(messages: &[Message]) -> String {
    let asked = messages.iter().rfind(|message| message.role == Role::User);
    let language = asked.map_or(Language::English, |message| Language::of(&text_of(message)));
    let phrases = PHRASES.get(language.code()).unwrap_or(&PHRASES["en"]);
    let mut lines = vec![phrases.opening.clone()];
    let skipped = messages.len().saturating_sub(TURNS);
    for (index, message) in messages.iter().enumerate() {
        let is_told = index < TURNS / 2 || index >= TURNS / 2 + skipped;
        if is_told {
            lines.extend(line(message, phrases));
        }
    }
    lines.join("\n")
}

fn line(message: &Message, phrases: &Phrases) -> Vec<String> {
    let said = match message.role {
        Role::System | Role::Developer => &phrases.instructions,
        Role::User => &phrases.user,
        Role::Assistant => &phrases.assistant,
        Role::Tool => &phrases.result,
    };
    let text = text_of(message);
    let mut lines = Vec::new();
    if !text.trim().is_empty() {
        lines.push(format!("- {said}: {}", gist(&text)));
    }
    for call in &message.calls {
        lines.push(format!(
            "- {}: {}({})",
            phrases.call,
            call.name,
            gist(&call.arguments)
        ));
    }
    lines
}

/// The first words of a text.
fn gist(text: &str) -> String {
    let mut words = text.split_whitespace();
    let mut gist: Vec<_> = words.by_ref().take(WORDS).collect();
    if words.next().is_some() {
        gist.push("…");
    }
    gist.join(" ")
}

fn of_raw(prompts: &[RawPrompt]) -> String {
    let texts = prompts.iter().filter_map(|prompt| match prompt {
        RawPrompt::Text(text) => Some(gist(text)),
        RawPrompt::Tokens(_) => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}
