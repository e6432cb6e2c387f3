//! Tool calls: whether, which, how many, with which arguments.

use fakeai_canon::{
    CallKind, ErrorKind, Finish, Generate, Grammar, Message, Role, Segment, Tool, ToolChoice,
};
use serde_json::{Value, json};

use crate::desk::{calls, chat, choice, past_call, plan, plan_in_mock, result, said, schema, talk};
use crate::offered::{adder, all};

fn asked(prompt: &str, tools: Vec<Tool>) -> Generate {
    Generate {
        tools,
        ..chat(prompt)
    }
}

/// Calls by prompt, with all tools on offer. Arguments not listed may be anything.
#[test]
fn a_prompt_is_answered_with_the_calls_that_it_asks_for() {
    let table: Vec<(&str, Vec<(&str, Value)>)> = vec![
        (
            "What is the value of magic_function(3)? Use the tool.",
            vec![("magic_function", json!({"input": 3}))],
        ),
        (
            "Call magic_function(3) and magic_function(-5).",
            vec![
                ("magic_function", json!({"input": 3})),
                ("magic_function", json!({"input": -5})),
            ],
        ),
        (
            "What's the weather in Paris?",
            vec![("get_weather", json!({"location": "Paris"}))],
        ),
        (
            "What is the weather in San Francisco, CA?",
            vec![("get_weather", json!({"location": "San Francisco, CA"}))],
        ),
        (
            "what's the weather in Rio de Janeiro in fahrenheit",
            vec![(
                "get_weather",
                json!({"location": "Rio de Janeiro", "unit": "fahrenheit"}),
            )],
        ),
        (
            "What's the weather like in Paris, London and Tokyo?",
            vec![
                ("get_weather", json!({"location": "Paris"})),
                ("get_weather", json!({"location": "London"})),
                ("get_weather", json!({"location": "Tokyo"})),
            ],
        ),
        (
            "Wie ist das Wetter in München?",
            vec![("get_weather", json!({"location": "München"}))],
        ),
        (
            "Quel temps fait-il à Paris ?",
            vec![("get_weather", json!({"location": "Paris"}))],
        ),
        (
            "What's the weather in Oslo and what time is it in Lima?",
            vec![
                ("get_weather", json!({"location": "Oslo"})),
                ("get_time", json!({"city": "Lima"})),
            ],
        ),
        (
            "What's the weather in Oslo and the weather in Rome?",
            vec![
                ("get_weather", json!({"location": "Oslo"})),
                ("get_weather", json!({"location": "Rome"})),
            ],
        ),
        ("Add 2 and 3.", vec![("add", json!({"a": 2.0, "b": 3.0}))]),
        (
            "Use add where b is 10 and a is 4.5",
            vec![("add", json!({"a": 4.5, "b": 10.0}))],
        ),
        (
            "Please create a customer named '你好啊集团' (Hello Group).",
            vec![("create_customer", json!({"customer_name": "你好啊集团"}))],
        ),
        (
            "Create a customer called Müller & Söhne",
            vec![("create_customer", json!({}))],
        ),
        (
            "Find flights from Berlin to Madrid on 2025-03-14 for 2 passengers",
            vec![(
                "search_flights",
                json!({"origin": "Berlin", "destination": "Madrid", "date": "2025-03-14", "passengers": 2}),
            )],
        ),
        (
            "I need flights to Madrid from Berlin on March 14, 2025",
            vec![(
                "search_flights",
                json!({"origin": "Berlin", "destination": "Madrid", "date": "2025-03-14"}),
            )],
        ),
        (
            "Send an email to bob@example.com with the subject \"Lunch\" saying I will be late",
            vec![(
                "send_email",
                json!({"to": "bob@example.com", "subject": "Lunch", "body": "I will be late"}),
            )],
        ),
        (
            "Where is my order ORD-12345?",
            vec![("get_order_status", json!({"order_id": "ORD-12345"}))],
        ),
        (
            "Search the web for the history of tea",
            vec![("web_search", json!({"query": "the history of tea"}))],
        ),
        (
            "Calculate 12 * (3 + 4)",
            vec![("calculator", json!({"expression": "12 * (3 + 4)"}))],
        ),
        (
            "Translate \"good morning\" into French",
            vec![(
                "translate",
                json!({"text": "good morning", "target_language": "French"}),
            )],
        ),
        (
            "Add the tags 'red', 'green' and 'blue'",
            vec![("add_tags", json!({"tags": ["red", "green", "blue"]}))],
        ),
    ];
    let mut wrong = Vec::new();
    for (prompt, expected) in table {
        let made = calls(&choice(&asked(prompt, all())));
        let names = |calls: &[(String, Value)]| {
            calls
                .iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        };
        let same_names = names(&made)
            .iter()
            .eq(expected.iter().map(|(name, _)| *name));
        let same_values = made.iter().zip(&expected).all(|((_, given), (_, wanted))| {
            wanted
                .as_object()
                .into_iter()
                .flatten()
                .all(|(name, value)| {
                    given[name] == *value
                        || (value.is_number() && given[name].as_f64() == value.as_f64())
                })
        });
        if !(same_names && same_values) {
            wrong.push(format!("{prompt}\n   made {made:?}\n   not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_prompt_that_asks_for_none_of_the_tools_is_answered_in_text() {
    for prompt in [
        "Hello!",
        "Tell me a joke about cats",
        "Thanks, that helped a lot.",
        "Write a haiku",
    ] {
        let choice = choice(&asked(prompt, all()));
        assert!(calls(&choice).is_empty(), "{prompt}: {:?}", calls(&choice));
        assert_eq!(choice.finish, Finish::Stop);
    }
}

#[test]
fn tool_choice_is_followed() {
    let work = |tool_choice| Generate {
        tool_choice,
        ..asked("Hello!", all())
    };
    let names = |tool_choice| {
        let choice = choice(&work(tool_choice));
        let names: Vec<_> = calls(&choice).into_iter().map(|(name, _)| name).collect();
        (names, choice.finish)
    };
    assert_eq!(names(ToolChoice::None), (vec![], Finish::Stop));
    assert_eq!(names(ToolChoice::Auto), (vec![], Finish::Stop));
    assert_eq!(names(ToolChoice::Required).1, Finish::ToolCalls);
    assert_eq!(names(ToolChoice::Required).0.len(), 1);
    assert_eq!(
        names(ToolChoice::Named("add".into())),
        (vec!["add".to_owned()], Finish::Stop)
    );
    let allowed = ToolChoice::Allowed {
        names: vec!["get_time".into()],
        required: true,
    };
    assert_eq!(
        names(allowed),
        (vec!["get_time".to_owned()], Finish::ToolCalls)
    );
}

#[test]
fn one_call_where_parallel_calls_are_off_and_the_next_after_its_result() {
    let prompt = "What's the weather in Paris and London?";
    let single = |messages| Generate {
        tools: all(),
        parallel_calls: false,
        ..talk(messages)
    };
    let first = choice(&single(vec![Message::text(Role::User, prompt)]));
    assert_eq!(calls(&first)[0].1["location"], "Paris");
    assert_eq!(calls(&first).len(), 1);
    let mut messages = vec![
        Message::text(Role::User, prompt),
        past_call("get_weather", "{\"location\":\"Paris\"}"),
        result("12 °C"),
    ];
    let second = choice(&single(messages.clone()));
    assert_eq!(calls(&second)[0].1["location"], "London");
    messages.extend([
        past_call("get_weather", "{\"location\":\"London\"}"),
        result("9 °C"),
    ]);
    assert!(calls(&choice(&single(messages))).is_empty());
}

#[test]
fn after_a_result_the_answer_tells_it_and_the_loop_ends() {
    let messages = vec![
        Message::text(Role::User, "What's the weather in Paris?"),
        past_call("get_weather", "{\"location\":\"Paris\"}"),
        result("{\"temperature\": 23.5, \"sky\": \"partly cloudy\"}"),
    ];
    let work = Generate {
        tools: all(),
        ..talk(messages)
    };
    let choice = choice(&work);
    assert!(calls(&choice).is_empty());
    let text = said(&work);
    assert!(
        text.contains("23.5") && text.contains("partly cloudy"),
        "{text}"
    );
    let required = Generate {
        tool_choice: ToolChoice::Required,
        ..work
    };
    assert_eq!(calls(&crate::desk::choice(&required)).len(), 1);
}

#[test]
fn arguments_are_compact_json_and_every_token_is_counted() {
    let choice = choice(&asked("Add 2 and 3.", vec![adder()]));
    let Segment::Call(call) = &choice.segments[0] else {
        panic!("no call")
    };
    assert_eq!(
        call.arguments.text(),
        "{\"a\":2.0,\"b\":3.0}".replace(
            ".0",
            if call.arguments.text().contains(".0") {
                ".0"
            } else {
                ""
            }
        )
    );
    assert!(call.overhead > 0);
    assert_eq!(
        choice.segments[0].generated(),
        call.arguments.len() + call.overhead as usize
    );
}

#[test]
fn a_custom_tool_gets_input_in_its_grammar() {
    let tool = |syntax: &str, definition: &str| Tool::Custom {
        name: "shell".into(),
        description: Some("Runs a command".into()),
        grammar: Some(Grammar {
            syntax: syntax.into(),
            definition: definition.into(),
        }),
    };
    let forced = |tool| Generate {
        tools: vec![tool],
        tool_choice: ToolChoice::Named("shell".into()),
        ..chat("Do it")
    };
    let input = |work: &Generate| {
        let choice = choice(work);
        let Segment::Call(call) = &choice.segments[0] else {
            panic!("no call")
        };
        assert_eq!(call.kind, CallKind::Custom);
        call.arguments.text().to_owned()
    };
    let made = input(&forced(tool("regex", "[0-9]{4}-[0-9]{2}")));
    assert!(made.len() == 7 && made.as_bytes()[4] == b'-', "{made}");
    let lark = "start: expr\nexpr: term (SP ADD SP term)* -> add\n| term\nterm: INT\nSP: \" \"\nADD: \"+\"\n%import common.INT";
    let made = input(&forced(tool("lark", lark)));
    assert!(
        made.split(" + ").all(|part| part.parse::<u32>().is_ok()),
        "{made}"
    );
    let work = forced(tool("lark", "begin: \"a\""));
    let error = plan(&fakeai_canon::Work::Generate(Box::new(work)))
        .err()
        .expect("no start rule");
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
}

#[test]
fn a_forced_hosted_tool_runs_or_is_named_as_unserved() {
    let hosted = |kind: &str| Generate {
        tools: vec![Tool::Hosted {
            kind: kind.into(),
            settings: schema(json!({})),
        }],
        tool_choice: ToolChoice::Named(kind.into()),
        ..chat("Who won the football cup in 2022?")
    };
    let choice = choice(&hosted("web_search"));
    assert!(
        matches!(&choice.segments[0], Segment::Hosted(call) if call.detail["results"][0]["url"].is_string())
    );
    assert!(matches!(&choice.segments[1], Segment::Text(tokens) if !tokens.is_empty()));
    let choice = self::choice(&hosted("image_generation"));
    assert!(
        matches!(&choice.segments[0], Segment::Hosted(call) if call.detail["result"].is_string())
    );
    let error = plan(&fakeai_canon::Work::Generate(Box::new(hosted(
        "computer_use",
    ))));
    let error = error.err().expect("nothing runs it");
    assert_eq!(error.kind, ErrorKind::NotImplemented);
    assert!(error.message.contains("computer_use"));
}

#[test]
fn an_opaque_strict_schema_passes_in_mock_mode_and_fails_in_realistic() {
    let tool = Tool::Function {
        name: "opaque".into(),
        description: None,
        parameters: Some(schema(json!({"foo": "bar"}))),
        strict: true,
    };
    let work = Generate {
        tool_choice: ToolChoice::Required,
        ..asked("Hello", vec![tool])
    };
    assert!(plan_in_mock(&work).is_ok());
    let error = plan(&fakeai_canon::Work::Generate(Box::new(work)))
        .err()
        .expect("not strict");
    assert_eq!(error.code.as_deref(), Some("invalid_function_parameters"));
    assert_eq!(error.param.as_deref(), Some("tools[0].function.parameters"));
}

#[test]
fn the_only_argument_is_filled_also_where_it_is_optional() {
    let person = json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"]
    });
    let parameters = json!({
        "type": "object",
        "properties": {"tasks": {"type": "array", "items": person}},
        "required": []
    });
    let work = Generate {
        tool_choice: ToolChoice::Named("Persons".into()),
        ..asked(
            "Extract: Jane is 34, Mary is 30.",
            vec![crate::desk::function(
                "Persons",
                "Lists persons.",
                parameters,
            )],
        )
    };
    assert_eq!(
        calls(&choice(&work)),
        [(
            "Persons".to_owned(),
            json!({"tasks": [{"name": "Jane", "age": 34}, {"name": "Mary", "age": 30}]})
        )]
    );
}
