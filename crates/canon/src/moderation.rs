//! What a moderation finds.

/// The wish that what is asked and what is answered be judged along with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moderation {
    /// The model that judges.
    pub model: String,
    /// Whether nothing is answered to what is flagged.
    pub blocks_input: bool,
    /// Whether an answer that is flagged is held back.
    pub blocks_output: bool,
}

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
