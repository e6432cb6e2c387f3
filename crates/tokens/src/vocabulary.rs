//! The vocabularies: text to token ids and back. Not here: which model uses which (see `family`).

use std::sync::LazyLock;

use toktok::Tokenizer;

/// A token's number in its vocabulary.
pub type TokenId = u32;

/// A byte-pair vocabulary: pieces of text and their ids.
pub struct Vocabulary {
    name: &'static str,
    tokenizer: Tokenizer,
}

static O200K_BASE: LazyLock<Vocabulary> = LazyLock::new(|| load("o200k_base", "o200k_harmony"));
static CL100K_BASE: LazyLock<Vocabulary> = LazyLock::new(|| load("cl100k_base", "cl100k_base"));

fn load(name: &'static str, encoding: &str) -> Vocabulary {
    let tokenizer = Tokenizer::builtin(encoding).expect("the encoding is embedded");
    Vocabulary { name, tokenizer }
}

impl Vocabulary {
    /// The vocabulary of GPT-4o and later, with the special tokens of the Harmony format.
    pub fn o200k_base() -> &'static Vocabulary {
        &O200K_BASE
    }

    /// The vocabulary of GPT-4, GPT-3.5 and the embedding models.
    pub fn cl100k_base() -> &'static Vocabulary {
        &CL100K_BASE
    }

    /// The published name, as in `o200k_base`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// One more than the highest id, special tokens included.
    pub fn size(&self) -> usize {
        self.tokenizer.n_vocab()
    }

    /// The ids of a text; special tokens spelt in it are ordinary text.
    pub fn encode(&self, text: &str) -> Vec<TokenId> {
        self.tokenizer.encode(text.as_bytes())
    }

    /// Like [`Vocabulary::encode`], appending to `ids`.
    pub fn encode_into(&self, text: &str, ids: &mut Vec<TokenId>) {
        self.tokenizer.encode_into(text.as_bytes(), ids);
    }

    /// How many tokens a text has.
    pub fn count(&self, text: &str) -> usize {
        self.tokenizer.count(text.as_bytes())
    }

    /// The id of a special token such as `<|end|>`.
    pub fn special(&self, name: &str) -> Option<TokenId> {
        self.tokenizer
            .special_tokens()
            .iter()
            .find(|(text, _)| text == name)
            .map(|(_, id)| *id)
    }

    /// The bytes of a token (not always whole UTF-8); empty for an id that the vocabulary lacks.
    pub fn piece(&'static self, id: TokenId) -> &'static [u8] {
        self.tokenizer
            .token_bytes(id)
            .unwrap_or_else(|| self.special_piece(id))
    }

    fn special_piece(&'static self, id: TokenId) -> &'static [u8] {
        let mut specials = self.tokenizer.special_tokens().iter();
        specials
            .find(|(_, own)| *own == id)
            .map_or(&[], |(text, _)| text.as_bytes())
    }

    /// The bytes of a sequence of tokens.
    pub fn decode(&'static self, ids: &[TokenId]) -> Vec<u8> {
        ids.iter().flat_map(|id| self.piece(*id)).copied().collect()
    }
}
