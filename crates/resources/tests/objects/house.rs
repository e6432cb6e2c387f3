//! The rest of the house, as far as objects ask for it: models that answer what their prompt says
//! they should, and vectors of letters.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::Micros;
use fakeai_resources::{Answer, Body, Next, Outcome, Question, Returned};
use serde_json::{Value, json};

/// The answer to a question, once its calls have been answered.
pub(crate) fn answer(question: Question) -> Outcome {
    let calls = question.calls.iter();
    let answers = calls.map(|(path, body)| reply(path, body, String::new()));
    let body = (question.answer)(answers.collect(), Micros(1_500_000));
    Outcome::Answer(Answer {
        status: 200,
        body: Body::Json(Arc::new(body)),
        location: None,
        next: Next::default(),
    })
}

/// The answer to a call. A prompt that ends in `result …` is answered with that result, another
/// one with its last word; the model `gpt-nobody` is not there.
pub(crate) fn reply(path: &str, body: &Bytes, tag: String) -> Returned {
    let body: Value = serde_json::from_slice(body).unwrap();
    let (status, body) = if body["model"] == "gpt-nobody" {
        (
            404,
            json!({"error": {"message": "The model `gpt-nobody` does not exist", "code": "model_not_found"}}),
        )
    } else if path == "/v1/embeddings" {
        (200, embeddings(&body))
    } else {
        (200, said(path, &body))
    };
    Returned {
        tag,
        status,
        request_id: "req_1".to_owned(),
        body: Bytes::from(body.to_string()),
    }
}

fn said(path: &str, body: &Value) -> Value {
    let chat = path == "/v1/chat/completions";
    let messages = if chat {
        &body["messages"]
    } else {
        &body["input"]
    };
    let last = messages.as_array().and_then(|all| all.last()).unwrap();
    let prompt = last["content"].as_str().unwrap_or_default();
    let text = match prompt.rsplit_once("result ") {
        Some((_, result)) => format!("{{\"result\": {result}}}"),
        None => prompt.rsplit(' ').next().unwrap_or_default().to_owned(),
    };
    if chat {
        json!({"id": "chatcmpl-1", "object": "chat.completion", "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": text, "refusal": null}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}})
    } else {
        json!({"id": "resp_1", "object": "response", "model": body["model"], "status": "completed",
            "output": [{"type": "message", "role": "assistant", "content":
                [{"type": "output_text", "text": text, "annotations": []}]}],
            "usage": {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}})
    }
}

fn embeddings(body: &Value) -> Value {
    let texts = body["input"].as_array().unwrap().iter();
    let vector = |text: &Value| {
        let mut counts = vec![0.0; 128];
        for byte in text.as_str().unwrap().bytes().filter(u8::is_ascii) {
            counts[usize::from(byte)] += 1.0;
        }
        json!({"embedding": counts})
    };
    json!({"data": texts.map(vector).collect::<Vec<_>>(), "model": body["model"],
        "usage": {"prompt_tokens": 2, "total_tokens": 2}})
}
