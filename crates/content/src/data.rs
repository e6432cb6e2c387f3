//! Reading the facts that lie embedded under `data/`. Not here: the facts, nor their shapes.

use serde::de::DeserializeOwned;

/// The facts of an embedded TOML file.
pub(crate) fn facts<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("embedded facts have the shape that their reader wants")
}
