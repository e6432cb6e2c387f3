//! The settings of what is said. Not here: what a request asks for.

use fakeai_canon::Mode;

/// How answers come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Whether user schemas are checked as the provider does.
    pub mode: Mode,
    /// Where free text comes from.
    pub text: TextMode,
    /// The limit of a legacy completion that names none, in tokens.
    pub completion_max_tokens: u32,
    /// Whether a prompt that moderation flags strongly is refused.
    pub refusals: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Realistic,
            text: TextMode::Prose,
            completion_max_tokens: 16,
            refusals: true,
        }
    }
}

/// Where free text comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TextMode {
    /// Fluent text on the prompt's topic.
    #[default]
    Prose,
    /// The last user message, or the prompt, word for word.
    Echo,
    /// The filler text of printers.
    Lorem,
    /// Always this.
    Fixed(String),
}
