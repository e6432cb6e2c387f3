//! What an image costs in tokens, by the rule of its model in `data/tokens/images.toml`, where the
//! rules' sources are. Not here: reading an image's size.

use std::sync::LazyLock;

use fakeai_canon::Detail;
use serde::Deserialize;

use super::PixelSize;
use crate::model_name;

/// The number of tokens of an image of this size.
pub fn image_tokens(model: &str, size: PixelSize, detail: Detail) -> u32 {
    let row = model_name::row_for(model, FILE.row.iter().map(|row| &*row.prefixes));
    match &FILE.row[row.expect("the last row has the empty prefix")].rule {
        Rule::Tiles(rule) => rule.tokens(size, detail),
        Rule::Patches(rule) => rule.tokens(size, detail),
    }
}

/// The size that an image counts as where its bytes are not at hand.
pub fn unknown_image_size() -> PixelSize {
    PixelSize {
        width: FILE.unknown.width,
        height: FILE.unknown.height,
    }
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/tokens/images.toml"))
        .expect("data/tokens/images.toml fits its shape (a test reads it)")
});

#[derive(Deserialize)]
struct File {
    unknown: Unknown,
    row: Vec<Row>,
}

#[derive(Deserialize)]
struct Unknown {
    width: u32,
    height: u32,
}

#[derive(Deserialize)]
struct Row {
    prefixes: Vec<String>,
    #[serde(flatten)]
    rule: Rule,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rule {
    Tiles(Tiles),
    Patches(Patches),
}

#[derive(Deserialize)]
struct Tiles {
    base: u32,
    each: u32,
    square: u32,
    short_side: u32,
}

/// The side of a tile in pixels.
const TILE: f64 = 512.0;

impl Tiles {
    fn tokens(&self, size: PixelSize, detail: Detail) -> u32 {
        match detail {
            Detail::Low => self.base,
            Detail::Auto | Detail::High | Detail::Original => {
                self.base + self.each * self.count(size)
            }
        }
    }

    fn count(&self, size: PixelSize) -> u32 {
        let (width, height) = shrunk(size.width.into(), size.height.into(), self.square);
        let scale = (f64::from(self.short_side) / width.min(height)).min(1.0);
        // Whole pixels, so that a side of 512.0000001 is one tile.
        let tiles = |side: f64| ((side * scale).round() / TILE).ceil().max(1.0) as u32;
        tiles(width) * tiles(height)
    }
}

#[derive(Deserialize)]
struct Patches {
    percent: u32,
    #[serde(flatten)]
    within: Bounds,
    original: Option<Bounds>,
}

#[derive(Deserialize)]
struct Bounds {
    budget: u32,
    longest: u32,
}

/// The side of a patch in pixels.
const PATCH: f64 = 32.0;

impl Patches {
    fn tokens(&self, size: PixelSize, detail: Detail) -> u32 {
        let within = match detail {
            Detail::Original => self.original.as_ref().unwrap_or(&self.within),
            Detail::Auto | Detail::Low | Detail::High => &self.within,
        };
        (within.patches(size) * self.percent).div_ceil(100)
    }
}

impl Bounds {
    fn patches(&self, size: PixelSize) -> u32 {
        let (width, height) = shrunk(size.width.into(), size.height.into(), self.longest);
        let patches = |side: f64| (side / PATCH).ceil().max(1.0);
        let whole = patches(width) * patches(height);
        let budget = f64::from(self.budget);
        if whole <= budget {
            return whole as u32;
        }
        // Shrunk to the budget's area, then a little more so that one side is whole patches.
        let shrink = (PATCH * PATCH * budget / (width * height)).sqrt();
        let fit = |side: f64| ((side * shrink / PATCH).floor() / (side * shrink / PATCH)).max(0.0);
        let shrink = shrink * fit(width).min(fit(height));
        // Rounded to a hundredth of a pixel: the side that was fitted must not gain a patch.
        let fitted = |side: f64| patches((side * shrink * 100.0).round() / 100.0);
        (fitted(width) * fitted(height)).min(budget) as u32
    }
}

/// Both sides scaled down, if need be, so that the longer is at most `longest`.
fn shrunk(width: f64, height: f64, longest: u32) -> (f64, f64) {
    let scale = (f64::from(longest) / width.max(height)).min(1.0);
    (width * scale, height * scale)
}
