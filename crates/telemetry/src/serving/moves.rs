//! What is kept of keys and values that a worker's GPUs did not have at hand: those that come from
//! the host's memory or from another replica, those that gave way, and those who found no room.

use fakeai_canon::{Micros, Origins, Transfer, Way, WorkerLoad};

use super::measure::Value;
use super::served::Served;
use super::vocabulary::MoveNumber;

/// The books of what is moved.
#[derive(Clone, Debug, Default)]
pub(super) struct Moves {
    origins: [u64; 3],
    looked_up: u64,
    found: [u64; 2],
    host_looked_up: u64,
    host_found: u64,
    evicted: u64,
    refused: u64,
    to_host: Ways,
    from_host: Ways,
    from_replica: Ways,
}

/// Transfers of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Ways {
    times: u64,
    tokens: u64,
    took: Micros,
}

impl Ways {
    fn add(&mut self, transfer: &Transfer) {
        self.times += 1;
        self.tokens += u64::from(transfer.tokens);
        self.took = self.took + transfer.took;
    }
}

impl Moves {
    /// So many tokens were looked up, of which the GPUs' cache had some and only the host's memory
    /// others.
    pub(super) fn looked_up(&mut self, prompt: u32, cached: u32, host: u32) {
        let device = cached - host.min(cached);
        self.looked_up += u64::from(prompt);
        for (sum, tokens) in self.found.iter_mut().zip([device, host]) {
            *sum += u64::from(tokens);
        }
        self.host_looked_up += u64::from(prompt - device.min(prompt));
        self.host_found += u64::from(host);
    }

    /// A prompt is computed, with so much of it from elsewhere.
    pub(super) fn computed(&mut self, origins: &Origins) {
        let each = [origins.device, origins.host, origins.replica];
        for (sum, tokens) in self.origins.iter_mut().zip(each) {
            *sum += u64::from(tokens);
        }
    }

    pub(super) fn moved(&mut self, transfer: &Transfer) {
        match transfer.way {
            Way::ToHost => self.to_host.add(transfer),
            Way::FromHost => self.from_host.add(transfer),
            Way::FromReplica => {
                self.from_replica.add(transfer);
                // The last token of the prompt is never fetched.
                self.host_looked_up += u64::from(transfer.tokens) + 1;
                self.host_found += u64::from(transfer.tokens);
            }
        }
    }

    pub(super) fn evicted(&mut self, tokens: u32) {
        self.evicted += u64::from(tokens);
    }

    pub(super) fn refused(&mut self) {
        self.refused += 1;
    }

    /// Tokens of prompts that were not computed by who answered.
    pub(super) fn reused(&self) -> u64 {
        self.origins.iter().sum()
    }

    pub(super) fn number(&self, number: MoveNumber, load: &WorkerLoad, served: &Served) -> Value {
        let [device, host, replica] = self.origins.map(|tokens| tokens as f64);
        let size = f64::from(served.block_tokens.max(1));
        let [used, idle, all] = [load.used_blocks, load.idle_blocks, load.blocks].map(f64::from);
        let found = self.found[0] + self.found[1];
        let blocks = |ways: &Ways| ways.tokens as f64 / size;
        let bytes = |ways: &Ways| served.bytes(ways.tokens);
        let seconds = |ways: &Ways| ways.took.seconds();
        Value::Number(match number {
            MoveNumber::DevicePromptTokens => device,
            MoveNumber::HostPromptTokens => host,
            MoveNumber::ReplicaPromptTokens => replica,
            MoveNumber::ExternalPromptTokens => host + replica,
            MoveNumber::ReusedPromptTokens => device + host + replica,
            MoveNumber::HostLookedUpTokens => self.host_looked_up as f64,
            MoveNumber::HostFoundTokens => self.host_found as f64,
            MoveNumber::HostFoundShare => {
                return Value::Ratio(self.host_found as f64, self.host_looked_up as f64);
            }
            MoveNumber::HostUsage => {
                return Value::Ratio(f64::from(load.host_blocks), f64::from(served.host_blocks));
            }
            MoveNumber::UsedHostTokens => f64::from(load.host_blocks) * size,
            MoveNumber::IdleCacheTokens => idle * size,
            MoveNumber::EmptyCacheTokens => (all - used - idle) * size,
            MoveNumber::DeviceFoundTokens => self.found[0] as f64,
            MoveNumber::ReusedBlocks => found as f64 / size,
            MoveNumber::MissedBlocks => (self.looked_up - found) as f64 / size,
            MoveNumber::Queued => f64::from(load.waiting - load.loading),
            MoveNumber::EvictedTokens => self.evicted as f64,
            MoveNumber::Refused => self.refused as f64,
            MoveNumber::Loading => f64::from(load.loading),
            MoveNumber::ToFetch => f64::from(load.to_fetch),
            MoveNumber::ToHostBlocks => blocks(&self.to_host),
            MoveNumber::ToHostTokens => self.to_host.tokens as f64,
            MoveNumber::ToHostBytes => bytes(&self.to_host),
            MoveNumber::ToHostSeconds => seconds(&self.to_host),
            MoveNumber::FromHostBlocks => blocks(&self.from_host),
            MoveNumber::FromHostTokens => self.from_host.tokens as f64,
            MoveNumber::FromHostBytes => bytes(&self.from_host),
            MoveNumber::FromHostSeconds => seconds(&self.from_host),
            MoveNumber::FromReplicaTimes => self.from_replica.times as f64,
            MoveNumber::FromReplicaMilliseconds => seconds(&self.from_replica) * 1e3,
        })
    }
}
