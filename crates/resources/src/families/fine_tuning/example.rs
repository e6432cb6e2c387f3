//! One line of a training file: whether it is an example for the method, and what it counts.

use fakeai_tokens::Vocabulary;
use serde::Deserialize;
use serde_json::Value;

/// Tokens that an example is cut to, as in the provider's data preparation guide.
const MOST_TOKENS: u64 = 65_536;

/// What a job learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    Supervised,
    Dpo,
    Reinforcement,
}

/// Why a line is no example.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It is not a JSON object; how it starts.
    NoObject(String),
    /// It has none of the properties that examples have.
    OtherFormat,
    /// Something in it is wrong.
    Wrong(String),
}

/// The tokens of an example.
///
/// # Errors
/// Why the line is none.
pub(super) fn tokens(
    line: &str,
    method: Method,
    chat: bool,
    vocabulary: &Vocabulary,
) -> Result<u64, Flaw> {
    let example: Value = serde_json::from_str(line).unwrap_or_default();
    if !example.is_object() {
        return Err(Flaw::NoObject(line.trim().chars().take(1).collect()));
    }
    let count = |text: &str| vocabulary.count(text) as u64;
    let tokens = match method {
        Method::Supervised if chat => conversation(&example, true, &count)?,
        Method::Supervised => pair(&example, &count)?,
        Method::Reinforcement => conversation(&example, false, &count)?,
        Method::Dpo => preference(&example, &count)?,
    };
    Ok(tokens.min(MOST_TOKENS))
}

type Count<'a> = &'a dyn Fn(&str) -> u64;

/// `{"prompt": …, "completion": …}`, for models that have no chat.
fn pair(example: &Value, count: Count<'_>) -> Result<u64, Flaw> {
    if example.get("messages").is_some() {
        return Err(Flaw::Wrong(
            "has chat messages, which this model can't be trained on".to_owned(),
        ));
    }
    let text = |property: &str| example[property].as_str().ok_or(Flaw::OtherFormat);
    let (prompt, completion) = (text("prompt")?, text("completion")?);
    if completion.is_empty() {
        return Err(Flaw::Wrong("has an empty completion".to_owned()));
    }
    Ok(count(prompt) + count(completion))
}

/// `{"messages": […]}` with an answer to learn from, or for a grader to score one to come.
fn conversation(example: &Value, answered: bool, count: Count<'_>) -> Result<u64, Flaw> {
    let messages = match &example["messages"] {
        Value::Null => return Err(Flaw::OtherFormat),
        messages => messages,
    };
    let tokens = of_messages(messages, "messages", count)?;
    let role = |message: &Value| message["role"].as_str().unwrap_or_default().to_owned();
    let roles: Vec<String> = messages
        .as_array()
        .into_iter()
        .flatten()
        .map(role)
        .collect();
    if answered && !roles.iter().any(|role| role == "assistant") {
        return Err(Flaw::Wrong(
            "must have at least one message from the assistant".to_owned(),
        ));
    }
    let last = roles.last().map(String::as_str);
    if answered && last != Some("assistant") {
        return Err(Flaw::Wrong(
            "the last message must be from the assistant".to_owned(),
        ));
    }
    if !answered && last == Some("assistant") {
        return Err(Flaw::Wrong(
            "the last message must not be from the assistant".to_owned(),
        ));
    }
    Ok(tokens + of_tools(example, count))
}

/// `{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}`.
fn preference(example: &Value, count: Count<'_>) -> Result<u64, Flaw> {
    let outputs = ["preferred_output", "non_preferred_output"];
    let names = ["input"].iter().chain(&outputs);
    if names.clone().all(|name| example[*name].is_null()) {
        return Err(Flaw::OtherFormat);
    }
    if let Some(name) = names.into_iter().find(|name| example[**name].is_null()) {
        return Err(Flaw::Wrong(format!("is missing key '{name}'")));
    }
    let input = &example["input"];
    let mut tokens = of_messages(&input["messages"], "input.messages", count)?;
    for name in outputs {
        tokens += of_messages(&example[name], name, count)?;
        let mut messages = example[name].as_array().into_iter().flatten();
        if messages.any(|message| message["role"] != "assistant") {
            return Err(Flaw::Wrong(format!(
                "'{name}' must be messages from the assistant"
            )));
        }
    }
    Ok(tokens + of_tools(input, count))
}

