//! The overlay: facts that the provider's document lacks or gets wrong.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Draft, schema};

/// `openai.overlay.toml`, as written there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overlay {
    kinds: Kinds,
    security: Keys,
    events: BTreeMap<String, String>,
    event_pairs: BTreeMap<String, String>,
    body_limits: BTreeMap<String, u64>,
    closed: Closed,
    greedy: Greedy,
    #[serde(default)]
    operation: Vec<Row>,
    #[serde(default)]
    property: Vec<Property>,
    #[serde(default)]
    alternative: Vec<Alternative>,
    #[serde(default)]
    bound: Vec<Bound>,
    #[serde(default)]
    always: Vec<Always>,
    #[serde(default)]
    left_to_code: Vec<LeftToCode>,
    #[serde(default)]
    bytes: Vec<Bytes>,
    errors: Option<Errors>,
    #[serde(default)]
    schemas: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Kinds {
    infer: Vec<String>,
    view: Vec<String>,
}

/// Operations that want an administration's key, where the document says so in prose alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    admin: Vec<String>,
}

/// The one shape that all refusals have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Errors {
    body: String,
}

#[derive(Deserialize)]
struct Closed {
    schemas: Vec<String>,
    /// Fields taken all the same.
    #[serde(default)]
    extra: BTreeMap<String, Vec<String>>,
    /// Required fields that a request may leave out.
    #[serde(default)]
    optional: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Greedy {
    parameters: Vec<String>,
}

/// An operation without a path in the document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    method: String,
    path: String,
    tag: String,
    #[serde(default)]
    upgrade: bool,
    #[serde(default)]
    query: Vec<QueryField>,
    response: Option<String>,
}

#[derive(Deserialize)]
struct QueryField {
    name: String,
    r#type: String,
}

/// A property that is nowhere defined, though it is required or the wire has it: of a type, or of a
/// named schema.
#[derive(Deserialize)]
struct Property {
    schema: String,
    name: String,
    r#type: Option<String>,
    refers: Option<String>,
}

/// Bounds that the wire has and the document lacks.
#[derive(Deserialize)]
struct Bound {
    /// A JSON pointer below the schemas.
    at: String,
    #[serde(flatten)]
    keywords: BTreeMap<String, Value>,
}

/// Properties that the wire always has and the document leaves optional.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Always {
    schema: String,
    properties: Vec<String>,
}

/// A keyword that clients' own tests do not keep to: code holds requests to it, in realistic mode.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftToCode {
    schema: String,
    keyword: String,
}

/// A success whose body is bytes of a media type that the document lacks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bytes {
    operation: String,
    media: String,
    /// The media type that the document names for it.
    instead: Option<String>,
}

/// A second type that a property may have.
#[derive(Deserialize)]
struct Alternative {
    schema: String,
    /// Its name; `a/properties/b` is a property of a property.
    property: String,
    r#type: String,
}

