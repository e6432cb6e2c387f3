//! One replica's batches: numbered, kept for a while, and handed to each subscriber's own queue. A
//! subscriber that does not keep up misses batches of its own and costs nobody else any.

use std::collections::VecDeque;

use bytes::Bytes;
use fakeai_canon::{CacheChange, Micros};
use parking_lot::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::batch;
use crate::config::KvEventsConfig;

/// Topics that one subscriber may name.
const TOPICS: usize = 1_000;

/// A batch with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) payload: Bytes,
}

/// One replica's batches.
pub(super) struct Publisher {
    pub(super) topic: Bytes,
    rank: u32,
    kept: usize,
    queue: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    batches: VecDeque<Numbered>,
    subscribers: Vec<Subscriber>,
    next_subscriber: u64,
}

struct Subscriber {
    id: u64,
    topics: Vec<Vec<u8>>,
    queue: Sender<Numbered>,
}

impl Publisher {
    pub(super) fn new(config: &KvEventsConfig, rank: u32) -> Self {
        Self {
            topic: Bytes::copy_from_slice(config.topic.as_bytes()),
            rank,
            kept: config.buffer_steps,
            queue: config.high_water_mark,
            state: Mutex::default(),
        }
    }

    /// Publishes what happened until then as one batch.
    pub(super) fn publish(&self, changes: &[CacheChange], at: Micros) {
        let payload = Bytes::from(batch::pack(changes, self.rank, at));
        let mut state = self.state.lock();
        let batch = Numbered {
            number: state.next,
            payload,
        };
        state.next += 1;
        // Who has left is forgotten.
        state
            .subscribers
            .retain(|subscriber| !subscriber.queue.is_closed());
        for subscriber in &state.subscribers {
            let wants = |topic: &Vec<u8>| self.topic.starts_with(topic);
            if subscriber.topics.iter().any(wants) {
                // One whose queue is full misses it, as at any PUB socket.
                let _ = subscriber.queue.try_send(batch.clone());
            }
        }
        if state.batches.len() >= self.kept {
            state.batches.pop_front();
        }
        state.batches.push_back(batch);
    }

    /// Whether anything was published.
    pub(super) fn has_told(&self) -> bool {
        self.state.lock().next > 0
    }

    /// The batches from a number on, as far as they are kept.
    pub(super) fn since(&self, number: u64) -> Vec<Numbered> {
        let state = self.state.lock();
        let batches = state.batches.iter();
        batches
            .filter(|batch| batch.number >= number)
            .cloned()
            .collect()
    }

    /// Somebody listens from now on, to no topic yet.
    pub(super) fn join(&self) -> (u64, Receiver<Numbered>) {
        let (queue, batches) = channel(self.queue);
        let mut state = self.state.lock();
        state
            .subscribers
            .retain(|subscriber| !subscriber.queue.is_closed());
        let id = state.next_subscriber;
        state.next_subscriber += 1;
        state.subscribers.push(Subscriber {
            id,
            topics: Vec::new(),
            queue,
        });
        (id, batches)
    }

    /// Somebody wants what begins with these bytes.
    pub(super) fn subscribe(&self, id: u64, topic: &[u8]) {
        let mut state = self.state.lock();
        let mut subscribers = state.subscribers.iter_mut();
        if let Some(subscriber) = subscribers.find(|subscriber| subscriber.id == id)
            && subscriber.topics.len() < TOPICS
        {
            subscriber.topics.push(topic.to_vec());
        }
    }

    /// Somebody wants it no longer; who has asked twice has to say so twice.
    pub(super) fn unsubscribe(&self, id: u64, topic: &[u8]) {
        let mut state = self.state.lock();
        let mut subscribers = state.subscribers.iter_mut();
        let Some(subscriber) = subscribers.find(|subscriber| subscriber.id == id) else {
            return;
        };
        if let Some(place) = subscriber.topics.iter().position(|other| other == topic) {
            subscriber.topics.swap_remove(place);
        }
    }
}
