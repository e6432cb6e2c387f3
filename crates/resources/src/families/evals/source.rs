//! Where the rows of a run come from: the call, a file, or what the world has stored.

use fakeai_canon::ApiError;
use fakeai_contract::UserSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::sample::Reply;
use crate::Order;
use crate::call::Reach;
use crate::objects::Objects;
use crate::store::{Filter, PageQuery};

/// Rows that a run may have.
pub(super) const MOST_ROWS: usize = 10_000;
/// Bytes that a file of rows may have.
const MOST_BYTES: u64 = 64 << 20;

/// A row, with the answer that it brings along, if any.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) item: Value,
    pub(super) sample: Value,
}

/// The rows of a run's source, each fit for the evaluation's schema.
///
/// # Errors
/// 400 for a source that can't be read or has rows of another form, or none.
pub(super) fn rows(means: Reach<'_>, source: &Value, config: &Value) -> Result<Vec<Row>, ApiError> {
    let refused = |message: String| ApiError::invalid(message).param("data_source.source");
    let rows = match source["type"].as_str().unwrap_or_default() {
        "file_content" => source["content"]
            .as_array()
            .into_iter()
            .flatten()
            .map(row)
            .collect(),
        "file_id" => of_file(means, source["id"].as_str().unwrap_or_default())?,
        "stored_completions" => stored_completions(means.store, source, config),
        "responses" => responses(means.store, source, config),
        other => return Err(refused(format!("Unknown source '{other}'."))),
    };
    if rows.is_empty() {
        return Err(refused("The data source has no rows.".to_owned()));
    }
    if rows.len() > MOST_ROWS {
        return Err(refused(format!(
            "The data source has more than {MOST_ROWS} rows."
        )));
    }
    fit(&rows, config)?;
    Ok(rows)
}

fn row(value: &Value) -> Row {
    Row {
        item: value["item"].clone(),
        sample: value["sample"].clone(),
    }
}

/// Holds rows of a custom source against its schema.
fn fit(rows: &[Row], config: &Value) -> Result<(), ApiError> {
    if config["type"] != "custom" {
        return Ok(());
    }
    let Ok(schema) = UserSchema::compile(&config["schema"]["properties"]["item"], false) else {
        return Ok(());
    };
    for (place, row) in rows.iter().enumerate() {
        schema.validate(&row.item).map_err(|violation| {
            let message = format!(
                "Item {} does not match the item schema of the eval: {}",
                place + 1,
                violation.message()
            );
            ApiError::invalid(message).param("data_source.source")
        })?;
    }
    Ok(())
}

fn of_file(means: Reach<'_>, id: &str) -> Result<Vec<Row>, ApiError> {
    let refused = |message: String| ApiError::invalid(message).param("data_source.source.id");
    let file = means.store.find("files", None, id);
    let blob = file.and_then(|file| file.blob.clone());
    let blob = blob.ok_or_else(|| refused(format!("No such File object: {id}")))?;
    let blobs = means.services.blobs();
    if blobs.size(&blob).is_none_or(|bytes| bytes > MOST_BYTES) {
        return Err(refused(format!(
            "File {id} has more than {MOST_BYTES} bytes."
        )));
    }
    let mut bytes = Vec::new();
    loop {
        let piece = blobs.read(&blob, bytes.len() as u64, 1 << 20)?;
        if piece.is_empty() {
            break;
        }
        bytes.extend_from_slice(&piece);
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| refused(format!("File {id} is not encoded in UTF-8.")))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(place, line)| {
            let value: Value = serde_json::from_str(line).unwrap_or_default();
            if value["item"].is_object() {
                return Ok(row(&value));
            }
            let line = place + 1;
            Err(refused(format!(
                "Line {line} of file {id} is not an object with an 'item'."
            )))
        })
        .collect()
}

