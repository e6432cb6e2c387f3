//! What a text is made of, as hashes with weights: words, pairs of words, parts of words, and
//! concepts. Not here: where a feature lies in a vector.

use fakeai_canon::Seed;

use super::words;

/// A feature's hash, and how much it weighs.
pub(super) type Feature = (u64, f32);

const WORD: f32 = 1.0;
const CONCEPT: f32 = 1.3;
const PAIR: f32 = 0.45;
const PART: f32 = 0.3;
/// What is left of the weight of a word without a topic.
const STOP_WORD: f32 = 0.12;
/// Parts of words, in characters.
const PARTS: std::ops::RangeInclusive<usize> = 3..=5;
/// A longer word is cut for its parts.
const LONGEST: usize = 24;

/// All features of a text, each once: a feature that occurs n times weighs 1 + ln n times as much.
pub(super) fn of(text: &str) -> Vec<Feature> {
    let mut features = Vec::with_capacity(text.len() * 3 + 16);
    let mut lower = String::with_capacity(text.len());
    lower.extend(text.chars().flat_map(char::to_lowercase));
    let mut before: Option<(&str, bool)> = None;
    for word in cut(&lower) {
        let is_stop = words::is_stop_word(word);
        add_word(word, is_stop, &mut features);
        if let Some((previous, previous_is_stop)) = before {
            let weight = if is_stop || previous_is_stop {
                PAIR * STOP_WORD
            } else {
                PAIR
            };
            features.push((hash("pair", Seed(0).fork(previous).fork(word)), weight));
        }
        before = Some((word, is_stop));
    }
    merge(features)
}

/// Words; a character of a script without spaces is a word of its own.
fn cut(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .flat_map(|word| {
            let step = if word.chars().next().is_some_and(is_unspaced) {
                1
            } else {
                usize::MAX
            };
            let mut rest = word;
            std::iter::from_fn(move || {
                let end = rest
                    .char_indices()
                    .nth(step)
                    .map_or(rest.len(), |(at, _)| at);
                let (piece, after) = rest.split_at(end);
                rest = after;
                (!piece.is_empty()).then_some(piece)
            })
        })
}

fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{0e00}'..='\u{0e7f}')
}

fn add_word(word: &str, is_stop: bool, features: &mut Vec<Feature>) {
    let weight = if is_stop { STOP_WORD } else { 1.0 };
    features.push((hash("word", Seed(0).fork(word)), WORD * weight));
    for concept in words::concepts(word) {
        features.push((hash("concept", Seed(u64::from(*concept))), CONCEPT));
    }
    if !is_stop {
        add_parts(word, features);
    }
}

/// Runs of characters, with marks where the word begins and ends. Together they weigh about as
/// much as the word, however long it is.
fn add_parts(word: &str, features: &mut Vec<Feature>) {
    let mut marked = [0u8; LONGEST * 4 + 2];
    let mut starts = [0u16; LONGEST + 3];
    let (mut length, mut count) = (0, 0);
    for c in std::iter::once('^')
        .chain(word.chars().take(LONGEST))
        .chain(std::iter::once('$'))
    {
        starts[count] = length as u16;
        length += c.encode_utf8(&mut marked[length..]).len();
        count += 1;
    }
    starts[count] = length as u16;
    let weight = PART * 3.0 / (count as f32).sqrt();
    for size in PARTS {
        for from in 0..(count + 1).saturating_sub(size) {
            let part = &marked[usize::from(starts[from])..usize::from(starts[from + size])];
            features.push((quick_hash(part), weight));
        }
    }
}

fn hash(kind: &str, seed: Seed) -> u64 {
    seed.fork(kind).0
}

/// A short run of bytes, by multiplication.
fn quick_hash(bytes: &[u8]) -> u64 {
    let mut hash = 0x5851_f42d_4c95_7f2d ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 29;
    }
    hash
}

fn merge(mut features: Vec<Feature>) -> Vec<Feature> {
    features.sort_unstable_by_key(|(hash, _)| *hash);
    let mut merged: Vec<Feature> = Vec::with_capacity(features.len());
    for run in features.chunk_by(|one, other| one.0 == other.0) {
        let weight = run.iter().map(|(_, weight)| *weight).fold(0.0, f32::max);
        merged.push((run[0].0, weight * (1.0 + (run.len() as f32).ln())));
    }
    merged
}
