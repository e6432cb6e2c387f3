//! The settings of a world in the form in which they are used: resolved, checked, ready.

use std::collections::BTreeMap;

use fakeai_canon::Mode;
use fakeai_dialects::openai::responses::PromptTemplate;
use fakeai_telemetry::{DcgmCounters, PageKind};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::{RateLimits, RateScope};
use crate::webhooks::WebhookRules;

/// How a world behaves.
#[derive(Clone, Debug)]
pub struct WorldRules {
    /// Realistic or mock.
    pub mode: Mode,
    /// Whether only listed models exist.
    pub strict_models: bool,
    /// The models of deployments, by the deployment's name. Where there are none, every model is
    /// deployed under its own name.
    pub deployments: BTreeMap<String, String>,
    /// The prompt templates; where there are none, any id is good.
    pub templates: Vec<PromptTemplate>,
    /// Whether a call needs a key.
    pub needs_key: bool,
    /// The API keys of the settings.
    pub keys: Vec<String>,
    /// The admin keys of the settings.
    pub admin_keys: Vec<String>,
    /// Whether any key will do where one is needed: the settings have none.
    pub any_key: bool,
    /// The `openai-organization` header.
    pub organization: HeaderValue,
    /// The fault that strikes by chance.
    pub fault: Option<FaultRule>,
    /// The longest context that the engine takes, where that is set.
    pub max_context: Option<u32>,
    /// The most bytes a body may have.
    pub max_body_bytes: u64,
    /// What a realtime session may hold.
    pub realtime: RealtimeRules,
    /// How fast fine-tuning goes, on the world's clock.
    pub training_tokens_per_second: u64,
    /// Background answers whose frames are kept.
    pub background_answers: usize,
    /// Responses that are kept though nobody asked for it; 0 keeps all.
    pub unasked_responses: usize,
    /// Whether what leaves is held against its contract.
    pub check_responses: bool,
    /// Whether the documentation pages are served.
    pub docs: bool,
    /// The form of `/metrics` where the client has no wish.
    pub metrics: MetricsForm,
    /// Which counters of GPUs are shown.
    pub dcgm_counters: DcgmCounters,
    /// How much may be asked for.
    pub rates: RateRules,
    /// Whose metrics `/metrics` shows; none means FakeAI's own.
    pub metrics_page: Option<PageKind>,
    /// Whether the engine's page has names that were removed from it.
    pub legacy_metric_names: bool,
    /// Who is told of events.
    pub webhooks: WebhookRules,
    /// What is served by the simulated engine, where there is one.
    pub served: Option<Served>,
}

/// What a simulated engine serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Whose engine it is.
    pub engine: &'static str,
    /// The model that it has loaded.
    pub model: String,
}

/// What a realtime session may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealtimeRules {
    /// How long it lasts.
    pub seconds: u64,
    /// Bytes of sound that it keeps.
    pub audio_bytes: usize,
    /// Items of its conversation.
    pub items: usize,
}

/// How much may be asked for in a span of time, of each model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateRules {
    /// Whether there are limits besides those that projects have been given.
    pub enabled: bool,
    /// Who shares them.
    pub scope: RateScope,
    /// At most.
    pub requests_a_minute: Option<u64>,
    /// At most.
    pub requests_a_day: Option<u64>,
    /// At most.
    pub tokens_a_minute: Option<u64>,
    /// At most.
    pub tokens_a_day: Option<u64>,
}

impl RateRules {
    /// The rules of settings that have been checked.
    pub(crate) fn of(config: &RateLimits) -> Self {
        let set = |most: Option<u32>| most.filter(|_| config.rate_limit_enabled).map(u64::from);
        Self {
            enabled: config.rate_limit_enabled,
            scope: config.rate_limit_scope,
            requests_a_minute: set(config.rate_limit_rpm),
            requests_a_day: set(config.rate_limit_rpd),
            tokens_a_minute: set(config.rate_limit_tpm),
            tokens_a_day: set(config.rate_limit_tpd),
        }
    }

    /// Whether the provider's own limits hold: no other has been named.
    pub(crate) fn takes_usual(&self) -> bool {
        let named = [
            self.requests_a_minute,
            self.requests_a_day,
            self.tokens_a_minute,
            self.tokens_a_day,
        ];
        self.enabled && named.iter().all(Option::is_none)
    }
}

/// A fault that strikes by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultRule {
    /// The status it is sent with.
    pub status: u16,
    /// Its probability, 0 to 1.
    pub rate: f64,
}

/// The form of FakeAI's own metrics page where the client's `Accept` header does not ask for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsForm {
    /// JSON.
    #[default]
    Json,
    /// Prometheus text.
    Prometheus,
}

impl WorldRules {
    /// What an engine of that name serves here, where it is the one that does.
    pub(crate) fn served_by(&self, engine: &str) -> Option<&Served> {
        let served = self.served.as_ref();
        served.filter(|served| served.engine == engine)
    }

    /// Adds the headers that every reply carries.
    pub(crate) fn add_standing_headers(&self, request_id: &str, headers: &mut HeaderMap) {
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert(HeaderName::from_static("x-request-id"), id);
        }
        headers.insert(
            HeaderName::from_static("openai-version"),
            HeaderValue::from_static("2020-10-01"),
        );
        headers.insert(
            HeaderName::from_static("openai-organization"),
            self.organization.clone(),
        );
    }
}
