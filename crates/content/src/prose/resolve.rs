//! The tokens of alternatives, those with slots encoded once a text. Not here: which alternative
//! is taken.

use fakeai_canon::TokenId;

use super::Topic;
use super::model::Model;

/// A run of tokens.
#[derive(Clone, Copy)]
pub(crate) struct Run<'r> {
    pub(crate) ids: &'r [TokenId],
    pub(crate) bytes: &'r [u8],
    /// Where each token ends, counted from `start`.
    pub(crate) ends: &'r [u32],
    /// What the ends are counted from.
    pub(crate) start: u32,
}

/// See the module.
pub(crate) struct Resolver<'a> {
    model: &'a Model,
    topic: &'a Topic,
    /// Alternative and list index, with the range of its tokens below.
    known: Vec<(u32, u32, u32, u32)>,
    ids: Vec<TokenId>,
    ends: Vec<u32>,
    bytes: Vec<u8>,
    text: String,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(model: &'a Model, topic: &'a Topic) -> Self {
        Resolver {
            model,
            topic,
            known: Vec::with_capacity(16),
            ids: Vec::with_capacity(64),
            ends: Vec::with_capacity(64),
            bytes: Vec::with_capacity(320),
            text: String::with_capacity(80),
        }
    }

    /// The tokens of an alternative in the list item `index`.
    pub(crate) fn resolve(&mut self, number: u32, index: u32) -> Run<'_> {
        let alternative = self.model.alternatives[number as usize];
        let Some(pattern) = alternative.pattern else {
            let (first, last) = (alternative.first, alternative.last);
            let (start, end) = (self.model.start(first), self.model.start(last));
            return Run {
                ids: &self.model.ids[first as usize..last as usize],
                bytes: &self.model.bytes[start as usize..end as usize],
                ends: &self.model.ends[first as usize..last as usize],
                start,
            };
        };
        let (first, last) = self.encoded(number, pattern, index);
        let start = if first == 0 {
            0
        } else {
            self.ends[first as usize - 1]
        };
        let end = if last == 0 {
            0
        } else {
            self.ends[last as usize - 1]
        };
        Run {
            ids: &self.ids[first as usize..last as usize],
            bytes: &self.bytes[start as usize..end as usize],
            ends: &self.ends[first as usize..last as usize],
            start,
        }
    }

    fn encoded(&mut self, number: u32, pattern: u32, index: u32) -> (u32, u32) {
        let known = self
            .known
            .iter()
            .find(|known| known.0 == number && known.1 == index);
        if let Some((_, _, first, last)) = known {
            return (*first, *last);
        }
        self.text.clear();
        self.topic.fill(
            &self.model.patterns[pattern as usize],
            index,
            &mut self.text,
        );
        let first = self.ids.len();
        self.model.vocabulary.encode_into(&self.text, &mut self.ids);
        for id in &self.ids[first..] {
            self.bytes
                .extend_from_slice(self.model.vocabulary.piece(*id));
            self.ends.push(self.bytes.len() as u32);
        }
        self.known
            .push((number, index, first as u32, self.ids.len() as u32));
        (first as u32, self.ids.len() as u32)
    }
}
