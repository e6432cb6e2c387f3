//! The metrics pages of serving engines. What a page shows is data: rows in `data/metrics` that
//! name a metric and one of the quantities that are measured here, once for all pages.

mod books;
mod calls;
mod family;
mod json;
mod kv_cache;
mod measure;
mod meter;
mod moment;
mod moves;
mod page;
mod records;
mod served;
mod tally;
mod text;
mod vocabulary;

pub use json::page_json;
pub use kv_cache::kv_cache_json;
pub use meter::ServingMeter;
pub use moment::{Moment, Sleep};
pub use page::PageKind;
pub use records::{iterations_json, requests_json};
pub use served::{Served, ServedSpeculation};
pub use text::{page_open_metrics, page_text};
