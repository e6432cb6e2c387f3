//! The section `webhooks`: who is told of a world's events.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;

use super::auth::ApiKeys;
use super::tree::Conflict;

section! {
    /// Who is told when a batch, a background response, a fine-tuning job or an evaluation ends.
    webhooks: Webhooks {
        /// Addresses to which every event is posted, `http://` or `https://`.
        webhook_urls: Vec<String> = Vec::new(), also ["webhook_url"];
        /// Secrets that sign the events, as `whsec_` and base64; with several, each signs. They
        /// are what a client gives as its `webhook_secret`.
        webhook_secrets: ApiKeys = ApiKeys::default(), also ["webhook_secret"];
        /// The events that are sent, such as `batch.completed`; all where none is named.
        webhook_events: Vec<String> = Vec::new(), also ["webhook_event"];
        /// A PEM file with authorities whose certificates receivers may show, besides those that the
        /// machine trusts.
        webhook_ca_file: Option<PathBuf> = None;
        /// Seconds in which a receiver has to answer.
        webhook_timeout: Duration = Duration::from_secs(10), from 1 to 300;
        /// How often an event is sent until a receiver answers with a status of 2xx.
        webhook_attempts: u16 = 8, from 1 to 30;
        /// Seconds of the world's clock before the second attempt; doubled before each further
        /// one, up to an hour.
        webhook_retry_after: Duration = Duration::from_secs(1), from 0 to 3600;
        /// Events that may wait for their delivery; those beyond are dropped.
        webhook_queue: u32 = 256, from 1 to 100000;
    }
}

impl Webhooks {
    /// Checks what no single setting can.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub(super) fn check(&self) -> Result<(), Conflict> {
        let conflict = |setting, problem: &'static str| {
            let problem = problem.into();
            Err(Conflict { setting, problem })
        };
        let address = |url: &String| url.parse::<Uri>().ok();
        for uri in self.webhook_urls.iter().map(address) {
            match uri.as_ref().and_then(Uri::scheme_str) {
                Some("http" | "https") => {}
                Some(_) | None => {
                    return conflict(
                        "webhooks.webhook_urls",
                        "has to be http://host:port/path or https://host:port/path",
                    );
                }
            }
        }
        if !self.webhook_urls.is_empty() && self.webhook_secrets.0.is_empty() {
            return conflict(
                "webhooks.webhook_urls",
                "needs webhooks.webhook_secrets too",
            );
        }
        let contract = fakeai_contract::openai();
        let is_known = |event: &String| contract.webhook(event).is_some();
        if !self.webhook_events.iter().all(is_known) {
            return conflict("webhooks.webhook_events", "has a name that no event bears");
        }
        if self
            .webhook_secrets
            .0
            .iter()
            .any(|secret| key(secret).is_none())
        {
            return conflict(
                "webhooks.webhook_secrets",
                "has a whsec_ secret that is not base64",
            );
        }
        Ok(())
    }
}

/// The bytes by which a secret signs: what follows `whsec_` is base64, anything else stands for
/// itself. None where that is no base64.
pub(crate) fn key(secret: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    match secret.strip_prefix("whsec_") {
        Some(text) => base64::engine::general_purpose::STANDARD.decode(text).ok(),
        None => Some(secret.as_bytes().to_vec()),
    }
}
