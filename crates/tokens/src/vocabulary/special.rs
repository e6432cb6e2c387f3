//! Special tokens, from `data/tokens/specials.toml`. Not here: where a prompt has them (`prompt`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use fakeai_canon::TokenId;

/// The special tokens of one vocabulary.
pub(super) struct Specials {
    /// One more than the vocabulary's highest id.
    pub(super) size: u32,
    ids: BTreeMap<String, TokenId>,
    names: BTreeMap<TokenId, String>,
}

impl Specials {
    pub(super) fn id(&self, name: &str) -> Option<TokenId> {
        self.ids.get(name).copied()
    }

    /// The spelling of a special token; empty for any other id.
    pub(super) fn name(&self, id: TokenId) -> &str {
        self.names.get(&id).map_or("", String::as_str)
    }
}

static FILE: LazyLock<BTreeMap<String, Row>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/tokens/specials.toml"))
        .expect("data/tokens/specials.toml fits its shape (a test reads it)")
});

pub(super) static O200K_BASE: LazyLock<Specials> = LazyLock::new(|| read("o200k_base"));
pub(super) static CL100K_BASE: LazyLock<Specials> = LazyLock::new(|| read("cl100k_base"));

#[derive(Deserialize)]
struct Row {
    size: TokenId,
    /// Whether each id from the first special one on that has no name is `<|reserved_ID|>`.
    reserved: bool,
    names: BTreeMap<String, TokenId>,
}

fn read(vocabulary: &str) -> Specials {
    let row = &FILE[vocabulary];
    let mut names: BTreeMap<_, _> = row
        .names
        .iter()
        .map(|(name, id)| (*id, name.clone()))
        .collect();
    let first = names.keys().next().copied().unwrap_or(row.size);
    if row.reserved {
        for id in first..row.size {
            names
                .entry(id)
                .or_insert_with(|| format!("<|reserved_{id}|>"));
        }
    }
    let ids = names.iter().map(|(id, name)| (name.clone(), *id)).collect();
    Specials {
        size: row.size,
        ids,
        names,
    }
}
