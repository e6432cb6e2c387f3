//! The best of a list, and joining two lists by reciprocal rank fusion (Cormack, Clarke and Büttcher,
//! SIGIR 2009). Not here: where the scores come from.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What damps the first ranks; 60 in the paper.
const DAMPING: f32 = 60.0;

/// A passage and a score.
pub(crate) type Scored = (usize, f32);

/// The `most` best by score, equal ones by the order in which they were added.
pub(super) fn best(mut scored: Vec<Scored>, most: usize) -> Vec<Scored> {
    if scored.len() > most && most > 0 {
        scored.select_nth_unstable_by(most - 1, by_score);
    }
    scored.truncate(most);
    scored.sort_unstable_by(by_score);
    scored
}

pub(super) fn by_score(one: &Scored, other: &Scored) -> Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

/// Joins two ranked lists. A passage that leads both scores 1.
pub(super) fn fuse(lists: [(&[Scored], f32); 2]) -> Vec<Scored> {
    let mut sums: BTreeMap<usize, f32> = BTreeMap::new();
    let whole: f32 = lists
        .iter()
        .map(|(_, weight)| weight / (DAMPING + 1.0))
        .sum();
    for (list, weight) in lists {
        for (rank, (passage, _)) in list.iter().enumerate() {
            *sums.entry(*passage).or_default() += weight / (DAMPING + 1.0 + rank as f32);
        }
    }
    let share = |(passage, sum): (usize, f32)| (passage, (sum / whole).clamp(0.0, 1.0));
    let mut fused: Vec<Scored> = sums.into_iter().map(share).collect();
    fused.retain(|(_, score)| *score > 0.0);
    fused.sort_by(by_score);
    fused
}
