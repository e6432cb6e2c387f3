//! What an answer cost in tokens.

/// Token counts of one answer, as every dialect reports them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All tokens of the prompt: text, template, images, audio.
    pub prompt: u64,
    /// Of these, read from a prefix cache.
    pub cached: u64,
    /// Of these, audio.
    pub prompt_audio: u64,
    /// Of these, images.
    pub prompt_image: u64,
    /// All tokens generated: reasoning, text, tool calls.
    pub completion: u64,
    /// Of these, reasoning.
    pub reasoning: u64,
    /// Of these, audio.
    pub completion_audio: u64,
    /// Of these, taken from the prediction.
    pub accepted_prediction: u64,
    /// Predicted tokens that were computed and thrown away; billed as completion.
    pub rejected_prediction: u64,
}

impl Usage {
    /// Prompt and completion together.
    pub const fn total(&self) -> u64 {
        self.prompt + self.completion
    }
}
