//! The last iterations and requests of a worker, one by one, in the form in which `trtllm-serve`
//! hands them out: who asks gets what has come since, once.
//! <https://nvidia.github.io/TensorRT-LLM/commands/trtllm-serve/trtllm-serve.html>

use std::collections::VecDeque;

use fakeai_canon::{Ended, Step, WorkerLoad};
use serde_json::{Value, json};

use super::books::Counts;
use super::meter::ServingMeter;
use super::served::Served;

/// Records of each kind that wait to be fetched; the oldest go first.
const KEPT: usize = 1_000;

/// What waits to be fetched.
#[derive(Default)]
pub(super) struct Records {
    steps: VecDeque<StepRecord>,
    requests: VecDeque<Ended>,
}

struct StepRecord {
    number: u64,
    step: Step,
    load: WorkerLoad,
    done: u64,
    found: u64,
    looked_up: u64,
}

impl Records {
    pub(super) fn step(&mut self, step: &Step, load: &WorkerLoad, counts: &Counts) {
        if self.steps.len() == KEPT {
            self.steps.pop_front();
        }
        self.steps.push_back(StepRecord {
            number: counts.steps,
            step: *step,
            load: *load,
            done: counts.done(),
            found: counts.found,
            looked_up: counts.looked_up,
        });
    }

    pub(super) fn request(&mut self, ended: &Ended) {
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(*ended);
    }
}

/// The iterations since somebody asked last, oldest first.
pub fn iterations_json(meter: &ServingMeter) -> Value {
    let served = meter.served();
    let mut rows = Vec::new();
    meter.each(|books| {
        let steps = books.records.steps.drain(..);
        rows.extend(steps.map(|record| iteration(&record, served)));
    });
    Value::Array(rows)
}

fn iteration(record: &StepRecord, served: &Served) -> Value {
    let (step, load) = (&record.step, &record.load);
    let size = u64::from(served.block_tokens.max(1));
    let hits = record.found as f64 / record.looked_up.max(1) as f64;
    json!({
        "iter": record.number,
        "timestamp": step.ends.seconds(),
        "iterLatencyMS": step.ends.since(step.started).seconds() * 1e3,
        "numActiveRequests": load.running,
        "numQueuedRequests": load.waiting,
        "numCompletedRequests": record.done,
        "maxNumActiveRequests": served.max_sequences,
        "maxBatchSizeStatic": served.max_sequences,
        "maxBatchSizeRuntime": served.max_sequences,
        "maxNumTokensRuntime": served.max_batched_tokens,
        "kvCacheStats": {
            "maxNumBlocks": load.blocks,
            "usedNumBlocks": load.used_blocks,
            "freeNumBlocks": load.blocks - load.used_blocks,
            "tokensPerBlock": served.block_tokens,
            "reusedBlocks": record.found / size,
            "missedBlocks": (record.looked_up - record.found) / size,
            "cacheHitRate": hits,
        },
        "inflightBatchingStats": {
            "numContextRequests": step.prompts,
            "numGenRequests": step.decodes,
            "numScheduledRequests": step.prompts + step.decodes,
            "numPausedRequests": 0,
            "numCtxTokens": step.prompt_tokens,
            "microBatchId": 0,
        },
    })
}

/// The requests that have ended since somebody asked last, oldest first. Times are in seconds of
/// the world's clock.
pub fn requests_json(meter: &ServingMeter) -> Value {
    let mut rows = Vec::new();
    meter.each(|books| {
        rows.extend(
            books
                .records
                .requests
                .drain(..)
                .map(|ended| request(&ended)),
        )
    });
    Value::Array(rows)
}

fn request(ended: &Ended) -> Value {
    json!({
        "perf_metrics": {
            "timing_metrics": {
                "arrival_time": ended.arrived.seconds(),
                "first_scheduled_time": ended.taken_up.map(|at| at.seconds()),
                "first_token_time": ended.first_token.map(|at| at.seconds()),
                "last_token_time": ended.last_token.map(|at| at.seconds()),
            },
        },
        "num_prompt_tokens": ended.prompt,
        "num_cached_tokens": ended.cached,
        "num_generated_tokens": ended.generated,
    })
}
