//! Byte-pair merging of a pre-token that is no token itself: again and again the neighbours whose
//! joint piece has the lowest id are joined, the leftmost first.
//!
//! The rule is that of <https://github.com/openai/tiktoken/blob/main/src/lib.rs> (`byte_pair_merge`).
//! Short pre-tokens are searched for the lowest each time; long ones use a heap, so that no input
//! costs more than n log n.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::table::Table;
use fakeai_canon::TokenId;

/// Up to this many bytes a search is cheaper than a heap.
const SEARCHED: usize = 48;

/// No piece: neighbours that can't be joined.
const NEVER: TokenId = TokenId::MAX;

/// Appends the ids of the pre-token `text[begin..end]`.
pub(super) fn merge(table: &Table, text: &[u8], begin: usize, end: usize, ids: &mut Vec<TokenId>) {
    if end - begin <= SEARCHED {
        merge_by_search(table, text, begin, end, ids);
    } else {
        merge_by_heap(table, text, begin, end, ids);
    }
}

fn joint(table: &Table, text: &[u8], begin: usize, end: usize) -> TokenId {
    table.find(text, begin, end).unwrap_or(NEVER)
}

fn piece_id(table: &Table, text: &[u8], begin: usize, end: usize) -> TokenId {
    table
        .find(text, begin, end)
        .expect("every byte and every joint piece is a token")
}

fn merge_by_search(table: &Table, text: &[u8], begin: usize, end: usize, ids: &mut Vec<TokenId>) {
    // Part `i` is text[starts[i]..starts[i + 1]]; `joints[i]` is the id of parts i and i + 1.
    let mut starts = [0usize; SEARCHED + 1];
    let mut joints = [NEVER; SEARCHED + 1];
    let mut parts = end - begin;
    for (part, start) in starts[..=parts].iter_mut().enumerate() {
        *start = begin + part;
    }
    for (id, pair) in joints.iter_mut().zip(starts[..=parts].windows(3)) {
        *id = joint(table, text, pair[0], pair[2]);
    }
    while let Some(best) = lowest(&joints[..parts]) {
        starts.copy_within(best + 2..=parts, best + 1);
        joints.copy_within(best + 1..parts, best);
        parts -= 1;
        let joint_from = |part: usize| match part + 2 <= parts {
            true => joint(table, text, starts[part], starts[part + 2]),
            false => NEVER,
        };
        joints[best] = joint_from(best);
        if best > 0 {
            joints[best - 1] = joint_from(best - 1);
        }
    }
    ids.extend(
        starts[..=parts]
            .windows(2)
            .map(|part| piece_id(table, text, part[0], part[1])),
    );
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
    /// The id of this part and the next together.
    joint: TokenId,
}

fn merge_by_heap(table: &Table, text: &[u8], begin: usize, end: usize, ids: &mut Vec<TokenId>) {
    let text = &text[begin..end];
    let mut parts: Vec<Part> = (0..text.len() as u32)
        .map(|start| Part {
            previous: start.saturating_sub(1),
            end: start + 1,
            joint: NEVER,
        })
        .collect();
    let mut heap = BinaryHeap::with_capacity(parts.len());
    for (start, part) in parts.iter_mut().enumerate().take(text.len() - 1) {
        part.joint = joint(table, text, start, start + 2);
        push(&mut heap, part.joint, start);
    }
    while let Some(Reverse(entry)) = heap.pop() {
        let (id, start) = ((entry >> 32) as TokenId, entry as u32 as usize);
        // What was pushed for a part stands until its neighbour changes; then it is stale.
        if parts[start].joint != id {
            continue;
        }
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
        ids.push(piece_id(table, text, start, end));
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
