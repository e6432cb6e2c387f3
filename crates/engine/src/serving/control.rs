//! What is done to a replica from outside: requests taken back, a failure, sleep, a cache that is
//! emptied.

use fakeai_canon::Micros;

use super::sequence::{Sequence, SequenceId};
use super::worker::{Slot, Worker};

/// How deeply a replica sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SleepLevel {
    /// The weights are in the host's memory, the cache is gone.
    One,
    /// Weights and cache are gone.
    Two,
}

/// Whether a replica sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sleep {
    #[default]
    Awake,
    /// It will, once the step under way has ended.
    Pending(SleepLevel),
    Asleep(SleepLevel),
    /// Its weights are on their way back.
    Waking(Micros),
}

impl Sleep {
    pub(super) fn is_awake(self) -> bool {
        self == Sleep::Awake
    }

    pub(super) fn is_pending(self) -> bool {
        matches!(self, Sleep::Pending(_))
    }

    /// When it ends, where that is known.
    pub(super) fn wakes(self) -> Option<Micros> {
        match self {
            Sleep::Waking(at) => Some(at),
            Sleep::Awake | Sleep::Pending(_) | Sleep::Asleep(_) => None,
        }
    }

    pub(super) fn level(self) -> Option<SleepLevel> {
        match self {
            Sleep::Pending(level) | Sleep::Asleep(level) => Some(level),
            Sleep::Awake | Sleep::Waking(_) => None,
        }
    }
}

impl Worker {
    /// Takes a sequence out, wherever it is.
    pub(super) fn take_out(&mut self, id: SequenceId, now: Micros) -> Option<Sequence> {
        let slot = *self.slots.get(&id)?;
        if let Some(place) = self.waiting.iter().position(|other| *other == slot) {
            self.dequeue(place);
        }
        if let Some(place) = self.coming_in.iter().position(|(_, other)| *other == slot) {
            self.coming_in.remove(place);
            self.waiting_tokens -= u64::from(self.sequence(slot).known());
        }
        self.running.retain(|other| *other != slot);
        self.scheduled.retain(|other| *other != slot);
        self.loading.retain(|other| other.slot != slot);
        self.prefilled.retain(|other| *other != id);
        let sequence = self.vacate(slot);
        self.stir(now);
        sequence
    }

    /// Everything is lost but what the sequences have generated; they are given back in the order
    /// of their numbers. Those that others were to fetch are gone.
    pub(super) fn evacuate(&mut self, now: Micros) -> Vec<Sequence> {
        self.gpus.halt(now);
        let held: Vec<Slot> = self.slots.values().copied().collect();
        let loading = self.loading.drain(..).map(|loading| loading.slot);
        let mut slots: Vec<Slot> = self.running.drain(..).chain(loading).collect();
        slots.extend(self.waiting.drain(..));
        slots.extend(self.coming_in.drain(..).map(|(_, slot)| slot));
        self.waiting_tokens = 0;
        self.to_fetch = 0;
        self.scheduled.clear();
        self.prefilled.clear();
        self.fetches.clear();
        self.ends = None;
        let mut lost: Vec<Sequence> = slots.iter().filter_map(|slot| self.vacate(*slot)).collect();
        for slot in held {
            self.vacate(slot);
        }
        for sequence in &mut lost {
            sequence.begin_anew();
        }
        lost.sort_by_key(|sequence| sequence.id);
        self.blocks.forget();
        self.sleep = Sleep::Awake;
        lost
    }

    /// Sends it to sleep once the step under way has ended. Requests wait meanwhile.
    pub(super) fn fall_asleep(&mut self, level: SleepLevel, now: Micros) {
        self.sleep = Sleep::Pending(level);
        if self.ends.is_none() {
            self.clock = self.clock.max(now);
            self.lie_down();
        }
    }

    /// The cache goes; who ran waits to be computed again.
    pub(super) fn lie_down(&mut self) {
        let Some(level) = self.sleep.level() else {
            return;
        };
        let loading: Vec<Slot> = self.loading.drain(..).map(|loading| loading.slot).collect();
        self.running.extend(loading);
        while let Some(last) = self.running.len().checked_sub(1) {
            self.preempt(last);
        }
        self.fetches.clear();
        self.blocks.forget();
        self.sleep = Sleep::Asleep(level);
    }

    /// Wakes it; it runs again when its weights are back.
    pub(super) fn wake(&mut self, now: Micros) {
        let setup = self.times.setup();
        match self.sleep {
            Sleep::Awake | Sleep::Waking(_) => {}
            Sleep::Pending(_) => self.sleep = Sleep::Awake,
            Sleep::Asleep(level) => {
                let rate = match level {
                    SleepLevel::One => setup.links.host_gb_s,
                    SleepLevel::Two => setup.links.disk_gb_s,
                };
                let seconds = setup.weight_bytes() / (rate * 1e9);
                self.sleep = Sleep::Waking(now + Micros::from_seconds(seconds));
            }
        }
        self.stir(now);
    }

    /// Empties the cache of prompts. False, and nothing is forgotten, while any block is in use.
    pub(super) fn reset_cache(&mut self) -> bool {
        self.blocks.forget()
    }
}
