//! What a request asks of the engine's queue, cache and router. It changes when an answer comes,
//! never what it says.

use serde_json::Value;

use crate::prompt_cache::Caching;

/// The longest text that is looked at.
const MOST: usize = 512;

/// What a request asks of the engine.
#[derive(Default)]
pub(crate) struct Wishes {
    /// What it asks of the provider's cache of prompts.
    pub(crate) caching: Caching,
    /// vLLM's `priority`: lower first.
    pub(crate) priority: i32,
    /// vLLM's `cache_salt`: what keeps its part of the cache apart.
    pub(crate) salt: Option<String>,
    /// What requests of one conversation or user have in common: `prompt_cache_key`,
    /// `safety_identifier` or `user`.
    pub(crate) session: Option<String>,
}

impl Wishes {
    /// Reads a request's body.
    pub(crate) fn of(body: &Value) -> Self {
        let text = |name: &str| {
            let text = body[name].as_str()?;
            (!text.is_empty() && text.len() <= MOST).then(|| text.to_owned())
        };
        let priority = body["priority"].as_i64().unwrap_or(0);
        let most = i64::from(i32::MAX);
        Self {
            caching: Caching::of(body),
            priority: priority.clamp(-most, most) as i32,
            salt: text("cache_salt"),
            session: text("prompt_cache_key")
                .or_else(|| text("safety_identifier"))
                .or_else(|| text("user")),
        }
    }
}
