//! A drawn picture by its address: what the address says is all that the picture follows from, so
//! nothing has to be stored. The address is good for an hour.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Call, ErrorKind, Seed};
use fakeai_content::picture::{Picture, PictureFormat, picture};
use serde_json::Value;

use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::world::World;

/// Draws the picture.
pub(super) fn show(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    query: &Value,
) -> Result<Answer, ApiError> {
    let text = |name: &str| query[name].as_str().unwrap_or_default();
    let wrong = || ApiError::not_found("There is no image at this address.");
    let seed = u64::from_str_radix(text("seed"), 16).map_err(|_| wrong())?;
    let expires: u64 = text("expires").parse().map_err(|_| wrong())?;
    if world.now().whole_seconds() >= expires {
        let problem = "The address of this image has expired.";
        return Err(ApiError::new(ErrorKind::Permission, problem));
    }
    let (width, height) = text("size").split_once('x').ok_or_else(wrong)?;
    let made = picture(&Picture {
        seed: Seed(seed),
        width: width.parse().map_err(|_| wrong())?,
        height: height.parse().map_err(|_| wrong())?,
        transparent: false,
        done: 1.0,
        format: PictureFormat::Png,
        quality: 100,
    })?;
    Ok(image(made))
}

fn image(bytes: Bytes) -> Answer {
    Answer::typed(PictureFormat::Png.media(), bytes)
}
