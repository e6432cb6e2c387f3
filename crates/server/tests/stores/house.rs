//! A house without sockets: calls go into the hall, and what it launches is driven by hand.

use std::sync::Arc;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{Call, Pull, ReplyBody};
use fakeai_server::config::{BlobsUrl, ClockKind, Config, StoreUrl};
use fakeai_server::store::OpenError;
use fakeai_server::{Gateway, Run, build};
use http::{HeaderValue, Method};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// A house, and what goes on in it.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    runs: Arc<Mutex<Vec<Run>>>,
}

/// Settings of a house on a virtual clock with its objects there.
pub(crate) fn settings(url: StoreUrl, blobs: Option<BlobsUrl>) -> Config {
    let mut config = Config::default();
    config.server.clock = ClockKind::Virtual;
    config.storage.url = url;
    config.storage.blobs = blobs;
    config.features.check_responses = Some(true);
    config
}

impl House {
    pub(crate) fn open(config: &Config) -> Self {
        Self::try_open(config).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_open(config: &Config) -> Result<Self, OpenError> {
        let runs: Arc<Mutex<Vec<Run>>> = Arc::default();
        let launched = Arc::clone(&runs);
        let gateway = build(config, Box::new(move |run| launched.lock().push(run)))?;
        gateway.take_up();
        Ok(Self { gateway, runs })
    }

    /// The status and the whole body of a call's answer.
    pub(crate) fn send(&self, call: Call) -> (u16, Bytes) {
        let served = self.gateway.handle(call);
        let status = served.reply.status.as_u16();
        let mut frames = match served.reply.body {
            ReplyBody::Whole(body) => return (status, body),
            ReplyBody::Fold(frames) | ReplyBody::Stream(frames) => frames,
        };
        let mut out = BytesMut::new();
        loop {
            match frames.pull(served.world.now(), &mut out, Waker::noop()) {
                Pull::More => {}
                Pull::End => return (status, out.freeze()),
                Pull::Failed(error) => return (500, Bytes::from(error.message.clone())),
                other => panic!("an answer that waits: {other:?}"),
            }
        }
    }

    fn json(&self, mut call: Call) -> (u16, Value) {
        let beta = HeaderValue::from_static("assistants=v2");
        call.head.headers.insert("openai-beta", beta);
        let (status, body) = self.send(call);
        let body = serde_json::from_slice(&body);
        (status, body.unwrap_or_default())
    }

    pub(crate) fn get(&self, target: &str) -> (u16, Value) {
        self.json(Call::new(Method::GET, target))
    }

    pub(crate) fn delete(&self, target: &str) -> (u16, Value) {
        self.json(Call::new(Method::DELETE, target))
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> (u16, Value) {
        self.json(Call::new(Method::POST, target).json(body.to_string()))
    }

    /// An object that is made; it has to be.
    pub(crate) fn make(&self, target: &str, body: &Value) -> Value {
        let (status, made) = self.post(target, body);
        assert_eq!(status, 200, "{made}");
        made
    }

    /// An uploaded file of one line; see [`content`].
    pub(crate) fn upload(&self, world: &str, text: &str, more: &str) -> Value {
        self.upload_lines(world, &content(text), more)
    }

    /// An uploaded file of these lines.
    pub(crate) fn upload_lines(&self, world: &str, content: &str, more: &str) -> Value {
        let body = format!(
            "--edge\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n{more}\
             --edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\
             content-type: application/jsonl\r\n\r\n{content}\r\n--edge--\r\n"
        );
        let mut call = Call::new(Method::POST, &format!("{world}/v1/files"));
        let form = HeaderValue::from_static("multipart/form-data; boundary=edge");
        call.head.headers.insert(http::header::CONTENT_TYPE, form);
        call.body = Bytes::from(body);
        let (status, made) = self.json(call);
        assert_eq!(status, 200, "{made}");
        made
    }

    /// Lets everything happen that is launched and due.
    pub(crate) fn drive(&self) {
        let mut waiting = Vec::new();
        loop {
            let Some(mut run) = self.runs.lock().pop() else {
                break;
            };
            let now = fakeai_canon::Clock::now(&**run.clock());
            match run.advance(&self.gateway, now, Waker::noop()) {
                Pull::More => self.runs.lock().push(run),
                Pull::DueAt(_) | Pull::Pending => waiting.push(run),
                Pull::End | Pull::Cut | Pull::Failed(_) => {}
            }
        }
        self.runs.lock().extend(waiting);
    }

    /// Moves the clock.
    pub(crate) fn advance(&self, seconds: f64) {
        let world = self.gateway.worlds.default();
        let now = world.now() + fakeai_canon::Micros::from_seconds(seconds);
        world.clock.advance(now);
    }
}

/// What a file holds that says so.
pub(crate) fn content(text: &str) -> String {
    json!({"messages": [{"role": "user", "content": text}]}).to_string()
}

/// The `id` of an object.
pub(crate) fn id(object: &Value) -> &str {
    object["id"].as_str().expect("an id")
}

/// The ids of a page.
pub(crate) fn ids(page: &Value) -> Vec<&str> {
    let objects = page["data"].as_array().expect("a page");
    objects.iter().map(id).collect()
}
