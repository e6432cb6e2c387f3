//! What the clients of a drill have seen: the ids of objects that later calls are about.

use std::collections::BTreeSet;

use fakeai_canon::Rng;
use serde_json::Value;

/// Ids by their kind, in the order in which they came.
#[derive(Default)]
pub(crate) struct Memory {
    responses: Vec<String>,
    conversations: Vec<String>,
    completions: Vec<String>,
    /// Paths of what was deleted.
    pub(crate) gone: BTreeSet<String>,
    /// Paths of the responses that were cancelled or deleted.
    pub(crate) cut: BTreeSet<String>,
}

impl Memory {
    /// Learns from a whole body.
    pub(crate) fn whole(&mut self, body: &[u8]) {
        if let Ok(object) = serde_json::from_slice::<Value>(body) {
            self.object(&object);
        }
    }

    /// Learns from the first event of a stream; the id of its response, where it tells one.
    pub(crate) fn stream(&mut self, body: &[u8]) -> Option<String> {
        let mut lines = body.split(|byte| *byte == b'\n');
        let data = lines.find_map(|line| line.strip_prefix(b"data: "))?;
        let event = serde_json::from_slice::<Value>(data).ok()?;
        self.object(&event["response"]);
        event["response"]["id"].as_str().map(str::to_owned)
    }

    fn object(&mut self, object: &Value) {
        let Some(id) = object["id"].as_str() else {
            return;
        };
        let ids = match object["object"].as_str() {
            Some("response") => &mut self.responses,
            Some("conversation") => &mut self.conversations,
            Some("chat.completion") => &mut self.completions,
            _ => return,
        };
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }

    /// Some response that was seen.
    pub(crate) fn response(&self, rng: &mut Rng) -> Option<&str> {
        any(&self.responses, rng)
    }

    /// Some conversation that was seen.
    pub(crate) fn conversation(&self, rng: &mut Rng) -> Option<&str> {
        any(&self.conversations, rng)
    }

    /// Some chat completion that was seen.
    pub(crate) fn completion(&self, rng: &mut Rng) -> Option<&str> {
        any(&self.completions, rng)
    }
}

fn any<'m>(ids: &'m [String], rng: &mut Rng) -> Option<&'m str> {
    (!ids.is_empty()).then(|| ids[rng.below(ids.len())].as_str())
}
