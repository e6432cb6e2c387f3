//! What a replica tells those who watch it of its steps and its blocks.

use fakeai_canon::{Micros, Way};

use super::log::{Log, Token};
use super::worker::Worker;

impl Worker {
    /// Tells what the step that began will end with.
    pub(super) fn tell_tokens(&self, end: Micros, log: &mut impl Log) {
        for slot in &self.scheduled {
            let sequence = self.sequence(*slot);
            if let Some(speculated) = sequence.speculated() {
                log.speculated(&speculated);
            }
            let mut last = sequence.last_token;
            for further in 0..sequence.gain() {
                log.token(&Token {
                    id: sequence.id,
                    index: sequence.generated + further,
                    at: end,
                    gap: last.map(|last| end.since(last)),
                });
                last = Some(end);
            }
        }
    }

    /// Tells what has left the GPUs' cache, and what comes back from the host's memory.
    pub(super) fn tell_moves(&mut self, log: &mut impl Log) {
        let gone = std::mem::take(&mut self.blocks.gone);
        let size = self.setting().block_tokens;
        if gone.evicted > 0 {
            log.evicted(gone.evicted * size);
        }
        if gone.to_host > 0 {
            let tokens = gone.to_host * size;
            log.moved(None, Way::ToHost, self.host_time(tokens), tokens);
        }
        for place in 0..self.loading.len() {
            let tokens = std::mem::take(&mut self.loading[place].from_host);
            if tokens > 0 {
                let id = self.sequence(self.loading[place].slot).id;
                log.moved(Some(id), Way::FromHost, self.host_time(tokens), tokens);
            }
        }
    }

    /// How long keys and values of so many tokens take between the GPUs and the host's memory.
    pub(super) fn host_time(&self, tokens: u32) -> Micros {
        let setup = self.times.setup();
        let bytes = f64::from(tokens) * setup.cache_bytes_a_token();
        let seconds = bytes / (setup.links.host_gb_s * 1e9);
        Micros::from_seconds(seconds).max(Micros(1))
    }

    /// Tells what has become of blocks.
    pub(super) fn tell_blocks(&mut self, log: &mut impl Log) {
        if !self.blocks.changes.is_empty() {
            log.blocks(&self.blocks.changes);
            self.blocks.changes.clear();
        }
    }
}
