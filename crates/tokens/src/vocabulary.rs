//! The vocabularies: text to token ids and back. Not here: which model uses which (see `family`).

mod hash;
mod merge;
mod special;
mod table;

use std::sync::LazyLock;

use fakeai_canon::TokenId;

use crate::pretoken::{self, Grammar};
use special::Specials;
pub use table::PieceShape;
use table::{Aligned, Files, Table};

/// A byte-pair vocabulary: pieces of text and their ids. Its tables are part of the binary and are
/// read in place, so that there is nothing to load and nothing to wait for.
pub struct Vocabulary {
    name: &'static str,
    grammar: Grammar,
    table: Table,
    specials: &'static LazyLock<Specials>,
}

macro_rules! file {
    ($name:literal, $kind:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".", $kind))
    };
}

macro_rules! embedded {
    ($name:literal, $grammar:expr, $specials:expr) => {{
        const SHORT: &Aligned<[u8]> = &Aligned(*file!($name, "short"));
        Vocabulary {
            name: $name,
            grammar: $grammar,
            table: Table::new(Files {
                short: SHORT,
                tiny: file!($name, "tiny"),
                filter: file!($name, "filter"),
                long: file!($name, "long"),
                offsets: file!($name, "offsets"),
                bytes: file!($name, "bytes"),
            }),
            specials: $specials,
        }
    }};
}

static O200K_BASE: Vocabulary = embedded!("o200k_base", Grammar::O200k, &special::O200K_BASE);
static CL100K_BASE: Vocabulary = embedded!("cl100k_base", Grammar::Cl100k, &special::CL100K_BASE);

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
    pub fn size(&self) -> u32 {
        self.specials.size
    }

    /// The ids of a text; special tokens spelt in it are ordinary text.
    pub fn encode(&self, text: &str) -> Vec<TokenId> {
        let mut ids = Vec::with_capacity(text.len() / 4 + 4);
        self.encode_into(text, &mut ids);
        ids
    }

    /// Like [`Vocabulary::encode`], appending to `ids`.
    pub fn encode_into(&self, text: &str, ids: &mut Vec<TokenId>) {
        // One loop for each grammar, so that the compiler can inline it.
        match self.grammar {
            Grammar::O200k => self.encode_cut_by(text.as_bytes(), ids, pretoken::o200k_end),
            Grammar::Cl100k => self.encode_cut_by(text.as_bytes(), ids, pretoken::cl100k_end),
        }
    }

    #[inline(always)]
    fn encode_cut_by(
        &self,
        text: &[u8],
        ids: &mut Vec<TokenId>,
        end_of: impl Fn(&[u8], usize) -> usize,
    ) {
        let mut begin = 0;
        while begin < text.len() {
            let end = end_of(text, begin);
            match self.table.find(text, begin, end) {
                Some(id) => ids.push(id),
                None => merge::merge(&self.table, text, begin, end, ids),
            }
            begin = end;
        }
    }

    /// How many tokens a text has.
    pub fn count(&self, text: &str) -> usize {
        self.encode(text).len()
    }

    /// The pre-tokens of a text: the stretches that are encoded on their own, so that the ids of a
    /// text are those of its pre-tokens one after the other.
    pub fn pre_tokens<'text>(&self, text: &'text str) -> impl Iterator<Item = &'text str> {
        let (grammar, mut begin) = (self.grammar, 0);
        std::iter::from_fn(move || {
            let from = begin;
            let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
            begin = grammar.end(text.as_bytes(), from);
            rest.get(..begin - from)
        })
    }

    /// The id of a special token such as `<|end|>`.
    pub fn special(&self, name: &str) -> Option<TokenId> {
        self.specials.id(name)
    }

    /// The bytes of a token (not always whole UTF-8); empty for an id that the vocabulary lacks.
    pub fn piece(&self, id: TokenId) -> &'static [u8] {
        self.table
            .piece(id)
            .unwrap_or_else(|| self.specials.name(id).as_bytes())
    }

    /// What may be done with the bytes of [`Vocabulary::piece`] as they are.
    pub fn shape(&self, id: TokenId) -> PieceShape {
        self.table.shape(id)
    }

    /// Whether an id is a token of text (neither special nor unknown).
    pub fn is_text(&self, id: TokenId) -> bool {
        (id as usize) < self.table.len()
    }

    /// The bytes of a sequence of tokens.
    pub fn decode(&self, ids: &[TokenId]) -> Vec<u8> {
        ids.iter().flat_map(|id| self.piece(*id)).copied().collect()
    }
}
