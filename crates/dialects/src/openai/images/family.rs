//! What the families of picture models take, from `data/models/images.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fakeai_canon::ApiError;
use serde::Deserialize;

/// One family.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    /// Characters of a prompt at most.
    pub(super) prompt: usize,
    /// Pictures of a call at most.
    #[serde(default = "ten")]
    pub(super) most: u32,
    /// Sizes, the default one first.
    pub(super) sizes: Vec<String>,
    /// Qualities.
    pub(super) qualities: Vec<String>,
    /// Parameters that it does not know.
    pub(super) refused: Vec<String>,
}

fn ten() -> u32 {
    10
}

static FAMILIES: LazyLock<BTreeMap<String, Family>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../../data/models/images.toml"))
        .expect("the table of families is part of this program")
});

/// Whether a model is one of those that count in tokens and always send the bytes.
pub(super) fn counts_tokens(model: &str) -> bool {
    !model.starts_with("dall-e")
}

/// The family of a model.
pub(super) fn of(model: &str) -> &'static Family {
    let named = FAMILIES
        .iter()
        .find(|(name, _)| model.starts_with(name.as_str()));
    named.map_or(&FAMILIES["gpt-image"], |(_, family)| family)
}

/// Whether a model draws in any size within bounds.
fn is_free(model: &str) -> bool {
    model.starts_with("gpt-image-2")
}

/// A size in pixels; `auto` is the square one.
pub(super) fn size(model: &str, name: &str) -> Option<(u32, u32)> {
    if name == "auto" {
        return Some((1024, 1024));
    }
    let (width, height) = name.split_once('x')?;
    let (width, height): (u32, u32) = (width.parse().ok()?, height.parse().ok()?);
    let listed = of(model).sizes.iter().any(|size| size == name);
    (listed || is_free(model) && fits(width, height)).then_some((width, height))
}

/// The bounds of free sizes.
fn fits(width: u32, height: u32) -> bool {
    let (long, short) = (width.max(height), width.min(height));
    let sides = width.is_multiple_of(16) && height.is_multiple_of(16) && short > 0;
    sides && long <= 3840 && short <= 2160 && long <= short * 3
}

/// The refusal of a size.
pub(super) fn wrong_size(model: &str, name: &str) -> ApiError {
    if !counts_tokens(model) {
        return ApiError::invalid("The size is not supported by this model.").code("invalid_size");
    }
    wrong_value("size", name, &of(model).sizes)
}

/// The refusal of a value that is not in a list.
pub(super) fn wrong_value(param: &str, got: &str, allowed: &[String]) -> ApiError {
    let quoted: Vec<String> = allowed.iter().map(|name| format!("'{name}'")).collect();
    let (last, rest) = quoted
        .split_last()
        .map_or(("", &[][..]), |(last, rest)| (last, rest));
    ApiError::invalid(format!(
        "Invalid value: '{got}'. Supported values are: {}, and {last}.",
        rest.join(", ")
    ))
    .param(param.to_owned())
    .code("invalid_value")
}
