//! What is asked of a picture model.

use fakeai_canon::{ApiError, Detail, Draw, Mode, Work};
use fakeai_catalog::Endpoint;
use fakeai_tokens::PixelSize;
use serde_json::Value;

use super::answer::{Folded, Shown, Streamed};
use super::family;
use crate::openai::fields::Fields;
use crate::openai::model;
use crate::{Context, Decoded, Opened, Upload};

/// Bytes of a picture that is sent along, as the contract's prose has them.
const LARGEST: u64 = 50 << 20;
/// Bytes of a picture for the older models.
const LARGEST_OLD: u64 = 4 << 20;

/// Which of the three operations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Create,
    Edit,
    Vary,
}

/// Opens `createImage`.
///
/// # Errors
/// In realistic mode the provider's own: a model that does not draw, parameters, sizes, numbers
/// and prompts that the model does not take.
pub(super) fn create(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    open(call, context, Way::Create)
}

/// Opens `createImageEdit`.
///
/// # Errors
/// As [`create`], and for what is no picture.
pub(super) fn edit(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    open(call, context, Way::Edit)
}

/// Opens `createImageVariation`.
///
/// # Errors
/// As [`edit`].
pub(super) fn vary(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    open(call, context, Way::Vary)
}

fn open(call: Decoded, context: &Context<'_>, way: Way) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let model = body.string("model").unwrap_or_else(|| default(&body, way));
    let realistic = context.mode == Mode::Realistic;
    if realistic {
        check(&body, &model, context, way)?;
        check_files(&call.files, &model)?;
    }
    let counted = family::counts_tokens(&model);
    let asked = body.string("size");
    let name = asked.unwrap_or_else(|| standard_size(&model));
    let size = family::size(&model, &name);
    let (width, height) = match size {
        Some(size) => size,
        None if realistic => return Err(family::wrong_size(&model, &name)),
        None => (1024, 1024),
    };
    let quality = quality(body.string("quality").as_deref(), counted);
    let format = format(&mut body, counted);
    let transparent = body.string("background").as_deref() == Some("transparent");
    if realistic {
        check_background(transparent, &format)?;
    }
    let response_format = body.string("response_format");
    let stream = counted && body.boolean("stream").unwrap_or_default();
    let by_url = !counted && response_format.as_deref() != Some("b64_json");
    let pictures = pictures(&call.files, &mut body);
    let drawn = PixelSize { width, height };
    let work = Draw {
        prompt: body.string("prompt").unwrap_or_default(),
        sources: pictures.iter().map(|(hash, _)| *hash).collect(),
        source_tokens: source_tokens(&model, &pictures),
        count: body.count("n").unwrap_or(1).clamp(1, 10),
        width,
        height,
        quality: body.count("output_compression").unwrap_or(100).min(100) as u8,
        transparent,
        partial: partial(&mut body, stream),
        tokens: if counted {
            fakeai_tokens::drawn_image_tokens(quality, drawn)
        } else {
            0
        },
        rendered: !by_url,
        format,
        model: model.clone(),
    };
    let shown = Shown {
        size: drawn,
        partial: work.partial,
        format: work.format.clone(),
        transparent,
        quality,
        counted,
        revised: (model == "dall-e-3").then(|| work.prompt.clone()),
        base: by_url.then_some(call.base),
        edits: way == Way::Edit,
    };
    Ok(Opened {
        work: Work::Draw(work),
        encoder: if stream {
            Box::new(Streamed::new(shown))
        } else {
            Box::new(Folded::new(shown))
        },
        stream,
        background: false,
        truncate: false,
    })
}

/// A picture without a background needs a format that can do without.
fn check_background(transparent: bool, format: &str) -> Result<(), ApiError> {
    if transparent && format == "jpeg" {
        let problem = "Transparent background is not supported for the 'jpeg' output format.";
        return Err(ApiError::invalid(problem).param("background"));
    }
    Ok(())
}

/// The format of the pictures; older models know one.
fn format(body: &mut Fields, counted: bool) -> String {
    let asked = body.string("output_format").filter(|_| counted);
    asked.unwrap_or_else(|| "png".to_owned())
}

/// The pictures that are shown before each finished one.
fn partial(body: &mut Fields, stream: bool) -> u32 {
    let asked = body.count("partial_images").filter(|_| stream);
    asked.unwrap_or(0).min(3)
}