impl Overlay {
    pub(super) fn kind(&self, id: &str) -> &'static str {
        let listed = |list: &[String]| list.iter().any(|entry| entry == id);
        if listed(&self.kinds.infer) {
            "infer"
        } else if listed(&self.kinds.view) {
            "view"
        } else {
            "resource"
        }
    }

    /// Whether the operation wants an administration's key though its `security` does not say so.
    pub(super) fn wants_admin_key(&self, id: &str) -> bool {
        self.security.admin.iter().any(|entry| entry == id)
    }

    pub(super) fn body_limit(&self, id: &str, multipart: bool) -> u64 {
        let class = if multipart { "multipart" } else { "default" };
        let limit = |name: &str| self.body_limits.get(name).copied();
        limit(id).or_else(|| limit(class)).unwrap_or(u64::MAX)
    }

    pub(super) fn add_events(&self, row: &mut Map<String, Value>, id: &str) {
        if let Some(name) = self.events.get(id).or_else(|| self.event_pairs.get(id)) {
            row.insert("event".into(), json!(name));
        }
        if self.event_pairs.contains_key(id) {
            row.insert("event_pairs".into(), json!(true));
        }
    }

    /// Folds everything that is not a property of one row into the draft.
    pub(super) fn apply(&self, draft: &mut Draft) -> Result<()> {
        draft
            .operations
            .extend(self.operation.iter().map(|row| self.row(row)));
        for (name, schema) in &self.schemas {
            draft
                .schemas
                .insert(name.clone(), schema::normal(schema, name, name)?);
        }
        for addition in &self.property {
            let members = members(draft, &addition.schema)?;
            let shape = match &addition.refers {
                Some(name) => json!({"$ref": name}),
                None => json!({"type": addition.r#type}),
            };
            let before = members.insert(addition.name.clone(), shape);
            let (schema, name) = (&addition.schema, &addition.name);
            ensure!(
                before.is_none(),
                "{schema}.{name} is defined now: drop it from the overlay"
            );
        }
        for choice in &self.alternative {
            let schema = draft.schemas.get_mut(&choice.schema);
            let place = format!("/properties/{}", choice.property);
            let member = schema
                .and_then(|schema| schema.pointer_mut(&place))
                .with_context(|| format!("no {} in {}", choice.property, choice.schema))?;
            let added = json!({"type": choice.r#type, "x-added": true});
            *member = json!({"anyOf": [member.take(), added]});
        }
        self.give_bytes(draft)?;
        self.refuse(draft);
        self.bound(draft)?;
        self.demand(draft)?;
        self.mark_closed(draft)?;
        self.check_names(draft)
    }

    fn give_bytes(&self, draft: &mut Draft) -> Result<()> {
        for answer in &self.bytes {
            let (id, media) = (&answer.operation, &answer.media);
            let mut rows = draft.operations.iter_mut();
            let row = rows.find(|row| row["id"] == json!(id));
            let bodies = row.and_then(|row| row.pointer_mut("/responses/200"));
            let bodies = bodies.and_then(Value::as_object_mut);
            let bodies = bodies.with_context(|| format!("{id} has no success"))?;
            if let Some(wrong) = &answer.instead {
                let before = bodies.remove(wrong);
                before.with_context(|| format!("{id} answers no {wrong}: drop it here"))?;
            }
            let before =
                bodies.insert(media.clone(), json!({"type": "string", "format": "binary"}));
            ensure!(before.is_none(), "{id} answers {media} now: drop it here");
        }
        Ok(())
    }

    /// Gives every refusal the one shape.
    fn refuse(&self, draft: &mut Draft) {
        let Some(errors) = &self.errors else { return };
        for row in &mut draft.operations {
            let responses = row["responses"].as_object_mut().into_iter().flatten();
            for (_, bodies) in responses.filter(|(status, _)| !status.starts_with('2')) {
                if let Some(body) = bodies.get_mut("application/json") {
                    *body = json!({"$ref": errors.body});
                }
            }
        }
    }

    fn row(&self, row: &Row) -> Value {
        let mut out = Map::new();
        for (name, value) in [
            ("id", &row.id),
            ("method", &row.method),
            ("path", &row.path),
        ] {
            out.insert(name.into(), json!(value));
        }
        out.insert("kind".into(), json!(self.kind(&row.id)));
        out.insert("tag".into(), json!(row.tag));
        out.insert("security".into(), json!("key"));
        let parameters = path_parameters(&row.path).chain(row.query.iter().map(
            |field| json!({"name": field.name, "in": "query", "schema": {"type": field.r#type}}),
        ));
        out.insert("parameters".into(), parameters.collect());
        let responses = match &row.response {
            Some(name) => json!({"200": {"application/json": {"$ref": name}}}),
            None => json!({"101": {}}),
        };
        out.insert("responses".into(), responses);
        if row.upgrade {
            out.insert("upgrade".into(), json!(true));
        }
        self.add_events(&mut out, &row.id);
        Value::Object(out)
    }

    fn bound(&self, draft: &mut Draft) -> Result<()> {
        for bound in &self.bound {
            let (name, rest) = bound
                .at
                .split_once('/')
                .context("a bound without a property")?;
            let schema = draft.schemas.get_mut(name);
            let place = schema.and_then(|schema| schema.pointer_mut(&format!("/{rest}")));
            let place = place.and_then(Value::as_object_mut);
            let place = place.with_context(|| format!("nothing stands at {}", bound.at))?;
            for (keyword, value) in &bound.keywords {
                let before = place.insert(keyword.clone(), value.clone());
                ensure!(
                    before.is_none(),
                    "{} has {keyword} now: drop it here",
                    bound.at
                );
            }
        }
        Ok(())
    }

    fn demand(&self, draft: &mut Draft) -> Result<()> {
        for always in &self.always {
            let schema = object(draft, &always.schema)?;
            let required = schema.entry("required").or_insert_with(|| json!([]));
            let required = required.as_array_mut().context("required is no list")?;
            for name in &always.properties {
                let (schema, name) = (&always.schema, json!(name));
                ensure!(
                    !required.contains(&name),
                    "{schema} demands {name} now: drop it here"
                );
                required.push(name);
            }
        }
        for left in &self.left_to_code {
            let before = object(draft, &left.schema)?.remove(&left.keyword);
            let (schema, keyword) = (&left.schema, &left.keyword);
            before.with_context(|| format!("{schema} has no {keyword} to leave out"))?;
        }
        Ok(())
    }

    /// Closed objects carry `x-closed`, the extra fields that they take all the same; objects that a
    /// request may send with less than an answer has carry `x-optional`.
    fn mark_closed(&self, draft: &mut Draft) -> Result<()> {
        for name in &self.closed.schemas {
            let schema = object(draft, name)?;
            let extra = self.closed.extra.get(name).cloned().unwrap_or_default();
            schema.insert("x-closed".into(), json!(extra));
        }
        for (name, fields) in &self.closed.optional {
            let schema = object(draft, name)?;
            schema.insert("x-optional".into(), json!(fields));
        }
        Ok(())
    }

    /// Names in the overlay that the document no longer has are errors, not leftovers.
    fn check_names(&self, draft: &Draft) -> Result<()> {
        let known = |id: &String| draft.operations.iter().any(|row| row["id"] == json!(id));
        let listed = self.kinds.infer.iter().chain(&self.kinds.view);
        for id in listed
            .chain(self.events.keys())
            .chain(self.event_pairs.keys())
        {
            ensure!(
                known(id),
                "the overlay names the operation {id}, which is not there"
            );
        }
        for name in self.events.values().chain(self.event_pairs.values()) {
            ensure!(
                draft.schemas.contains_key(name),
                "there is no event schema {name}"
            );
        }
        for (name, schema) in &draft.schemas {
            let mut names = Vec::new();
            schema::references(schema, &mut names);
            let dead = names
                .into_iter()
                .find(|name| !draft.schemas.contains_key(*name));
            ensure!(
                dead.is_none(),
                "{name} refers to {dead:?}, which is not there"
            );
        }
        Ok(())
    }

    pub(super) fn greedy(&self) -> &[String] {
        &self.greedy.parameters
    }
}

fn object<'a>(draft: &'a mut Draft, name: &str) -> Result<&'a mut Map<String, Value>> {
    let schema = draft.schemas.get_mut(name).and_then(Value::as_object_mut);
    schema.with_context(|| format!("there is no schema {name}"))
}

fn members<'a>(draft: &'a mut Draft, schema: &str) -> Result<&'a mut Map<String, Value>> {
    let members = draft
        .schemas
        .get_mut(schema)
        .and_then(|schema| schema.get_mut("properties"));
    members
        .and_then(Value::as_object_mut)
        .with_context(|| format!("{schema} has no properties"))
}

fn path_parameters(path: &str) -> impl Iterator<Item = Value> + '_ {
    path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
    })
}
