//! Usage so far in each chunk of a stream, as vLLM tells it with `continuous_usage_stats`: of each choice
//! by itself. Not here: the usage of the whole answer.

use bytes::BytesMut;

use crate::JsonWriter;

/// The tokens of an open stream.
#[derive(Default)]
pub(super) struct Counts {
    prompt: u64,
    choices: Vec<u64>,
    now: usize,
}

impl Counts {
    /// For a prompt of so many tokens.
    pub(super) fn of(prompt: u64) -> Self {
        Self {
            prompt,
            ..Self::default()
        }
    }

    /// The next chunks are of this choice, which has got so many more tokens.
    pub(super) fn add(&mut self, choice: u32, tokens: usize) {
        self.now = choice as usize;
        if self.choices.len() <= self.now {
            self.choices.resize(self.now + 1, 0);
        }
        self.choices[self.now] += tokens as u64;
    }

    /// Appends the end of a chunk.
    pub(super) fn write(&self, out: &mut BytesMut) {
        let completion = self.choices.get(self.now).copied().unwrap_or(0);
        out.raw(",\"usage\":{\"prompt_tokens\":");
        out.number(self.prompt);
        out.raw(",\"total_tokens\":");
        out.number(self.prompt + completion);
        out.raw(",\"completion_tokens\":");
        out.number(completion);
        out.raw("}}\n\n");
    }
}
