//! Audit logs: what an operation of the organisation leaves behind about itself. The one place
//! that writes them; which operations, and what, is data.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use fakeai_canon::Owner;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::apply::Site;
use crate::family::families;
use crate::store::{Change, Record};
use crate::{Answer, Body, ids};

/// The family of the logs.
pub(crate) const FAMILY: &str = "organization.audit_logs";

static EVENTS: LazyLock<HashMap<String, Vec<Row>>> = LazyLock::new(|| {
    let rows: Rows = toml::from_str(include_str!("../../../data/families/openai/audit.toml"))
        .expect("the audit's rows are part of this program");
    let mut events: HashMap<String, Vec<Row>> = HashMap::new();
    for row in rows.event {
        events.entry(row.operation.clone()).or_default().push(row);
    }
    events
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    event: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    operation: String,
    #[serde(rename = "type")]
    kind: String,
    /// Where the id of what was changed is found.
    #[serde(default)]
    id: String,
    /// Where the project's id is found.
    #[serde(default = "path_project")]
    project: String,
    /// Whether the event is written without an id.
    #[serde(default)]
    nameless: bool,
    /// The property that the fields are put under.
    #[serde(default)]
    under: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

fn path_project() -> String {
    "path/project_id".to_owned()
}

/// Adds the logs of the call to what follows from its answer.
pub(crate) fn note(site: &Site<'_>, answer: &mut Answer) {
    let Some(rows) = EVENTS.get(&*site.call.operation.id) else {
        return;
    };
    let none = Value::Null;
    let shown = match &answer.body {
        Body::Json(object) => object,
        Body::Empty | Body::Bytes { .. } | Body::Blob { .. } => &none,
    };
    let sources = Sources {
        site,
        answer: shown,
        old: site.record().ok(),
    };
    let logs = rows.iter().zip(0..);
    let logs = logs.filter_map(|(row, number)| log(row, number, &sources));
    let logs: Vec<Change> = logs.map(Change::Put).collect();
    answer.next.changes.extend(logs);
}

/// Where the values of a log are found.
struct Sources<'a> {
    site: &'a Site<'a>,
    answer: &'a Value,
    /// The object before the call.
    old: Option<std::sync::Arc<Record>>,
}

fn log(row: &Row, number: u64, sources: &Sources<'_>) -> Option<Record> {
    let context = sources.site.context;
    let resource = sources.value(&row.id);
    if resource.is_null() && !row.nameless {
        return None;
    }
    let seed = context.seed.fork("audit").nth(number);
    let id = ids::of("organization.audit_log", seed)?;
    let mut object = json!({
        "id": id,
        "type": row.kind,
        "effective_at": context.now.whole_seconds(),
    });
    let project = sources.value(&row.project);
    if let Some(project) = project.as_str() {
        object["project"] = sources.project(project);
    }
    object["actor"] = actor(sources.site);
    object[row.kind.as_str()] = details(row, &resource, sources);
    Some(Record {
        project: None,
        family: &families().get(FAMILY)?.name,
        id,
        parent: None,
        created: context.now,
        object: std::sync::Arc::new(object),
        private: json!({"resource_id": resource}),
        due: None,
        blob: None,
    })
}

fn details(row: &Row, resource: &Value, sources: &Sources<'_>) -> Value {
    let mut details = Map::new();
    if !resource.is_null() {
        details.insert("id".to_owned(), resource.clone());
    }
    let fields = row
        .fields
        .iter()
        .map(|(name, source)| (name.clone(), sources.value(source)));
    let fields: Map<String, Value> = fields.filter(|(_, value)| !value.is_null()).collect();
    match &row.under {
        Some(under) => {
            details.insert(under.clone(), Value::Object(fields));
        }
        None => details.extend(fields),
    }
    Value::Object(details)
}

impl Sources<'_> {
    /// The value of a source; null where there is none.
    fn value(&self, source: &str) -> Value {
        if let Some(text) = source.strip_prefix('=') {
            return json!(text);
        }
        let (from, rest) = source.split_once('/').unwrap_or((source, ""));
        let call = self.site.call;
        let old = self.old.as_ref().map(|old| &*old.object);
        match from {
            "path" => json!(call.params.get(rest)),
            "body" => at(&call.body, rest),
            "answer" => at(self.answer, rest),
            "old" => old.map_or(Value::Null, |old| at(old, rest)),
            "added" => without(&call.body[rest], old.map(|old| &old[rest])),
            "removed" if call.body[rest].is_array() => old.map_or(Value::Null, |old| {
                without(&old[rest], Some(&call.body[rest]))
            }),
            _ => Value::Null,
        }
    }

    /// A project as a log names it.
    fn project(&self, id: &str) -> Value {
        let known = self.site.store.object("organization.projects", id);
        let name = known.map_or_else(
            || self.answer["name"].clone(),
            |known| known["name"].clone(),
        );
        let mut project = json!({"id": id});
        if name.is_string() {
            project["name"] = name;
        }
        project
    }
}

fn at(value: &Value, pointer: &str) -> Value {
    if let Some(list) = pointer.strip_suffix("/*") {
        let list = at(value, list);
        let elements = list.as_array().into_iter().flatten();
        let cut = elements.map(|one| {
            let mut cut = json!({"id": one["id"]});
            if one["name"].is_string() {
                cut["name"] = one["name"].clone();
            }
            cut
        });
        return Value::Array(cut.collect());
    }
    if pointer.is_empty() {
        return value.clone();
    }
    let found = value.pointer(&format!("/{pointer}"));
    found.cloned().unwrap_or_default()
}

/// The elements of an array that another has not; null where there is no array.
fn without(array: &Value, other: Option<&Value>) -> Value {
    let other = other.and_then(Value::as_array);
    let Some(array) = array.as_array() else {
        return Value::Null;
    };
    let left = array
        .iter()
        .filter(|one| other.is_none_or(|other| !other.contains(one)));
    Value::Array(left.cloned().collect())
}

/// Who did it: a key with its owner, or a user of whom nothing more is known.
fn actor(site: &Site<'_>) -> Value {
    let caller = site.call.caller;
    let owner = match &caller.owner {
        Owner::User(id) => {
            let mut user = json!({"id": id});
            let known = site.store.object("organization.users", id);
            if let Some(email) = known.as_ref().and_then(|user| user["email"].as_str()) {
                user["email"] = json!(email);
            }
            ("user", user)
        }
        Owner::ServiceAccount(id) => ("service_account", json!({"id": id})),
    };
    let (kind, owner) = owner;
    match &caller.key {
        Some(key) => {
            let mut by = json!({"id": key.id, "type": kind});
            by[kind] = owner;
            json!({"type": "api_key", "api_key": by})
        }
        None => json!({"type": "session", "session": {"user": owner}}),
    }
}
