//! What a moderation finds.

/// A category by its wire name, with what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Category {
    /// The wire name, such as `harassment/threatening`.
    pub name: &'static str,
    /// Whether the threshold was passed.
    pub flagged: bool,
    /// 0 to 1.
    pub score: f64,
    /// Whether the text was looked at for it.
    pub applies_to_text: bool,
    /// Whether an image was looked at for it.
    pub applies_to_image: bool,
}

/// The judgement on one input: all categories, in the contract's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The categories.
    pub categories: Vec<Category>,
}

impl Verdict {
    /// Whether any category was flagged.
    pub fn flagged(&self) -> bool {
        self.categories.iter().any(|category| category.flagged)
    }
}
