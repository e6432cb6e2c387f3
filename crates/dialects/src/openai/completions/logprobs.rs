//! The older shape of logprobs: four lists side by side, one entry a token.
//! `{"tokens":["Hi"],"token_logprobs":[-0.5],"top_logprobs":[{"Hi":-0.5}],"text_offset":[9]}`

use bytes::BytesMut;
use fakeai_canon::{RawPrompt, TokenId, TokenLogprob, Vocabulary};

use crate::JsonWriter;
use crate::openai::logprobs::{Piece, finite, spelled};

/// Where the texts begin: `text_offset` counts the characters of the prompt too, repeated or not.
pub(super) struct Offsets {
    prompts: Vec<RawLength>,
    choices: u32,
    alternatives: u8,
}

/// The length of a prompt, as far as it is known before the vocabulary is.
enum RawLength {
    Characters(u64),
    Tokens(Vec<TokenId>),
}

impl Offsets {
    /// For the prompts that stand before the text and are not part of it; `choices` of each.
    pub(super) fn of(prompts: &[RawPrompt], choices: u32, alternatives: u8) -> Self {
        let length = |prompt: &RawPrompt| match prompt {
            RawPrompt::Text(text) => RawLength::Characters(text.chars().count() as u64),
            RawPrompt::Tokens(ids) => RawLength::Tokens(ids.clone()),
        };
        Self {
            prompts: prompts.iter().map(length).collect(),
            choices,
            alternatives,
        }
    }

    /// The offset of a choice's first character.
    fn start(&self, choice: u32, vocabulary: Option<&'static dyn Vocabulary>) -> u64 {
        match self.prompts.get((choice / self.choices) as usize) {
            None => 0,
            Some(RawLength::Characters(count)) => *count,
            Some(RawLength::Tokens(ids)) => vocabulary.map_or(0, |vocabulary| {
                let bytes: Vec<u8> = ids
                    .iter()
                    .flat_map(|id| vocabulary.piece(*id))
                    .copied()
                    .collect();
                String::from_utf8_lossy(&bytes).chars().count() as u64
            }),
        }
    }
}

/// The lists of one choice so far. A stream writes and clears them with each chunk.
#[derive(Default)]
pub(super) struct Lists {
    tokens: BytesMut,
    logprobs: BytesMut,
    top: BytesMut,
    offsets: BytesMut,
    /// The offset of the next piece; none before the first.
    offset: Option<u64>,
    /// Where the bytes of the open part end so far.
    end: u32,
}

impl Lists {
    /// A new part begins: its pieces count from its start.
    pub(super) fn open(&mut self) {
        self.end = 0;
    }

    /// Adds the tokens of a piece. One that a stop sequence cut away sends nothing and is left
    /// out; one without a logprob was certain.
    pub(super) fn add(
        &mut self,
        offsets: &Offsets,
        choice: u32,
        text: &str,
        piece: Piece<'_>,
        vocabulary: Option<&'static dyn Vocabulary>,
    ) {
        let first = self
            .offset
            .unwrap_or_else(|| offsets.start(choice, vocabulary));
        let start = self.end;
        for (index, (id, end)) in piece.ids.iter().zip(piece.ends).enumerate() {
            if *end > self.end {
                let before = whole_characters(text, (self.end - start) as usize);
                let logprob = piece.logprobs.get(index);
                self.token(*id, logprob, offsets.alternatives, vocabulary);
                separate(&mut self.offsets);
                self.offsets.number(first + before);
            }
            self.end = *end;
        }
        self.offset = Some(first + text.chars().count() as u64);
    }

    fn token(
        &mut self,
        id: TokenId,
        logprob: Option<&TokenLogprob>,
        alternatives: u8,
        vocabulary: Option<&'static dyn Vocabulary>,
    ) {
        separate(&mut self.tokens);
        spell(id, vocabulary, &mut self.tokens);
        separate(&mut self.logprobs);
        let own = logprob.map_or(0.0, |logprob| finite(logprob.logprob));
        self.logprobs.single(own);
        separate(&mut self.top);
        self.top.raw("{");
        let top = logprob.map_or(&[][..], |logprob| &logprob.top);
        let mut told = false;
        for (index, alternative) in top.iter().enumerate() {
            if index > 0 {
                self.top.raw(",");
            }
            told |= alternative.id == id;
            spell(alternative.id, vocabulary, &mut self.top);
            self.top.raw(":");
            self.top.single(finite(alternative.logprob));
        }
        // The token itself is always told, even where it is not among the most probable.
        if !told && alternatives > 0 {
            if !top.is_empty() {
                self.top.raw(",");
            }
            spell(id, vocabulary, &mut self.top);
            self.top.raw(":");
            self.top.single(own);
        }
        self.top.raw("}");
    }

    /// Appends the object.
    pub(super) fn write(&self, out: &mut BytesMut) {
        for (name, list) in [
            ("{\"tokens\":[", &self.tokens),
            ("],\"token_logprobs\":[", &self.logprobs),
            ("],\"top_logprobs\":[", &self.top),
            ("],\"text_offset\":[", &self.offsets),
        ] {
            out.raw(name);
            out.extend_from_slice(list);
        }
        out.raw("]}");
    }

    /// Forgets the tokens that were written, and not where the text stands.
    pub(super) fn clear(&mut self) {
        for list in [
            &mut self.tokens,
            &mut self.logprobs,
            &mut self.top,
            &mut self.offsets,
        ] {
            list.clear();
        }
    }
}

/// The whole characters in the first `length` bytes of a text.
fn whole_characters(text: &str, length: usize) -> u64 {
    let ends = text
        .char_indices()
        .map(|(start, character)| start + character.len_utf8());
    ends.take_while(|end| *end <= length).count() as u64
}

fn separate(list: &mut BytesMut) {
    if !list.is_empty() {
        list.raw(",");
    }
}

/// Appends a token as a string. A token that is no whole text is spelled `bytes:\xf0\x9f`.
fn spell(id: TokenId, vocabulary: Option<&'static dyn Vocabulary>, out: &mut BytesMut) {
    let bytes = vocabulary.map_or(&b""[..], |vocabulary| vocabulary.piece(id));
    out.raw("\"");
    if std::str::from_utf8(bytes).is_err() {
        out.raw("bytes:");
    }
    spelled(bytes, out);
    out.raw("\"");
}
