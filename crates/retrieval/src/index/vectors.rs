//! Unit vectors, one after the other in one stretch of memory, and the scan over them. Not here: what
//! they belong to.

use super::{IndexError, Passage};

/// Numbers that are multiplied at once: what one AVX register holds, and two of SSE.
const LANES: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Vectors {
    dimensions: usize,
    numbers: Vec<f32>,
}

impl Vectors {
    pub(crate) fn of(dimensions: usize) -> Self {
        Self {
            dimensions,
            numbers: Vec::new(),
        }
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(crate) fn bytes(&self) -> usize {
        self.numbers.len() * size_of::<f32>()
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
        self.numbers.extend_from_slice(&unit(vector));
    }

    pub(crate) fn copy(&mut self, from: &Self, number: usize) {
        self.numbers.extend_from_slice(from.get(number));
    }

    pub(crate) fn get(&self, number: usize) -> &[f32] {
        &self.numbers[number * self.dimensions..][..self.dimensions]
    }

    /// The cosines of `query` with the vectors from `first` on, given to `found` with their numbers.
    pub(crate) fn scan(
        &self,
        query: &[f32],
        first: usize,
        count: usize,
        mut found: impl FnMut(usize, f32),
    ) {
        let stretch = &self.numbers[first * self.dimensions..][..count * self.dimensions];
        for (number, vector) in stretch.chunks_exact(self.dimensions.max(1)).enumerate() {
            found(first + number, dot(query, vector));
        }
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
