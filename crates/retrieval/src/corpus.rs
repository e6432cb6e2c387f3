//! Documents that are there from the start, from `data/retrieval/corpus.toml`. Not here: their vectors,
//! and who searches them.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::filter::Attributes;

/// A document that is there from the start. It is one passage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltIn {
    /// Its id.
    pub id: String,
    /// Where it is from, as a file's name.
    pub source: String,
    /// What it is filtered by.
    pub attributes: Attributes,
    /// What it says.
    pub text: String,
}

#[derive(Deserialize)]
struct File {
    document: Vec<BuiltIn>,
}

static DOCUMENTS: LazyLock<Vec<BuiltIn>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../../data/retrieval/corpus.toml"))
        .expect("the documents are part of this program");
    file.document
});

/// All of them.
pub fn built_in() -> &'static [BuiltIn] {
    &DOCUMENTS
}
