//! Usage and costs: what was served to whom, in buckets of time, and what it costs. Counts what the
//! events say; what they don't say is not estimated.

mod book;
mod costs;
mod line;
mod page;
mod query;
mod report;

pub(crate) use costs::ordinary_price;

pub use book::{UsageBook, UsageLimits};
pub use query::{Report, UsageQuery};
