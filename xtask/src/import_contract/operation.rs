//! Paths, operations and webhooks of the document into rows.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::overlay::Overlay;
use super::schema;

const METHODS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// One row an operation, in the document's order.
pub(super) fn all(document: &Value, overlay: &Overlay) -> Result<Vec<Value>> {
    let paths = document["paths"].as_object().context("no paths")?;
    let mut rows = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().context("a path without methods")? {
            ensure!(
                METHODS.contains(&method.as_str()),
                "{path}: '{method}' is not a method"
            );
            let row = row(document, overlay, path, method, operation);
            rows.push(row.with_context(|| format!("{method} {path}"))?);
        }
    }
    Ok(rows)
}

fn row(
    document: &Value,
    overlay: &Overlay,
    path: &str,
    method: &str,
    given: &Value,
) -> Result<Value> {
    let id = given["operationId"].as_str().context("no operationId")?;
    let (path, beta) = match path.split_once('?') {
        Some((path, "beta=true")) => (path, true),
        Some((_, query)) => anyhow::bail!("the query '{query}' in a path is not known"),
        None => (path, false),
    };
    let mut row = Map::new();
    row.insert("id".into(), json!(id));
    row.insert("method".into(), json!(method));
    row.insert("path".into(), json!(path));
    row.insert("kind".into(), json!(overlay.kind(id)));
    row.insert(
        "tag".into(),
        given["tags"]
            .get(0)
            .cloned()
            .unwrap_or_else(|| json!(tag_of(path))),
    );
    row.insert("security".into(), json!(security(given, id, overlay)));
    put_list(&mut row, "parameters", parameters(given, id)?);
    if let Some(body) = given.get("requestBody") {
        row.insert("request".into(), request(body, id)?);
        let bytes = overlay.body_limit(id, body["content"].get("multipart/form-data").is_some());
        row.insert("body_limit".into(), json!(bytes));
    }
    row.insert("responses".into(), responses(document, given, id)?);
    for (name, set) in [
        ("deprecated", given["deprecated"] == json!(true)),
        ("beta", beta),
    ] {
        if set {
            row.insert(name.into(), json!(true));
        }
    }
    overlay.add_events(&mut row, id);
    Ok(Value::Object(row))
}

/// The document gives 31 operations no tag; the first segment of the path stands in.
fn tag_of(path: &str) -> String {
    path.trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default()
        .replace('_', " ")
}

fn security(given: &Value, id: &str, overlay: &Overlay) -> &'static str {
    let admin = given["security"].as_array().is_some_and(|list| {
        list.iter()
            .any(|scheme| scheme.get("AdminApiKeyAuth").is_some())
    });
    if admin || overlay.wants_admin_key(id) {
        "admin"
    } else {
        "key"
    }
}

fn put_list(row: &mut Map<String, Value>, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        row.insert(name.into(), Value::Array(list));
    }
}

fn parameters(given: &Value, id: &str) -> Result<Vec<Value>> {
    let Some(list) = given["parameters"].as_array() else {
        return Ok(Vec::new());
    };
    list.iter()
        .map(|parameter| {
            let name = parameter["name"]
                .as_str()
                .context("a parameter without a name")?;
            let mut out = Map::new();
            out.insert("name".into(), json!(name));
            out.insert("in".into(), parameter["in"].clone());
            if parameter["required"] == json!(true) {
                out.insert("required".into(), json!(true));
            }
            let path = format!("{id}?{name}");
            out.insert(
                "schema".into(),
                schema::normal(&parameter["schema"], "", &path)?,
            );
            Ok(Value::Object(out))
        })
        .collect()
}

fn request(body: &Value, id: &str) -> Result<Value> {
    let mut out = Map::new();
    if body["required"] == json!(true) {
        out.insert("required".into(), json!(true));
    }
    out.insert("content".into(), content(body, id)?);
    Ok(Value::Object(out))
}

fn responses(document: &Value, given: &Value, id: &str) -> Result<Value> {
    let mut out = Map::new();
    for (status, response) in given["responses"].as_object().context("no responses")? {
        out.insert(status.clone(), content(resolve(document, response)?, id)?);
    }
    Ok(Value::Object(out))
}

fn resolve<'a>(document: &'a Value, response: &'a Value) -> Result<&'a Value> {
    let Some(target) = response.get("$ref").and_then(Value::as_str) else {
        return Ok(response);
    };
    let pointer = target
        .strip_prefix('#')
        .context("a reference out of the document")?;
    document
        .pointer(pointer)
        .with_context(|| format!("{target} points nowhere"))
}

/// Media type to schema.
fn content(holder: &Value, id: &str) -> Result<Value> {
    let mut out = Map::new();
    if let Some(media) = holder["content"].as_object() {
        for (name, entry) in media {
            let schema = entry.get("schema").context("a body without a schema")?;
            out.insert(name.clone(), schema::normal(schema, "", id)?);
        }
    }
    Ok(Value::Object(out))
}

/// One row a webhook: its name and the schema of what is posted.
pub(super) fn webhooks(document: &Value) -> Result<Vec<Value>> {
    let hooks = document["webhooks"].as_object().context("no webhooks")?;
    hooks
        .iter()
        .map(|(name, item)| {
            let body = &item["post"]["requestBody"]["content"]["application/json"]["schema"];
            Ok(json!({"name": name, "schema": schema::normal(body, "", name)?}))
        })
        .collect()
}
