//! The input of a batch: its lines, and what is wrong with them before any of them is run.

use std::collections::HashSet;

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::lines::Lines;
use super::wording;
use crate::call::Reach;
use crate::store::Blobs;

/// Requests of one batch and bytes of its input at most: the provider's published limits.
const MOST: u64 = 50_000;
const MOST_BYTES: u64 = 200 << 20;

/// Errors that a failed batch lists at most.
const LISTED: usize = 100;

/// What is known of an input that can be run.
pub(crate) struct Valid {
    /// How many requests it has.
    pub(crate) requests: u64,
    /// The model that they ask for, where they name one.
    pub(crate) model: Option<String>,
}

/// Reads the whole input; what is wrong with it are the batch's `errors`.
///
/// # Errors
/// The input can't be read.
pub(crate) fn check(
    endpoint: &str,
    blob: &str,
    means: Reach<'_>,
) -> Result<Result<Valid, Vec<Value>>, ApiError> {
    let blobs: &dyn Blobs = means.services.blobs();
    let bytes = blobs.size(blob).unwrap_or_default();
    if bytes > MOST_BYTES {
        let values = [
            ("bytes", bytes.to_string()),
            ("most", MOST_BYTES.to_string()),
        ];
        return Ok(Err(vec![error("file_too_large", None, None, &values)]));
    }
    let mut reading = Reading {
        endpoint,
        means,
        seen: HashSet::new(),
        model: None,
        errors: Vec::new(),
    };
    let mut lines = Lines::new(blobs, blob);
    let mut requests = 0;
    while let Some(line) = lines.next()? {
        requests += 1;
        if requests > MOST {
            let most = [("most", MOST.to_string())];
            return Ok(Err(vec![error("too_many_tasks", None, None, &most)]));
        }
        reading.line(line.number, &line.bytes);
        if reading.errors.len() >= LISTED {
            break;
        }
    }
    if requests == 0 {
        return Ok(Err(vec![error("empty_file", None, None, &[])]));
    }
    if !reading.errors.is_empty() {
        return Ok(Err(reading.errors));
    }
    let model = reading.model;
    Ok(Ok(Valid { requests, model }))
}

/// A reading under way.
struct Reading<'a> {
    endpoint: &'a str,
    means: Reach<'a>,
    seen: HashSet<String>,
    model: Option<String>,
    errors: Vec<Value>,
}

impl Reading<'_> {
    fn line(&mut self, number: u64, bytes: &[u8]) {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Object(line)) => self.request(number, &Value::Object(line)),
            Ok(_) | Err(_) => self.refuse("invalid_json_line", number, None, &[]),
        }
    }

    fn request(&mut self, number: u64, line: &Value) {
        if let Some(id) = self.text(number, line, "custom_id")
            && !self.seen.insert(id)
        {
            self.refuse("duplicate_custom_id", number, Some("custom_id"), &[]);
        }
        if let Some(method) = self.text(number, line, "method")
            && method != "POST"
        {
            let values = [("method", method)];
            self.refuse("invalid_method", number, Some("method"), &values);
        }
        if let Some(url) = self.text(number, line, "url")
            && url != self.endpoint
        {
            self.refuse("invalid_url", number, Some("url"), &[]);
        }
        match &line["body"] {
            Value::Null => self.missing(number, "body"),
            Value::Object(_) => self.body(number, &line["body"]),
            _ => self.mistyped(number, "body", "an object"),
        }
    }

    fn body(&mut self, number: u64, body: &Value) {
        if body["stream"] == json!(true) {
            self.refuse("streamed", number, Some("body.stream"), &[]);
        }
        let Some(model) = body["model"].as_str() else {
            return;
        };
        let values = [("model", model.to_owned())];
        let param = Some("body.model");
        if self.model.as_deref().is_some_and(|first| first != model) {
            self.refuse("mismatched_model", number, param, &values);
        } else if self.model.is_none() {
            self.model = Some(model.to_owned());
            let Reach { store, services } = self.means;
            if !services.knows_model(store.project(), model) {
                self.refuse("model_not_found", number, param, &values);
            }
        }
    }

    /// A property that has to be a text.
    fn text(&mut self, number: u64, line: &Value, name: &str) -> Option<String> {
        match &line[name] {
            Value::String(text) => return Some(text.clone()),
            Value::Null => self.missing(number, name),
            _ => self.mistyped(number, name, "a string"),
        }
        None
    }

    fn missing(&mut self, number: u64, name: &str) {
        let values = [("param", name.to_owned())];
        self.refuse("missing_required_parameter", number, Some(name), &values);
    }

    fn mistyped(&mut self, number: u64, name: &str, expected: &str) {
        let values = [
            ("param", name.to_owned()),
            ("expected", expected.to_owned()),
        ];
        self.refuse("invalid_type", number, Some(name), &values);
    }

    fn refuse(&mut self, code: &str, line: u64, param: Option<&str>, values: &[(&str, String)]) {
        self.errors.push(error(code, Some(line), param, values));
    }
}

/// One of a failed batch's errors, with the sentence of its code.
pub(crate) fn error(
    code: &str,
    line: Option<u64>,
    param: Option<&str>,
    values: &[(&str, String)],
) -> Value {
    let family = wording::family(super::batches::FAMILY);
    json!({
        "code": if code == "streamed" { "unsupported_parameter" } else { code },
        "line": line,
        "message": wording::sentence(family, code, values),
        "param": param,
    })
}
