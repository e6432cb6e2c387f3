//! Vectors as bytes: a quarter of the memory to walk through, with bounds of how far each is from
//! what it stands for. Not here: the vectors themselves.

use std::ops::Range;

/// The largest code.
const LARGEST: f32 = 127.0;

/// What single precision may add to an error, for a thousand dimensions and more.
const ROUNDING: f32 = 1e-4;

/// A unit vector as bytes: each number is about its code times the step.
pub(super) struct Codes {
    codes: Vec<i8>,
    step: f32,
    /// The length of what is lost.
    error: f32,
}

impl Codes {
    pub(super) fn of(vector: &[f32]) -> Self {
        let largest = vector
            .iter()
            .fold(0.0f32, |largest, number| largest.max(number.abs()));
        let step = if largest > 0.0 {
            largest / LARGEST
        } else {
            1.0
        };
        let codes: Vec<i8> = vector
            .iter()
            .map(|number| (number / step).round() as i8)
            .collect();
        let lost = vector
            .iter()
            .zip(&codes)
            .map(|(number, code)| number - f32::from(*code) * step);
        let error = lost.map(|lost| lost * lost).sum::<f32>().sqrt();
        Self { codes, step, error }
    }
}

/// What a cosine is at least and at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) least: f32,
    pub(super) most: f32,
}

/// The codes of all vectors of an index, one after the other.
#[derive(Debug, Default)]
pub(super) struct CodedVectors {
    codes: Vec<i8>,
    steps: Vec<f32>,
    errors: Vec<f32>,
}

impl CodedVectors {
    pub(super) fn push(&mut self, vector: &Codes) {
        self.codes.extend_from_slice(&vector.codes);
        self.steps.push(vector.step);
        self.errors.push(vector.error);
    }

    pub(super) fn bytes(&self) -> usize {
        self.codes.len() + (self.steps.len() + self.errors.len()) * size_of::<f32>()
    }

    /// Bounds of the cosines of a query with the vectors of a stretch. With q = q' + f and
    /// v = v' + e, where q' and v' are what the codes say, q·v differs from q'·v' by q'·e + f·v, which
    /// is at most (1 + |f|)·|e| + |f| for vectors of length one.
    pub(super) fn scan(
        &self,
        query: &Codes,
        stretch: Range<usize>,
        mut found: impl FnMut(usize, Bounds),
    ) {
        let dimensions = query.codes.len().max(1);
        let codes = &self.codes[stretch.start * dimensions..stretch.end * dimensions];
        for (number, code) in stretch.zip(codes.chunks_exact(dimensions)) {
            let cosine = product(&query.codes, code) as f32 * query.step * self.steps[number];
            let error = (1.0 + query.error) * self.errors[number] + query.error + ROUNDING;
            found(
                number,
                Bounds {
                    least: cosine - error,
                    most: cosine + error,
                },
            );
        }
    }
}

/// The product of two vectors of codes. Fits: a thousand dimensions stay below 2^24.
fn product(one: &[i8], other: &[i8]) -> i32 {
    let pairs = one.iter().zip(other);
    pairs
        .map(|(one, other)| i32::from(i16::from(*one) * i16::from(*other)))
        .sum()
}
