//! What came before a request: the responses that it continues, the conversation that it belongs
//! to, and the items that it refers to. All of it is read from the shelf.

use std::sync::Arc;

use fakeai_canon::{ApiError, Mode};
use serde_json::Value;

use super::content::text;
use super::items::Transcript;
use crate::Context;

/// Family of stored responses.
pub(super) const RESPONSES: &str = "responses";
/// Family of the items that a response was given; their parent is the response.
pub(super) const INPUT_ITEMS: &str = "responses.input_items";
/// Family of pointers from an item that a response made to that response.
pub(super) const OUTPUT_ITEMS: &str = "responses.output_items";
/// Family of stored conversations.
pub(super) const CONVERSATIONS: &str = "conversations";
/// Family of the items of a conversation, their parent.
pub(super) const CONVERSATION_ITEMS: &str = "conversations.items";

/// Family of the containers that tools run in.
pub(super) const CONTAINERS: &str = "containers";

/// The most responses that are followed back.
const LONGEST_CHAIN: usize = 10_000;

/// Appends what a chain of responses was given and made, the oldest first. Returns the items where
/// the connection is to remember them with the answer.
///
/// # Errors
/// In realistic mode: the response is not there.
pub(super) fn continue_from(
    id: &str,
    context: &Context<'_>,
    transcript: &mut Transcript,
) -> Result<Vec<Value>, ApiError> {
    let mut before = Vec::new();
    let chain = chain(id, context);
    if chain.is_empty() && context.mode == Mode::Realistic {
        return Err(
            ApiError::invalid(format!("Previous response with id '{id}' not found."))
                .code("previous_response_not_found")
                .param("previous_response_id"),
        );
    }
    for response in chain.iter().rev() {
        let id = text(response, "id").unwrap_or_default();
        for item in context.shelf.children(INPUT_ITEMS, id) {
            transcript.push_stored(&item)?;
            if context.remembers {
                before.push(Value::clone(&item));
            }
        }
        for item in response["output"].as_array().into_iter().flatten() {
            if text(item, "type") == Some("compaction") {
                transcript.clear();
                before.clear();
            }
            transcript.push_stored(item)?;
            if context.remembers {
                before.push(item.clone());
            }
        }
    }
    Ok(before)
}

/// A response and those before it, the newest first.
fn chain(id: &str, context: &Context<'_>) -> Vec<Arc<Value>> {
    let mut chain: Vec<Arc<Value>> = Vec::new();
    let mut next = context.shelf.object(RESPONSES, id);
    while let Some(response) = next.filter(|_| chain.len() < LONGEST_CHAIN) {
        next = text(&response, "previous_response_id")
            .and_then(|id| context.shelf.object(RESPONSES, id));
        chain.push(response);
    }
    chain
}

/// Appends the items of a conversation.
///
/// # Errors
/// In realistic mode: the conversation is not there.
pub(super) fn join(
    id: &str,
    context: &Context<'_>,
    transcript: &mut Transcript,
) -> Result<(), ApiError> {
    if context.shelf.object(CONVERSATIONS, id).is_none() && context.mode == Mode::Realistic {
        return Err(ApiError::not_found(format!(
            "Conversation with id '{id}' not found."
        )));
    }
    for item in context.shelf.children(CONVERSATION_ITEMS, id) {
        transcript.push_stored(&item)?;
    }
    Ok(())
}

/// Whether a container is there and has been used lately, so that programs can go on in it.
pub(super) fn is_running(id: &str, context: &Context<'_>) -> bool {
    let Some(container) = context.shelf.object(CONTAINERS, id) else {
        return false;
    };
    let minutes = container["expires_after"]["minutes"].as_u64();
    let used = container["last_active_at"].as_u64().unwrap_or_default();
    let end = used.saturating_add(minutes.unwrap_or_default().saturating_mul(60));
    container["status"] == "running" && context.now.whole_seconds() < end
}

/// The item that a reference means.
///
/// # Errors
/// The item is not there.
pub(super) fn item(id: &str, context: &Context<'_>) -> Result<Value, ApiError> {
    let shelf = context.shelf;
    let stored = shelf
        .object(INPUT_ITEMS, id)
        .or_else(|| shelf.object(CONVERSATION_ITEMS, id));
    if let Some(item) = stored {
        return Ok(Value::clone(&item));
    }
    let made = shelf.object(OUTPUT_ITEMS, id).and_then(|pointer| {
        let response = shelf.object(RESPONSES, text(&pointer, "response_id")?)?;
        let mut items = response["output"].as_array()?.iter();
        items.find(|item| text(item, "id") == Some(id)).cloned()
    });
    made.ok_or_else(|| {
        ApiError::not_found(format!(
            "Item with id '{id}' not found. Items are not persisted when `store` is set to \
             false. Try again with `store` set to true, or remove this item from your input."
        ))
        .param("input")
    })
}
