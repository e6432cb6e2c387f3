//! Tokens that runs and steps have used. What one request's answer cost is divided among its
//! steps: the prompt belongs to the first, so that the steps add up to the run.

use fakeai_canon::Usage;
use serde_json::{Value, json};

/// Tokens used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) prompt: u64,
    pub(super) completion: u64,
}

impl Spent {
    /// Reads what a run or step says; nothing where it says nothing.
    pub(super) fn of(value: &Value) -> Self {
        let count = |name: &str| value[name].as_u64().unwrap_or(0);
        Self {
            prompt: count("prompt_tokens"),
            completion: count("completion_tokens"),
        }
    }

    /// As it goes on the wire.
    pub(super) fn value(self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
        })
    }

    /// Both together.
    pub(super) fn and(self, more: Self) -> Self {
        Self {
            prompt: self.prompt + more.prompt,
            completion: self.completion + more.completion,
        }
    }
}

impl From<&Usage> for Spent {
    fn from(usage: &Usage) -> Self {
        Self {
            prompt: usage.prompt,
            completion: usage.completion,
        }
    }
}

/// What is being used by the step under way.
#[derive(Debug, Default)]
pub(super) struct Counter {
    /// What no step has been charged with yet.
    open: Spent,
    /// What steps have been charged with.
    charged: Spent,
}

impl Counter {
    /// The prompt of the answer.
    pub(super) fn prompt(&mut self, tokens: u64) {
        self.open.prompt = tokens;
    }

    /// Tokens that were generated.
    pub(super) fn add(&mut self, tokens: usize) {
        self.open.completion += tokens as u64;
    }

    /// What a step that has ended is charged with.
    pub(super) fn charge(&mut self) -> Spent {
        let spent = std::mem::take(&mut self.open);
        self.charged = self.charged.and(spent);
        spent
    }

    /// What the last step is charged with: all that the others were not.
    pub(super) fn rest(&mut self, all: Spent) -> Spent {
        let rest = Spent {
            prompt: all.prompt.saturating_sub(self.charged.prompt),
            completion: all.completion.saturating_sub(self.charged.completion),
        };
        self.charged = all;
        rest
    }
}
