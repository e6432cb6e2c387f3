//! The contract as an OpenAPI 3.1 document again, for people, for tools and for fuzzers.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::contract::OPENAI_TEXT;
use crate::mount::Mount;
use crate::rows;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut contract: Value =
        serde_json::from_str(OPENAI_TEXT).expect("the embedded contract is read by a test");
    for rows in rows::rows() {
        add(&mut contract, rows);
    }
    render(&contract).to_string()
});

/// Keywords whose values are schemas by name.
const MAPS: [&str; 1] = ["properties"];
/// Keywords whose values are lists of schemas.
const LISTS: [&str; 2] = ["anyOf", "allOf"];
/// How deep schemas stand in one another where a property is looked for.
const NESTED: usize = 8;
/// Keywords whose values are schemas.
const SINGLE: [&str; 4] = ["items", "additionalProperties", "propertyNames", "not"];

/// OpenAI's contract as an OpenAPI 3.1 document in JSON, served below `/v1`. Made on first use.
pub fn openapi_document() -> &'static str {
    &DOCUMENT
}

/// Adds the rows that stand beside a contract.
fn add(contract: &mut Value, rows: &rows::Rows) {
    if let Some(schemas) = contract["schemas"].as_object_mut() {
        let own = rows.schemas.iter();
        schemas.extend(own.map(|(name, schema)| (name.clone(), schema.clone())));
    }
    let operations = rows.operation.iter().cloned().map(|mut row| {
        row["errors"] = json!(rows.errors);
        row
    });
    if let Some(list) = contract["operations"].as_array_mut() {
        let mounted: Vec<Value> = rows
            .mounts()
            .flat_map(|mount| below(&mount, list))
            .collect();
        list.extend(operations);
        list.extend(mounted.into_iter().map(|mut row| {
            row["errors"] = json!(rows.errors);
            row
        }));
    }
}

/// The operations of a mount that has some of them only; one that has all is told of as a server.
fn below(mount: &Mount, operations: &[Value]) -> Vec<Value> {
    let listed = |row: &&Value| mount.operations.iter().any(|id| row["id"] == json!(id));
    let row = |row: &Value| {
        let mut row = row.clone();
        let id = row["id"].as_str().unwrap_or_default();
        let path = mount.path_of(row["path"].as_str().unwrap_or_default());
        row["id"] = json!(format!("{}_{id}", mount.api.name()));
        row["path"] = json!(path);
        row["root"] = json!(true);
        let place = |name: &str, place: &str| json!({"name": name, "in": place, "required": true, "schema": {"type": "string"}});
        let mut parameters = row["parameters"].as_array().cloned().unwrap_or_default();
        parameters.extend(mount.parameter.as_ref().map(|name| place(name, "path")));
        parameters.extend(mount.dated.then(|| place("api-version", "query")));
        row["parameters"] = json!(parameters);
        row
    };
    operations.iter().filter(listed).map(row).collect()
}

/// The contract while it is written down; discriminators are told by the schemas they lead to.
struct Writer<'c> {
    schemas: &'c Map<String, Value>,
}

fn render(contract: &Value) -> Value {
    let empty = Map::new();
    let writer = Writer {
        schemas: contract["schemas"].as_object().unwrap_or(&empty),
    };
    let schemas = writer.schemas.iter();
    let schemas = schemas.map(|(name, schema)| (name.clone(), writer.expand(schema)));
    let schemas: Map<String, Value> = schemas.collect();
    json!({
        "openapi": "3.1.0",
        "info": {"title": contract["source"]["title"], "version": contract["source"]["version"]},
        "servers": [{"url": "/v1"}, {"url": "/openai/v1"}],
        "security": [{"key": []}],
        "paths": writer.paths(contract),
        "webhooks": writer.webhooks(contract),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "admin": {"type": "http", "scheme": "bearer"},
            },
        },
    })
}

