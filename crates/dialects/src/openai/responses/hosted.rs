//! Calls of tools that the provider runs: one item each, with the events of its progress. The
//! plan's `detail` holds the fields of the item by their wire names (`action` or `query`,
//! `queries`, `code`, `outputs`, `results`, `result`, `server_label`, `name`, `arguments`,
//! `output` …); what is missing gets a value that the contract accepts.

use bytes::BytesMut;
use fakeai_canon::{Alphabet, HostedCall, Seed};
use serde_json::{Map, Value, json};

use super::events::{Events, place};
use crate::JsonWriter;

/// The kinds of such calls, by how they go on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    WebSearch,
    FileSearch,
    CodeInterpreter,
    ImageGeneration,
    Mcp,
    Shell,
    ShellOutput,
    /// Any other: computer, patch … without events of its own.
    Other,
}

/// What a request wants to see of outcomes.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted {
    /// `web_search_call.action.sources`
    pub(super) sources: bool,
    /// `file_search_call.results`
    pub(super) results: bool,
    /// `code_interpreter_call.outputs`
    pub(super) outputs: bool,
}

/// A call.
pub(super) struct Hosted {
    kind: Kind,
    wire: String,
    fields: Map<String, Value>,
    /// Pictures that are shown before the finished one.
    partials: Vec<Value>,
}

impl Hosted {
    /// Reads a planned call; `ids` make the ids that the plan leaves open.
    pub(super) fn of(
        call: &HostedCall,
        wanted: Wanted,
        container: Option<&str>,
        ids: Seed,
    ) -> Self {
        let kind = match call.kind.as_str() {
            "code_interpreter" => Kind::CodeInterpreter,
            "file_search" => Kind::FileSearch,
            "image_generation" => Kind::ImageGeneration,
            "mcp" => Kind::Mcp,
            "shell" => Kind::Shell,
            "shell_output" => Kind::ShellOutput,
            name if name.starts_with("web_search") => Kind::WebSearch,
            _ => Kind::Other,
        };
        let detail = call.detail.as_object().cloned().unwrap_or_default();
        Self {
            kind,
            wire: wire(kind, &call.kind),
            partials: call.detail["partials"]
                .as_array()
                .cloned()
                .unwrap_or_default(),
            fields: fields(kind, detail, wanted, container, ids),
        }
    }

    /// The container that its program runs in.
    pub(super) fn container(&self) -> Option<&str> {
        self.fields.get("container_id")?.as_str()
    }

    /// What the ids of such items begin with.
    pub(super) fn prefix(&self) -> &'static str {
        match self.kind {
            Kind::WebSearch => "ws_",
            Kind::FileSearch => "fs_",
            Kind::CodeInterpreter => "ci_",
            Kind::ImageGeneration => "ig_",
            Kind::Mcp => "mcp_",
            Kind::Shell => "sh_",
            Kind::ShellOutput => "sho_",
            Kind::Other => match self.wire.as_str() {
                "computer_call" => "cu_",
                "local_shell_call" => "lsh_",
                "apply_patch_call" => "apc_",
                _ => "item_",
            },
        }
    }

    /// The item as it is announced: nothing has come of it yet.
    pub(super) fn announced(&self, id: &str) -> Value {
        let mut item = self.item(id, "in_progress");
        let open: &[&str] = match self.kind {
            Kind::WebSearch | Kind::Shell | Kind::ShellOutput | Kind::Other => &[],
            Kind::FileSearch => &["results"],
            Kind::CodeInterpreter => &["outputs"],
            Kind::ImageGeneration => &["result"],
            Kind::Mcp => &["output"],
        };
        for name in open {
            item[*name] = Value::Null;
        }
        match self.kind {
            Kind::CodeInterpreter => item["code"] = "".into(),
            Kind::Mcp => item["arguments"] = "".into(),
            Kind::WebSearch
            | Kind::FileSearch
            | Kind::ImageGeneration
            | Kind::Shell
            | Kind::ShellOutput
            | Kind::Other => {}
        }
        item
    }

    /// The item as it is done.
    pub(super) fn done(&self, id: &str) -> Value {
        self.item(id, if self.failed() { "failed" } else { "completed" })
    }

    fn item(&self, id: &str, status: &str) -> Value {
        let mut item = Map::with_capacity(self.fields.len() + 3);
        item.insert("id".to_owned(), id.into());
        item.insert("type".to_owned(), self.wire.as_str().into());
        item.insert("status".to_owned(), status.into());
        item.extend(
            self.fields
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        Value::Object(item)
    }

    fn failed(&self) -> bool {
        self.fields
            .get("error")
            .is_some_and(|error| !error.is_null())
    }

    /// Writes the events between the announcement and the outcome.
    pub(super) fn progress(&self, id: &str, index: usize, events: &mut Events, out: &mut BytesMut) {
        let stem = self.stem();
        match self.kind {
            Kind::WebSearch | Kind::FileSearch => {
                events.about(out, &format!("{stem}.in_progress"), id, index);
                events.about(out, &format!("{stem}.searching"), id, index);
            }
            Kind::ImageGeneration => {
                events.about(out, &format!("{stem}.in_progress"), id, index);
                events.about(out, &format!("{stem}.generating"), id, index);
                self.show(&stem, id, index, events, out);
            }
            Kind::CodeInterpreter => {
                events.about(out, &format!("{stem}.in_progress"), id, index);
                self.spell(&format!("{stem}_code"), "code", id, index, events, out);
                events.about(out, &format!("{stem}.interpreting"), id, index);
            }
            Kind::Mcp => {
                events.about(out, &format!("{stem}.in_progress"), id, index);
                self.spell(
                    &format!("{stem}_arguments"),
                    "arguments",
                    id,
                    index,
                    events,
                    out,
                );
            }
            Kind::Shell | Kind::ShellOutput | Kind::Other => {}
        }
    }

    /// Writes an event for each unfinished picture.
    fn show(&self, stem: &str, id: &str, index: usize, events: &mut Events, out: &mut BytesMut) {
        for (number, picture) in self.partials.iter().enumerate() {
            events.write(out, &format!("{stem}.partial_image"), |out| {
                place(out, id, index);
                out.raw(",\"partial_image_index\":");
                out.number(number as u64);
                out.raw(",\"partial_image_b64\":");
                out.value(picture);
            });
        }
    }

    /// Writes the event of the outcome.
    pub(super) fn outcome(&self, id: &str, index: usize, events: &mut Events, out: &mut BytesMut) {
        if !matches!(self.kind, Kind::Shell | Kind::ShellOutput | Kind::Other) {
            let word = if self.failed() { "failed" } else { "completed" };
            events.about(out, &format!("{}.{word}", self.stem()), id, index);
        }
    }

    fn stem(&self) -> String {
        format!("response.{}", self.wire)
    }

    /// Writes a field as one delta and as a whole.
    fn spell(
        &self,
        stem: &str,
        field: &str,
        id: &str,
        index: usize,
        events: &mut Events,
        out: &mut BytesMut,
    ) {
        let text = self
            .fields
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default();
        for (ending, name) in [("delta", "delta"), ("done", field)] {
            events.write(out, &format!("{stem}.{ending}"), |out| {
                place(out, id, index);
                out.raw(&format!(",\"{name}\":"));
                out.string(text);
            });
        }
    }
}

