//! The tool that draws: a picture of the size and form that its settings ask for. Not here: the
//! picture.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakeai_canon::{ApiError, Generate, Seed, Tool};
use serde_json::{Value, json};

use super::rules::RULES;
use crate::picture::{Picture, PictureFormat, picture};

/// The wire type of the tool.
pub(super) const TOOL: &str = "image_generation";

/// Sides of a picture where the settings leave them to the model.
const SIDE: u32 = 1024;

fn settings(work: &Generate) -> Option<&Value> {
    work.tools.iter().find_map(|tool| match tool {
        Tool::Hosted { kind, settings } if kind == TOOL => Some(&*settings.0),
        Tool::Hosted { .. } | Tool::Function { .. } | Tool::Custom { .. } => None,
    })
}

/// Whether the tool is there and the prompt asks for a picture.
pub(super) fn helps(work: &Generate, asked: &str) -> bool {
    let asked = asked.to_lowercase();
    settings(work).is_some()
        && RULES
            .drawing
            .phrases
            .iter()
            .any(|words| asked.contains(words))
}

/// What comes of it: the finished picture, and before it the unfinished ones that are wanted.
///
/// # Errors
/// A size that no picture has.
pub(super) fn detail(work: &Generate, seed: Seed) -> Result<Value, ApiError> {
    let nothing = Value::Null;
    let settings = settings(work).unwrap_or(&nothing);
    let format = settings["output_format"].as_str().unwrap_or("png");
    let (width, height) = settings["size"]
        .as_str()
        .and_then(|size| size.split_once('x'))
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .unwrap_or((SIDE, SIDE));
    let drawn = |done| {
        let made = picture(&Picture {
            seed,
            width,
            height,
            transparent: settings["background"] == "transparent",
            done,
            format: PictureFormat::of(format).unwrap_or(PictureFormat::Png),
            quality: settings["output_compression"]
                .as_u64()
                .unwrap_or(100)
                .min(100) as u8,
        })?;
        Ok::<_, ApiError>(STANDARD.encode(made))
    };
    let steps = settings["partial_images"].as_u64().unwrap_or(0).min(3);
    let partial = |step| drawn(step as f64 / (steps + 1) as f64);
    let partials = (1..=steps).map(partial).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({"result": drawn(1.0)?, "partials": partials}))
}
