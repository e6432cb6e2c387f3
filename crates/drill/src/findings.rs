//! What must always hold, looked at when a drill is over.

use serde_json::Value;

/// Breaches of what must always hold, in words. A good drill has none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings(pub Vec<String>);

impl Findings {
    /// Notes a breach.
    pub(crate) fn note(&mut self, breach: String) {
        self.0.push(breach);
    }

    /// A whole body: JSON, and an error exactly where the status says so.
    pub(crate) fn whole(&mut self, status: u16, body: &[u8]) {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => {
                let is_error = value.get("error").is_some_and(Value::is_object);
                if is_error != (status >= 400) {
                    self.note(format!("status {status} came with {value}"));
                }
                if status >= 500 && status != 503 {
                    self.note(format!("status {status}: {value}"));
                }
            }
            Err(error) => self.note(format!("status {status} came with no JSON: {error}")),
        }
    }

    /// A stream that was read to its end: its last frame says that it was the last.
    pub(crate) fn stream(&mut self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        let last = text.trim_end().rsplit("\n\n").next().unwrap_or_default();
        let ends = [
            "data: [DONE]",
            "event: response.completed",
            "event: response.incomplete",
            "event: response.failed",
            "event: response.cancelled",
        ];
        if !ends.iter().any(|end| last.starts_with(end)) {
            self.note(format!("a stream ended with {last}"));
        }
    }
}
