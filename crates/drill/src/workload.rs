//! How a drill goes: when its clients come and how they behave. What they ask is in `asks`.

use fakeai_canon::{Micros, Rng, Seed};

/// One call of a drill.
pub(crate) struct Errand {
    /// When it is made, counted from the start.
    pub(crate) at: Micros,
    /// How its client behaves.
    pub(crate) client: Client,
    /// What its question is drawn from: it may be about an object that is there by then.
    pub(crate) rng: Rng,
}

/// How a client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// Reads what comes when it comes.
    Steady,
    /// Reads everything this much late.
    Slow(Micros),
    /// Leaves after so many reads.
    Leaves(u32),
}

/// The errands of a seed.
pub(crate) fn errands(seed: Seed) -> Vec<Errand> {
    let seed = seed.fork("workload");
    let mut rng = seed.rng();
    let count = 20 + rng.below(40);
    let mut at = Micros::ZERO;
    (0..count)
        .map(|number| {
            at = at + Micros(rng.below(50_000) as u64);
            Errand {
                at,
                client: client(&mut rng),
                rng: seed.fork("ask").nth(number as u64).rng(),
            }
        })
        .collect()
}

fn client(rng: &mut Rng) -> Client {
    match rng.below(10) {
        0 => Client::Leaves(1 + rng.below(6) as u32),
        1 => Client::Slow(Micros(rng.below(30_000) as u64)),
        _ => Client::Steady,
    }
}
