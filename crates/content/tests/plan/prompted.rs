//! Forms that prompts ask for in their own words, as libraries write them. Not here: forms that a
//! request has a parameter for.

use fakeai_canon::{Format, Generate, Message, Role};
use serde_json::{Value, json};

use crate::desk::{chat, said, talk};

const PERSON: &str = r#"{"properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"], "type": "object"}"#;

fn parsed(work: &Generate) -> Value {
    let text = said(work);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn object(work: Generate) -> Generate {
    Generate {
        format: Format::JsonObject,
        ..work
    }
}

#[test]
fn a_schema_among_the_instructions_is_kept_to() {
    let system = format!(
        "Always respond with a JSON object that's compatible with this schema:\n\n{PERSON}\n\nDon't include any text or Markdown fencing before or after."
    );
    let work = talk(vec![
        Message::text(Role::System, &system),
        Message::text(Role::User, "Jane Doe is 34 years old."),
    ]);
    let jane = json!({"name": "Jane Doe", "age": 34});
    assert_eq!(parsed(&work), jane);
    assert_eq!(parsed(&object(work)), jane);
}

#[test]
fn the_last_schema_of_a_prompt_counts_and_its_words_are_no_values() {
    let asked = format!(
        "Answer the user query.\nThe output should be formatted as a JSON instance that conforms to the JSON schema below.\n\nAs an example, for the schema {{\"properties\": {{\"foo\": {{\"type\": \"array\", \"items\": {{\"type\": \"string\"}}}}}}, \"required\": [\"foo\"]}}\nthe object {{\"foo\": [\"bar\", \"baz\"]}} is a well-formatted instance of the schema.\n\nHere is the output schema:\n```\n{PERSON}\n```\nJane Doe is 34 years old.\n"
    );
    assert_eq!(
        parsed(&chat(&asked)),
        json!({"name": "Jane Doe", "age": 34})
    );
}

#[test]
fn a_form_that_stands_alone_in_the_last_turn_is_filled_from_the_turn_before() {
    let form = format!("Now give me valid JSON for this schema: {PERSON}");
    let work = talk(vec![
        Message::text(Role::User, "Jane Doe is 34 years old."),
        Message::text(Role::Assistant, "I see."),
        Message::text(Role::User, &form),
    ]);
    assert_eq!(parsed(&work), json!({"name": "Jane Doe", "age": 34}));
}

#[test]
fn quoted_keys_are_no_values() {
    let work = object(chat(
        "Jane Doe is 34 years old. Answer in JSON with the keys \"name\" and \"age\".",
    ));
    assert_eq!(parsed(&work), json!({"name": "Jane Doe", "age": 34}));
}

#[test]
fn keys_may_stand_among_the_instructions() {
    let work = object(talk(vec![
        Message::text(Role::System, "Reply in JSON with the keys name and age."),
        Message::text(Role::User, "Jane Doe is 34 years old."),
    ]));
    assert_eq!(parsed(&work), json!({"name": "Jane Doe", "age": 34}));
}

#[test]
fn keys_in_an_order_have_the_types_that_are_noted() {
    let work = object(chat(
        "[[ ## text ## ]]\nJane Doe is 34 years old.\n\nRespond with a JSON object in the following order of fields: `reasoning`, then `name`, then `weight` (must be formatted as a valid Python int), then `mood` (must be formatted as a valid Python Literal; must exactly match (no extra characters) one of: good; bad).",
    ));
    let value = parsed(&work);
    let keys: Vec<_> = value.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["reasoning", "name", "weight", "mood"]);
    assert_eq!(value["name"], "Jane Doe");
    assert!(value["weight"].is_i64(), "{value}");
    assert!(value["mood"] == "good" || value["mood"] == "bad", "{value}");
}

#[test]
fn fields_between_markers_are_written_between_markers() {
    let text = said(&chat(
        "[[ ## text ## ]]\nJane Doe is 34 years old.\n\nRespond with the corresponding output fields, starting with the field `[[ ## name ## ]]`, then `[[ ## age ## ]]` (must be formatted as a valid Python int), and then ending with the marker for `[[ ## completed ## ]]`.",
    ));
    assert_eq!(
        text,
        "[[ ## name ## ]]\nJane Doe\n\n[[ ## age ## ]]\n34\n\n[[ ## completed ## ]]"
    );
}

#[test]
fn a_schema_that_is_talked_about_is_no_order() {
    let text = said(&chat(&format!("What does this mean? {PERSON}")));
    assert!(!text.starts_with('{'), "{text}");
}

#[test]
fn braces_without_end_cost_no_more_than_their_text() {
    let open = "{\"properties\": ".repeat(50_000);
    assert!(!said(&object(chat(&format!("Answer in JSON. {open}")))).is_empty());
}

#[test]
fn a_town_and_its_country_are_told_apart() {
    let work = object(chat(
        "Answer in JSON with the keys city and country: Paris is in France.",
    ));
    assert_eq!(parsed(&work), json!({"city": "Paris", "country": "France"}));
}
