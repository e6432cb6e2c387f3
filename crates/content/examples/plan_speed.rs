//! How long a plan takes, by kind of work: nanoseconds a plan. Run
//! with `cargo run --release -p fakeai-content --example plan_speed`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a stopwatch that prints"
)]

use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use fakeai_canon::{
    Embed, Format, Generate, Input, Limits, Message, Moderate, ModerateInput, Part, Role, Schema,
    Seed, TextInput, Tool, Work,
};
use fakeai_catalog::Catalog;
use fakeai_content::{Behaviour, Config};
use serde_json::json;

const WARM: u32 = 500;
const PLANS: u32 = 5000;

fn main() {
    let chat = Work::Generate(Box::new(chat()));
    measure("chat, 200-token prompt, 100-token answer", &chat);
    measure("a tool call", &Work::Generate(Box::new(call())));
    measure(
        "an instance of a schema",
        &Work::Generate(Box::new(instance())),
    );
    measure("an embedding of a sentence", &embed());
    measure("a moderation of a paragraph", &moderate());
}

/// Nanoseconds on the processor, as Linux counts them, so that a busy machine does not blur the
/// figures; elsewhere of the clock.
fn nanos() -> u128 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|text| text.split(' ').next()?.parse().ok());
    told.unwrap_or_else(|| START.elapsed().as_nanos())
}

/// Measures rows whose name holds the first argument, where there is one.
fn measure(name: &str, work: &Work) {
    if std::env::args()
        .nth(1)
        .is_some_and(|wanted| !name.contains(&wanted))
    {
        return;
    }
    let model = Catalog::builtin().resolve(work.model());
    let behaviour = Behaviour::new(Config::default());
    let prompts = behaviour.prompt(work, &model).expect("a prompt");
    let run = |first: u32, count: u32| {
        for number in first..first + count {
            let plan = behaviour.plan(black_box(work), &prompts, &model, Seed(u64::from(number)));
            black_box(plan.expect("a plan"));
        }
    };
    run(0, WARM);
    let begin = nanos();
    run(WARM, PLANS);
    println!("{:>8} ns  {name}", (nanos() - begin) / u128::from(PLANS));
}

fn chat() -> Generate {
    let prompt = "Our team maintains a small web service that stores customer orders in a relational \
        database. Lately the response times have grown, especially in the evening when many people \
        place orders at once. We already added an index on the customer column and doubled the \
        memory of the machine, which helped a little. Some colleagues suggest a cache in front of \
        the database, others would rather split the table by month, and one of us thinks that the \
        connection pool is simply too small. We have two weeks, one engineer, and no budget for new \
        hardware. The service is written in Python, runs in three containers behind a load balancer, \
        and must not lose any order. Logs show that the slowest queries join orders with shipments \
        and sort by date. Please explain which of these measures you would try first, how we can \
        measure whether it works, and what could go wrong with it in production. Keep in mind that \
        nobody is available at night, so that the change must be safe to roll back by script.";
    Generate {
        model: "gpt-4o".into(),
        input: Input::Chat(vec![
            Message::text(Role::System, "You are a helpful assistant."),
            Message::text(Role::User, prompt),
        ]),
        limits: Limits {
            max_tokens: Some(100),
            stop: Vec::new(),
            ..Limits::default()
        },
        parallel_calls: true,
        choices: 1,
        candidates: 1,
        ..Generate::default()
    }
}

fn call() -> Generate {
    let schema = json!({
        "type": "object",
        "properties": {"location": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
        "required": ["location"]
    });
    Generate {
        input: Input::Chat(vec![Message::text(
            Role::User,
            "What is the weather in Paris?",
        )]),
        tools: vec![Tool::Function {
            name: "get_weather".into(),
            description: Some("Get the weather for a location".into()),
            parameters: Some(Schema(Arc::new(schema))),
            strict: false,
        }],
        ..chat()
    }
}

fn instance() -> Generate {
    let schema = json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "steps": {"type": "array", "items": {"type": "string"}}},
        "required": ["name", "steps"],
        "additionalProperties": false
    });
    let schema = Schema(Arc::new(schema));
    let format = Format::JsonSchema {
        name: "plan".into(),
        schema,
        strict: true,
    };
    Generate { format, ..chat() }
}

fn embed() -> Work {
    let text = "The quick brown fox jumps over the lazy dog near the river bank at noon.";
    Work::Embed(Embed {
        model: "text-embedding-3-small".into(),
        inputs: vec![TextInput::Text(text.into())],
        dimensions: None,
    })
}

fn moderate() -> Work {
    let Input::Chat(mut messages) = chat().input else {
        return embed();
    };
    let text = messages.remove(1).joined_text();
    Work::Moderate(Moderate {
        model: "omni-moderation-latest".into(),
        inputs: vec![ModerateInput {
            parts: vec![Part::Text(text)],
        }],
    })
}
