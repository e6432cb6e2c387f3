//! What a request for a run brings along: files attached to its messages, and vector stores for the
//! thread that is made with it. All of it is there before the run begins, which then searches it.

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::{thread_messages, threads, vector_stores};
use crate::apply::Site;
use crate::call::Reach;
use crate::store::Change;
use crate::verbs;
use crate::{Body, Call, Context, Means, Next};

const IN_THREAD: &str = "createRun";
const WITH_THREAD: &str = "createThreadAndRun";

/// The request as it reads once what it brings along is stored, and the changes that store it. None
/// where it brings nothing.
///
/// # Errors
/// A thread, a store or a file that is not there.
pub fn luggage(
    call: Call<'_>,
    means: Means<'_>,
    context: &Context,
) -> Result<Option<(Value, Next)>, ApiError> {
    let means = means.of(&call.caller.project);
    let (body, next) = match &*call.operation.id {
        IN_THREAD if attaches(&call.body["additional_messages"]) => {
            to_thread(call, means, context)?
        }
        WITH_THREAD if brings(&call.body["thread"]) => to_new_thread(call, means, context)?,
        _ => return Ok(None),
    };
    Ok(Some((body, means.store.claim_all(next))))
}

fn attaches(messages: &Value) -> bool {
    let mut messages = messages.as_array().into_iter().flatten();
    messages.any(|message| {
        let attachments = message["attachments"].as_array();
        attachments.is_some_and(|attachments| !attachments.is_empty())
    })
}

fn brings(thread: &Value) -> bool {
    let stores = &thread["tool_resources"]["file_search"]["vector_stores"];
    attaches(&thread["messages"]) || !stores.is_null()
}

fn to_thread(
    call: Call<'_>,
    means: Reach<'_>,
    context: &Context,
) -> Result<(Value, Next), ApiError> {
    let thread = call.params.get("thread_id").unwrap_or_default();
    let site = site(&call, means, context);
    let messages = call.body["additional_messages"].as_array();
    let mut next = Next::default();
    thread_messages::attach(&site, thread, messages.into_iter().flatten(), &mut next)?;
    Ok((call.body, next))
}

/// The thread is made as if it came alone; what is left of it are its stores. The thread itself is
/// the run's to make.
fn to_new_thread(
    call: Call<'_>,
    means: Reach<'_>,
    context: &Context,
) -> Result<(Value, Next), ApiError> {
    let mut body = call.body;
    let alone = Call {
        body: body["thread"].clone(),
        ..call
    };
    let made = verbs::create(&site(&alone, means, context))?;
    if let Body::Json(thread) = &made.body {
        body["thread"]["tool_resources"] = match &thread["tool_resources"] {
            Value::Null => json!({}),
            resources => resources.clone(),
        };
    }
    let mut next = made.next;
    next.changes.retain(|change| match change {
        Change::Put(record) | Change::Replace(record) => {
            ![threads::FAMILY, thread_messages::FAMILY].contains(&record.family)
        }
        Change::Delete { .. } => true,
    });
    Ok((body, next))
}

fn site<'a>(call: &'a Call<'a>, means: Reach<'a>, context: &'a Context) -> Site<'a> {
    Site {
        family: vector_stores::row(threads::FAMILY),
        call,
        store: means.store,
        means,
        context,
    }
}
