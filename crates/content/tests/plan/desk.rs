//! Requests and answers in short: what the tests are written with.

use fakeai_canon::{
    ApiError, Choice, Finish, Format, Generate, Generation, Input, Message, Mode, PastCall, Plan,
    Role, Schema, Seed, Segment, Tool, Work,
};
use fakeai_catalog::Catalog;
use fakeai_content::{Behaviour, Config};
use serde_json::Value;

/// A chat with a plain model.
pub(crate) fn chat(asked: &str) -> Generate {
    talk(vec![Message::text(Role::User, asked)])
}

pub(crate) fn talk(messages: Vec<Message>) -> Generate {
    Generate {
        model: "gpt-4o".into(),
        input: Input::Chat(messages),
        parallel_calls: true,
        choices: 1,
        candidates: 1,
        ..Generate::default()
    }
}

pub(crate) fn function(name: &str, description: &str, parameters: Value) -> Tool {
    Tool::Function {
        name: name.into(),
        description: Some(description.into()),
        parameters: Some(schema(parameters)),
        strict: false,
    }
}

pub(crate) fn schema(value: Value) -> Schema {
    Schema(std::sync::Arc::new(value))
}

pub(crate) fn json_schema(value: Value, strict: bool) -> Format {
    Format::JsonSchema {
        name: "reply".into(),
        schema: schema(value),
        strict,
    }
}

pub(crate) fn past_call(name: &str, arguments: &str) -> Message {
    let call = PastCall {
        id: "call_1".into(),
        name: name.into(),
        arguments: arguments.into(),
        kind: fakeai_canon::CallKind::Function,
    };
    Message {
        calls: vec![call],
        parts: Vec::new(),
        ..Message::text(Role::Assistant, "")
    }
}

pub(crate) fn result(text: &str) -> Message {
    Message {
        answers: Some("call_1".into()),
        ..Message::text(Role::Tool, text)
    }
}

/// Plans a work in realistic mode, the seed being that of the work.
pub(crate) fn plan(work: &Work) -> Result<Plan, ApiError> {
    plan_with(work, Config::default())
}

pub(crate) fn plan_in_mock(work: &Generate) -> Result<Plan, ApiError> {
    plan_with(
        &Work::Generate(Box::new(work.clone())),
        Config {
            mode: Mode::Mock,
            ..Config::default()
        },
    )
}

pub(crate) fn plan_with(work: &Work, config: Config) -> Result<Plan, ApiError> {
    plan_by(&Behaviour::new(config), work)
}

pub(crate) fn plan_by(behaviour: &Behaviour, work: &Work) -> Result<Plan, ApiError> {
    let model = Catalog::builtin().resolve(work.model());
    let prompts = behaviour.prompt(work, &model)?;
    behaviour.plan(work, &prompts, &model, Seed(7).of(work))
}

pub(crate) fn generation(work: &Generate) -> Generation {
    generation_with(work, Config::default())
}

pub(crate) fn generation_with(work: &Generate, config: Config) -> Generation {
    match plan_with(&Work::Generate(Box::new(work.clone())), config) {
        Ok(Plan::Generation(generation)) => generation,
        Ok(_) => panic!("another kind of plan"),
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn choice(work: &Generate) -> Choice {
    generation(work).choices.remove(0)
}

/// The text of a choice, its parts joined.
pub(crate) fn text(choice: &Choice) -> String {
    let texts = choice.segments.iter().filter_map(|segment| match segment {
        Segment::Text(tokens) | Segment::Refusal(tokens) => Some(tokens.text()),
        _ => None,
    });
    texts.collect()
}

pub(crate) fn said(work: &Generate) -> String {
    text(&choice(work))
}

/// The calls of a choice as `name(arguments)`.
pub(crate) fn calls(choice: &Choice) -> Vec<(String, Value)> {
    let calls = choice.segments.iter().filter_map(|segment| match segment {
        Segment::Call(call) => {
            let text = call.arguments.text();
            Some((
                call.name.clone(),
                serde_json::from_str(text).unwrap_or(Value::String(text.into())),
            ))
        }
        _ => None,
    });
    calls.collect()
}

pub(crate) fn generated(choice: &Choice) -> usize {
    choice.segments.iter().map(Segment::generated).sum()
}

pub(crate) fn is_stop(choice: &Choice) -> bool {
    choice.finish == Finish::Stop
}
