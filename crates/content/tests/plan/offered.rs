//! Tools that the tests of calls offer. Not here: what they are called with.

use fakeai_canon::Tool;
use serde_json::json;

use crate::desk::function;

fn weather() -> Tool {
    function(
        "get_weather",
        "Get the current weather for a location",
        json!({
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "City and state, e.g. Paris, France"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}
            },
            "required": ["location"]
        }),
    )
}

fn clock() -> Tool {
    function(
        "get_time",
        "Get the current time in a city",
        json!({
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]
        }),
    )
}

fn magic() -> Tool {
    function(
        "magic_function",
        "Apply a magic function to an input.",
        json!({
            "type": "object", "properties": {"input": {"type": "integer"}}, "required": ["input"]
        }),
    )
}

pub(crate) fn adder() -> Tool {
    function(
        "add",
        "Add two numbers",
        json!({
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
            "required": ["a", "b"]
        }),
    )
}

fn mailer() -> Tool {
    function(
        "send_email",
        "Send an email message",
        json!({
            "type": "object",
            "properties": {
                "to": {"type": "string", "format": "email"},
                "subject": {"type": "string"},
                "body": {"type": "string"},
                "urgent": {"type": "boolean"}
            },
            "required": ["to", "subject", "body"]
        }),
    )
}

fn customer() -> Tool {
    function(
        "create_customer",
        "Create a customer",
        json!({
            "type": "object",
            "properties": {"customer_name": {"type": "string"}},
            "required": ["customer_name"]
        }),
    )
}

fn flights() -> Tool {
    function(
        "search_flights",
        "Search for flights between two cities",
        json!({
            "type": "object",
            "properties": {
                "origin": {"type": "string"},
                "destination": {"type": "string"},
                "date": {"type": "string", "format": "date"},
                "passengers": {"type": "integer"}
            },
            "required": ["origin", "destination", "date"]
        }),
    )
}

fn search() -> Tool {
    function(
        "web_search",
        "Search the web",
        json!({
            "type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]
        }),
    )
}

fn order() -> Tool {
    function(
        "get_order_status",
        "Look up the status of an order",
        json!({
            "type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]
        }),
    )
}

fn calculator() -> Tool {
    function(
        "calculator",
        "Evaluate a math expression",
        json!({
            "type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]
        }),
    )
}

fn translate() -> Tool {
    function(
        "translate",
        "Translate text to a language",
        json!({
            "type": "object",
            "properties": {"text": {"type": "string"}, "target_language": {"type": "string"}},
            "required": ["text", "target_language"]
        }),
    )
}

fn tagger() -> Tool {
    function(
        "add_tags",
        "Add tags to an article",
        json!({
            "type": "object",
            "properties": {"tags": {"type": "array", "items": {"type": "string"}}},
            "required": ["tags"]
        }),
    )
}

pub(crate) fn all() -> Vec<Tool> {
    vec![
        weather(),
        clock(),
        magic(),
        adder(),
        mailer(),
        customer(),
        flights(),
        search(),
        order(),
        calculator(),
        translate(),
        tagger(),
    ]
}
