//! The section `metrics`: what is counted and remembered.

use std::time::Duration;

use super::choice::DcgmSet;

section! {
    /// What is counted, and the journal of calls.
    metrics: Metrics {
        /// Whether `/metrics` answers Prometheus text where the `Accept` header does not say; else
        /// it answers JSON.
        prometheus: bool = false, also ["enable_prometheus"];
        /// Calls that the journal of a world remembers; `0` turns it off.
        journal_entries: u32 = 1000, from 0 to 1000000;
        /// Models that are counted by name in a world; further ones count as `other`.
        max_model_labels: u32 = 200, from 1 to 100000;
        /// The span over which `/dcgm/metrics` averages: the exporter's own interval of collection,
        /// which is 30 seconds by default.
        dcgm_interval: Duration = Duration::from_secs(1), from 0.01 to 3600;
        /// Which counters `/dcgm/metrics` shows: those that the exporter shows by default, or those
        /// that it leaves out as well (ECC errors, throttling).
        dcgm_counters: DcgmSet = DcgmSet::Default;
    }
}
