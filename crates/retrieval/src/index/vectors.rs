//! Unit vectors, one after the other in one stretch of memory, and the search for the nearest. Not here: what
//! they belong to.

use std::ops::Range;

use super::codes::{Bounds, CodedVectors, Codes};
use super::fusion::{self, Scored};
use super::{IndexError, Passage};

/// Numbers that are multiplied at once: what one AVX register holds, and two of SSE.
const LANES: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Vectors {
    dimensions: usize,
    numbers: Vec<f32>,
    codes: CodedVectors,
}

impl Vectors {
    pub(crate) fn of(dimensions: usize) -> Self {
        Self {
            dimensions,
            numbers: Vec::new(),
            codes: CodedVectors::default(),
        }
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(crate) fn bytes(&self) -> usize {
        self.numbers.len() * size_of::<f32>() + self.codes.bytes()
    }

    /// Refuses vectors that don't fit those here or each other.
    pub(crate) fn check(&self, passages: &[Passage]) -> Result<(), IndexError> {
        let first = passages.first().map_or(0, |passage| passage.vector.len());
        let expected = if self.dimensions == 0 {
            first
        } else {
            self.dimensions
        };
        for passage in passages {
            let got = passage.vector.len();
            if got != expected {
                return Err(IndexError::Dimensions { expected, got });
            }
            let square = dot(&passage.vector, &passage.vector);
            if !square.is_finite() || square <= 0.0 {
                return Err(IndexError::Vector);
            }
        }
        Ok(())
    }

    pub(crate) fn push(&mut self, vector: &[f32]) {
        self.dimensions = vector.len();
        let vector = unit(vector);
        self.codes.push(&Codes::of(&vector));
        self.numbers.extend_from_slice(&vector);
    }

    pub(crate) fn copy(&mut self, from: &Self, number: usize) {
        self.codes.push(&Codes::of(from.get(number)));
        self.numbers.extend_from_slice(from.get(number));
    }

    pub(crate) fn get(&self, number: usize) -> &[f32] {
        &self.numbers[number * self.dimensions..][..self.dimensions]
    }

    /// The `most` vectors of these stretches that are nearest to `query`, with their cosines. Exact:
    /// bytes only tell which vectors can't be among them.
    pub(crate) fn nearest(
        &self,
        query: &[f32],
        stretches: &[Range<usize>],
        most: usize,
    ) -> Vec<Scored> {
        let exact = |number: usize| (number, dot(query, self.get(number)));
        let all = stretches.iter().cloned().flatten();
        if stretches.iter().map(Range::len).sum::<usize>() <= 4 * most {
            return fusion::best(all.map(exact).collect(), most);
        }
        let rough = Codes::of(query);
        let mut bounds: Vec<(usize, Bounds)> = Vec::new();
        for stretch in stretches {
            self.codes.scan(&rough, stretch.clone(), |number, bounded| {
                bounds.push((number, bounded))
            });
        }
        let mut lowest: Vec<f32> = bounds.iter().map(|(_, bounded)| bounded.least).collect();
        let last = most.saturating_sub(1);
        let (_, threshold, _) =
            lowest.select_nth_unstable_by(last, |one, other| other.total_cmp(one));
        let possible = bounds
            .iter()
            .filter(|(_, bounded)| bounded.most >= *threshold);
        fusion::best(possible.map(|(number, _)| exact(*number)).collect(), most)
    }
}

/// The product of two vectors of one length. Sums in lanes, so that the compiler uses wide registers;
/// the order of additions is fixed, and with it the result.
pub(crate) fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [[0.0f32; LANES]; 2];
    let (ones, one_rest) = one.as_chunks::<{ 2 * LANES }>();
    let (others, other_rest) = other.as_chunks::<{ 2 * LANES }>();
    for (one, other) in ones.iter().zip(others) {
        for lane in 0..LANES {
            sums[0][lane] += one[lane] * other[lane];
            sums[1][lane] += one[LANES + lane] * other[LANES + lane];
        }
    }
    let rest: f32 = one_rest
        .iter()
        .zip(other_rest)
        .map(|(one, other)| one * other)
        .sum();
    sums[0]
        .iter()
        .zip(&sums[1])
        .map(|(one, other)| one + other)
        .sum::<f32>()
        + rest
}

/// The vector of the same direction and length one; zero stays zero.
pub(crate) fn unit(vector: &[f32]) -> Vec<f32> {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 && length.is_finite() {
        vector.iter().map(|number| number / length).collect()
    } else {
        vec![0.0; vector.len()]
    }
}
