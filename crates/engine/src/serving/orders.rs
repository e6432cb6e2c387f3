//! What is done to the replicas of a cluster from outside: failures, drains, new ones, sleep. Each
//! can be done now or at a time that lies ahead.

use std::collections::BTreeSet;

use fakeai_canon::Micros;

use super::cluster::{Cluster, OnFailure, State};
use super::control::{Sleep, SleepLevel};
use super::log::Log;
use super::plan::Misfit;
use super::sequence::{Sequence, SequenceId};
use super::worker::{Role, Slot};

/// What is done to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It fails: what it has computed is lost.
    Fail(u32),
    /// It ends what it has and takes no more.
    Drain(u32),
    /// It comes back, empty, once its weights are loaded.
    Restore(u32),
    /// One more of this kind joins, once its weights are loaded.
    Add(Role),
    /// All go to sleep.
    Sleep(SleepLevel),
    /// All wake.
    Wake,
}

/// How a replica stands.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerState {
    /// Its number.
    pub number: u32,
    /// What it does of an answer.
    pub role: Role,
    /// Whether it takes part.
    pub state: State,
    /// How deeply it sleeps, if it does.
    pub sleep: Option<SleepLevel>,
    /// Sequences in the batch.
    pub running: usize,
    /// Sequences in the queue.
    pub waiting: usize,
    /// Sequences whose blocks are on their way into the cache.
    pub loading: usize,
    /// Blocks of the cache.
    pub blocks: u32,
    /// Those of them that are in use.
    pub used_blocks: u32,
    /// Blocks in the host's memory.
    pub host_blocks: u32,
}

impl Cluster {
    /// Has something done at a time that lies ahead.
    pub fn schedule(&mut self, at: Micros, order: Order) {
        let place = self.orders.partition_point(|(other, _)| *other <= at);
        self.orders.insert(place, (at, order));
    }

    /// Does something now. False where there is no such replica.
    pub fn order(&mut self, order: Order, now: Micros, log: &mut impl Log) -> bool {
        self.advance(now, log);
        self.obey(order, log)
    }

