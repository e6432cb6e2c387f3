//! Verdicts on the inputs of a request. Not here: how scores come about.

use fakeai_canon::{Category, MediaKind, Moderate, ModerateInput, Part, Seed, Verdict};

use super::categories::{CATEGORIES, Facts};
use super::lexicon::LEXICON;

/// A verdict for each input, in order.
pub(crate) fn verdicts(work: &Moderate) -> Vec<Verdict> {
    let is_text_model = work.model.starts_with("text-moderation");
    work.inputs
        .iter()
        .map(|input| verdict(input, is_text_model))
        .collect()
}

fn verdict(input: &ModerateInput, is_text_model: bool) -> Verdict {
    let texts: Vec<_> = input.parts.iter().filter_map(Part::as_text).collect();
    let text = texts.join("\n");
    let is_image = |part: &Part| match part {
        Part::Media(media) => media.kind == MediaKind::Image,
        Part::Text(_) | Part::Refusal(_) | Part::Reasoning(_) => false,
    };
    let has_image = input.parts.iter().any(is_image);
    let seed = Seed(0x6d6f_6465).of(&input.parts);
    let scores = LEXICON.scores(&text);
    let known = |facts: &&(&Facts, f64)| facts.0.text_models || !is_text_model;
    let judged: Vec<_> = CATEGORIES.iter().zip(scores).collect();
    let judge = |(facts, score): &(&'static Facts, f64)| Category {
        name: facts.name.as_str(),
        flagged: *score >= facts.threshold,
        score: shown(*score, seed.fork(&facts.name)),
        applies_to_text: !texts.is_empty(),
        applies_to_image: has_image && facts.image,
    };
    Verdict {
        categories: judged.iter().filter(known).map(judge).collect(),
    }
}

/// A score as a classifier would give it: never quite 0 or 1, and a little uneven.
fn shown(score: f64, seed: Seed) -> f64 {
    let unit = seed.rng().unit();
    let noise = 10f64.powf(-6.0 + 2.5 * unit);
    (score + (1.0 - score) * noise).min(0.9995 - 0.0095 * unit)
}
