//! What is on a picture: a gradient between two colours, and round shapes on it.

use fakeai_canon::Rng;

use super::Picture;

/// Shapes of a finished picture.
const SHAPES: u32 = 7;

/// Pixels with alpha, row by row.
pub(super) struct Canvas {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixels: Vec<[u8; 4]>,
}

type Colour = [u8; 3];

impl Canvas {
    /// A picture as far as it is done.
    pub(super) fn drawn(picture: &Picture) -> Self {
        let mut rng = picture.seed.fork("picture").rng();
        let (from, to) = (colour(&mut rng), colour(&mut rng));
        let mut canvas = Self {
            width: picture.width,
            height: picture.height,
            pixels: Vec::new(),
        };
        canvas.fill(from, to, picture.transparent);
        let shapes = (f64::from(SHAPES) * picture.done).round() as u32;
        for _ in 0..shapes {
            canvas.disc(&mut rng);
        }
        canvas
    }

    fn fill(&mut self, from: Colour, to: Colour, transparent: bool) {
        let span = u64::from(self.width + self.height).max(1);
        let count = self.width as usize * self.height as usize;
        self.pixels = Vec::with_capacity(count);
        for y in 0..self.height {
            for x in 0..self.width {
                let part = u64::from(x + y) * 256 / span;
                let mix = |at: usize| {
                    ((u64::from(from[at]) * (256 - part) + u64::from(to[at]) * part) / 256) as u8
                };
                let alpha = if transparent { 0 } else { 255 };
                self.pixels.push([mix(0), mix(1), mix(2), alpha]);
            }
        }
    }

    fn disc(&mut self, rng: &mut Rng) {
        let colour = colour(rng);
        let (width, height) = (i64::from(self.width), i64::from(self.height));
        let short = width.min(height);
        let radius = (short as f64 * (0.08 + 0.17 * rng.unit())) as i64;
        let (x, y) = (rng.between(0, width - 1), rng.between(0, height - 1));
        for row in (y - radius).max(0)..(y + radius + 1).min(height) {
            let reach = ((radius * radius - (row - y) * (row - y)) as f64).sqrt() as i64;
            let (first, last) = ((x - reach).max(0), (x + reach + 1).min(width));
            let start = (row * width + first) as usize;
            let pixels = &mut self.pixels[start..start + (last - first).max(0) as usize];
            pixels.fill([colour[0], colour[1], colour[2], 255]);
        }
    }
}

fn colour(rng: &mut Rng) -> Colour {
    std::array::from_fn(|_| rng.between(24, 232) as u8)
}
