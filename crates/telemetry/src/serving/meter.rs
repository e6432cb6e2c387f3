//! The observer that measures a simulated engine and the calls before it.

use std::collections::HashSet;
use std::sync::LazyLock;

use fakeai_canon::{EngineEvent, Event, Observer};
use parking_lot::Mutex;

use super::books::WorkerBooks;
use super::calls::CallBooks;
use super::page::pages;
use super::served::Served;

/// Measures one world's engine.
pub struct ServingMeter {
    served: Served,
    workers: Mutex<Vec<WorkerBooks>>,
    calls: Mutex<CallBooks>,
}

impl ServingMeter {
    /// Measures an engine of so many workers from now on.
    pub fn new(served: Served, workers: u32) -> Self {
        Self {
            served,
            workers: Mutex::new((0..workers).map(|_| WorkerBooks::new()).collect()),
            calls: Mutex::default(),
        }
    }

    /// What is served.
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// Shows the books of each worker, in order.
    pub(super) fn each(&self, mut show: impl FnMut(&mut WorkerBooks)) {
        self.workers.lock().iter_mut().for_each(&mut show);
    }

    /// Shows the books of all workers and of the calls.
    pub(super) fn read<T>(&self, show: impl FnOnce(&[WorkerBooks], &CallBooks) -> T) -> T {
        let workers = self.workers.lock();
        let calls = self.calls.lock();
        show(&workers, &calls)
    }

    fn note(&self, fact: &EngineEvent) {
        let Some(worker) = worker_of(fact) else {
            return;
        };
        let worker = worker as usize;
        let mut workers = self.workers.lock();
        while workers.len() <= worker {
            workers.push(WorkerBooks::new());
        }
        workers[worker].note(fact, &self.served);
    }
}

/// The replica that a fact is of; none where it is of what left the server.
fn worker_of(fact: &EngineEvent) -> Option<u32> {
    Some(match fact {
        EngineEvent::StepLeft { .. } => return None,
        EngineEvent::Load { worker, .. }
        | EngineEvent::Admitted { worker, .. }
        | EngineEvent::Preempted { worker, .. }
        | EngineEvent::Refused { worker, .. }
        | EngineEvent::Evicted { worker, .. }
        | EngineEvent::Cache { worker, .. } => *worker,
        EngineEvent::StepBegan { step, .. } | EngineEvent::StepEnded { step, .. } => step.worker,
        EngineEvent::FirstToken(first) => first.worker,
        EngineEvent::Moved(transfer) => transfer.worker,
        EngineEvent::Ended(ended) => ended.worker,
    })
}

/// The operations that some page counts.
fn counted() -> &'static HashSet<&'static str> {
    static COUNTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let pages = pages().iter();
        pages
            .flat_map(|page| page.endpoints.keys().map(String::as_str))
            .collect()
    });
    &COUNTED
}

impl Observer for ServingMeter {
    fn observe(&self, event: &Event) {
        match event {
            Event::Opened(_) => {}
            Event::Closed(closed) => {
                if closed
                    .operation
                    .is_some_and(|name| counted().contains(name))
                {
                    self.calls.lock().note(closed);
                }
            }
            Event::Engine(fact) => self.note(fact),
        }
    }
}