impl Writer<'_> {
    fn paths(&self, contract: &Value) -> Map<String, Value> {
        let mut paths = Map::new();
        for row in contract["operations"].as_array().into_iter().flatten() {
            if row["upgrade"] == json!(true) {
                continue;
            }
            let (Some(path), Some(method)) = (row["path"].as_str(), row["method"].as_str()) else {
                continue;
            };
            let query = if row["beta"] == json!(true) {
                "?beta=true"
            } else {
                ""
            };
            let item = paths
                .entry(format!("{path}{query}"))
                .or_insert_with(|| json!({}));
            item[method] = self.operation(row);
        }
        paths
    }

    fn operation(&self, row: &Value) -> Value {
        let mut out = Map::new();
        out.insert("operationId".into(), row["id"].clone());
        out.insert("tags".into(), json!([row["tag"]]));
        if row["security"] == json!("admin") {
            out.insert("security".into(), json!([{"admin": []}]));
        }
        if row["root"] == json!(true) {
            out.insert("servers".into(), json!([{"url": "/"}]));
        }
        if row["deprecated"] == json!(true) {
            out.insert("deprecated".into(), json!(true));
        }
        if let Some(parameters) = row["parameters"].as_array() {
            out.insert(
                "parameters".into(),
                parameters
                    .iter()
                    .map(|given| self.parameter(given))
                    .collect(),
            );
        }
        if let Some(request) = row["request"].as_object() {
            let required = request.get("required").cloned().unwrap_or(json!(false));
            let body = json!({"required": required, "content": self.content(&request["content"])});
            out.insert("requestBody".into(), body);
        }
        out.insert("responses".into(), Value::Object(self.responses(row)));
        Value::Object(out)
    }

    fn parameter(&self, given: &Value) -> Value {
        let mut out = given.clone();
        out["schema"] = self.expand(&given["schema"]);
        if given["in"] == json!("query") && given["schema"]["type"] == json!("object") {
            out["style"] = json!("deepObject");
            out["explode"] = json!(true);
        }
        out
    }

    fn responses(&self, row: &Value) -> Map<String, Value> {
        let mut out = Map::new();
        for (status, bodies) in row["responses"].as_object().into_iter().flatten() {
            let mut answer = json!({"description": status});
            if bodies.as_object().is_some_and(|bodies| !bodies.is_empty()) {
                answer["content"] = self.content(bodies);
            }
            out.insert(status.clone(), answer);
        }
        // Every operation can answer an error, whichever statuses its row has.
        let errors = row["errors"].as_str().unwrap_or("ErrorResponse");
        let error = json!({"application/json": {"schema": self.expand(&json!({"$ref": errors}))}});
        out.insert(
            "default".into(),
            json!({"description": "error", "content": error}),
        );
        out
    }

    fn content(&self, bodies: &Value) -> Value {
        let entries = bodies.as_object().into_iter().flatten();
        let entries =
            entries.map(|(media, schema)| (media.clone(), json!({"schema": self.expand(schema)})));
        Value::Object(entries.collect())
    }

    fn webhooks(&self, contract: &Value) -> Map<String, Value> {
        let rows = contract["webhooks"].as_array().into_iter().flatten();
        rows.filter_map(|row| {
            let body = json!({"application/json": {"schema": self.expand(&row["schema"])}});
            let answer = json!({"200": {"description": "200"}});
            let post = json!({"requestBody": {"content": body}, "responses": answer});
            Some((row["name"].as_str()?.to_owned(), json!({"post": post})))
        })
        .collect()
    }

    /// Short references become whole ones; a discriminator becomes an object; our own marks go.
    fn expand(&self, schema: &Value) -> Value {
        let Some(members) = schema.as_object() else {
            return schema.clone();
        };
        let mut out = Map::new();
        for (keyword, value) in members {
            let value = match keyword.as_str() {
                "x-added" | "x-closed" | "x-optional" => continue,
                "$ref" => json!(format!(
                    "#/components/schemas/{}",
                    value.as_str().unwrap_or_default()
                )),
                "discriminator" => {
                    match self.mapping(members, value.as_str().unwrap_or_default()) {
                        Some(mapping) => json!({"propertyName": value, "mapping": mapping}),
                        // Without a mapping it would name the schemas themselves, which no value does.
                        None => continue,
                    }
                }
                name if MAPS.contains(&name) => {
                    let entries = value.as_object().into_iter().flatten();
                    Value::Object(
                        entries
                            .map(|(name, one)| (name.clone(), self.expand(one)))
                            .collect(),
                    )
                }
                name if LISTS.contains(&name) => value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|one| self.expand(one))
                    .collect(),
                name if SINGLE.contains(&name) => self.expand(value),
                _ => value.clone(),
            };
            out.insert(keyword.clone(), value);
        }
        Value::Object(out)
    }

    /// Which value of a discriminating property leads to which schema; none where a branch has no
    /// name, lists no value, or shares one with another.
    fn mapping(&self, union: &Map<String, Value>, property: &str) -> Option<Map<String, Value>> {
        let mut mapping = Map::new();
        for branch in union.get("anyOf")?.as_array()? {
            let name = branch["$ref"].as_str()?;
            let values = self.literals(name, property, 0)?;
            let target = json!(format!("#/components/schemas/{name}"));
            for value in values {
                if mapping
                    .insert(value.as_str()?.to_owned(), target.clone())
                    .is_some()
                {
                    return None;
                }
            }
        }
        Some(mapping)
    }

    /// The values that a named schema lists for a property.
    fn literals(&self, name: &str, property: &str, depth: usize) -> Option<&Vec<Value>> {
        let schema = self.schemas.get(name).filter(|_| depth < NESTED)?;
        let own = schema["properties"][property]["enum"].as_array();
        own.or_else(|| {
            let mut parts = schema["allOf"].as_array().into_iter().flatten();
            parts.find_map(|part| match part["$ref"].as_str() {
                Some(name) => self.literals(name, property, depth + 1),
                None => part["properties"][property]["enum"].as_array(),
            })
        })
    }
}
