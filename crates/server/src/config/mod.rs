//! The settings: one tree of plain values, each declared once with its default, its bounds and its
//! description. Flags, environment names, file keys and the reference page follow from the
//! declarations. No file, no environment and no command line is read here.

#[macro_use]
mod section;

mod auth;
mod azure;
mod choice;
mod features;
mod generation;
mod kv_cache;
mod kv_events;
mod metrics;
mod program;
mod rate_limits;
mod raw;
mod secret;
mod security;
mod serving;
mod setting;
mod speculative;
mod storage;
mod tree;
mod value;
mod webhooks;

pub use auth::{ApiKeys, Auth};
pub use azure::Azure;
pub use choice::{
    ClockKind, DcgmSet, EngineKind, LogFormat, LogLevel, MetricsPage, PaceKind, RateScope,
    RouterKind, SchedulingPolicy, TextSource, WorkerFailure,
};
pub use features::Features;
pub use generation::Generation;
pub use kv_cache::KvCache;
pub use kv_events::{Endpoint, KvEventsConfig};
pub use metrics::Metrics;
pub use program::Server;
pub use rate_limits::RateLimits;
pub use raw::Raw;
pub use secret::Secret;
pub use security::Security;
pub use serving::Serving;
pub use setting::{Section, Setting, Shape};
pub use speculative::SpeculativeConfig;
pub use storage::{BlobsUrl, Storage, StoreUrl};
pub use tree::{Config, Conflict};
pub use value::{ByteCount, Value};
pub use webhooks::Webhooks;
pub(crate) use webhooks::key as signing_key;
