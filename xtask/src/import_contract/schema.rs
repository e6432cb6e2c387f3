//! One schema of the document into its normal form: prose gone, known defects mended.
//!
//! Every keyword is in `KEPT` (copied or walked), in `MENDED` (translated here) or in `DROPPED`
//! (says nothing about what goes over the wire). Anything else is an error.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

const KEPT: &[&str] = &[
    "type",
    "enum",
    "required",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "deprecated",
    "default",
];
const MENDED: &[&str] = &[
    "properties",
    "items",
    "additionalProperties",
    "propertyNames",
    "not",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "discriminator",
    "nullable",
    "const",
    "exclusiveMinimum",
    "$recursiveRef",
];
const DROPPED: &[&str] = &[
    "description",
    "title",
    "example",
    "examples",
    "$recursiveAnchor",
    "optional",
    "min_items",
    "max_items",
    "x-oaiMeta",
    "x-oaiTypeLabel",
    "x-oaiExpandable",
    "x-oai-beta",
    "x-oaiSupportedSDKs",
    "x-stainless-const",
    "x-stainless-param",
    "x-stainless-skip",
];

/// All named schemas of the document, in its order.
pub(super) fn all(document: &Value) -> Result<Map<String, Value>> {
    let named = document["components"]["schemas"]
        .as_object()
        .context("no components.schemas")?;
    named
        .iter()
        .map(|(name, schema)| Ok((name.clone(), normal(schema, name, name)?)))
        .collect()
}

/// The normal form of `schema`, which stands at `path` inside the named schema `root`.
pub(super) fn normal(schema: &Value, root: &str, path: &str) -> Result<Value> {
    if schema.is_boolean() {
        return Ok(schema.clone());
    }
    let given = schema
        .as_object()
        .with_context(|| format!("{path} is not a schema"))?;
    for keyword in given.keys() {
        let known = [KEPT, MENDED, DROPPED]
            .iter()
            .any(|list| list.contains(&keyword.as_str()));
        ensure!(
            known,
            "{path}: the keyword '{keyword}' is not known; say what it means first"
        );
    }
    let mut out = Map::new();
    for (keyword, value) in given {
        keep(&mut out, keyword, value, root, path)?;
    }
    imply_type(&mut out);
    mend_bounds(&mut out, given);
    drop_bad_default(&mut out);
    if given.get("nullable") == Some(&Value::Bool(true)) {
        return Ok(nullable(out));
    }
    Ok(Value::Object(out))
}

fn keep(
    out: &mut Map<String, Value>,
    keyword: &str,
    value: &Value,
    root: &str,
    path: &str,
) -> Result<()> {
    let below = format!("{path}/{keyword}");
    match keyword {
        "properties" => {
            let members = value
                .as_object()
                .with_context(|| format!("{below} is not an object"))?;
            let members: Result<Map<_, _>> = members
                .iter()
                .map(|(name, schema)| {
                    Ok((
                        name.clone(),
                        normal(schema, root, &format!("{below}/{name}"))?,
                    ))
                })
                .collect();
            out.insert("properties".into(), Value::Object(members?));
        }
        "items" | "additionalProperties" | "propertyNames" | "not" => {
            out.insert(keyword.into(), normal(value, root, &below)?);
        }
        // A strict `oneOf` refuses real requests that fit two branches.
        "anyOf" | "oneOf" => {
            ensure!(
                !out.contains_key("anyOf"),
                "{path} has both anyOf and oneOf"
            );
            out.insert("anyOf".into(), branches(value, root, &below)?);
        }
        "allOf" => {
            out.insert("allOf".into(), branches(value, root, &below)?);
        }
        "$ref" => {
            out.insert("$ref".into(), Value::String(reference(value)?));
        }
        "$recursiveRef" => {
            out.insert("$ref".into(), Value::String(root.into()));
        }
        "discriminator" => {
            let property = value["propertyName"]
                .as_str()
                .context("discriminator without name")?;
            out.insert("discriminator".into(), Value::String(property.into()));
        }
        "const" => {
            out.insert("enum".into(), json!([value]));
        }
        "required" | "enum" => {
            out.insert(keyword.into(), distinct(value, path)?);
        }
        _ if KEPT.contains(&keyword) => {
            out.insert(keyword.into(), value.clone());
        }
        _ => {}
    }
    Ok(())
}

