//! Webhooks: a world's events are made here, signed, posted to who wants to know, and posted again
//! where that fails. What happens in the world is decided elsewhere.

mod delivery;
mod ledger;
mod post;
mod sign;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fakeai_canon::{Alphabet, Micros};
use http::Uri;
use serde_json::{Value, json};

use crate::config::Webhooks;
use crate::gateway::Gateway;
use crate::outward::{self, Outward};
use crate::run::Run;
use crate::store::OpenError;
use crate::world::World;

pub use delivery::DeliveryRun;
pub(crate) use ledger::Deliveries;
use sign::Signer;

/// Connections that are kept between two events: a receiver that has closed one would make an attempt
/// fail.
const KEPT: usize = 0;

/// The settings of the section `webhooks` in the form in which they are used.
#[derive(Clone, Debug, Default)]
pub struct WebhookRules {
    urls: Vec<Uri>,
    /// What they are reached by; none where nobody is told.
    client: Option<Outward<String>>,
    signers: Vec<Signer>,
    /// All events where empty.
    events: Vec<String>,
    timeout: Duration,
    attempts: u16,
    retry_after: Micros,
    queue: usize,
}

impl WebhookRules {
    /// The rules of settings that have been checked.
    ///
    /// # Errors
    /// A file of authorities that is no use.
    pub(crate) fn of(config: &Webhooks) -> Result<Self, OpenError> {
        let urls = config
            .webhook_urls
            .iter()
            .filter_map(|url| url.parse().ok());
        let urls: Vec<Uri> = urls.collect();
        let authorities = config.webhook_ca_file.as_deref();
        let client = (!urls.is_empty()).then(|| outward::client(KEPT, authorities));
        let client = client.transpose().map_err(|why| OpenError {
            what: match authorities {
                Some(file) => format!("webhooks.webhook_ca_file {}", file.display()),
                None => "the client of webhooks".to_owned(),
            },
            why,
        })?;
        let signers = config.webhook_secrets.0.iter();
        Ok(Self {
            urls,
            client,
            signers: signers.filter_map(|secret| Signer::of(secret)).collect(),
            events: config.webhook_events.clone(),
            timeout: config.webhook_timeout,
            attempts: config.webhook_attempts,
            retry_after: Micros(config.webhook_retry_after.as_micros() as u64),
            queue: config.webhook_queue as usize,
        })
    }

    fn wants(&self, event: &str) -> bool {
        self.events.is_empty() || self.events.iter().any(|wanted| wanted == event)
    }
}

/// An event, as it is sent.
struct Announced {
    id: String,
    event: &'static str,
    body: Bytes,
}

/// Tells everybody who wants to know of an event.
pub(crate) fn announce(gateway: &Gateway, world: &Arc<World>, event: &'static str, data: &Value) {
    let rules = &world.rules.webhooks;
    let Some(client) = rules.client.as_ref().filter(|_| rules.wants(event)) else {
        return;
    };
    let seed = world
        .seed
        .fork("webhook")
        .nth(world.deliveries.count_event());
    let id = seed.id("evt_", Alphabet::Hex, 32);
    let body = json!({
        "id": id,
        "object": "event",
        "created_at": world.now().whole_seconds(),
        "type": event,
        "data": data,
    });
    if world.rules.check_responses {
        gateway.checks.webhook(gateway.contract, event, &body);
    }
    let announced = Arc::new(Announced {
        id,
        event,
        body: Bytes::from(body.to_string()),
    });
    for url in &rules.urls {
        let (event, id) = (announced.event, &announced.id);
        let Some(number) = world
            .deliveries
            .open(event, id, url, rules.queue, world.now())
        else {
            tracing::warn!(event, id, %url, "too many webhook events wait; one was dropped");
            continue;
        };
        let run = DeliveryRun::new(world, &announced, (client.clone(), url.clone()), number);
        (gateway.launch)(Run::Delivery(Box::new(run)));
    }
}

/// Tells of the end of a background response, as its stored object has it.
pub(crate) fn announce_response(gateway: &Gateway, world: &Arc<World>, id: &str) {
    let Some(response) = world.everyones().object("responses", id) else {
        return;
    };
    let event = match response["status"].as_str() {
        Some("completed") => "response.completed",
        Some("failed") => "response.failed",
        Some("incomplete") => "response.incomplete",
        Some("cancelled") => "response.cancelled",
        Some(_) | None => return,
    };
    announce(gateway, world, event, &json!({"id": id}));
}
