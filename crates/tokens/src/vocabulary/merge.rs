//! Byte-pair merging of a pre-token that is no token itself: again and again the neighbours whose
//! joint piece has the lowest id are joined, the leftmost first.
//!
//! The rule is that of <https://github.com/openai/tiktoken/blob/main/src/lib.rs> (`byte_pair_merge`).
//! Short pre-tokens are searched for the lowest each time, longer ones use a heap, and very long
//! ones are taken a window at a time, so that the cost of a byte does not grow with the length.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::table::Table;
use fakeai_canon::TokenId;

/// Up to this many bytes a search is cheaper than a heap.
const SEARCHED: usize = 48;

/// No piece: neighbours that can't be joined.
const NEVER: TokenId = TokenId::MAX;

/// Up to this many bytes a heap is small enough to be quick.
const WINDOW: usize = 512;

/// How many tokens at a window's end are taken back, since the text after it may change them; and
/// how many bytes are enough, where tokens are long.
const TAKEN_BACK: (usize, usize) = (8, 64);

/// Appends the ids of the pre-token `text[begin..end]`.
pub(super) fn merge(table: &Table, text: &[u8], begin: usize, end: usize, ids: &mut Vec<TokenId>) {
    let length = end - begin;
    if length <= SEARCHED {
        merge_by_search(table, text, begin, end, ids);
    } else if length <= WINDOW {
        merge_by_heap(table, text, begin, end, ids);
    } else {
        let before = ids.len();
        if !merge_by_window(table, text, begin, end, ids) {
            ids.truncate(before);
            merge_by_heap(table, text, begin, end, ids);
        }
    }
}

/// Merges window by window. A sequence of tokens is the merge of its text exactly if each two
/// neighbours are the merge of theirs, so only where windows meet is there something to check:
/// <https://github.com/github/rust-gems/tree/main/crates/bpe> has the proof. `false` if the check
/// fails, which takes text made for it.
fn merge_by_window(
    table: &Table,
    text: &[u8],
    mut begin: usize,
    end: usize,
    ids: &mut Vec<TokenId>,
) -> bool {
    let start = ids.len();
    loop {
        let met = ids.len();
        let window_end = end.min(begin + WINDOW);
        merge_by_heap(table, text, begin, window_end, ids);
        if met > start && !stand_together(table, ids[met - 1], ids[met]) {
            return false;
        }
        if window_end == end {
            return true;
        }
        begin = window_end - take_back(table, ids, met + 1);
    }
}

/// Removes tokens at the end, but none of the first `least`, and says how many bytes they have.
fn take_back(table: &Table, ids: &mut Vec<TokenId>, least: usize) -> usize {
    let (most, enough) = TAKEN_BACK;
    let mut bytes = 0;
    for _ in 0..most.min(ids.len() - least) {
        bytes += ids.pop().map_or(0, |id| length(table, id));
        if bytes >= enough {
            break;
        }
    }
    bytes
}

fn length(table: &Table, id: TokenId) -> usize {
    table.piece(id).map_or(0, <[u8]>::len)
}

/// Whether two tokens are the merge of their joint text.
fn stand_together(table: &Table, first: TokenId, second: TokenId) -> bool {
    let pieces = [first, second].map(|id| table.piece(id).unwrap_or_default());
    let (text, mut merged) = (pieces.concat(), Vec::with_capacity(2));
    merge_by_heap(table, &text, 0, text.len(), &mut merged);
    merged == [first, second]
}

fn joint(table: &Table, text: &[u8], begin: usize, end: usize) -> TokenId {
    table.find_seldom(text, begin, end).unwrap_or(NEVER)
}

