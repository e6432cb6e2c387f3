//! The effective configuration for people and programs: each value with where it came from.

use fakeai_server::config::{Config, Raw, Shape};
use serde_json::{Map, Value, json};

use super::resolve::Resolved;

/// A table for people.
pub fn table(resolved: &Resolved) -> String {
    let mut rows = vec![["SETTING".to_owned(), "VALUE".to_owned(), "FROM".to_owned()]];
    for setting in Config::settings() {
        let value = setting.show(&resolved.config).to_string();
        rows.push([setting.name(), value, resolved.origin(setting).to_string()]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let (name, value) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
    let lines = rows
        .iter()
        .map(|[a, b, c]| format!("{a:name$}  {b:value$}  {c}\n"));
    lines.collect()
}

/// Sections with their settings, each an object of `value` and `from`.
pub fn json(resolved: &Resolved) -> Value {
    let mut sections = Map::new();
    for section in Config::sections() {
        let settings = section.settings.iter().map(|setting| {
            let value = value_of(&setting.show(&resolved.config));
            let from = resolved.origin(setting).to_string();
            (
                setting.key.to_owned(),
                json!({ "value": value, "from": from }),
            )
        });
        sections.insert(section.name.to_owned(), Value::Object(settings.collect()));
    }
    Value::Object(sections)
}

/// A file that sets everything as it is, with where each value came from behind it. What is left
/// open and what is secret stands in comments.
pub fn toml(resolved: &Resolved) -> String {
    let mut text = String::new();
    for section in Config::sections() {
        text.push_str(&format!("[{}]\n", section.name));
        for setting in section.settings {
            let shown = setting.show(&resolved.config);
            let open = shown == Raw::Nothing || setting.shape == Shape::Secrets;
            let mark = if open { "# " } else { "" };
            let from = resolved.origin(setting);
            text.push_str(&format!(
                "{mark}{} = {} # {from}\n",
                setting.key,
                toml_of(&shown)
            ));
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn value_of(raw: &Raw) -> Value {
    match raw {
        Raw::Nothing => Value::Null,
        Raw::Switch(value) => json!(value),
        Raw::Whole(value) => u64::try_from(*value).map_or(Value::Null, Value::from),
        Raw::Number(value) => json!(value),
        Raw::Text(value) => json!(value),
        Raw::List(values) => values.iter().map(value_of).collect(),
    }
}

fn toml_of(raw: &Raw) -> String {
    match raw {
        Raw::Text(text) => toml::Value::String(text.clone()).to_string(),
        Raw::Number(number) => toml::Value::Float(*number).to_string(),
        Raw::List(values) => {
            format!(
                "[{}]",
                values.iter().map(toml_of).collect::<Vec<_>>().join(", ")
            )
        }
        Raw::Nothing | Raw::Switch(_) | Raw::Whole(_) => raw.to_string(),
    }
}
