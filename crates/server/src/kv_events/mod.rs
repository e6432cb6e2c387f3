//! What becomes of the cache's blocks, told to subscribers over ZeroMQ in vLLM's format: a PUB
//! socket a replica with three frames a message (topic, number, batch), and a ROUTER socket that
//! gives batches again which somebody missed.
//! <https://docs.vllm.ai/en/stable/examples/online_serving/kv_events_subscriber/>
//!
//! Only the default world's engine is told of: a port has no place for a world.

mod batch;
mod message_pack;
mod publisher;
mod sockets;
mod zmtp;

use std::sync::Arc;

use fakeai_canon::{CacheChange, EngineEvent, Event, Micros, Observer};
use parking_lot::Mutex;

use crate::config::KvEventsConfig;
use publisher::Publisher;
pub(crate) use sockets::Sockets;

/// The publishers of all replicas.
pub(crate) struct KvEvents {
    config: KvEventsConfig,
    ranks: Vec<Rank>,
}

/// One replica.
struct Rank {
    publisher: Arc<Publisher>,
    /// What has happened since the last step ended.
    pending: Mutex<Vec<CacheChange>>,
}

impl KvEvents {
    /// Those of so many replicas.
    pub(crate) fn new(config: &KvEventsConfig, replicas: u32) -> Self {
        let rank = |number| Rank {
            publisher: Arc::new(Publisher::new(config, number)),
            pending: Mutex::default(),
        };
        Self {
            config: config.clone(),
            ranks: (0..replicas).map(rank).collect(),
        }
    }

    /// Opens the sockets of all replicas.
    ///
    /// # Errors
    /// An address that is not to be had, and what the system says.
    pub(crate) async fn open(&self) -> Result<Sockets, (String, std::io::Error)> {
        let mut open = Sockets::default();
        for (number, rank) in (0..).zip(&self.ranks) {
            open.open(&rank.publisher, &self.config, number).await?;
        }
        Ok(open)
    }

    /// The cache begins anew: what was told of it holds no longer.
    pub(crate) fn begin_anew(&self, now: Micros) {
        for rank in &self.ranks {
            rank.pending.lock().clear();
            if rank.publisher.has_told() {
                rank.publisher.publish(&[CacheChange::Cleared], now);
            }
        }
    }

    fn rank(&self, worker: u32) -> Option<&Rank> {
        self.ranks.get(worker as usize)
    }
}

impl Observer for KvEvents {
    fn observe(&self, event: &Event) {
        let Event::Engine(event) = event else {
            return;
        };
        match event {
            EngineEvent::Cache { worker, change } => {
                if let Some(rank) = self.rank(*worker) {
                    rank.pending.lock().push(change.clone());
                }
            }
            EngineEvent::StepEnded { step, .. } => self.flush(step.worker, step.ends),
            EngineEvent::Load { worker, at, .. } => self.flush(*worker, *at),
            EngineEvent::Admitted { .. }
            | EngineEvent::Refused { .. }
            | EngineEvent::Evicted { .. }
            | EngineEvent::Moved(_)
            | EngineEvent::StepBegan { .. }
            | EngineEvent::FirstToken(_)
            | EngineEvent::Preempted { .. }
            | EngineEvent::Ended(_)
            | EngineEvent::StepLeft { .. } => {}
        }
    }
}

impl KvEvents {
    /// Tells what has happened to a replica's blocks, in one batch.
    fn flush(&self, worker: u32, at: Micros) {
        if let Some(rank) = self.rank(worker) {
            let changes = std::mem::take(&mut *rank.pending.lock());
            if !changes.is_empty() {
                rank.publisher.publish(&changes, at);
            }
        }
    }
}
