//! Tokens: ids of a model's vocabulary, the bytes they stand for, and how probable they were.

/// An id in a model's vocabulary. Ids from [`Prompt::PSEUDO`] up stand for what has no text:
/// template marks, image tiles, audio.
pub type TokenId = u32;

/// A model's vocabulary.
pub trait Vocabulary: Send + Sync {
    /// Its public name, such as `o200k_base`.
    fn name(&self) -> &'static str;

    /// The bytes of a token; empty for an id that stands for no text. A token may end inside a
    /// UTF-8 sequence.
    fn piece(&self, id: TokenId) -> &'static [u8];

    /// How many ids there are.
    fn size(&self) -> u32;

    /// Appends the canonical ids of `text`.
    fn encode_into(&self, text: &str, ids: &mut Vec<TokenId>);

    /// How many ids `text` has.
    fn count(&self, text: &str) -> usize;
}

/// A prompt as the model sees it: rendered once, counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// All ids in order.
    pub ids: Vec<TokenId>,
    /// How many of them stand for images.
    pub image: u32,
    /// How many of them stand for audio.
    pub audio: u32,
}

impl Prompt {
    /// Ids from here up are no part of a vocabulary.
    pub const PSEUDO: TokenId = 0x8000_0000;

    /// The number of tokens.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True where there is nothing.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// A run of generated tokens with the text that is sent for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tokens {
    /// The ids.
    pub ids: Vec<TokenId>,
    /// The bytes of all tokens; valid UTF-8 as a whole.
    pub bytes: Vec<u8>,
    /// Where in `bytes` each token ends. A token that a stop sequence cut away ends where the
    /// one before it ends.
    pub ends: Vec<u32>,
    /// One entry a token where they were asked for, else empty.
    pub logprobs: Vec<TokenLogprob>,
}

/// How probable a token was.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenLogprob {
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// The most probable tokens at its place, best first, as many as were asked for.
    pub top: Vec<Alternative>,
}

/// A token that could have stood in a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alternative {
    /// The token.
    pub id: TokenId,
    /// Natural logarithm of its probability.
    pub logprob: f32,
}

impl Tokens {
    /// Appends one token.
    #[inline]
    pub fn push(&mut self, id: TokenId, piece: &[u8]) {
        self.ids.push(id);
        self.bytes.extend_from_slice(piece);
        self.ends.push(self.bytes.len() as u32);
    }

    /// The tokens of a text, in its canonical encoding.
    pub fn of(vocabulary: &dyn Vocabulary, text: &str) -> Self {
        let mut tokens = Self::default();
        vocabulary.encode_into(text, &mut tokens.ids);
        tokens.bytes.reserve(text.len());
        for id in &tokens.ids {
            tokens.bytes.extend_from_slice(vocabulary.piece(*id));
            tokens.ends.push(tokens.bytes.len() as u32);
        }
        tokens
    }

    /// How many tokens.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The whole text; bytes that a limit cut inside a character are left out.
    pub fn text(&self) -> &str {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => text,
            Err(error) => {
                std::str::from_utf8(&self.bytes[..error.valid_up_to()]).unwrap_or_default()
            }
        }
    }

    /// Where the bytes of token `index` start.
    pub fn start(&self, index: usize) -> usize {
        if index == 0 {
            0
        } else {
            self.ends[index - 1] as usize
        }
    }

    /// Keeps the first `count` tokens.
    pub fn truncate(&mut self, count: usize) {
        self.ids.truncate(count);
        self.ends.truncate(count);
        self.logprobs.truncate(count);
        self.bytes
            .truncate(self.ends.last().map_or(0, |end| *end as usize));
    }

    /// Keeps the first `length` bytes of the text, and every token: those behind it stand for
    /// nothing that is sent, as after a stop sequence.
    pub fn clip_text(&mut self, length: usize) {
        self.bytes.truncate(length);
        for end in &mut self.ends {
            *end = (*end).min(length as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abc() -> Tokens {
        let mut tokens = Tokens::default();
        tokens.push(1, b"ab");
        tokens.push(2, "é".as_bytes());
        tokens.push(3, b"c");
        tokens
    }

    #[test]
    fn truncating_keeps_tokens_and_clipping_keeps_their_number() {
        let mut cut = abc();
        cut.truncate(2);
        assert_eq!((cut.len(), cut.text()), (2, "abé"));
        let mut clipped = abc();
        clipped.clip_text(2);
        assert_eq!((clipped.len(), clipped.text()), (3, "ab"));
    }

    #[test]
    fn text_leaves_out_half_a_character() {
        let mut tokens = Tokens::default();
        tokens.push(1, b"a");
        tokens.push(2, &[0xc3]);
        assert_eq!(tokens.text(), "a");
    }
}
