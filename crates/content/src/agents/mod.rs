//! Agents that are written as text: a prompt describes tools and a format, and the answer is the next
//! step in it, a call as long as one is left and then what the tools said. Not here: calls by tools that
//! a request has a parameter for, which these calls are decided by.

mod tools;
mod transcript;
mod words;
mod write;

use fakeai_canon::{CallKind, Generate, Input, Message, PastCall, Role, Seed, Tool, ToolChoice};

use crate::prose::{Kind, Topic};
use crate::reading::Reading;
use crate::tools::{Move, Toolbox, report};
use crate::voice::Voice;
use crate::{Config, short_answer};

use transcript::Transcript;
use words::{Style, WORDS};

/// The next step of an agent; none where the prompt describes no such agent.
pub(crate) fn step(
    work: &Generate,
    reading: &Reading<'_>,
    voice: &Voice<'_>,
    config: &Config,
    seed: Seed,
) -> Option<String> {
    let style = style(reading)?;
    let Input::Chat(messages) = &work.input else {
        return None;
    };
    next(messages, style, voice, config, seed)
}

/// The same for a text that is continued.
pub(crate) fn of_text(
    prompt: &str,
    voice: &Voice<'_>,
    config: &Config,
    seed: Seed,
) -> Option<String> {
    let style = Style::of(prompt)?;
    next(
        &[Message::text(Role::User, prompt)],
        style,
        voice,
        config,
        seed,
    )
}

fn style(reading: &Reading<'_>) -> Option<Style> {
    let mut texts = reading.instructions.iter().chain([&reading.asked]);
    texts.find_map(|text| Style::of(text))
}

fn next(
    messages: &[Message],
    style: Style,
    voice: &Voice<'_>,
    config: &Config,
    seed: Seed,
) -> Option<String> {
    let past = Transcript::of(messages, style)?;
    let mut tools = tools::described(&past.rules, style);
    let is_end =
        |tool: &Tool| tool.name() == WORDS.fields_of.finish || tool.name() == "final_answer";
    tools.retain(|tool| !is_end(tool));
    let turn = Generate {
        input: Input::Chat(conversation(&past)),
        tools,
        parallel_calls: false,
        choices: 1,
        candidates: 1,
        ..Generate::default()
    };
    let call = call(&turn, voice, config, seed);
    let Input::Chat(conversation) = &turn.input else {
        return None;
    };
    let mut reading = Reading::of(conversation);
    // Which tool said what is not told apart in a text.
    for told in &mut reading.results {
        told.tool = None;
    }
    let writer = write::Writer::new(style, &past);
    if let Some((name, arguments)) = call {
        return Some(writer.call(&name, &arguments));
    }
    let topic = Topic::of(&past.asked);
    let said = match reading.results.is_empty() {
        false => report(&reading.results, topic.language),
        true => short_answer::of(&past.asked, &topic, seed)?,
    };
    Some(writer.answer(&said))
}

/// The past as a conversation with calls.
fn conversation(past: &Transcript) -> Vec<Message> {
    let mut messages = vec![Message::text(Role::User, &past.asked)];
    for (place, told) in past.observed.iter().enumerate() {
        let id = format!("call_{place}");
        let call = PastCall {
            id: id.clone(),
            name: String::new(),
            arguments: "{}".to_owned(),
            kind: CallKind::Function,
        };
        messages.push(Message {
            calls: vec![call],
            parts: Vec::new(),
            ..Message::text(Role::Assistant, "")
        });
        messages.push(Message {
            answers: Some(id),
            ..Message::text(Role::Tool, told)
        });
    }
    messages
}

/// The call that is made, by name and arguments: at first one in any case, unless nothing but talk was
/// heard; then those that the question still wants.
fn call(
    turn: &Generate,
    voice: &Voice<'_>,
    config: &Config,
    seed: Seed,
) -> Option<(String, String)> {
    let Input::Chat(messages) = &turn.input else {
        return None;
    };
    let reading = Reading::of(messages);
    let topic = Topic::of(&reading.asked);
    let is_first = reading.calls.is_empty();
    decide(turn, &reading, config, seed, voice).or_else(|| {
        let is_talk =
            topic.kind == Kind::Chat && short_answer::of(&reading.asked, &topic, seed).is_some();
        let forced = Generate {
            tool_choice: ToolChoice::Required,
            ..turn.clone()
        };
        let is_due = is_first && !is_talk && !turn.tools.is_empty();
        is_due.then(|| decide(&forced, &reading, config, seed, voice))?
    })
}

fn decide(
    turn: &Generate,
    reading: &Reading<'_>,
    config: &Config,
    seed: Seed,
    voice: &Voice<'_>,
) -> Option<(String, String)> {
    let toolbox = Toolbox::compile(turn, config).ok()?;
    let Move::Call { calls, .. } = toolbox.decide(reading).ok()? else {
        return None;
    };
    let voice = Voice::new(voice.vocabulary, Topic::of(&reading.asked), turn);
    let planned = calls.first()?.plan(&toolbox, &voice, reading, seed).ok()?;
    let arguments = String::from_utf8_lossy(&planned.arguments.bytes).into_owned();
    Some((planned.name, arguments))
}

/// What the tools of an agent's past have said last, where a prompt asks for more than a step by it.
pub(crate) fn observed(reading: &Reading<'_>) -> Option<String> {
    let fields = &WORDS.fields_of;
    memchr::memmem::find(reading.asked.as_bytes(), fields.observation.as_bytes())?;
    let values = crate::prompted::values(&reading.asked);
    let told: Vec<_> = values
        .filter(|(name, value)| name.starts_with(&fields.observation) && *value != "Completed.")
        .map(|(_, value)| value.to_owned())
        .collect();
    let told: Vec<_> = told
        .into_iter()
        .map(|text| crate::reading::Outcome {
            tool: None,
            text: text.into(),
        })
        .collect();
    (!told.is_empty()).then(|| report(&told, reading.topic().language))
}
