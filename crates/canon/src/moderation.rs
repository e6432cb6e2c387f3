//! What a moderation finds, and what a content filter makes of it.

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

/// How bad a text is in a category of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing was found.
    Safe,
    /// A little.
    Low,
    /// Enough to be filtered.
    Medium,
    /// Much.
    High,
}

/// What a content filter says of one category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grade {
    /// How bad it is.
    Severity(Severity),
    /// Whether it is there at all.
    Detected(bool),
}

/// What a content filter found in one category.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The wire name, such as `self_harm`.
    pub name: &'static str,
    /// What was found.
    pub grade: Grade,
    /// Whether the text was kept back for it.
    pub filtered: bool,
}

/// What a content filter found in prompts and answers, the categories of each in order of their
/// names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screening {
    /// By prompt.
    pub prompts: Vec<Vec<Finding>>,
    /// By choice.
    pub choices: Vec<Vec<Finding>>,
}
