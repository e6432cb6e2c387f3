//! Weights out of a `safetensors` file, and the little arithmetic that is done with them.
//! <https://github.com/huggingface/safetensors#format>

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

/// Numbers that are multiplied at once.
const LANES: usize = 8;
/// Rows of an input that are multiplied by one row of weights while it is at hand.
const TOGETHER: usize = 4;

/// What the head of the file says of a tensor.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// The tensors of a file.
pub(super) struct Tensors<'a> {
    entries: HashMap<String, Entry>,
    data: &'a [u8],
}

impl<'a> Tensors<'a> {
    pub(super) fn read(file: &'a [u8]) -> Result<Self, String> {
        let broken = || "model.safetensors is not a file of tensors".to_owned();
        let (length, rest) = file.split_first_chunk::<8>().ok_or_else(broken)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| broken())?;
        let (head, data) = rest.split_at_checked(length).ok_or_else(broken)?;
        let head: HashMap<String, Value> = serde_json::from_slice(head).map_err(|_| broken())?;
        let entries = head
            .into_iter()
            .filter(|(name, _)| name != "__metadata__")
            .map(|(name, entry)| Ok((name, serde_json::from_value(entry).map_err(|_| broken())?)));
        Ok(Self {
            entries: entries.collect::<Result<_, String>>()?,
            data,
        })
    }

    fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let entry = self.entries.get(name);
        let entry = entry.ok_or_else(|| format!("model.safetensors has no '{name}'"))?;
        let (from, to) = entry.data_offsets;
        let bytes = self.data.get(from..to);
        let count: usize = shape.iter().product();
        match bytes {
            Some(bytes)
                if entry.dtype == "F32" && entry.shape == shape && bytes.len() == count * 4 =>
            {
                let (numbers, _) = bytes.as_chunks::<4>();
                Ok(numbers
                    .iter()
                    .map(|bytes| f32::from_le_bytes(*bytes))
                    .collect())
            }
            Some(_) | None => Err(format!(
                "'{name}' in model.safetensors is {} of {:?}, not F32 of {shape:?}",
                entry.dtype, entry.shape
            )),
        }
    }

    pub(super) fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Matrix, String> {
        Ok(Matrix {
            numbers: self.numbers(name, &[rows, columns])?,
            columns,
        })
    }

    pub(super) fn norm(&self, name: &str, width: usize, least: f32) -> Result<Norm, String> {
        Ok(Norm {
            weight: self.numbers(&format!("{name}.weight"), &[width])?,
            bias: self.numbers(&format!("{name}.bias"), &[width])?,
            least,
        })
    }

    pub(super) fn linear(&self, name: &str, into: usize, from: usize) -> Result<Linear, String> {
        Ok(Linear {
            weight: self.matrix(&format!("{name}.weight"), into, from)?,
            bias: self.numbers(&format!("{name}.bias"), &[into])?,
        })
    }
}

/// Numbers in rows.
pub(super) struct Matrix {
    numbers: Vec<f32>,
    columns: usize,
}

impl Matrix {
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn row(&self, number: usize) -> &[f32] {
        &self.numbers[number * self.columns..][..self.columns]
    }
}

/// A layer of weights and a bias.
pub(super) struct Linear {
    weight: Matrix,
    bias: Vec<f32>,
}

impl Linear {
    /// Every row of the input times the weights, plus the bias.
    pub(super) fn apply(&self, input: &[f32]) -> Vec<f32> {
        let (from, into) = (self.weight.columns, self.bias.len());
        let rows: Vec<&[f32]> = input.chunks_exact(from).collect();
        let mut output = vec![0.0; rows.len() * into];
        for (column, bias) in self.bias.iter().enumerate() {
            let weights = self.weight.row(column);
            let (fours, rest) = rows.as_chunks::<TOGETHER>();
            let mut row = 0;
            for four in fours {
                for product in products(weights, *four) {
                    output[row * into + column] = product + bias;
                    row += 1;
                }
            }
            for one in rest {
                output[row * into + column] = product(weights, one) + bias;
                row += 1;
            }
        }
        output
    }
}

/// The normalisation of a layer's rows.
pub(super) struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    least: f32,
}

impl Norm {
    pub(super) fn apply(&self, rows: &mut [f32]) {
        let width = self.weight.len();
        for row in rows.chunks_exact_mut(width) {
            let mean = row.iter().sum::<f32>() / width as f32;
            let square = row
                .iter()
                .map(|number| (number - mean).powi(2))
                .sum::<f32>();
            let scale = 1.0 / (square / width as f32 + self.least).sqrt();
            let factors = self.weight.iter().zip(&self.bias);
            for (number, (weight, bias)) in row.iter_mut().zip(factors) {
                *number = (*number - mean) * scale * weight + bias;
            }
        }
    }
}

/// The product of two rows. The order of additions is fixed, and with it the result.
pub(super) fn product(one: &[f32], other: &[f32]) -> f32 {
    let [product] = products(one, [other]);
    product
}

/// The products of a row with several.
fn products<const N: usize>(one: &[f32], others: [&[f32]; N]) -> [f32; N] {
    let mut sums = [[0.0f32; LANES]; N];
    let (lanes, rest) = one.as_chunks::<LANES>();
    for (place, lane) in lanes.iter().enumerate() {
        for (sum, other) in sums.iter_mut().zip(&others) {
            let other = &other[place * LANES..][..LANES];
            for (sum, (one, other)) in sum.iter_mut().zip(lane.iter().zip(other)) {
                *sum += one * other;
            }
        }
    }
    let done = lanes.len() * LANES;
    let mut products = [0.0; N];
    for ((product, sum), other) in products.iter_mut().zip(&sums).zip(&others) {
        let rest = rest.iter().zip(&other[done..]);
        *product = sum.iter().sum::<f32>() + rest.map(|(one, other)| one * other).sum::<f32>();
    }
    products
}

pub(super) fn add(to: &mut [f32], more: &[f32]) {
    to.iter_mut().zip(more).for_each(|(to, more)| *to += more);
}

pub(super) fn normalise(row: &mut [f32]) {
    let length = product(row, row).sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|number| *number /= length);
    }
}
