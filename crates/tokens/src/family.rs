//! Which vocabulary a model's text is counted in, from `data/tokens/models.toml`.
//! Not here: what else is known of a model (that is the catalogue's).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Vocabulary, model_name};

/// Whether counts are the provider's own or those of a stand-in vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exactness {
    /// The provider's own vocabulary.
    Exact,
    /// Another family's vocabulary, because the model's own is not public or not embedded.
    StandIn {
        /// The family that is stood in for, as in `anthropic`.
        for_family: &'static str,
    },
}

/// How a model's text becomes tokens.
#[derive(Clone, Copy)]
pub struct Tokenization {
    /// The vocabulary in use.
    pub vocabulary: &'static Vocabulary,
    /// Whether it is the model's own.
    pub exactness: Exactness,
    /// The family whose row matched, as in `openai-o200k`.
    pub family: &'static str,
    /// Where the row's fact comes from.
    pub source: &'static str,
}

/// The vocabulary of a model, a stand-in where its own is not embedded.
pub fn vocabulary_for(model: &str) -> &'static Vocabulary {
    tokenization_for(model).vocabulary
}

/// The vocabulary of a model and how true it is. Any name is answered; unknown ones by a stand-in.
pub fn tokenization_for(model: &str) -> Tokenization {
    let row = model_name::row_for(model, ROWS.iter().map(|row| &*row.prefixes));
    let row = &ROWS[row.expect("the last row has the empty prefix")];
    Tokenization {
        vocabulary: row.vocabulary.get(),
        exactness: match row.exactness {
            Degree::Exact => Exactness::Exact,
            Degree::StandIn => Exactness::StandIn {
                for_family: &row.family,
            },
        },
        family: &row.family,
        source: &row.source,
    }
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("../../../data/tokens/models.toml"))
        .expect("data/tokens/models.toml fits its shape (a test reads it)");
    table.family
});

#[derive(Deserialize)]
struct Table {
    family: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    family: String,
    vocabulary: VocabularyName,
    exactness: Degree,
    prefixes: Vec<String>,
    source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum VocabularyName {
    O200kBase,
    Cl100kBase,
}

impl VocabularyName {
    fn get(&self) -> &'static Vocabulary {
        match self {
            VocabularyName::O200kBase => Vocabulary::o200k_base(),
            VocabularyName::Cl100kBase => Vocabulary::cl100k_base(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Degree {
    Exact,
    StandIn,
}