/// Tokens of messages, each checked: three a message, one more for a name, and three that prime
/// the answer (<https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken>).
fn of_messages(messages: &Value, name: &str, count: Count<'_>) -> Result<u64, Flaw> {
    let Some(messages) = messages.as_array().filter(|messages| !messages.is_empty()) else {
        return Err(Flaw::Wrong(format!(
            "'{name}' must be a non-empty array of messages"
        )));
    };
    let mut tokens = 3;
    for (place, message) in messages.iter().enumerate() {
        tokens += of_message(message, count)
            .map_err(|reason| Flaw::Wrong(format!("message {} {reason}", place + 1)))?;
    }
    Ok(tokens)
}

const ROLES: [&str; 6] = [
    "system",
    "developer",
    "user",
    "assistant",
    "tool",
    "function",
];

fn of_message(message: &Value, count: Count<'_>) -> Result<u64, String> {
    if !message.is_object() {
        return Err("is not an object".to_owned());
    }
    let role = message["role"].as_str().ok_or("is missing key 'role'")?;
    if !ROLES.contains(&role) {
        return Err(format!("has an unknown role: {role}"));
    }
    if !matches!(message["weight"].as_f64(), None | Some(0.0 | 1.0)) {
        return Err("has a weight that is neither 0 nor 1".to_owned());
    }
    let calls = match (&message["tool_calls"], &message["function_call"]) {
        (Value::Null, Value::Null) => None,
        (Value::Null, calls) | (calls, _) => Some(calls.to_string()),
    };
    let text = match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Null if role == "assistant" && calls.is_some() => String::new(),
        _ => return Err("is missing key 'content'".to_owned()),
    };
    if let Some(token) = SPECIAL.iter().find(|token| text.contains(**token)) {
        return Err(format!("contains an invalid token: {token}"));
    }
    let name = message["name"].as_str().map_or(0, |name| count(name) + 1);
    Ok(3 + count(role) + count(&text) + name + calls.map_or(0, |calls| count(&calls)))
}

/// Marks of the vocabulary that no text may spell.
const SPECIAL: [&str; 7] = [
    "<|endoftext|>",
    "<|endofprompt|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|im_start|>",
    "<|im_end|>",
];

fn of_tools(example: &Value, count: Count<'_>) -> u64 {
    match &example["tools"] {
        Value::Null => 0,
        tools => count(&tools.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(line: &str, method: Method, chat: bool) -> Result<u64, Flaw> {
        tokens(line, method, chat, Vocabulary::o200k_base())
    }

    #[test]
    fn examples_of_each_method_are_counted() {
        let chat = r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
        assert_eq!(checked(chat, Method::Supervised, true), Ok(3 + 5 + 5));
        let pair = r#"{"prompt": "hi", "completion": "hello"}"#;
        assert_eq!(checked(pair, Method::Supervised, false), Ok(2));
        let preference = r#"{"input": {"messages": [{"role": "user", "content": "hi"}]},
            "preferred_output": [{"role": "assistant", "content": "a"}],
            "non_preferred_output": [{"role": "assistant", "content": "b"}]}"#;
        assert_eq!(checked(preference, Method::Dpo, true), Ok(3 * 3 + 3 * 5));
        let graded = r#"{"messages": [{"role": "user", "content": "hi"}], "label": "x"}"#;
        assert_eq!(checked(graded, Method::Reinforcement, true), Ok(8));
    }

    #[test]
    fn what_is_no_example_says_why() {
        let wrong = |line: &str, method| checked(line, method, true).expect_err(line);
        assert_eq!(
            wrong("[1]", Method::Supervised),
            Flaw::NoObject("[".to_owned())
        );
        assert_eq!(wrong("{\"a\": 1}", Method::Supervised), Flaw::OtherFormat);
        for (line, reason) in [
            (r#"{"messages": []}"#, "non-empty"),
            (
                r#"{"messages": [{"role": "user", "content": "x"}]}"#,
                "assistant",
            ),
            (
                r#"{"messages": [{"role": "boss", "content": "x"}]}"#,
                "unknown role",
            ),
            (r#"{"messages": [{"role": "user"}]}"#, "'content'"),
            (
                r#"{"messages": [{"role": "user", "content": "<|fim_suffix|>"}]}"#,
                "invalid token",
            ),
        ] {
            let Flaw::Wrong(said) = wrong(line, Method::Supervised) else {
                panic!("{line}");
            };
            assert!(said.contains(reason), "{said}");
        }
        assert!(matches!(
            wrong(r#"{"input": {}}"#, Method::Dpo),
            Flaw::Wrong(_)
        ));
    }
}
