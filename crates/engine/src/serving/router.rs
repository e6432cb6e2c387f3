//! Which replica a request goes to.

use super::cluster::Member;
use super::sequence::Sequence;
use super::worker::Worker;

/// How a replica is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Router {
    /// One after another.
    RoundRobin,
    /// The one with the fewest sequences.
    #[default]
    LeastLoaded,
    /// The one with the lowest cost: the blocks of the prompt that its cache lacks and the blocks
    /// that are in use or waited for, each with a weight. NVIDIA Dynamo's router does so.
    PrefixAware {
        /// The weight of blocks that would have to be computed.
        overlap: f64,
        /// The weight of blocks in use.
        load: f64,
    },
    /// The same one for all requests of a session, the least loaded for those of none.
    Session,
}

/// A replica that may be chosen.
pub(super) struct Candidate<'a> {
    pub(super) number: usize,
    pub(super) worker: &'a Worker,
}

impl<'a> Candidate<'a> {
    pub(super) fn of((number, member): (usize, &'a Member)) -> Self {
        Self {
            number,
            worker: &member.worker,
        }
    }
}

impl Router {
    /// The number of the replica; none where there is nobody to choose from. `turn` counts choices.
    pub(super) fn choose<'a>(
        self,
        among: impl Iterator<Item = Candidate<'a>> + Clone,
        sequence: &Sequence,
        turn: u64,
    ) -> Option<usize> {
        let chosen = match self {
            Router::RoundRobin => {
                let count = among.clone().count().max(1) as u64;
                let mut among = among;
                among.nth((turn % count) as usize)
            }
            Router::LeastLoaded => least_loaded(among),
            Router::PrefixAware { overlap, load } => among.min_by(|a, b| {
                let cost =
                    |candidate: &Candidate<'_>| cost(candidate.worker, sequence, overlap, load);
                cost(a).total_cmp(&cost(b))
            }),
            Router::Session => match sequence.request.session {
                // The highest of one draw a replica and session: when replicas come and go, only
                // the sessions of these move.
                Some(session) => among.max_by_key(|candidate| {
                    fakeai_canon::Seed(session).nth(candidate.number as u64).0
                }),
                None => least_loaded(among),
            },
        };
        chosen.map(|candidate| candidate.number)
    }
}

fn least_loaded<'a>(among: impl Iterator<Item = Candidate<'a>>) -> Option<Candidate<'a>> {
    among.min_by_key(|candidate| candidate.worker.busyness())
}

fn cost(worker: &Worker, sequence: &Sequence, overlap: f64, load: f64) -> f64 {
    let size = f64::from(worker.setting().block_tokens);
    let blocks = (f64::from(sequence.known()) / size).ceil();
    let known = worker.overlap(&sequence.request.hashes) as f64;
    overlap * (blocks - known) + load * worker.active_blocks()
}
