//! Observers of the one stream of events, and what they can tell: a ledger of counts and times
//! with its exporters, and a bounded journal. The path of a request does not know them.

mod by_model;
mod catalogue;
mod exposition;
mod gpus;
mod histogram;
mod journal;
mod ledger;
mod objectives;
mod series;
mod serving;
mod summary;
mod usage;
mod window;

pub use by_model::{ModelSummary, RANKINGS, by_model, by_model_text, compare_json, ranking_json};
pub use exposition::{OPEN_METRICS_MEDIA, PROMETHEUS_MEDIA, open_metrics, prometheus};
pub use gpus::{DcgmCounters, GpuFaults, GpuName, GpuSample, dcgm_json, dcgm_text, gpu_name};
pub use journal::{Journal, JournalFilter, JournalLimits};
pub use ledger::{Ledger, LedgerLimits};
pub use objectives::{Objective, objectives_json};
pub use serving::{
    Moment, PageKind, Served, ServedSpeculation, ServingMeter, Sleep, iterations_json,
    kv_cache_json, page_json, page_open_metrics, page_text, requests_json,
};
pub use summary::{metrics_csv, metrics_json};
pub use usage::{Report, UsageBook, UsageLimits, UsageQuery};
