//! A batch of events as vLLM packs it: lists whose first value names the event, in the order of the
//! fields of its structs (`msgspec` with `array_like` and `tag`).
//! <https://github.com/vllm-project/vllm/blob/main/vllm/distributed/kv_events.py>

use fakeai_canon::{CacheChange, Micros};

use super::message_pack::Writer;

/// Where blocks are.
const MEDIUM: &str = "GPU";

/// `[ts, [event, …], data_parallel_rank]`
pub(super) fn pack(changes: &[CacheChange], rank: u32, at: Micros) -> Vec<u8> {
    let mut out = Writer::default();
    out.list(3);
    out.float(at.0 as f64 / 1e6);
    out.list(changes.len());
    changes.iter().for_each(|change| event(&mut out, change));
    out.unsigned(u64::from(rank));
    out.finish()
}

fn event(out: &mut Writer, change: &CacheChange) {
    match change {
        CacheChange::Stored(stored) => {
            out.list(8);
            out.text("BlockStored");
            out.numbers(stored.hashes.iter().copied());
            match stored.parent {
                Some(parent) => out.unsigned(parent),
                None => out.nil(),
            }
            out.numbers(stored.tokens.iter().map(|id| u64::from(*id)));
            out.unsigned(u64::from(stored.block_tokens));
            match &stored.adapter {
                // vLLM counts adapters from 1.
                Some((number, _)) => out.unsigned(u64::from(*number) + 1),
                None => out.nil(),
            }
            out.text(MEDIUM);
            match &stored.adapter {
                Some((_, name)) => out.text(name),
                None => out.nil(),
            }
        }
        CacheChange::Removed(hashes) => {
            out.list(3);
            out.text("BlockRemoved");
            out.numbers(hashes.iter().copied());
            out.text(MEDIUM);
        }
        CacheChange::Cleared => {
            out.list(1);
            out.text("AllBlocksCleared");
        }
    }
}
