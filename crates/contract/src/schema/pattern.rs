//! Regular expressions of `pattern`. Compiled at first use; linear time for any input.
//!
//! JSON Schema means ECMAScript's dialect. What that dialect has and this one has not (look-around,
//! back-references) makes a pattern unsupported: it is then not checked.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// Bytes of compiled program that one pattern may take.
const SIZE_LIMIT: usize = 1 << 20;

/// One pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: Box<str>,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(crate) fn new(source: &str) -> Self {
        Self {
            source: source.into(),
            compiled: OnceLock::new(),
        }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether texts can be held against it.
    pub(crate) fn is_supported(&self) -> bool {
        self.regex().is_some()
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| {
                RegexBuilder::new(&self.source)
                    .size_limit(SIZE_LIMIT)
                    .dfa_size_limit(SIZE_LIMIT)
                    .build()
                    .ok()
            })
            .as_ref()
    }

    /// Whether the pattern is found anywhere in `text`; true for an unsupported pattern.
    pub(crate) fn fits(&self, text: &str) -> bool {
        self.regex().is_none_or(|regex| regex.is_match(text))
    }
}
