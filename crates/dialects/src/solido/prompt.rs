//! A question answered from documents: those of all vector stores of the world, and a few that are
//! there from the start.
//!
//! ```text
//! {"query":"How do I add a corner?","filters":{"family":"Solido","tool":"SDE"},"top_k":2}
//! {"content":"…","retrieved_docs":[{"id":"doc-…","content":"…","score":0.8,"metadata":{…},
//!  "source":"…"}],"usage":{…}}
//! ```

use std::sync::Arc;

use bytes::BytesMut;
use fakeai_canon::{
    Alphabet, ApiError, Delta, Encoder, Generate, HostedCall, Input, Message, PartHead, Role,
    Schema, Seed, Tool, Work,
};
use serde_json::{Map, Value, json};

use crate::openai::fields::{Fields, into_string};
use crate::{Context, Decoded, Endpoint, JsonWriter, Opened, error, tokens_used};

/// Answers where a request names no model.
const DEFAULT_MODEL: &str = "meta-llama/Llama-3.1-70B-Instruct";

/// Passages that are read unless the request says otherwise.
const USUAL: u32 = 5;

/// `createRagPrompt`.
pub(super) const CREATE: Endpoint = Endpoint {
    operation: "createRagPrompt",
    open,
};

fn open(call: Decoded, _: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let query = match body.take("query") {
        Some(Value::Array(parts)) => {
            let parts: Vec<String> = parts.into_iter().filter_map(into_string).collect();
            parts.join("\n")
        }
        query => query.and_then(into_string).unwrap_or_default(),
    };
    let filters = match body.take("filters") {
        Some(Value::Object(filters)) => wanted(filters),
        _ => Value::Null,
    };
    let settings = json!({
        "everywhere": true,
        "max_num_results": body.count("top_k").unwrap_or(USUAL),
        "filters": filters,
    });
    let model = body.string("inference_model");
    let stream = body.boolean("stream").unwrap_or(false);
    let work = Generate {
        model: model.unwrap_or_else(|| DEFAULT_MODEL.to_owned()),
        input: Input::Chat(vec![Message::text(Role::User, query)]),
        tools: vec![Tool::Hosted {
            kind: "file_search".to_owned(),
            settings: Schema(Arc::new(settings)),
        }],
        choices: 1,
        candidates: 1,
        ..Generate::default()
    };
    Ok(Opened {
        work: Work::Generate(Box::new(work)),
        encoder: Box::new(Answer {
            streams: stream,
            ..Answer::default()
        }),
        stream,
        background: false,
        truncate: false,
    })
}

/// The filter that all of these attributes have these values, or one of several; a filter in the form
/// of vector stores stands as it is.
fn wanted(filters: Map<String, Value>) -> Value {
    if filters.is_empty() {
        return Value::Null;
    }
    if filters.contains_key("type")
        && (filters.contains_key("key") || filters.contains_key("filters"))
    {
        return Value::Object(filters);
    }
    let each = filters.into_iter().map(|(key, value)| {
        let operator = if value.is_array() { "in" } else { "eq" };
        json!({"type": operator, "key": key, "value": value})
    });
    json!({"type": "and", "filters": each.collect::<Vec<_>>()})
}

/// Writes what was found and what is said of it.
#[derive(Default)]
struct Answer {
    streams: bool,
    shows: bool,
    found: BytesMut,
    content: BytesMut,
}

impl Answer {
    fn found(&mut self, call: &HostedCall, out: &mut BytesMut) {
        let results = call.detail["results"].as_array();
        let documents: Vec<Value> = results.into_iter().flatten().map(document).collect();
        self.found.value(&Value::Array(documents));
        if self.streams {
            out.raw("data: {\"retrieved_docs\":");
            out.extend_from_slice(&self.found);
            out.raw("}\n\n");
        }
    }

    fn piece(&mut self, text: &str, out: &mut BytesMut) {
        if !self.streams {
            return self.content.escaped(text);
        }
        if !text.is_empty() {
            out.raw("data: {\"content\":\"");
            out.escaped(text);
            out.raw("\"}\n\n");
        }
    }

    fn whole(&self, out: &mut BytesMut) {
        out.raw("{\"content\":\"");
        out.extend_from_slice(&self.content);
        out.raw("\",\"retrieved_docs\":");
        match self.found.is_empty() {
            true => out.raw("[]"),
            false => out.extend_from_slice(&self.found),
        }
        out.raw(",");
    }
}

/// A passage as the wire has it. One that is there from the start keeps its id; one of a file is told
/// apart from the file's others by what it says.
fn document(found: &Value) -> Value {
    let file = found["file_id"].as_str().unwrap_or_default();
    let text = found["text"].as_str().unwrap_or_default();
    let id = match file.starts_with("doc-") {
        true => file.to_owned(),
        false => Seed(0).fork(file).fork(text).id("doc-", Alphabet::Hex, 8),
    };
    json!({
        "id": id,
        "content": text,
        "score": found["score"],
        "metadata": found["attributes"],
        "source": found["filename"],
    })
}

impl Encoder for Answer {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Open { part, .. } => {
                self.shows = matches!(part, PartHead::Text | PartHead::Refusal);
                if let PartHead::Hosted(call) = part {
                    self.found(call, out);
                }
            }
            Delta::Piece { text, .. } if self.shows => self.piece(text, out),
            Delta::End { usage, .. } => {
                if self.streams {
                    out.raw("data: {");
                } else {
                    self.whole(out);
                }
                out.raw("\"usage\":");
                tokens_used::write(usage, out);
                out.raw(if self.streams {
                    "}\n\ndata: [DONE]\n\n"
                } else {
                    "}"
                });
            }
            Delta::Fail { error, .. } if self.streams => {
                out.raw("data: ");
                error::write(fakeai_contract::Api::Solido, error, out);
                out.raw("\n\n");
            }
            Delta::Start(_)
            | Delta::Piece { .. }
            | Delta::Sound { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }

    fn takes_runs(&self) -> bool {
        !self.streams
    }
}