    /// How each replica stands.
    pub fn workers(&self) -> impl Iterator<Item = WorkerState> + '_ {
        self.members.iter().enumerate().map(|(number, member)| {
            let worker = &member.worker;
            WorkerState {
                number: number as u32,
                role: worker.role(),
                state: member.state,
                sleep: worker.sleep.level(),
                running: worker.running.len(),
                waiting: worker.waiting.len() + worker.coming_in.len(),
                loading: worker.loading.len(),
                blocks: worker.blocks.count(),
                used_blocks: worker.blocks.count() - worker.blocks.free(),
                host_blocks: worker.blocks.in_host(),
            }
        })
    }

    /// Sequences in batches.
    pub fn running(&self) -> usize {
        let members = self.members.iter();
        members.map(|member| member.worker.running.len()).sum()
    }

    /// Sequences in queues or on their way there, and those whose blocks are on their way.
    pub fn waiting(&self) -> usize {
        let members = self.members.iter();
        let waiting = members.map(|member| member.worker.load().waiting as usize);
        waiting.sum::<usize>() + self.stranded.len()
    }

    /// The adapters of sequences in batches, and those of sequences that wait.
    pub fn busy_adapters(&self) -> [BTreeSet<u32>; 2] {
        let mut all = [BTreeSet::new(), BTreeSet::new()];
        for member in &self.members {
            let worker = &member.worker;
            let loading = worker.loading.iter().map(|loading| loading.slot);
            let of = |slot: Slot| worker.sequence(slot).request.adapter;
            all[0].extend(worker.running.iter().copied().filter_map(of));
            let coming = worker.coming_in.iter().map(|(_, slot)| *slot);
            let waiting = worker.waiting.iter().copied().chain(coming);
            all[1].extend(waiting.chain(loading).filter_map(of));
        }
        all
    }

    /// The share of blocks in use, over all replicas.
    pub fn cache_usage(&self) -> f64 {
        let sum = |of: fn(&super::blocks::Blocks) -> u32| {
            let blocks = self
                .members
                .iter()
                .map(|member| u64::from(of(&member.worker.blocks)));
            blocks.sum::<u64>() as f64
        };
        1.0 - sum(|blocks| blocks.free()) / sum(|blocks| blocks.count()).max(1.0)
    }

    /// Empties all caches of prompts. False where one is in use and keeps what it has.
    pub fn reset_prefix_cache(&mut self) -> bool {
        let mut all = true;
        for member in &mut self.members {
            all &= member.worker.reset_cache();
        }
        all
    }

    /// How deeply all sleep, if they do.
    pub fn sleep_level(&self) -> Option<SleepLevel> {
        let mut members = self.members.iter();
        members.find_map(|member| member.worker.sleep.level())
    }

    pub(super) fn obey(&mut self, order: Order, log: &mut impl Log) -> bool {
        match order {
            Order::Fail(number) => self.fail(number as usize, log),
            Order::Drain(number) => self.drain(number as usize),
            Order::Restore(number) => self.restore(number as usize, log),
            Order::Add(role) => self.add(role, log).is_ok(),
            Order::Sleep(level) => {
                for number in 0..self.members.len() {
                    let now = self.now;
                    self.members[number].worker.fall_asleep(level, now);
                    self.touch(number);
                }
                true
            }
            Order::Wake => {
                for number in 0..self.members.len() {
                    let now = self.now;
                    self.members[number].worker.wake(now);
                    self.touch(number);
                }
                true
            }
        }
    }

    fn fail(&mut self, number: usize, log: &mut impl Log) -> bool {
        let Some(member) = self.members.get_mut(number) else {
            return false;
        };
        member.state = State::Down;
        // What had ended before has its tokens, those that the server has not sent yet among them.
        let sent = member.worker.sent.max(self.now);
        let mut lost = member.worker.evacuate(self.now);
        self.touch(number);
        let moves: Vec<(SequenceId, super::cluster::Move)> = self
            .moves
            .iter()
            .map(|(id, sent)| (*id, *sent))
            .filter(|(_, sent)| sent.from == number || sent.to == number)
            .collect();
        for (id, sent) in moves {
            self.moves.remove(&id);
            let other = if sent.from == number {
                sent.to
            } else {
                sent.from
            };
            let left = self.members[other].worker.take_out(id, self.now);
            self.touch(other);
            // What was to be fetched from it is not there any more.
            if sent.from == number
                && let Some(mut sequence) = left
            {
                sequence.begin_anew();
                lost.push(sequence);
            }
        }
        lost.sort_by_key(|sequence| sequence.id);
        log.replica(number as u32);
        for sequence in &lost {
            log.displaced(sequence.id, sent);
        }
        log.halted();
        log.queued(self.now, self.members[number].worker.load());
        for sequence in lost {
            match self.layout().on_failure {
                OnFailure::Requeue => self.place(sequence, log),
                OnFailure::End => log.failed(sequence.id, self.now),
            }
        }
        true
    }

    fn drain(&mut self, number: usize) -> bool {
        let Some(member) = self.members.get_mut(number) else {
            return false;
        };
        if member.state == State::Up {
            member.state = State::Draining;
        }
        self.touch(number);
        true
    }

    fn restore(&mut self, number: usize, log: &mut impl Log) -> bool {
        let Some(member) = self.members.get_mut(number) else {
            return false;
        };
        match member.state {
            State::Up => {}
            State::Draining => {
                member.state = State::Up;
                self.place_stranded(log);
            }
            State::Down => self.start(number, log),
        }
        true
    }

    fn add(&mut self, role: Role, log: &mut impl Log) -> Result<(), Misfit> {
        let number = self.push(role)?;
        self.start(number, log);
        Ok(())
    }

    /// A replica begins to load its weights.
    fn start(&mut self, number: usize, log: &mut impl Log) {
        let now = self.now;
        let member = &mut self.members[number];
        member.state = State::Up;
        member.worker.sleep = Sleep::Asleep(SleepLevel::Two);
        member.worker.wake(now);
        self.touch(number);
        self.place_stranded(log);
    }

    /// There is a replica again: who waits for one goes there.
    fn place_stranded(&mut self, log: &mut impl Log) {
        let stranded: Vec<Sequence> = self.stranded.drain(..).collect();
        for sequence in stranded {
            self.place(sequence, log);
        }
    }
}
