//! The whole tree, and the rules between settings of different kinds.

use std::borrow::Cow;
use std::fmt;

use super::auth::Auth;
use super::azure::Azure;
use super::choice::{PaceKind, TextSource};
use super::features::Features;
use super::generation::Generation;
use super::kv_cache::KvCache;
use super::metrics::Metrics;
use super::program::Server;
use super::rate_limits::RateLimits;
use super::security::Security;
use super::serving::Serving;
use super::setting::{Section, Setting};
use super::storage::Storage;
use super::webhooks::Webhooks;

/// All settings of a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Where it listens, its clock and its logs.
    pub server: Server,
    /// Who may call.
    pub auth: Auth,
    /// What stands behind Azure's paths.
    pub azure: Azure,
    /// Limits of requests and tokens.
    pub rate_limits: RateLimits,
    /// The simulated cache of prompts.
    pub kv_cache: KvCache,
    /// The engine that is simulated.
    pub serving: Serving,
    /// What is said and when.
    pub generation: Generation,
    /// What is counted.
    pub metrics: Metrics,
    /// What is kept.
    pub storage: Storage,
    /// Who is told of events.
    pub webhooks: Webhooks,
    /// What may be sent.
    pub security: Security,
    /// What can be turned on and off.
    pub features: Features,
}

static SECTIONS: [Section; 12] = [
    Server::SECTION,
    Auth::SECTION,
    Azure::SECTION,
    RateLimits::SECTION,
    KvCache::SECTION,
    Serving::SECTION,
    Generation::SECTION,
    Metrics::SECTION,
    Storage::SECTION,
    Webhooks::SECTION,
    Security::SECTION,
    Features::SECTION,
];

/// Two settings that can't both hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The setting to look at, by its full name.
    pub setting: &'static str,
    /// What is wrong and what would mend it.
    pub problem: Cow<'static, str>,
}

impl Config {
    /// The sections with their settings.
    pub fn sections() -> &'static [Section] {
        &SECTIONS
    }

    /// All settings.
    pub fn settings() -> impl Iterator<Item = &'static Setting> {
        SECTIONS.iter().flat_map(|section| section.settings)
    }

    /// Checks what no single setting can.
    ///
    /// # Errors
    /// The first two settings that contradict each other.
    pub fn check(&self) -> Result<(), Conflict> {
        let conflict = |setting, problem: &'static str| {
            Err(Conflict {
                setting,
                problem: problem.into(),
            })
        };
        match (&self.server.tls_cert, &self.server.tls_key) {
            (Some(_), None) => return conflict("server.tls_cert", "needs server.tls_key too"),
            (None, Some(_)) => return conflict("server.tls_key", "needs server.tls_cert too"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        self.check_headers()?;
        self.azure.check()?;
        self.generation.check()?;
        self.webhooks.check()?;
        self.serving.setup()?;
        self.metrics.shown(self.serving.engine)?;
        let generation = &self.generation;
        let timed = generation.ttft.is_some() || generation.itl.is_some();
        if self.serving.engine.is_some() && (timed || generation.pace.is_some()) {
            return conflict(
                "serving.engine",
                "tells the times, so generation.pace, ttft and itl can't be kept",
            );
        }
        if timed && generation.pace() == PaceKind::Instant {
            return conflict(
                "generation.pace",
                "is instant, so ttft and itl can't be kept",
            );
        }
        match (generation.text(), &generation.fixed_text) {
            (TextSource::Fixed, None) => conflict(
                "generation.text",
                "is fixed, so generation.fixed_text is needed",
            ),
            (TextSource::Prose | TextSource::Echo | TextSource::Lorem, Some(_)) => conflict(
                "generation.fixed_text",
                "is never said unless generation.text is fixed",
            ),
            (TextSource::Fixed, Some(_))
            | (TextSource::Prose | TextSource::Echo | TextSource::Lorem, None) => Ok(()),
        }
    }
}

impl Config {
    /// What is sent in headers has to be fit for them.
    fn check_headers(&self) -> Result<(), Conflict> {
        const PROBLEM: &str = "is sent in a header, so it has to be printable ASCII";
        let fits = |text: &String| text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        let security = &self.security;
        let headers = [
            ("auth.organization", fits(&self.auth.organization)),
            (
                "security.cors_allowed_origins",
                security.cors_allowed_origins.iter().all(fits),
            ),
            (
                "security.cors_allowed_methods",
                security.cors_allowed_methods.iter().all(fits),
            ),
        ];
        match headers.iter().find(|(_, fits)| !fits) {
            Some((setting, _)) => Err(Conflict {
                setting,
                problem: PROBLEM.into(),
            }),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.setting, self.problem)
    }
}

impl std::error::Error for Conflict {}