fn merge_by_search(table: &Table, text: &[u8], begin: usize, end: usize, ids: &mut Vec<TokenId>) {
    // Part `i` is text[starts[i]..starts[i + 1]] with id `own[i]`; `joints[i]` is the id of the
    // parts i and i + 1 together.
    let mut starts = [0u8; SEARCHED + 1];
    let mut own = [NEVER; SEARCHED];
    let mut joints = [NEVER; SEARCHED];
    let mut parts = end - begin;
    let text = &text[begin..];
    for (part, start) in starts[..=parts].iter_mut().enumerate() {
        *start = part as u8;
    }
    for (own, byte) in own.iter_mut().zip(&text[..parts]) {
        *own = table.byte(*byte);
    }
    for (joint, pair) in joints.iter_mut().zip(text[..parts].windows(2)) {
        *joint = table.pair(pair[0], pair[1]);
    }
    while let Some(best) = lowest(&joints[..parts]) {
        own[best] = joints[best];
        own.copy_within(best + 2..parts, best + 1);
        starts.copy_within(best + 2..=parts, best + 1);
        joints.copy_within(best + 1..parts, best);
        parts -= 1;
        let joint_from = |part: usize| match part + 2 <= parts {
            true => joint(table, text, starts[part].into(), starts[part + 2].into()),
            false => NEVER,
        };
        joints[best] = joint_from(best);
        if best > 0 {
            joints[best - 1] = joint_from(best - 1);
        }
    }
    ids.extend_from_slice(&own[..parts]);
}

/// Where the leftmost of the lowest ids stands.
fn lowest(joints: &[TokenId]) -> Option<usize> {
    let id = joints.iter().copied().min().filter(|id| *id != NEVER)?;
    joints.iter().position(|joint| *joint == id)
}

/// A part of a long pre-token, in a list linked by offsets from the pre-token's beginning.
#[derive(Clone, Copy)]
struct Part {
    /// Where the part before begins; its own offset for the first.
    previous: u32,
    /// Where the part ends and the next begins.
    end: u32,
    /// The part's id.
    own: TokenId,
    /// The id of this part and the next together.
    joint: TokenId,
}

fn merge_by_heap(table: &Table, text: &[u8], begin: usize, end: usize, ids: &mut Vec<TokenId>) {
    let text = &text[begin..end];
    let mut parts: Vec<Part> = (0..text.len() as u32)
        .zip(text)
        .map(|(start, byte)| Part {
            previous: start.saturating_sub(1),
            end: start + 1,
            own: table.byte(*byte),
            joint: NEVER,
        })
        .collect();
    let mut heap = BinaryHeap::with_capacity(parts.len());
    for (start, part) in parts.iter_mut().enumerate().take(text.len() - 1) {
        part.joint = table.pair(text[start], text[start + 1]);
        push(&mut heap, part.joint, start);
    }
    while let Some(Reverse(entry)) = heap.pop() {
        let (id, start) = ((entry >> 32) as TokenId, entry as u32 as usize);
        // What was pushed for a part stands until its neighbour changes; then it is stale.
        if parts[start].joint != id {
            continue;
        }
        parts[start].own = id;
        let absorbed = parts[start].end as usize;
        parts[start].end = parts[absorbed].end;
        parts[absorbed].joint = NEVER;
        let after = parts[start].end as usize;
        if after < text.len() {
            parts[after].previous = start as u32;
        }
        refresh(table, text, &mut parts, &mut heap, start);
        if start > 0 {
            let previous = parts[start].previous as usize;
            refresh(table, text, &mut parts, &mut heap, previous);
        }
    }
    let mut start = 0;
    while start < text.len() {
        let end = parts[start].end as usize;
        ids.push(parts[start].own);
        start = end;
    }
}

fn refresh(
    table: &Table,
    text: &[u8],
    parts: &mut [Part],
    heap: &mut BinaryHeap<Reverse<u64>>,
    start: usize,
) {
    let next = parts[start].end as usize;
    parts[start].joint = match parts.get(next) {
        Some(next) => joint(table, text, start, next.end as usize),
        None => NEVER,
    };
    push(heap, parts[start].joint, start);
}

fn push(heap: &mut BinaryHeap<Reverse<u64>>, id: TokenId, start: usize) {
    if id != NEVER {
        heap.push(Reverse(u64::from(id) << 32 | start as u64));
    }
}
