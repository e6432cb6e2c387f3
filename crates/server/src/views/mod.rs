//! Pages that only show: models, health, metrics, journal, documentation. What they show is made
//! elsewhere.

mod adapters;
mod admin;
mod by_model;
mod deployments;
mod docs;
mod engine;
mod engine_metrics;
mod gpus;
mod health;
mod image;
mod limits;
mod metrics;
mod models;
mod native;
mod sglang;
mod sleep;
mod slo;
mod tokenizer;
mod triton;
mod usage;

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_telemetry::Report;
use http::Method;
use serde_json::Value;

use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::resource::{self, Asked};
use crate::world::World;

/// Shows a page.
type Show = fn(&Gateway, &Arc<World>, &Call, &Value) -> Result<Answer, ApiError>;

/// A page of our own, outside the providers' contracts.
pub(crate) struct OwnView {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Whether it is shown without a key.
    pub(crate) open: bool,
    pub(crate) show: Show,
}

impl OwnView {
    /// Whether it is the page at that path; a number at the end may be any, and the rest of a path.
    fn is_at(&self, path: &str) -> bool {
        // Every call is held against every page.
        if !self.path.ends_with('}') {
            return self.path == path;
        }
        if let Some(before) = self.path.strip_suffix("{rest}") {
            return path
                .strip_prefix(before)
                .is_some_and(|rest| !rest.is_empty());
        }
        let before = self.path.strip_suffix("{n}").unwrap_or(self.path);
        path.strip_prefix(before)
            .is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
    }
}

/// All pages of our own. Below `/w/{name}` they show that world.
static OWN: &[OwnView] = &[
    page("/health", health::show),
    page("/metrics", metrics::show),
    page("/prometheus/metrics", engine_metrics::trtllm),
    page("/perf_metrics", engine_metrics::requests),
    page("/triton/metrics", engine_metrics::triton),
    page("/dynamo/metrics", engine_metrics::dynamo),
    page("/dynamo/metrics/json", engine_metrics::dynamo_json),
    page("/kv-cache/metrics", engine_metrics::kv_cache),
    page("/kv-cache-metrics", engine_metrics::kv_cache),
    page("/_fakeai/metrics", metrics::own),
    page("/metrics/prometheus", by_model::own_text),
    page("/metrics/csv", by_model::csv),
    page("/metrics/by-model", by_model::all),
    page("/metrics/by-model/prometheus", by_model::text),
    page(by_model::OF_ONE, by_model::one),
    page("/metrics/compare", by_model::compare),
    page("/metrics/ranking", by_model::ranking),
    page("/metrics/costs", by_model::costs),
    page("/metrics/slo", slo::show),
    control(Method::GET, "/metrics/rate-limits", limits::show),
    page("/openapi.json", docs::openapi),
    page("/docs", docs::page),
    page("/", docs::landing),
    page("/_fakeai/image", image::show),
    page("/dcgm/metrics", gpus::metrics),
    control(Method::GET, "/_fakeai/gpus", gpus::list),
    control(Method::POST, "/_fakeai/gpus/{n}", gpus::strike),
    page("/ping", native::ping),
    open(Method::POST, "/ping", native::ping),
    page("/version", native::version),
    page("/load", native::load),
    page("/get_model_info", sglang::model),
    page("/model_info", sglang::model),
    page("/get_server_info", sglang::server),
    page("/server_info", sglang::server),
    page("/get_load", sglang::load),
    page("/health_generate", sglang::health),
    page("/flush_cache", sglang::flush_cache),
    page("/v2/health/ready", triton::health),
    page("/v2/health/live", triton::health),
    page("/v2/models/{rest}", triton::model),
    open(Method::POST, "/flush_cache", sglang::flush_cache),
    open(Method::POST, "/sleep", sleep::sleep),
    open(Method::POST, "/wake_up", sleep::wake_up),
    page("/is_sleeping", sleep::is_sleeping),
    open(
        Method::POST,
        "/reset_prefix_cache",
        sleep::reset_prefix_cache,
    ),
    open(Method::POST, "/tokenize", tokenizer::tokenize),
    open(Method::POST, "/detokenize", tokenizer::detokenize),
    control(Method::POST, "/v1/load_lora_adapter", adapters::load),
    control(Method::POST, "/v1/unload_lora_adapter", adapters::unload),
    control(Method::GET, "/_fakeai/journal", admin::journal),
    control(Method::DELETE, "/_fakeai/journal", admin::clear_journal),
    control(Method::GET, "/_fakeai/checks", admin::checks),
    control(Method::GET, "/_fakeai/webhooks", admin::webhooks),
    control(Method::GET, "/_fakeai/worlds", admin::worlds),
    control(Method::POST, "/_fakeai/reset", admin::reset),
    control(Method::GET, "/_fakeai/engine/workers", engine::workers),
    control(Method::POST, "/_fakeai/engine/workers", engine::order),
    control(Method::GET, "/_fakeai/clock", admin::clock),
    control(Method::POST, "/_fakeai/clock", admin::advance_clock),
];

const fn page(path: &'static str, show: Show) -> OwnView {
    OwnView {
        method: Method::GET,
        path,
        open: true,
        show,
    }
}

/// A page that vLLM's server shows without a key, since it is not below `/v1`.
const fn open(method: Method, path: &'static str, show: Show) -> OwnView {
    OwnView {
        method,
        path,
        open: true,
        show,
    }
}

const fn control(method: Method, path: &'static str, show: Show) -> OwnView {
    OwnView {
        method,
        path,
        open: false,
        show,
    }
}

/// The page of our own at that path. A `HEAD` is shown what a `GET` is.
pub(crate) fn own(method: &Method, path: &str) -> Option<&'static OwnView> {
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    OWN.iter()
        .find(|view| view.is_at(path) && view.method == *method)
}

/// The methods that a page of our own has, where there is one at that path.
pub(crate) fn methods_of(path: &str) -> Option<String> {
    let methods: Vec<&str> = OWN
        .iter()
        .filter(|view| view.is_at(path))
        .map(|view| view.method.as_str())
        .collect();
    (!methods.is_empty()).then(|| methods.join(", "))
}

/// Whether an operation of the contract is shown here.
pub(crate) fn serves(operation: &str) -> bool {
    matches!(
        operation,
        "listModels"
            | "retrieveModel"
            | "deleteModel"
            | "retrieveModelCapabilities"
            | "listAzureDeployments"
            | "retrieveAzureDeployment"
    ) || Report::of_operation(operation).is_some()
}

/// Answers an operation of the contract that only shows.
pub(crate) fn answer(world: &Arc<World>, asked: &Asked<'_>) -> Result<Answer, ApiError> {
    let model = asked.params.get("model").unwrap_or_default();
    let project = &*asked.caller.project;
    let answer = match &*asked.operation.id {
        "listModels" => models::list(world, project),
        "retrieveModel" => models::retrieve(world, project, model)?,
        "deleteModel" => models::delete(world, project, model)?,
        "listAzureDeployments" => deployments::list(world, project),
        "retrieveAzureDeployment" => {
            let name = asked.params.get("deployment").unwrap_or_default();
            deployments::retrieve(world, project, name)?
        }
        "retrieveModelCapabilities" => models::capabilities(world, project, model)?,
        other => match Report::of_operation(other) {
            Some(report) => match usage::show(world, asked, report) {
                Err(_) if world.is_mock() => return resource::unserved(world, asked),
                shown => shown?,
            },
            None => return resource::unserved(world, asked),
        },
    };
    Ok(answer.of(asked.operation))
}
