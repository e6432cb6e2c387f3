//! Answers that are spoken, and answers that are judged along with what was asked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakeai_server::config::ClockKind;
use serde_json::{Value, json};

use crate::house::House;

const CHAT: &str = "/v1/chat/completions";

fn aloud(format: &str, messages: Value) -> Value {
    json!({"model": "gpt-4o-audio-preview", "modalities": ["text", "audio"],
        "audio": {"voice": "coral", "format": format}, "messages": messages})
}

fn asked(text: &str) -> Value {
    json!([{"role": "user", "content": text}])
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a text");
    STANDARD.decode(text).expect("it is base64")
}

#[tokio::test]
async fn an_answer_is_spoken_at_once_or_as_it_comes() {
    let house = House::open().await;
    let whole = house
        .post(CHAT, &aloud("pcm16", asked("How do tides work?")))
        .await
        .ok();
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"], Value::Null);
    let recording = bytes(&message["audio"]["data"]);

    // A sample has two bytes, a token lasts 50 ms.
    let milliseconds = recording.len() as u64 / 48;
    let details = &whole["usage"]["completion_tokens_details"];
    let sound = details["audio_tokens"].as_u64().expect("a count");
    assert_eq!(sound, milliseconds.div_ceil(50));

    let mut streamed = aloud("pcm16", asked("How do tides work?"));
    streamed["stream"] = json!(true);
    streamed["stream_options"] = json!({"include_usage": true});
    let events = house.stream(CHAT, &streamed).await.chunks().await;
    let audio: Vec<&Value> = events
        .iter()
        .map(|event| &event["choices"][0]["delta"]["audio"])
        .filter(|audio| audio.is_object())
        .collect();
    let transcript: Vec<&str> = audio
        .iter()
        .filter_map(|one| one["transcript"].as_str())
        .collect();
    assert_eq!(
        transcript.concat(),
        message["audio"]["transcript"].as_str().expect("a text")
    );
    let data = audio.iter().filter(|one| one["data"].is_string());
    let heard: Vec<u8> = data.clone().flat_map(|one| bytes(&one["data"])).collect();
    assert!(heard == recording, "the same sound, piece by piece");
    assert_eq!(data.count() as u64, sound, "a piece a token");
    assert!(audio[0]["id"].is_string() && audio[0]["transcript"].is_string());
    let ids = audio.iter().filter(|one| one.get("id").is_some());
    assert_eq!(ids.count(), 1, "clients put strings together");
    let last = audio.last().expect("a piece");
    // The two answers may have begun in two seconds.
    let kept = |expiry: &Value, answer: &Value| {
        let seconds = |value: &Value| value.as_u64().expect("a time");
        seconds(expiry) - seconds(&answer["created"])
    };
    let kept_whole = kept(&message["audio"]["expires_at"], &whole);
    assert_eq!(kept(&last["expires_at"], &events[0]), kept_whole);
    let usage = &events.last().expect("an event")["usage"];
    assert_eq!(*usage, whole["usage"]);
}

#[tokio::test]
async fn speech_keeps_to_the_limit_of_tokens() {
    let house = House::open().await;
    for most in [1, 7, 40] {
        let mut body = aloud("wav", asked("Tell me about whales."));
        body["max_completion_tokens"] = json!(most);
        let answer = house.post(CHAT, &body).await.ok();
        let used = answer["usage"]["completion_tokens"]
            .as_u64()
            .expect("a count");
        assert!(used <= most, "{used} of {most}");
        assert_eq!(answer["choices"][0]["finish_reason"], "length");
    }
}

#[tokio::test]
async fn a_later_turn_refers_to_what_was_spoken_until_it_expires() {
    let house = House::with(|config| config.server.clock = ClockKind::Virtual).await;
    let first = house
        .post(CHAT, &aloud("mp3", asked("Name a colour.")))
        .await
        .ok();
    let audio = &first["choices"][0]["message"]["audio"];
    let turn = |id: &Value| {
        json!([{"role": "user", "content": "Name a colour."},
            {"role": "assistant", "audio": {"id": id}},
            {"role": "user", "content": "Another one."}])
    };
    let second = house
        .post(CHAT, &aloud("mp3", turn(&audio["id"])))
        .await
        .ok();
    let heard = &second["usage"]["prompt_tokens_details"]["audio_tokens"];
    assert_eq!(
        *heard,
        first["usage"]["completion_tokens_details"]["audio_tokens"]
    );

    let unknown = house
        .post(CHAT, &aloud("mp3", turn(&json!("audio_0"))))
        .await
        .error(404);
    assert_eq!(unknown["param"], "messages.[1].audio.id");
    house
        .post("/_fakeai/clock", &json!({"advance_seconds": 3601}))
        .await
        .ok();
    house
        .post(CHAT, &aloud("mp3", turn(&audio["id"])))
        .await
        .error(404);
}

