//! Violations of the contract that the provider words in a way of its own. Not here: those that follow
//! from the kind of the violation alone, which the contract's room words.

use fakeai_canon::ApiError;
use fakeai_contract::{Api, Operation, Violation, ViolationKind};
use serde_json::Value;

/// Kinds of a content part, as the provider lists them where it knows none of that name: more than the
/// contract has for any one kind of message.
const CONTENT: &str = "'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', \
                       'input_file', 'computer_screenshot', 'summary_text', and \
                       'encrypted_content'";

/// The refusal, where the provider has words of its own for it.
pub(super) fn special(
    violation: &Violation,
    operation: &Operation,
    body: &Value,
) -> Option<ApiError> {
    if operation.api != Api::OpenAi {
        return None;
    }
    match &*operation.id {
        "createChatCompletion" => null_content(violation, body),
        "createResponse" => unknown_part(violation, body),
        _ => None,
    }
}

/// A message whose content is null; its path has a dot before the index.
fn null_content(violation: &Violation, body: &Value) -> Option<ApiError> {
    let place = violation.param.strip_prefix("messages[")?;
    let (index, rest) = place.split_once(']')?;
    let message = body["messages"].get(index.parse::<usize>().ok()?)?;
    if rest != ".content" || !message.get("content")?.is_null() {
        return None;
    }
    let problem = "Invalid value for 'content': expected a string, got null.";
    let param = format!("messages.[{index}].content");
    Some(ApiError::invalid(problem).param(param))
}

/// A part of an input message of a kind that there is not.
fn unknown_part(violation: &Violation, body: &Value) -> Option<ApiError> {
    let path = violation.param.strip_suffix(".type")?;
    if violation.kind == ViolationKind::Missing || !path.contains(".content[") {
        return None;
    }
    let pointer = format!("/{}/type", path.replace(['[', '.'], "/").replace(']', ""));
    let kind = body.pointer(&pointer)?.as_str()?;
    let problem = format!("Invalid value: '{kind}'. Supported values are: {CONTENT}.");
    let refusal = ApiError::invalid(problem).code("invalid_value");
    Some(refusal.param(violation.param.clone()))
}
