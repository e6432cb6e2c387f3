//! Mock mode answers every operation of the contract, and what it answers fits.

use fakeai_canon::Mode;
use fakeai_contract::{Hint, Operation, Place, Source, openai};

use crate::client::Request;
use crate::house::House;
use serde_json::Value;

/// Plain values; `full` takes optional fields too.
struct Plain {
    full: bool,
}

impl Source for Plain {
    fn string(&mut self, hint: &Hint<'_>) -> String {
        match hint.name {
            "model" => "gpt-4o".to_owned(),
            name if name.ends_with("url") => "data:text/plain;base64,aGVsbG8=".to_owned(),
            name => name.to_owned(),
        }
    }

    fn integer(&mut self, _: &Hint<'_>, low: i64, high: i64) -> i64 {
        1.clamp(low, high)
    }

    fn number(&mut self, _: &Hint<'_>, low: f64, high: f64) -> f64 {
        1.0_f64.clamp(low, high)
    }

    fn boolean(&mut self, _: &Hint<'_>) -> bool {
        false
    }

    fn pick(&mut self, _: usize) -> usize {
        0
    }

    fn length(&mut self, _: &Hint<'_>, low: usize, high: usize) -> usize {
        low.max(1).min(high)
    }

    fn include(&mut self, hint: &Hint<'_>) -> bool {
        self.full && hint.depth < 3
    }
}

/// The operation's path with something in place of its parameters, and the query it needs.
pub(crate) fn path_of(operation: &Operation) -> String {
    let mut path = String::from("/v1");
    for segment in operation.path.split('/').skip(1) {
        path.push('/');
        match segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => path.push_str(&format!("{name}_1")),
            None => path.push_str(segment),
        }
    }
    let mut query = Vec::new();
    if operation.beta {
        query.push("beta=true".to_owned());
    }
    let needed = operation.parameters.iter();
    for parameter in needed.filter(|row| row.required && row.place == Place::Query) {
        let value = openai().instance(parameter.schema, &mut Plain { full: false });
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        query.push(format!("{}={value}", parameter.name));
    }
    if query.is_empty() {
        path
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

/// The form of an operation, with what it has to have.
fn form_of(operation: &Operation) -> String {
    let mut form = String::new();
    if let Some(schema) = operation.body("multipart/form-data") {
        let fields = openai().instance(schema, &mut Plain { full: false });
        part("", &fields, &mut form);
    }
    form + "--b--\r\n"
}

fn part(name: &str, value: &Value, form: &mut String) {
    let below = |key: &str| match name {
        "" => key.to_owned(),
        name => format!("{name}[{key}]"),
    };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                part(&below(key), value, form);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| part(&below(""), item, form)),
        value => {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            *form += &format!(
                "--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
            );
        }
    }
}

fn request(operation: &Operation, full: bool) -> Request {
    request_to(operation, &path_of(operation), full)
}

/// The same to a path of the test's own.
pub(crate) fn request_to(operation: &Operation, path: &str, full: bool) -> Request {
    let method = http::Method::from_bytes(operation.method.as_str().as_bytes()).expect("a method");
    let request = Request::new(method, path);
    let Some(form) = operation.request.first() else {
        return request;
    };
    if let Some(schema) = operation.body("application/json") {
        return request.json(&openai().instance(schema, &mut Plain { full }));
    }
    let form = if &*form.media == "multipart/form-data" {
        "multipart/form-data; boundary=b".to_owned()
    } else {
        form.media.to_string()
    };
    request.body(&form, form_of(operation))
}

#[tokio::test]
async fn every_operation_is_made_up_in_mock_mode_and_fits() {
    let house = House::with(|config| config.server.mode = Mode::Mock).await;
    let connection = house.connect().await;
    let mut wrong = Vec::new();
    let mut answered = 0;
    for operation in openai().operations().iter().filter(|row| !row.upgrade) {
        for full in [false, true] {
            let answer = connection.send(request(operation, full)).await;
            if answer.status >= 300 {
                wrong.push(format!(
                    "{} {full}: {} {}",
                    operation.id,
                    answer.status,
                    answer.text()
                ));
            } else if !full {
                let documented = operation
                    .success()
                    .and_then(|success| success.media.clone());
                let media = answer
                    .header("content-type")
                    .split(';')
                    .next()
                    .unwrap_or_default();
                let is_json = documented.as_deref() == Some("application/json");
                assert!(
                    !is_json || media == "application/json",
                    "{}: {media}",
                    operation.id
                );
            }
            answered += 1;
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {answered}: {wrong:#?}",
        wrong.len()
    );
    let checked = house.running.gateway().checks.checked();
    assert!(checked > 500, "only {checked} answers were checked");
}

/// Every operation has something behind it: with what a client would send by the contract, and with
/// no more than it must send, none says that nothing serves it (501), and none fails.
#[tokio::test]
async fn realistic_mode_serves_every_operation() {
    let house = House::open().await;
    let connection = house.connect().await;
    let mut wrong = Vec::new();
    for operation in openai().operations().iter().filter(|row| !row.upgrade) {
        for full in [false, true] {
            let answer = connection.send(request(operation, full)).await;
            if answer.status >= 500 {
                let words = answer.text();
                wrong.push(format!("{}: {} {words}", operation.id, answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
