//! A step of a run while it is made: a message that is written, or calls that are made.

use bytes::BytesMut;
use fakeai_canon::{HostedCall, Keep};
use serde_json::{Value, json};

use super::events::{Events, MessagePiece};
use super::run::Object;
use super::shelf::{MESSAGES, STEPS};
use super::spent::Spent;

/// A step under way.
pub(super) struct Step {
    /// Its object; the calls of a step that makes calls are in `body`.
    object: Value,
    body: Body,
}

/// What a step does.
enum Body {
    /// It writes a message.
    Message(Writing),
    /// It makes calls.
    Calls(Vec<Value>),
}

/// A message under way.
struct Writing {
    object: Value,
    /// The part that is being written: its text, and whether it refuses.
    part: Option<(String, bool)>,
}

/// How a step ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending<'a> {
    /// As it should.
    Completed,
    /// Its message is cut, for this reason; the step itself is done.
    Cut(&'static str),
    /// With its run: the word for that, and the reason as messages have it.
    With(&'static str, &'static str, Option<&'a Value>),
}

impl Step {
    /// A step that writes a message, announced.
    pub(super) fn message(
        run: &Object,
        ids: (String, String),
        events: &Events,
        out: &mut BytesMut,
    ) -> Self {
        let (id, message) = ids;
        let details = json!({
            "type": "message_creation",
            "message_creation": {"message_id": message},
        });
        let step = begun(run, &id, "message_creation", details, events, out);
        let message = json!({
            "id": message,
            "object": "thread.message",
            "created_at": step["created_at"],
            "assistant_id": run["assistant_id"],
            "thread_id": run["thread_id"],
            "run_id": run["id"],
            "status": "in_progress",
            "incomplete_details": null,
            "incomplete_at": null,
            "completed_at": null,
            "role": "assistant",
            "content": [],
            "attachments": [],
            "metadata": {},
        });
        events.tell("thread.message.created", &message, out);
        events.tell("thread.message.in_progress", &message, out);
        Self {
            object: step,
            body: Body::Message(Writing {
                object: message,
                part: None,
            }),
        }
    }

    /// A step that makes calls, announced; none yet.
    pub(super) fn calls(run: &Object, id: &str, events: &Events, out: &mut BytesMut) -> Self {
        let details = json!({"type": "tool_calls", "tool_calls": []});
        Self {
            object: begun(run, id, "tool_calls", details, events, out),
            body: Body::Calls(Vec::new()),
        }
    }

    /// Whether it writes a message.
    pub(super) fn is_message(&self) -> bool {
        matches!(self.body, Body::Message(_))
    }

    fn id(&self) -> &str {
        self.object["id"].as_str().unwrap_or_default()
    }

    /// Writes text into the message.
    #[inline]
    pub(super) fn write(
        &mut self,
        text: &str,
        is_refusal: bool,
        events: &Events,
        out: &mut BytesMut,
    ) {
        let Body::Message(writing) = &mut self.body else {
            return;
        };
        let is_first = writing.part.is_none();
        let (written, _) = writing
            .part
            .get_or_insert_with(|| (String::new(), is_refusal));
        written.push_str(text);
        let piece = MessagePiece {
            message: writing.object["id"].as_str().unwrap_or_default(),
            index: writing.object["content"].as_array().map_or(0, Vec::len),
            is_refusal,
            is_first,
            text,
        };
        events.message_delta(piece, out);
    }

    /// Ends the part that is being written; `citations` say where its text is from.
    pub(super) fn end_part(&mut self, citations: &[Value], events: &Events, out: &mut BytesMut) {
        let Body::Message(writing) = &mut self.body else {
            return;
        };
        let part = match writing.part.take() {
            Some((text, true)) => json!({"type": "refusal", "refusal": text}),
            Some((text, false)) => {
                let annotations = annotations(&text, citations);
                writing.cite(&annotations, events, out);
                json!({"type": "text", "text": {"value": text, "annotations": annotations}})
            }
            None => return,
        };
        if let Some(content) = writing.object["content"].as_array_mut() {
            content.push(part);
        }
    }

    /// Begins a call of a function.
    pub(super) fn call(&mut self, id: String, name: &str, events: &Events, out: &mut BytesMut) {
        let call = json!({
            "id": id,
            "type": "function",
            "function": {"name": name, "arguments": "", "output": null},
        });
        self.told(&call, events, out);
        if let Body::Calls(calls) = &mut self.body {
            calls.push(call);
        }
    }

    /// Writes arguments of the last call.
    #[inline]
    pub(super) fn arguments(&mut self, text: &str, events: &Events, out: &mut BytesMut) {
        let Body::Calls(calls) = &mut self.body else {
            return;
        };
        let index = calls.len().saturating_sub(1);
        if let Some(Value::String(arguments)) = calls
            .last_mut()
            .and_then(|call| call["function"].get_mut("arguments"))
        {
            arguments.push_str(text);
        }
        events.arguments_delta(self.id(), index, text, out);
    }

    /// Adds a call that the provider ran, with what came of it.
    pub(super) fn hosted(
        &mut self,
        run: &Object,
        id: String,
        call: &HostedCall,
        events: &Events,
        out: &mut BytesMut,
    ) {
        let call = match call.kind.as_str() {
            "code_interpreter" => self.program(id, &call.detail, events, out),
            _ => {
                self.told(
                    &json!({"id": id, "type": "file_search", "file_search": {}}),
                    events,
                    out,
                );
                json!({
                    "id": id,
                    "type": "file_search",
                    "file_search": {
                        "ranking_options": ranking(run),
                        "results": results(&call.detail),
                    },
                })
            }
        };
        if let Body::Calls(calls) = &mut self.body {
            calls.push(call);
        }
    }

    fn program(&self, id: String, detail: &Value, events: &Events, out: &mut BytesMut) -> Value {
        let code = detail["code"].as_str().unwrap_or_default();
        let outputs = detail["outputs"].as_array().cloned().unwrap_or_default();
        let call = |input: &str, outputs: &[Value]| {
            json!({
                "id": id,
                "type": "code_interpreter",
                "code_interpreter": {"input": input, "outputs": outputs},
            })
        };
        self.told(&call("", &[]), events, out);
        let news = |body: Value| json!({"type": "code_interpreter", "code_interpreter": body});
        self.told(&news(json!({"input": code})), events, out);
        let numbered: Vec<Value> = outputs
            .iter()
            .enumerate()
            .map(|(index, output)| {
                let mut output = output.clone();
                output["index"] = json!(index);
                output
            })
            .collect();
        self.told(&news(json!({"outputs": numbered})), events, out);
        call(code, &outputs)
    }

    /// Writes what is new of the next call.
    fn told(&self, call: &Value, events: &Events, out: &mut BytesMut) {
        let Body::Calls(calls) = &self.body else {
            return;
        };
        let mut delta = json!({"index": calls.len()});
        for (name, value) in call.as_object().into_iter().flatten() {
            delta[name] = value.clone();
        }
        events.call_delta(self.id(), &delta, out);
    }

    /// The calls that a client has to answer.
    pub(super) fn wanted(&self) -> Vec<Value> {
        let Body::Calls(calls) = &self.body else {
            return Vec::new();
        };
        let functions = calls.iter().filter(|call| call["type"] == "function");
        functions
            .map(|call| {
                let function = &call["function"];
                json!({
                    "id": call["id"],
                    "type": "function",
                    "function": {"name": function["name"], "arguments": function["arguments"]},
                })
            })
            .collect()
    }

    /// Ends the step at that second.
    pub(super) fn end(
        &mut self,
        ending: Ending<'_>,
        spent: Spent,
        at: u64,
        events: &Events,
        out: &mut BytesMut,
    ) {
        self.end_part(&[], events, out);
        if let Body::Message(writing) = &mut self.body {
            let message = &mut writing.object;
            let cut = match ending {
                Ending::Completed => None,
                Ending::Cut(reason) | Ending::With(_, reason, _) => Some(reason),
            };
            let name = if let Some(reason) = cut {
                message["status"] = json!("incomplete");
                message["incomplete_details"] = json!({"reason": reason});
                message["incomplete_at"] = json!(at);
                "thread.message.incomplete"
            } else {
                message["status"] = json!("completed");
                message["completed_at"] = json!(at);
                "thread.message.completed"
            };
            events.tell(name, message, out);
        }
        let (word, error) = match ending {
            Ending::Completed | Ending::Cut(_) => ("completed", None),
            Ending::With(word, _, error) => (word, error),
        };
        self.settle();
        let step = &mut self.object;
        step["status"] = json!(word);
        step[format!("{word}_at")] = json!(at);
        step["last_error"] = error.cloned().unwrap_or_default();
        step["usage"] = spent.value();
        events.tell(&format!("thread.run.step.{word}"), step, out);
    }

    /// Puts the calls into the object.
    fn settle(&mut self) {
        if let Body::Calls(calls) = &self.body {
            self.object["step_details"]["tool_calls"] = json!(calls);
        }
    }

    /// The step and its message as they are now.
    pub(super) fn keeps(&mut self) -> Vec<Keep> {
        self.settle();
        let mut keeps = vec![kept_step(self.object.clone())];
        if let Body::Message(writing) = &self.body {
            keeps.push(Keep {
                family: MESSAGES,
                id: text(&writing.object["id"]),
                parent: Some(text(&writing.object["thread_id"])),
                object: writing.object.clone(),
            });
        }
        keeps
    }
}

impl Writing {
    /// Tells the annotations of the part that ends.
    fn cite(&self, annotations: &[Value], events: &Events, out: &mut BytesMut) {
        if annotations.is_empty() {
            return;
        }
        let numbered = annotations.iter().enumerate().map(|(index, annotation)| {
            let mut annotation = annotation.clone();
            annotation["index"] = json!(index);
            annotation
        });
        let index = self.object["content"].as_array().map_or(0, Vec::len);
        let delta = json!({
            "id": self.object["id"],
            "object": "thread.message.delta",
            "delta": {"content": [{
                "index": index,
                "type": "text",
                "text": {"annotations": numbered.collect::<Vec<_>>()},
            }]},
        });
        events.tell("thread.message.delta", &delta, out);
    }
}

/// The citations whose marks the text has, with their places in characters.
fn annotations(text: &str, citations: &[Value]) -> Vec<Value> {
    let annotation = |citation: &Value| {
        let mark = citation["mark"].as_str()?;
        let at = text.find(mark)?;
        let start = text[..at].chars().count();
        Some(json!({
            "type": "file_citation",
            "text": mark,
            "start_index": start,
            "end_index": start + mark.chars().count(),
            "file_citation": {"file_id": citation["file_id"]},
        }))
    };
    citations.iter().filter_map(annotation).collect()
}

/// A step as it is kept below its run.
pub(super) fn kept_step(object: Value) -> Keep {
    Keep {
        family: STEPS,
        id: text(&object["id"]),
        parent: Some(text(&object["run_id"])),
        object,
    }
}

/// A text, copied.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn begun(
    run: &Object,
    id: &str,
    kind: &str,
    details: Value,
    events: &Events,
    out: &mut BytesMut,
) -> Value {
    let step = json!({
        "id": id,
        "object": "thread.run.step",
        "created_at": run["started_at"],
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "type": kind,
        "status": "in_progress",
        "cancelled_at": null,
        "completed_at": null,
        "expired_at": null,
        "failed_at": null,
        "last_error": null,
        "step_details": details,
        "metadata": {},
        "usage": null,
    });
    events.tell("thread.run.step.created", &step, out);
    events.tell("thread.run.step.in_progress", &step, out);
    step
}

/// How the run's tool ranks what it finds.
fn ranking(run: &Object) -> Value {
    let tools = run["tools"].as_array();
    let search = tools.into_iter().flatten();
    let mut search = search.filter(|tool| tool["type"] == "file_search");
    let given = search
        .next()
        .map(|tool| &tool["file_search"]["ranking_options"]);
    let given = given.unwrap_or(&Value::Null);
    let usual = |name: &str, value: Value| match &given[name] {
        Value::Null => value,
        given => given.clone(),
    };
    json!({
        "ranker": usual("ranker", json!("default_2024_08_21")),
        "score_threshold": usual("score_threshold", json!(0.0)),
    })
}

/// Results as steps have them.
fn results(detail: &Value) -> Value {
    let results = detail["results"].as_array();
    let written = results.into_iter().flatten().map(|result| {
        json!({
            "file_id": result["file_id"],
            "file_name": result["filename"],
            "score": result["score"],
            "content": [{"type": "text", "text": result["text"]}],
        })
    });
    Value::Array(written.collect())
}
