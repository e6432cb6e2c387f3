//! Logprobs of text that was drawn plainly: the frontier follows what was said and tells how
//! probable each token was. Not here: text drawn from a bent distribution (see `weighed`).

use fakeai_canon::{Alternative, TokenId, TokenLogprob};

use super::frontier::Frontier;
use super::speak::{Speaker, Turn};

/// Appends the logprobs of the tokens from `from` on, which are those of one turn.
pub(crate) fn score(speaker: &mut Speaker, turn: Turn, from: usize) {
    let wanted = usize::from(speaker.request.logprobs.unwrap_or_default());
    let model = speaker.model;
    let weights = speaker.template_weights().to_vec();
    let mut frontier = Frontier::start(
        turn,
        &weights,
        speaker.topic.tilt,
        model,
        &mut speaker.resolver,
    );
    let (mut found, mut followers) = (Vec::new(), Vec::new());
    for at in from..speaker.out.ids.len() {
        let id = speaker.out.ids[at];
        frontier.next(&mut speaker.resolver, &mut found);
        let starts = frontier.starts_word(model);
        let context = &speaker.out.ids[at.saturating_sub(2)..at];
        let mass = model.tail.followers(
            speaker.language(),
            context,
            starts,
            speaker.topic.knows(),
            &mut followers,
        );
        found
            .iter_mut()
            .for_each(|(_, weight)| *weight *= 1.0 - mass);
        for follower in &followers {
            add(&mut found, follower.id, follower.weight);
        }
        speaker.out.logprobs.push(entry(&mut found, id, wanted));
        frontier.accept(model, &mut speaker.resolver, id);
    }
}

/// Adds weight to a token.
pub(crate) fn add(found: &mut Vec<(TokenId, f32)>, id: TokenId, weight: f32) {
    match found.iter_mut().find(|known| known.0 == id) {
        Some(known) => known.1 += weight,
        None => found.push((id, weight)),
    }
}

/// The entry of a token in a distribution that sums to one.
pub(crate) fn entry(found: &mut [(TokenId, f32)], id: TokenId, wanted: usize) -> TokenLogprob {
    let own = found
        .iter()
        .find(|known| known.0 == id)
        .map_or(0.0, |known| known.1);
    let order = |a: &(TokenId, f32), b: &(TokenId, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let wanted = wanted.min(found.len());
    if wanted > 0 && wanted < found.len() {
        found.select_nth_unstable_by(wanted - 1, order);
    }
    let best = &mut found[..wanted];
    best.sort_unstable_by(order);
    let top = best.iter().map(|(id, weight)| Alternative {
        id: *id,
        logprob: log(*weight),
    });
    TokenLogprob {
        logprob: log(own),
        top: top.collect(),
    }
}

/// The entry of a token that was given.
pub(crate) fn certain(id: TokenId) -> TokenLogprob {
    const NEARLY: f32 = -0.000_1;
    TokenLogprob {
        logprob: NEARLY,
        top: vec![Alternative {
            id,
            logprob: NEARLY,
        }],
    }
}

/// The natural logarithm, at most zero and never infinite.
fn log(probability: f32) -> f32 {
    const LEAST: f32 = 1e-30;
    probability.clamp(LEAST, 1.0).ln()
}
