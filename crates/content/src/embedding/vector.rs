//! Vectors of texts: features scattered over the dimensions with signs (feature hashing, after
//! Weinberger and others, 2009), a little noise, unit length. Not here: the features.

use std::borrow::Cow;

use fakeai_canon::{Embed, Seed, TextInput};
use fakeai_catalog::Model;

use super::features;
use super::model::SentenceModel;

/// Dimensions of a model that does not tell.
const DIMENSIONS: u32 = 1536;
/// Places that a feature is scattered over.
const PLACES: u32 = 6;
/// How far every number is moved, so that none is 0, as a share of the vector's length.
const NOISE: f32 = 0.02;

/// A unit vector for each input, of the length asked for: a shorter one is the beginning of the
/// model's own, as the provider's documentation describes it.
pub(crate) fn vectors(work: &Embed, model: &Model) -> Vec<Vec<f32>> {
    let own = model
        .embedding
        .as_ref()
        .map_or(DIMENSIONS, |facts| facts.dimensions);
    let asked = work.dimensions.unwrap_or(own).max(1);
    let seed = Seed(0x00e1_bed5).fork(&model.id);
    let vector = |input: &TextInput| {
        let mut vector = vector(&text_of(input, model), own.max(asked) as usize, seed);
        vector.truncate(asked as usize);
        normalise(&mut vector);
        vector
    };
    work.inputs.iter().map(vector).collect()
}

/// The same by a model of sentences. Where more numbers are wanted than it has, its own are repeated
/// with signs: repeated whole, they leave all cosines as they are.
pub(crate) fn modelled(work: &Embed, model: &Model, sentences: &SentenceModel) -> Vec<Vec<f32>> {
    let own = model
        .embedding
        .as_ref()
        .map_or(DIMENSIONS, |facts| facts.dimensions);
    let asked = work.dimensions.unwrap_or(own).max(1) as usize;
    let vector = |input: &TextInput| {
        let short = sentences.vector(&text_of(input, model));
        let mut rng = Seed(0x00e1_bed5).fork("signs").rng();
        let mut vector: Vec<f32> = short.iter().copied().cycle().take(asked).collect();
        for number in vector.iter_mut().skip(short.len()) {
            if rng.next_u64() & 1 == 1 {
                *number = -*number;
            }
        }
        normalise(&mut vector);
        vector
    };
    work.inputs.iter().map(vector).collect()
}

/// Dimensions of the vectors of passages.
const PASSAGE_DIMENSIONS: usize = 256;

/// A unit vector for each passage of a document, or question to them.
pub(crate) fn passages(texts: &[&str]) -> Vec<Vec<f32>> {
    let seed = Seed(0x00e1_bed5).fork("passages");
    let vector = |text: &&str| {
        let mut vector = vector(text, PASSAGE_DIMENSIONS, seed);
        normalise(&mut vector);
        vector
    };
    texts.iter().map(vector).collect()
}

fn text_of<'a>(input: &'a TextInput, model: &Model) -> Cow<'a, str> {
    match input {
        TextInput::Text(text) => Cow::Borrowed(text),
        TextInput::Tokens(ids) => {
            let bytes = fakeai_tokens::vocabulary_for(&model.id).decode(ids);
            Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

fn vector(text: &str, dimensions: usize, seed: Seed) -> Vec<f32> {
    let mut vector = vec![0f32; dimensions];
    for (hash, weight) in features::of(text) {
        let mut rng = Seed(hash ^ seed.0).rng();
        for _ in 0..PLACES {
            let bits = rng.next_u64();
            let place = ((bits >> 32) * dimensions as u64) >> 32;
            vector[place as usize] += if bits & 1 == 0 { weight } else { -weight };
        }
    }
    normalise(&mut vector);
    let mut rng = seed.fork(text).rng();
    let step = NOISE / (dimensions as f32).sqrt();
    for number in &mut vector {
        *number += step * (rng.unit() as f32 * 2.0 - 1.0);
    }
    vector
}

fn normalise(vector: &mut [f32]) {
    let length = vector
        .iter()
        .map(|number| f64::from(*number).powi(2))
        .sum::<f64>()
        .sqrt() as f32;
    if length > 0.0 {
        vector.iter_mut().for_each(|number| *number /= length);
    }
}
