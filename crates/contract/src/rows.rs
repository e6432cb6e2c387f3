//! The files of rows: operations of other makers that stand beside OpenAI's, with their schemas and
//! the shape of their errors. Written by hand, in the form of the imported contract.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::api::Api;
use crate::mount::Mount;

/// One maker's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rows {
    api: String,
    /// The schema of its errors.
    pub(crate) errors: String,
    /// The schema of the first event of its streams, where it has a shape of its own.
    pub(crate) opening: Option<String>,
    /// Where operations of others stand in this wire.
    #[serde(default)]
    mount: Vec<Mount>,
    /// Schemas of the fields that it adds to others' answers.
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) operation: Vec<Value>,
    pub(crate) schemas: BTreeMap<String, Value>,
}

static ROWS: LazyLock<Vec<Rows>> = LazyLock::new(|| {
    let files = [
        include_str!("../../../data/contracts/nim.rows.toml"),
        include_str!("../../../data/contracts/vllm.rows.toml"),
        include_str!("../../../data/contracts/sglang.rows.toml"),
        include_str!("../../../data/contracts/triton.rows.toml"),
        include_str!("../../../data/contracts/cohere.rows.toml"),
        include_str!("../../../data/contracts/azure.rows.toml"),
        include_str!("../../../data/contracts/solido.rows.toml"),
    ];
    let read = |file| toml::from_str(file).expect("the rows are part of this program");
    files.into_iter().map(read).collect()
});

/// All files.
pub(crate) fn rows() -> &'static [Rows] {
    &ROWS
}

impl Rows {
    /// Whose rows these are.
    pub(crate) fn api(&self) -> Option<Api> {
        Api::parse(&self.api)
    }

    /// Where operations of others stand in this wire.
    pub(crate) fn mounts(&self) -> impl Iterator<Item = Mount> {
        let api = self.api().unwrap_or_default();
        let mounts = self.mount.iter().cloned();
        mounts.map(move |mount| Mount { api, ..mount })
    }
}
