//! An observer that logs every call that was answered.

use fakeai_canon::{Event, Observer};

/// Logs calls at level `debug`.
pub(crate) struct RequestLog;

impl Observer for RequestLog {
    fn observe(&self, event: &Event) {
        let closed = match event {
            Event::Opened(_) | Event::Engine(_) => return,
            Event::Closed(closed) => closed,
        };
        tracing::debug!(
            world = &*closed.world,
            method = closed.method.as_str(),
            path = closed.path.as_str(),
            operation = closed.operation.unwrap_or("-"),
            model = closed.model.as_deref().unwrap_or("-"),
            status = closed.status,
            error = closed.error.as_deref().unwrap_or("-"),
            milliseconds = closed.ended.since(closed.started).seconds() * 1_000.0,
            prompt_tokens = closed.usage.prompt,
            completion_tokens = closed.usage.completion,
            abandoned = closed.abandoned,
            request_id = closed.request_id.as_str(),
            "call"
        );
    }
}
