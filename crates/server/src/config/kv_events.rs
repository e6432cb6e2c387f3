//! The setting `serving.kv_events_config`, in the JSON of vLLM's `--kv-events-config`.

use serde_json::{Value as Json, json};

use super::raw::Raw;
use super::setting::Shape;
use super::value::Value;

/// How the events of the cache are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvEventsConfig {
    /// Where batches are published.
    pub endpoint: Endpoint,
    /// Where batches are given again, if anywhere.
    pub replay: Option<Endpoint>,
    /// Batches that can be given again.
    pub buffer_steps: usize,
    /// Messages that wait for a subscriber at most; it misses what comes then.
    pub high_water_mark: usize,
    /// What messages begin with.
    pub topic: String,
    /// Whether they are published at all.
    pub enabled: bool,
}

/// An address of ZeroMQ over TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host; `*` is any.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Endpoint {
    /// Reads `tcp://HOST:PORT`.
    fn read(text: &str) -> Option<Self> {
        let (host, port) = text.strip_prefix("tcp://")?.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then(|| Self {
            host: host.to_owned(),
            port,
        })
    }

    fn show(&self) -> String {
        match self.host.contains(':') {
            true => format!("tcp://[{}]:{}", self.host, self.port),
            false => format!("tcp://{}:{}", self.host, self.port),
        }
    }

    /// Whether a publisher listens there; it connects to any other. vLLM goes by the same marks.
    pub(crate) fn is_bound(&self) -> bool {
        self.host == "*" || self.host.contains("::")
    }

    /// That of a replica: each has a port of its own.
    pub(crate) fn of_rank(&self, rank: u16) -> Self {
        let port = match self.port {
            0 => 0,
            port => port.saturating_add(rank),
        };
        Self {
            host: self.host.clone(),
            port,
        }
    }

    /// The host and port as the system takes them.
    pub(crate) fn socket(&self) -> (String, u16) {
        let host = match self.host.as_str() {
            "*" => "0.0.0.0",
            host => host,
        };
        (host.to_owned(), self.port)
    }
}

/// The names of the fields, as vLLM has them.
const FIELDS: [&str; 8] = [
    "enable_kv_cache_events",
    "publisher",
    "endpoint",
    "replay_endpoint",
    "buffer_steps",
    "hwm",
    "max_queue_size",
    "topic",
];

impl KvEventsConfig {
    fn parse(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        let object = json.as_object()?;
        if object.keys().any(|name| !FIELDS.contains(&name.as_str())) {
            return None;
        }
        let endpoint = |name: &str| match &json[name] {
            Json::Null => Some(None),
            value => value.as_str().and_then(Endpoint::read).map(Some),
        };
        let count = |name: &str, default: usize| match &json[name] {
            Json::Null => Some(default),
            value => value
                .as_u64()
                .filter(|count| (1..=MOST).contains(count))
                .map(|count| count as usize),
        };
        let enabled = match &json["enable_kv_cache_events"] {
            Json::Null => false,
            value => value.as_bool()?,
        };
        let publishes = match json["publisher"].as_str() {
            None | Some("zmq") => true,
            Some("null") => false,
            Some(_) => return None,
        };
        let usual = || Endpoint {
            host: "*".to_owned(),
            port: 5557,
        };
        Some(Self {
            endpoint: endpoint("endpoint")?.unwrap_or_else(usual),
            replay: endpoint("replay_endpoint")?,
            buffer_steps: count("buffer_steps", 10_000)?,
            high_water_mark: count("hwm", 100_000)?.min(count("max_queue_size", 100_000)?),
            topic: match &json["topic"] {
                Json::Null => String::new(),
                value => value.as_str()?.to_owned(),
            },
            enabled: enabled && publishes,
        })
    }
}

/// More batches than that are not kept.
const MOST: u64 = 1_000_000;

impl Value for KvEventsConfig {
    const SHAPE: Shape = Shape::One;

    fn read(raw: &Raw) -> Option<Self> {
        Self::parse(&raw.line()?)
    }

    fn show(&self) -> Raw {
        let json = json!({
            "enable_kv_cache_events": self.enabled,
            "publisher": "zmq",
            "endpoint": self.endpoint.show(),
            "replay_endpoint": self.replay.as_ref().map(Endpoint::show),
            "buffer_steps": self.buffer_steps,
            "hwm": self.high_water_mark,
            "topic": self.topic,
        });
        Raw::Text(json.to_string())
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "a JSON object with vLLM's `enable_kv_cache_events`, `publisher` (`zmq` or `null`), \
         `endpoint`, `replay_endpoint`, `buffer_steps`, `hwm`, `max_queue_size` and `topic`; \
         endpoints are `tcp://HOST:PORT`"
            .to_owned()
    }
}
