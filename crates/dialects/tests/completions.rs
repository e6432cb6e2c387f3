//! Completions as clients see them.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing fails")]

mod house;
mod player;

use fakeai_canon::{Choice, Finish, Input, Mode, RawPrompt, Segment, TokenLogprob};
use house::{answer, events, generate, open, refused, says, unchecked_answer, with_logprobs};
use player::tokens;
use serde_json::{Value, json};

const COMPLETION: &str = "createCompletion";

fn request(more: Value) -> Value {
    let mut body = json!({"model": "gpt-3.5-turbo-instruct", "prompt": "Hello"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

fn spoken(text: &str) -> Choice {
    Choice {
        segments: vec![Segment::Text(with_logprobs(tokens(text)))],
        finish: Finish::Length,
    }
}

#[test]
fn a_whole_answer_has_the_providers_bytes() {
    let body = answer(COMPLETION, request(json!({})), vec![says(" world!")]);
    let id = &body[7..7 + "cmpl-".len() + 29];
    let wanted = concat!(
        r#"{"id":"ID","object":"text_completion","created":1700000000,"#,
        r#""model":"gpt-3.5-turbo-instruct","choices":[{"text":" world!","index":0,"#,
        r#""logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"#,
        r#""completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":0,"#,
        r#""audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"#,
        r#""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}"#
    );
    assert_eq!(body, wanted.replace("ID", id));
}

#[test]
fn offsets_count_the_characters_of_the_prompt_and_of_the_text() {
    let body = answer(
        COMPLETION,
        request(json!({"logprobs": 1})),
        vec![spoken("é! there")],
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    let lists = &body["choices"][0]["logprobs"];
    assert_eq!(
        lists["tokens"],
        json!(["bytes:\\xc3", "bytes:\\xa9", "!", " there"])
    );
    assert_eq!(lists["text_offset"], json!([5, 5, 6, 7]));
    assert_eq!(lists["token_logprobs"], json!([-0.5, -0.5, -0.5, -0.5]));
    assert_eq!(lists["top_logprobs"][2], json!({"!": -0.5}));
}

#[test]
fn an_echo_is_part_of_the_text_and_of_its_logprobs() {
    let choice = Choice {
        segments: vec![
            Segment::Echo(tokens("Hello")),
            Segment::Text(with_logprobs(tokens(" world"))),
        ],
        finish: Finish::Stop,
    };
    let more = json!({"echo": true, "logprobs": 0});
    let body = answer(COMPLETION, request(more), vec![choice]);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["choices"][0]["text"], "Hello world");
    let lists = &body["choices"][0]["logprobs"];
    assert_eq!(lists["tokens"], json!(["Hello", " world"]));
    assert_eq!(lists["text_offset"], json!([0, 5]));
    assert_eq!(body["usage"]["completion_tokens"], 1);
}

#[test]
fn the_token_itself_is_told_beside_more_probable_ones() {
    let mut said = tokens("!");
    let top = vec![fakeai_canon::Alternative {
        id: tokens("Hi").ids[0],
        logprob: -0.1,
    }];
    said.logprobs = vec![TokenLogprob { logprob: -3.0, top }];
    let choice = Choice {
        segments: vec![Segment::Text(said)],
        finish: Finish::Stop,
    };
    let body = answer(COMPLETION, request(json!({"logprobs": 1})), vec![choice]);
    assert!(body.contains(r#""top_logprobs":[{"Hi":-0.1,"!":-3.0}]"#));
}

#[test]
fn a_stream_has_chunks_in_the_shape_of_the_whole() {
    let more = json!({"stream": true, "logprobs": 1, "stream_options": {"include_usage": true}});
    // The document has no schema of a chunk, whose nulls the whole does not allow.
    let stream = unchecked_answer(COMPLETION, request(more), vec![spoken("Hi there")]);
    let events = events(&stream);
    assert_eq!(events[1]["choices"][0]["text"], " there");
    assert_eq!(
        events[1]["choices"][0]["logprobs"]["text_offset"],
        json!([7])
    );
    assert_eq!(events[1]["choices"][0]["finish_reason"], Value::Null);
    assert_eq!(events[2]["choices"][0]["finish_reason"], "length");
    assert_eq!(events[3]["choices"], json!([]));
    assert_eq!(events[3]["usage"]["completion_tokens"], 2);
    assert!(events[..3].iter().all(|event| event["usage"].is_null()));
}

#[test]
fn choices_stand_in_the_order_of_their_prompts() {
    let more = json!({"prompt": ["a", "bcd"], "n": 2, "logprobs": 1});
    let choices = vec![spoken("Hi"), spoken("Hi"), spoken("!"), spoken("!")];
    let body = answer(COMPLETION, request(more), choices);
    let body: Value = serde_json::from_str(&body).unwrap();
    let offset = |index: usize| body["choices"][index]["logprobs"]["text_offset"][0].clone();
    assert_eq!(
        [offset(0), offset(1), offset(2), offset(3)],
        [1, 1, 3, 3].map(Value::from)
    );
}

#[test]
fn prompts_come_as_texts_and_tokens() {
    let text = |text: &str| RawPrompt::Text(text.to_owned());
    for (prompt, wanted) in [
        (json!("a"), vec![text("a")]),
        (json!(["a", "b"]), vec![text("a"), text("b")]),
        (json!([1, 2]), vec![RawPrompt::Tokens(vec![1, 2])]),
        (
            json!([[1], [2]]),
            vec![RawPrompt::Tokens(vec![1]), RawPrompt::Tokens(vec![2])],
        ),
        (Value::Null, vec![text("")]),
    ] {
        let body = request(json!({"prompt": prompt}));
        let opened = open(COMPLETION, body, Mode::Realistic).unwrap();
        assert_eq!(generate(&opened).input, Input::Raw(wanted));
    }
}

#[test]
fn every_setting_reaches_the_work() {
    let more = json!({"suffix": "end", "echo": true, "best_of": 3, "n": 2, "stop": "x",
        "logit_bias": {"5": -100}, "seed": 1, "temperature": 0});
    let opened = open(COMPLETION, request(more), Mode::Realistic).unwrap();
    let work = generate(&opened);
    assert_eq!((work.candidates, work.choices, work.echo), (3, 2, true));
    assert_eq!(
        (work.suffix.as_deref(), work.limits.max_tokens),
        (Some("end"), Some(16))
    );
    assert_eq!(
        (work.sampling.temperature, work.sampling.seed),
        (Some(0.0), Some(1))
    );
}

#[test]
fn the_rules_hold_in_realistic_mode_only() {
    for (more, message, param) in [
        (
            json!({"model": "gpt-4o"}),
            "This is a chat model and not supported in the v1/completions endpoint. Did you mean \
             to use v1/chat/completions?",
            Some("model"),
        ),
        (
            json!({"n": 2, "best_of": 1}),
            "You requested that the server return more choices than it will generate (HINT: you \
             must set 'best_of' (currently 1) to be at least 'n' (currently 2), or omit either \
             parameter if you don't specifically want to use them.)",
            Some("best_of"),
        ),
        (
            json!({"model": "text-embedding-3-small"}),
            "You are not allowed to sample from this model",
            None,
        ),
    ] {
        let (told, at, code) = refused(COMPLETION, request(more.clone()));
        assert_eq!((told.as_str(), at.as_deref(), code), (message, param, None));
        assert!(open(COMPLETION, request(more), Mode::Mock).is_ok());
    }
}
