//! The cache of a simulated engine as JSON: what it found and how full it is, worker by worker.

use serde_json::{Map, Value, json};

use super::books::WorkerBooks;
use super::meter::ServingMeter;
use super::served::Served;
use super::vocabulary::WorkerSpread;

/// The cache of all workers together and of each.
pub fn kv_cache_json(meter: &ServingMeter) -> Value {
    let served = meter.served();
    meter.read(|workers, _| {
        let sum = |of: fn(&WorkerBooks) -> u64| workers.iter().map(of).sum::<u64>();
        let looked_up = sum(|books| books.counts.looked_up);
        let found = sum(|books| books.counts.found);
        let prompt = sum(|books| books.counts.prompt_tokens);
        let cached = sum(|books| books.counts.cached_prompt_tokens);
        let requests = sum(|books| books.spread(WorkerSpread::CachedPromptLength).count());
        let each = workers.iter().enumerate();
        let each = each.map(|(number, books)| (format!("worker-{number}"), worker(books, served)));
        json!({
            "model": served.model,
            "cache_performance": {
                "cache_hit_rate": share(found, looked_up),
                "token_reuse_rate": share(cached, prompt),
                "total_cache_hits": found,
                "total_cache_misses": looked_up - found,
                "total_tokens_processed": prompt,
                "cached_tokens_reused": cached,
                "average_prefix_length": share(cached, requests),
            },
            "smart_router": {
                "workers": each.collect::<Map<_, _>>(),
                "config": {
                    "block_size": served.block_tokens,
                    "num_workers": workers.len(),
                    "prefix_caching": served.prefix_caching,
                },
            },
        })
    })
}

fn worker(books: &WorkerBooks, served: &Served) -> Value {
    let (load, counts) = (&books.load, &books.counts);
    let size = u64::from(served.block_tokens);
    let ended = counts.done() + counts.aborted;
    let unfinished = u64::from(load.running) + u64::from(load.waiting);
    json!({
        "active_requests": unfinished,
        "running": load.running,
        "waiting": load.waiting,
        "total_requests": ended + unfinished,
        "total_blocks": load.blocks,
        "used_blocks": load.used_blocks,
        "free_blocks": load.blocks - load.used_blocks,
        "cached_blocks": load.known_blocks,
        "cached_tokens": u64::from(load.known_blocks) * size,
        "usage": share(u64::from(load.used_blocks), u64::from(load.blocks)),
        "hit_rate": share(counts.found, counts.looked_up),
        "hit_tokens": counts.found,
        "queried_tokens": counts.looked_up,
        "tokens_processed": counts.prompt_tokens + counts.generated,
        "preemptions": counts.preemptions,
    })
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 {
        return 0.0;
    }
    part as f64 / all as f64
}