fn branches(value: &Value, root: &str, path: &str) -> Result<Value> {
    let list = value
        .as_array()
        .with_context(|| format!("{path} is not a list"))?;
    let list: Result<Vec<_>> = list
        .iter()
        .enumerate()
        .map(|(index, schema)| normal(schema, root, &format!("{path}/{index}")))
        .collect();
    Ok(Value::Array(list?))
}

/// `#/components/schemas/Name` as `Name`; the overlay writes the bare name.
pub(super) fn reference(value: &Value) -> Result<String> {
    let text = value.as_str().context("$ref is not a string")?;
    let name = text.strip_prefix("#/components/schemas/").unwrap_or(text);
    if name.contains(['/', '#']) {
        bail!("the reference {text} does not point to a named schema");
    }
    Ok(name.into())
}

/// All names that a finished schema refers to.
pub(super) fn references<'s>(schema: &'s Value, out: &mut Vec<&'s str>) {
    match schema {
        Value::Object(members) => {
            out.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, out));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, out)),
        _ => {}
    }
}

fn distinct(value: &Value, path: &str) -> Result<Value> {
    let list = value
        .as_array()
        .with_context(|| format!("{path}: enum or required is no list"))?;
    let mut seen: Vec<Value> = Vec::with_capacity(list.len());
    for entry in list {
        if !seen.contains(entry) {
            seen.push(entry.clone());
        }
    }
    Ok(Value::Array(seen))
}

/// Members without `type: object`, items without `type: array`: the document means the type.
fn imply_type(out: &mut Map<String, Value>) {
    if out.contains_key("type") {
        return;
    }
    let implied = if out.contains_key("properties") {
        "object"
    } else if out.contains_key("items") {
        "array"
    } else {
        return;
    };
    out.insert("type".into(), Value::String(implied.into()));
}

/// `minimum: 0, exclusiveMinimum: true` is the old way to write `exclusiveMinimum: 0`.
fn mend_bounds(out: &mut Map<String, Value>, given: &Map<String, Value>) {
    match given.get("exclusiveMinimum") {
        Some(Value::Bool(true)) => {
            if let Some(bound) = out.shift_remove("minimum") {
                out.insert("exclusiveMinimum".into(), bound);
            }
        }
        Some(bound @ Value::Number(_)) => {
            out.insert("exclusiveMinimum".into(), bound.clone());
        }
        _ => {}
    }
}

fn drop_bad_default(out: &mut Map<String, Value>) {
    let Some(default) = out.get("default") else {
        return;
    };
    let nullable_later = default.is_null();
    let listed = match out.get("enum").and_then(Value::as_array) {
        Some(values) => values.contains(default),
        None => true,
    };
    let typed = match out.get("type").and_then(Value::as_str) {
        Some(name) => is_of_type(default, name),
        None => true,
    };
    if nullable_later || !listed || !typed {
        out.shift_remove("default");
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    }
}

/// Null beside what the schema allows already.
fn nullable(mut out: Map<String, Value>) -> Value {
    let simple = out.get("type").is_some_and(Value::is_string)
        && !["anyOf", "allOf", "$ref"]
            .iter()
            .any(|keyword| out.contains_key(*keyword));
    if !simple {
        return json!({"anyOf": [Value::Object(out), {"type": "null"}]});
    }
    if let Some(name) = out.get("type").cloned() {
        out.insert("type".into(), json!([name, "null"]));
    }
    if let Some(values) = out.get_mut("enum").and_then(Value::as_array_mut)
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    Value::Object(out)
}