/// The model where none is named: an old one, unless something is asked that only others know.
fn default(body: &Fields, way: Way) -> String {
    let newer = [
        "background",
        "output_format",
        "output_compression",
        "moderation",
        "stream",
    ];
    let is_newer = newer.iter().any(|name| body.has(name));
    match way {
        Way::Edit => "gpt-image-1.5",
        Way::Create if is_newer => "gpt-image-1",
        Way::Create | Way::Vary => "dall-e-2",
    }
    .to_owned()
}

fn standard_size(model: &str) -> String {
    if family::counts_tokens(model) {
        "auto"
    } else {
        "1024x1024"
    }
    .to_owned()
}

/// The quality that answers tell: `auto` is settled.
fn quality(asked: Option<&str>, counted: bool) -> &'static str {
    match asked {
        Some("low") => "low",
        Some("high") => "high",
        Some("hd") if !counted => "hd",
        _ if counted => "medium",
        _ => "standard",
    }
}

fn check(body: &Fields, name: &str, context: &Context<'_>, way: Way) -> Result<(), ApiError> {
    let model = model::look_up(context.catalog, name);
    let is_old_way = way == Way::Vary && name != "dall-e-2";
    if !model.serves(Endpoint::Images) || is_old_way {
        return Err(ApiError::invalid(format!(
            "Invalid value: '{name}'. The model does not serve this endpoint."
        ))
        .param("model")
        .code("invalid_value"));
    }
    let family = family::of(name);
    if let Some(unknown) = family.refused.iter().find(|param| body.has(param)) {
        return Err(
            ApiError::invalid(format!("Unknown parameter: '{unknown}'."))
                .param(unknown.clone())
                .code("unknown_parameter"),
        );
    }
    let text = |param: &str| body.peek(param).and_then(Value::as_str);
    if let Some(quality) =
        text("quality").filter(|quality| !family.qualities.iter().any(|one| one == quality))
    {
        return Err(family::wrong_value("quality", quality, &family.qualities));
    }
    let length = text("prompt").unwrap_or_default().chars().count();
    if length > family.prompt {
        let most = family.prompt;
        return Err(ApiError::invalid(format!(
            "Invalid 'prompt': string too long. Expected a string with maximum length {most}, but got a string with length {length} instead."
        ))
        .param("prompt")
        .code("string_above_max_length"));
    }
    let count = body.peek("n").and_then(Value::as_u64).unwrap_or(1);
    if count > u64::from(family.most) {
        return Err(ApiError::invalid("You must provide n=1 for this model.")
            .param("n")
            .code("invalid_value"));
    }
    Ok(())
}

fn check_files(files: &[Upload], model: &str) -> Result<(), ApiError> {
    let most = if family::counts_tokens(model) {
        LARGEST
    } else {
        LARGEST_OLD
    };
    for file in files {
        let param = file.field.trim_end_matches("[]").to_owned();
        if file.bytes > most {
            return Err(ApiError::invalid(format!(
                "Invalid '{param}': the image is larger than {} MB.",
                most >> 20
            ))
            .param(param));
        }
        if fakeai_tokens::image_header(&file.content).is_err() {
            return Err(ApiError::invalid(format!(
                "Invalid image file or mode for '{param}', please check your image file."
            ))
            .param(param)
            .code("invalid_image_file"));
        }
    }
    Ok(())
}

/// The hash and the size of each picture that comes along, as a file or by reference.
fn pictures(files: &[Upload], body: &mut Fields) -> Vec<(u64, PixelSize)> {
    let unknown = fakeai_tokens::unknown_image_size;
    let size = |file: &Upload| {
        let header = fakeai_tokens::image_header(&file.content);
        header.map_or_else(|_| unknown(), |(_, size)| size)
    };
    let mut pictures: Vec<_> = files.iter().map(|file| (file.hash, size(file))).collect();
    let referred = match body.take("images") {
        Some(Value::Array(images)) => images,
        _ => Vec::new(),
    };
    let hash = |image: &Value| fakeai_canon::Seed(0).of(&image.to_string()).0;
    pictures.extend(referred.iter().map(|image| (hash(image), unknown())));
    pictures
}

fn source_tokens(model: &str, pictures: &[(u64, PixelSize)]) -> u32 {
    if !family::counts_tokens(model) {
        return 0;
    }
    let tokens = |size| fakeai_tokens::image_tokens(model, size, Detail::High);
    pictures.iter().map(|(_, size)| tokens(*size)).sum()
}
