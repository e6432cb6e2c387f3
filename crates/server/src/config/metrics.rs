//! The section `metrics`: what is counted and remembered.

use std::time::Duration;

use fakeai_telemetry::PageKind;

use super::choice::{DcgmSet, EngineKind, MetricsPage};
use super::tree::Conflict;

section! {
    /// What is counted, and the journal of calls.
    metrics: Metrics {
        /// Whose metrics `/metrics` shows. FakeAI's own are always at `/_fakeai/metrics`.
        page: MetricsPage = MetricsPage::Auto;
        /// Whether vLLM's page has the names too that were removed from it, such as
        /// `vllm:gpu_cache_usage_perc`.
        legacy_names: bool = false;
        /// Whether FakeAI's own page is Prometheus text where the `Accept` header does not say; else
        /// it is JSON.
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

impl Metrics {
    /// Whose page is shown beside an engine; none means FakeAI's own.
    ///
    /// # Errors
    /// A page that nothing is measured for.
    pub fn shown(&self, engine: Option<EngineKind>) -> Result<Option<PageKind>, Conflict> {
        let page = match (self.page, engine) {
            (MetricsPage::Fakeai, _) | (MetricsPage::Auto, None) => return Ok(None),
            (
                MetricsPage::Vllm
                | MetricsPage::Sglang
                | MetricsPage::Trtllm
                | MetricsPage::Triton
                | MetricsPage::Dynamo,
                None,
            ) => {
                return Err(Conflict {
                    setting: "metrics.page",
                    problem: "shows a simulated engine, so serving.engine is needed".into(),
                });
            }
            (MetricsPage::Auto, Some(EngineKind::Vllm)) | (MetricsPage::Vllm, Some(_)) => {
                PageKind::Vllm
            }
            (MetricsPage::Auto, Some(EngineKind::Sglang)) | (MetricsPage::Sglang, Some(_)) => {
                PageKind::Sglang
            }
            (MetricsPage::Auto, Some(EngineKind::TensorRt)) | (MetricsPage::Trtllm, Some(_)) => {
                PageKind::Trtllm
            }
            (MetricsPage::Triton, Some(_)) => PageKind::Triton,
            (MetricsPage::Dynamo, Some(_)) => PageKind::Dynamo,
        };
        Ok(Some(page))
    }
}