/// Stored objects of a family that a source selects, the newest first.
fn stored(store: Objects<'_>, family: &'static str, source: &Value, config: &Value) -> Vec<Value> {
    let mut filters = Vec::new();
    for pairs in [&config["metadata"], &source["metadata"]] {
        for (name, value) in pairs.as_object().into_iter().flatten() {
            filters.extend(value.as_str().map(|equals| Filter {
                path: vec!["metadata".to_owned(), name.clone()],
                equals: equals.to_owned(),
            }));
        }
    }
    let query = PageQuery {
        family,
        parent: None,
        after: None,
        before: None,
        order: Order::Descending,
        limit: MOST_ROWS,
        filters,
    };
    let found = store.page(&query).unwrap_or_default().records;
    let within = |object: &Value| {
        let created = object["created"].as_u64().or(object["created_at"].as_u64());
        let created = created.unwrap_or(0);
        let bound = |name: &str| source[name].as_u64();
        bound("created_after").is_none_or(|after| created > after)
            && bound("created_before").is_none_or(|before| created < before)
    };
    let limit = source["limit"].as_u64().unwrap_or(MOST_ROWS as u64) as usize;
    let objects = found.iter().map(|record| &record.object);
    objects
        .filter(|object| within(object) && same_model(source, object))
        .filter(|object| equal_settings(source, object))
        .take(limit)
        .map(|object| Value::clone(object))
        .collect()
}

/// A model is named by its id or by its snapshot.
fn same_model(source: &Value, object: &Value) -> bool {
    match (source["model"].as_str(), object["model"].as_str()) {
        (Some(wanted), Some(model)) => model == wanted || model.starts_with(&format!("{wanted}-")),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// What a source of responses may ask for besides.
fn equal_settings(source: &Value, object: &Value) -> bool {
    let same = |name: &str| source[name].is_null() || source[name] == object[name];
    let effort = &source["reasoning_effort"];
    let listed = |wanted: &Value, value: &Value| {
        let Some(wanted) = wanted.as_array() else {
            return true;
        };
        wanted.contains(value)
    };
    let tools = object["tools"].as_array().into_iter().flatten();
    let tools: Vec<&Value> = tools
        .flat_map(|tool| [&tool["name"], &tool["type"]])
        .collect();
    let instructions = object["instructions"].as_str().unwrap_or_default();
    let searched = source["instructions_search"].as_str().unwrap_or_default();
    same("temperature")
        && same("top_p")
        && (effort.is_null() || *effort == object["reasoning"]["effort"])
        && listed(&source["users"], &object["user"])
        && source["tools"]
            .as_array()
            .is_none_or(|wanted| wanted.iter().all(|tool| tools.contains(&tool)))
        && instructions.contains(searched)
}

fn stored_completions(store: Objects<'_>, source: &Value, config: &Value) -> Vec<Row> {
    let stored = stored(store, "chat.completions", source, config);
    let rows = stored.iter().map(|object| {
        let id = object["id"].as_str().unwrap_or_default();
        let messages = store.children("chat.completions.messages", id);
        let messages: Vec<Value> = messages
            .iter()
            .map(|message| {
                let content = match &message["content"] {
                    Value::Null => &message["content_parts"],
                    content => content,
                };
                json!({"role": message["role"], "content": content})
            })
            .collect();
        stored_row(object, &messages, Reply::of_chat(object))
    });
    rows.collect()
}

fn responses(store: Objects<'_>, source: &Value, config: &Value) -> Vec<Row> {
    let stored = stored(store, "responses", source, config);
    let rows = stored.iter().map(|object| {
        let id = object["id"].as_str().unwrap_or_default();
        let items = store.children("responses.input_items", id);
        let messages = items.iter().filter(|item| item["role"].is_string());
        let messages: Vec<Value> = messages
            .map(|item| json!({"role": item["role"], "content": item["content"]}))
            .collect();
        stored_row(object, &messages, Reply::of_response(object))
    });
    rows.collect()
}

/// `item.input` is the last thing asked, `item.input_trajectory` the whole conversation, `sample`
/// the answer that was stored.
fn stored_row(object: &Value, messages: &[Value], reply: Reply) -> Row {
    let last = messages.iter().rfind(|message| message["role"] == "user");
    let input = last.map_or(String::new(), |message| text(&message["content"]));
    let mut sample = reply.sample();
    sample["input"] = json!(messages);
    Row {
        item: json!({
            "id": object["id"],
            "input": input,
            "input_trajectory": messages,
            "metadata": object["metadata"],
        }),
        sample,
    }
}

/// The text of a message's content.
pub(super) fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect::<Vec<_>>()
            .join("\n"),
        _ => content["text"].as_str().unwrap_or_default().to_owned(),
    }
}
