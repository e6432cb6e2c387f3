//! Prompts as people write them to demos and tests: which calls they get, and with which values.
//! Not here: the rules of calls.

use fakeai_canon::{Finish, Format, Generate, Limits, Message, Role, Tool, ToolChoice, Work};
use serde_json::{Value, json};

use crate::desk::{
    calls, chat, choice, function, json_schema, past_call, plan, result, said, talk,
};

fn tool(name: &str, description: &str, properties: Value) -> Tool {
    let required: Vec<_> = properties.as_object().expect("properties").keys().collect();
    let schema = json!({"type": "object", "properties": properties, "required": required});
    function(name, description, schema)
}

fn sum(name: &str, description: &str) -> Tool {
    let number = json!({"type": "integer"});
    tool(name, description, json!({"a": number, "b": number}))
}

fn weather() -> Tool {
    let location = json!({"location": {"type": "string"}});
    tool("get_weather", "Get the current weather", location)
}

fn made(messages: Vec<Message>, tools: Vec<Tool>) -> Vec<(String, Value)> {
    calls(&choice(&Generate {
        tools,
        ..talk(messages)
    }))
}

fn asked(prompt: &str, tools: Vec<Tool>) -> Vec<(String, Value)> {
    made(vec![Message::text(Role::User, prompt)], tools)
}

fn call(name: &str, arguments: Value) -> (String, Value) {
    (name.to_owned(), arguments)
}

#[test]
fn calculations_are_put_to_the_tool_of_their_operator() {
    let tools = || {
        vec![
            sum("add", "Adds a and b."),
            sum("multiply", "Multiplies a and b."),
        ]
    };
    let table = [
        (
            "what is 3 * 12? Also, what is 11 + 49?",
            vec![
                call("multiply", json!({"a": 3, "b": 12})),
                call("add", json!({"a": 11, "b": 49})),
            ],
        ),
        (
            "What is 11+49?",
            vec![call("add", json!({"a": 11, "b": 49}))],
        ),
        (
            "What is 6 times 7?",
            vec![call("multiply", json!({"a": 6, "b": 7}))],
        ),
    ];
    for (prompt, expected) in table {
        assert_eq!(asked(prompt, tools()), expected, "{prompt}");
    }
}

#[test]
fn prompts_without_spaces_find_their_tool_and_their_place() {
    for (prompt, place) in [
        ("東京の天気は？", "東京"),
        ("北京今天天气怎么样？", "北京"),
        ("서울의 날씨는 어때?", "서울"),
    ] {
        let expected = call("get_weather", json!({"location": place}));
        assert_eq!(asked(prompt, vec![weather()]), [expected], "{prompt}");
    }
}

