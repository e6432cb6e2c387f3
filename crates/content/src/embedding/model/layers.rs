//! A layer of the encoder: every row attends to all rows, then is worked on by itself.

use super::Shape;
use super::tensors::{Linear, Norm, Tensors, add, product};

/// A layer.
pub(super) struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: Norm,
    wide: Linear,
    narrow: Linear,
    norm: Norm,
    heads: usize,
    width: usize,
}

impl Layer {
    pub(super) fn read(
        tensors: &Tensors<'_>,
        number: usize,
        shape: &Shape,
    ) -> Result<Self, String> {
        let (width, inner) = (shape.hidden_size, shape.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        let linear = |part: &str, into, from| tensors.linear(&name(part), into, from);
        let norm = |part: &str| tensors.norm(&name(part), width, shape.layer_norm_eps);
        Ok(Self {
            query: linear("attention.self.query", width, width)?,
            key: linear("attention.self.key", width, width)?,
            value: linear("attention.self.value", width, width)?,
            attended: linear("attention.output.dense", width, width)?,
            attended_norm: norm("attention.output.LayerNorm")?,
            wide: linear("intermediate.dense", inner, width)?,
            narrow: linear("output.dense", width, inner)?,
            norm: norm("output.LayerNorm")?,
            heads: shape.num_attention_heads,
            width,
        })
    }

    pub(super) fn apply(&self, rows: &mut [f32]) {
        let attended = self.attended.apply(&self.attend(rows));
        add(rows, &attended);
        self.attended_norm.apply(rows);
        let mut inner = self.wide.apply(rows);
        inner.iter_mut().for_each(|number| *number = gelu(*number));
        add(rows, &self.narrow.apply(&inner));
        self.norm.apply(rows);
    }

    /// What each row takes of all rows, by heads.
    fn attend(&self, rows: &[f32]) -> Vec<f32> {
        let (queries, keys) = (self.query.apply(rows), self.key.apply(rows));
        let values = self.value.apply(rows);
        let (width, size) = (self.width, self.width / self.heads);
        let count = rows.len() / width;
        let scale = 1.0 / (size as f32).sqrt();
        let mut taken = vec![0.0; rows.len()];
        let mut shares = vec![0.0; count];
        for head in 0..self.heads {
            let part = |row: usize| row * width + head * size..row * width + (head + 1) * size;
            for row in 0..count {
                let query = &queries[part(row)];
                for (other, share) in shares.iter_mut().enumerate() {
                    *share = product(query, &keys[part(other)]) * scale;
                }
                softmax(&mut shares);
                let into = &mut taken[part(row)];
                for (other, share) in shares.iter().enumerate() {
                    let value = &values[part(other)];
                    into.iter_mut()
                        .zip(value)
                        .for_each(|(into, value)| *into += share * value);
                }
            }
        }
        taken
    }
}

fn softmax(numbers: &mut [f32]) {
    let largest = numbers.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for number in numbers.iter_mut() {
        *number = (*number - largest).exp();
        sum += *number;
    }
    numbers.iter_mut().for_each(|number| *number /= sum);
}

/// Hendrycks and Gimpel, 2016, by the error function.
fn gelu(number: f32) -> f32 {
    number * 0.5 * (1.0 + error_function(number * std::f32::consts::FRAC_1_SQRT_2))
}

/// Abramowitz and Stegun, 7.1.26: off by less than 1.5e-7.
fn error_function(number: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * number.abs());
    let series = t
        * (0.254_829_6
            + t * (-0.284_496_72 + t * (1.421_413_8 + t * (-1.453_152_1 + t * 1.061_405_4))));
    let result = 1.0 - series * (-number * number).exp();
    result.copysign(number)
}
