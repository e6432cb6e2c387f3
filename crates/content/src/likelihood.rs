//! Logprobs of text that no distribution was asked for: JSON, arguments, quoted and repeated
//! text. They are drawn from the seed, and synthetic. Not here: those of prose, which are real.

use fakeai_canon::{Alternative, Rng, Seed, TokenId, TokenLogprob, Tokens, Vocabulary};

/// Gives every token a logprob and `alternatives` others; the token itself is always the most
/// probable.
pub(crate) fn score(
    tokens: &mut Tokens,
    alternatives: Option<u8>,
    vocabulary: &dyn Vocabulary,
    seed: Seed,
) {
    let Some(alternatives) = alternatives else {
        return;
    };
    let mut rng = seed.fork("likelihood").rng();
    let scored = tokens.ids[tokens.logprobs.len()..]
        .iter()
        .map(|id| one(*id, alternatives, vocabulary, &mut rng));
    let scored: Vec<_> = scored.collect();
    tokens.logprobs.extend(scored);
}

fn one(id: TokenId, count: u8, vocabulary: &dyn Vocabulary, rng: &mut Rng) -> TokenLogprob {
    // Most tokens of such text are nearly certain; the cube keeps the doubtful ones rare.
    let doubt = 0.5 * rng.unit().powi(3);
    let logprob = (-doubt).ln_1p() as f32;
    let mut top = Vec::with_capacity(usize::from(count));
    if count > 0 {
        top.push(Alternative { id, logprob });
    }
    let mut rest = doubt.max(1e-9);
    while top.len() < usize::from(count) {
        rest *= 0.5;
        let other = other_than(&top, vocabulary, rng);
        top.push(Alternative {
            id: other,
            logprob: rest.ln() as f32,
        });
    }
    TokenLogprob { logprob, top }
}

/// A token with a text of its own that is not yet in the list.
fn other_than(top: &[Alternative], vocabulary: &dyn Vocabulary, rng: &mut Rng) -> TokenId {
    const COMMON: usize = 20_000;
    loop {
        let id = rng.below(COMMON.min(vocabulary.size() as usize)) as TokenId;
        let is_text = std::str::from_utf8(vocabulary.piece(id)).is_ok_and(|text| !text.is_empty());
        if is_text && top.iter().all(|known| known.id != id) {
            return id;
        }
    }
}