/// The item's type.
fn wire(kind: Kind, tool: &str) -> String {
    match kind {
        Kind::WebSearch => "web_search_call".to_owned(),
        Kind::ShellOutput => "shell_call_output".to_owned(),
        Kind::Other if tool.starts_with("computer") => "computer_call".to_owned(),
        Kind::FileSearch
        | Kind::CodeInterpreter
        | Kind::ImageGeneration
        | Kind::Mcp
        | Kind::Shell
        | Kind::Other => format!("{tool}_call"),
    }
}

fn fields(
    kind: Kind,
    mut detail: Map<String, Value>,
    wanted: Wanted,
    container: Option<&str>,
    ids: Seed,
) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut keep = |name: &str, usual: Value| {
        let value = detail
            .remove(name)
            .filter(|value| !value.is_null())
            .unwrap_or(usual);
        fields.insert(name.to_owned(), value);
    };
    match kind {
        Kind::WebSearch => {
            let action = detail
                .remove("action")
                .unwrap_or_else(|| search(&mut detail));
            fields.insert("action".to_owned(), with_sources(action, wanted.sources));
        }
        Kind::FileSearch => {
            keep("results", Value::Null);
            let query = detail.remove("query");
            let queries = detail
                .remove("queries")
                .unwrap_or_else(|| json!(Vec::from_iter(query)));
            fields.insert("queries".to_owned(), queries);
            hide(&mut fields, "results", wanted.results);
        }
        Kind::CodeInterpreter => {
            keep("code", "".into());
            let own = || ids.id("cntr_", Alphabet::Hex, 48);
            let container = container.map_or_else(own, str::to_owned);
            keep("container_id", container.into());
            keep("outputs", json!([]));
            hide(&mut fields, "outputs", wanted.outputs);
        }
        Kind::ImageGeneration => keep("result", Value::Null),
        Kind::Mcp => {
            keep("server_label", "".into());
            keep("name", "".into());
            keep("arguments", "{}".into());
            keep("output", Value::Null);
            keep("error", Value::Null);
        }
        Kind::Shell => {
            fields.extend(detail);
            fields.insert("environment".to_owned(), shell_place(container, ids));
        }
        Kind::ShellOutput => fields.extend(detail),
        Kind::Other => {
            keep(
                "call_id",
                ids.id("call_", Alphabet::Alphanumeric, 24).into(),
            );
            detail.remove("id");
            detail.remove("type");
            detail.remove("status");
            fields.extend(detail);
        }
    }
    fields
}

/// The container that a shell runs in: that of the request, or one of its own.
fn shell_place(container: Option<&str>, ids: Seed) -> Value {
    let own = || ids.id("cntr_", Alphabet::Hex, 48);
    let id = container.map_or_else(own, str::to_owned);
    json!({"type": "container_reference", "container_id": id})
}

fn search(detail: &mut Map<String, Value>) -> Value {
    let mut action = json!({"type": "search"});
    for name in ["query", "queries", "sources"] {
        if let Some(value) = detail.remove(name) {
            action[name] = value;
        }
    }
    if let (None, Some(results)) = (
        action.get("sources"),
        detail.get("results").and_then(Value::as_array),
    ) {
        let pages = results.iter().filter_map(|page| page.get("url"));
        let sources: Vec<_> = pages
            .map(|url| json!({"type": "url", "url": url}))
            .collect();
        action["sources"] = Value::Array(sources);
    }
    action
}

fn with_sources(mut action: Value, wanted: bool) -> Value {
    if let Some(fields) = action.as_object_mut().filter(|_| !wanted) {
        fields.remove("sources");
    }
    action
}

fn hide(fields: &mut Map<String, Value>, name: &str, wanted: bool) {
    if !wanted {
        fields.insert(name.to_owned(), Value::Null);
    }
}