#[test]
fn a_prompt_that_goes_on_repeats_the_call_with_its_new_value() {
    let exchange = || {
        let text = json!({"type": "string"});
        tool(
            "convert_currency",
            "Convert an amount of money",
            json!({"amount": {"type": "number"}, "from": text, "to": text}),
        )
    };
    let talk = |first: &str, past: Message, told: &str, next: &str| {
        vec![
            Message::text(Role::User, first),
            past,
            result(told),
            Message::text(Role::Assistant, "Here it is."),
            Message::text(Role::User, next),
        ]
    };
    let past = past_call("get_weather", r#"{"location":"Paris"}"#);
    let rome = talk("Weather in Paris?", past.clone(), "21", "And in Rome?");
    let expected = call("get_weather", json!({"location": "Rome"}));
    assert_eq!(made(rome, vec![weather(), exchange()]), [expected]);
    let thanks = talk("Weather in Paris?", past, "21", "Thanks!");
    assert!(made(thanks, vec![weather()]).is_empty());
    let past = past_call(
        "convert_currency",
        r#"{"amount":100,"from":"USD","to":"EUR"}"#,
    );
    let pounds = talk("Convert 100 USD to EUR", past, "92", "And to GBP?");
    let expected = json!({"amount": 100.0, "from": "USD", "to": "GBP"});
    let made = made(pounds, vec![exchange()]);
    assert_eq!(made[0].1["from"], expected["from"]);
    assert_eq!(made[0].1["to"], expected["to"]);
    assert_eq!(made[0].1["amount"].as_f64(), Some(100.0));
}

#[test]
fn a_lone_tool_for_questions_is_asked_them() {
    let sql = || {
        tool(
            "run_sql",
            "Run a SQL query",
            json!({"query": {"type": "string"}}),
        )
    };
    let made = asked("How many users signed up last week?", vec![sql()]);
    assert_eq!(made[0].0, "run_sql");
    for prompt in ["Hi", "Thanks!", "Tell me a joke"] {
        assert!(asked(prompt, vec![sql()]).is_empty(), "{prompt}");
    }
}

#[test]
fn arguments_are_an_object_whatever_the_parameters_say() {
    for parameters in [
        json!({}),
        json!({"description": "nothing"}),
        json!({"type": "object"}),
    ] {
        let made = asked(
            "What time is it? Use get_time.",
            vec![function("get_time", "Get the time", parameters.clone())],
        );
        assert_eq!(made, [call("get_time", json!({}))], "{parameters}");
    }
    let refused = Generate {
        tools: vec![function("f", "A list", json!({"type": "array"}))],
        tool_choice: ToolChoice::None,
        ..chat("Hi")
    };
    let error = plan(&Work::Generate(Box::new(refused))).err();
    let error = error.expect("no object");
    assert_eq!(error.code.as_deref(), Some("invalid_function_parameters"));
}

#[test]
fn plain_words_of_the_prompt_are_values() {
    let text = json!({"type": "string"});
    let light = tool(
        "set_light",
        "Switch a light",
        json!({"room": text, "on": {"type": "boolean"}}),
    );
    let expected = call("set_light", json!({"room": "kitchen", "on": false}));
    assert_eq!(
        asked("Please turn off the kitchen lights", vec![light]),
        [expected]
    );
    let reminder = tool("set_reminder", "Set a reminder", json!({"title": text}));
    let made = asked("Remind me to call mom", vec![reminder]);
    assert_eq!(made, [call("set_reminder", json!({"title": "call mom"}))]);
}

fn structured(prompt: &str, properties: Value) -> Value {
    let required: Vec<_> = properties.as_object().expect("properties").keys().collect();
    let schema = json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    let text = said(&Generate {
        format: json_schema(schema, true),
        ..chat(prompt)
    });
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn house_numbers_tags_and_named_fields_are_kept() {
    let value = structured(
        "Extract: Max Mustermann, Hauptstraße 5, with tags vip and beta",
        json!({"street": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}),
    );
    assert_eq!(
        value,
        json!({"street": "Hauptstraße 5", "tags": ["vip", "beta"]})
    );
    let object = said(&Generate {
        format: Format::JsonObject,
        ..chat("Return json with fields name and age for Bob, 33")
    });
    assert_eq!(object, r#"{"name":"Bob","age":33}"#);
}

#[test]
fn a_stop_text_inside_a_structured_answer_stops_it() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a", "b"], "additionalProperties": false});
    let work = Generate {
        format: json_schema(schema, true),
        limits: Limits {
            max_tokens: None,
            stop: vec!["\"b".into()],
            ..Limits::default()
        },
        ..chat("Fill it")
    };
    assert_eq!(choice(&work).finish, Finish::Stop);
    assert!(said(&work).ends_with(','));
}

#[test]
fn a_schema_is_refused_only_where_it_is_strict() {
    let schema = |inner: Value| json!({"type": "object", "properties": {"a": inner}, "required": ["a"], "additionalProperties": false});
    let answer = |inner: Value, strict: bool| {
        let work = Generate {
            format: json_schema(schema(inner), strict),
            ..chat("Fill it")
        };
        plan(&Work::Generate(Box::new(work)))
    };
    let look = json!({"type": "string", "pattern": "^(?=x)y"});
    let error = answer(look.clone(), true).err().expect("look-around");
    assert_eq!(error.code.as_deref(), Some("invalid_json_schema"));
    assert!(answer(look, false).is_ok());
    let empty = json!({"type": "integer", "minimum": 3, "maximum": 2});
    assert!(answer(empty.clone(), true).is_err());
    assert!(answer(empty, false).is_ok());
}