#[tokio::test]
async fn what_can_not_be_spoken_is_refused() {
    let house = House::open().await;
    let refused = |change: Value| {
        let mut body = aloud("wav", asked("Hi"));
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    };
    let speechless = json!({"modalities": null, "audio": null});
    for (change, param, code) in [
        (json!({"model": "gpt-4o"}), "modalities", "invalid_value"),
        (
            json!({"audio": null}),
            "audio",
            "missing_required_parameter",
        ),
        (json!({"stream": true}), "audio.format", "unsupported_value"),
        (speechless, "model", "invalid_value"),
    ] {
        let error = house.post(CHAT, &refused(change)).await.error(400);
        assert_eq!(
            (&error["param"], &error["code"]),
            (&json!(param), &json!(code)),
            "{error}"
        );
    }
    let nobody = json!({"audio": {"voice": {"id": "voice_nobody"}, "format": "wav"}});
    let error = house.post(CHAT, &refused(nobody)).await.error(400);
    assert_eq!(error["param"], "audio.voice");
}

/// What the lexicon of this house flags.
const THREAT: &str = "I will kill you and your family.";

fn judged(text: &str, policy: Value) -> Value {
    json!({"model": "gpt-4o", "messages": asked(text),
        "moderation": {"model": "omni-moderation-latest", "policy": policy}})
}

#[tokio::test]
async fn an_answer_is_judged_with_what_was_asked() {
    let house = House::open().await;
    let answer = house.post(CHAT, &judged(THREAT, Value::Null)).await.ok();
    let moderation = &answer["moderation"];
    let alone = json!({"model": "omni-moderation-latest", "input": THREAT});
    let alone = house.post("/v1/moderations", &alone).await.ok();
    let result = &moderation["input"]["results"][0];
    for part in [
        "flagged",
        "categories",
        "category_scores",
        "category_applied_input_types",
    ] {
        assert_eq!(result[part], alone["results"][0][part], "{part}");
    }
    assert_eq!(result["flagged"], true);
    assert_eq!(
        moderation["output"]["results"].as_array().map(Vec::len),
        Some(1)
    );

    let mut streamed = judged(THREAT, Value::Null);
    streamed["stream"] = json!(true);
    let events = house.stream(CHAT, &streamed).await.chunks().await;
    let told: Vec<&Value> = events
        .iter()
        .filter(|one| one["moderation"].is_object())
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["moderation"], &told[0]["choices"]),
        (moderation, &json!([]))
    );
}

#[tokio::test]
async fn what_is_flagged_is_not_answered_where_the_policy_blocks_it() {
    let house = House::open().await;
    let block = json!({"input": {"mode": "block"}});
    let answer = house.post(CHAT, &judged(THREAT, block.clone())).await.ok();
    let choice = &answer["choices"][0];
    assert_eq!(choice["finish_reason"], "content_filter");
    assert_eq!(
        (
            &choice["message"]["content"],
            &answer["usage"]["completion_tokens"]
        ),
        (&json!(""), &json!(0))
    );
    let harmless = house
        .post(CHAT, &judged("How do tides work?", block.clone()))
        .await
        .ok();
    assert_eq!(harmless["choices"][0]["finish_reason"], "stop");

    let body = json!({"model": "gpt-4o", "input": THREAT,
        "moderation": {"model": "omni-moderation-latest", "policy": block}});
    let response = house.post("/v1/responses", &body).await.ok();
    assert_eq!(response["moderation"]["input"]["flagged"], true);
    assert_eq!(response["moderation"]["output"]["flagged"], false);
    assert_eq!(response["incomplete_details"]["reason"], "content_filter");

    let mut wrong = judged("Hi", Value::Null);
    wrong["moderation"]["model"] = json!("gpt-4o");
    let error = house.post(CHAT, &wrong).await.error(400);
    assert_eq!(error["param"], "moderation.model");
}
