//! Calls to observe.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{Closed, Event, Intervals, Micros, Opened, Usage};

/// An answered call of a millisecond's length.
pub(crate) fn closed(operation: &'static str, model: &str, status: u16) -> Closed {
    Closed {
        request_id: "req_1".to_owned(),
        world: Arc::from("default"),
        method: http::Method::POST,
        path: "/v1/chat/completions".to_owned(),
        caller: None,
        billed: None,
        operation: Some(operation),
        model: Some(model.to_owned()),
        status,
        error: None,
        started: Micros::from_seconds(100.0),
        first_token: None,
        ended: Micros::from_seconds(100.001),
        usage: Usage::default(),
        intervals: Intervals::default(),
        lateness: Intervals::default(),
        streamed: false,
        abandoned: false,
        fault: false,
        request_body: Bytes::new(),
        request_bytes: 0,
        reply_body: Bytes::new(),
        reply_bytes: 0,
    }
}

/// The event of a call that came in.
pub(crate) fn opened() -> Event {
    Event::Opened(Opened {
        at: Micros::from_seconds(100.0),
    })
}
