//! The categories of a moderation and their thresholds, from `data/moderation/categories.toml`.
//! Not here: what is looked for.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::data;

/// One category.
#[derive(Deserialize)]
pub(super) struct Facts {
    /// The wire name.
    pub(super) name: String,
    /// Whether images are looked at for it.
    pub(super) image: bool,
    /// Whether text-only models know it.
    pub(super) text_models: bool,
    /// The score from which it is flagged.
    pub(super) threshold: f64,
    /// The score from which a chat model refuses.
    pub(super) refuse: Option<f64>,
}

#[derive(Deserialize)]
struct File {
    category: Vec<Facts>,
}

/// All categories, in the contract's order.
pub(super) static CATEGORIES: LazyLock<Vec<Facts>> = LazyLock::new(|| {
    data::facts::<File>(include_str!("../../../../data/moderation/categories.toml")).category
});

/// The place of a category in the contract's order.
pub(super) fn index_of(name: &str) -> Option<usize> {
    CATEGORIES.iter().position(|category| category.name == name)
}
