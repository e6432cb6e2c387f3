//! What a picture costs that a model draws. Not here: pictures of a prompt.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::PixelSize;

#[derive(Deserialize)]
struct Costs {
    square: u64,
    upright: u64,
    lying: u64,
}

static COSTS: LazyLock<HashMap<String, Costs>> = LazyLock::new(|| {
    toml::from_str(include_str!(
        "../../../../data/tokens/generated_images.toml"
    ))
    .expect("the table of costs is part of this program")
});

/// The tokens of one drawn picture; an unknown quality counts as medium.
pub fn drawn_image_tokens(quality: &str, size: PixelSize) -> u64 {
    let Some(costs) = COSTS.get(quality).or_else(|| COSTS.get("medium")) else {
        return 0;
    };
    match (size.width, size.height) {
        (1024, 1024) => costs.square,
        (1024, 1536) => costs.upright,
        (1536, 1024) => costs.lying,
        (width, height) => {
            let area = u64::from(width) * u64::from(height);
            (costs.square * area).div_ceil(1024 * 1024)
        }
    }
}
