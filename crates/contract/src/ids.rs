//! What ids look like, by the object they name: `data/contracts/ids.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// The shape of one object's ids.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdShape {
    /// The object's name on the wire (`response`), or what it is (`message_item`) where the wire
    /// has no name for it.
    pub object: String,
    /// What the id starts with.
    pub prefix: String,
    /// Characters after the prefix.
    pub length: usize,
    /// What those characters are taken from.
    pub alphabet: Alphabet,
}

/// A set of characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// `0-9a-f`
    Hex,
    /// `0-9A-Za-z`
    Alphanumeric,
}

impl Alphabet {
    /// Its characters in order.
    pub const fn characters(self) -> &'static [u8] {
        match self {
            Self::Hex => b"0123456789abcdef",
            Self::Alphanumeric => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        }
    }
}

#[derive(Deserialize)]
struct File {
    id: Vec<IdShape>,
}

static SHAPES: LazyLock<Vec<IdShape>> = LazyLock::new(|| {
    let text = include_str!("../../../data/contracts/ids.toml");
    let file: File = toml::from_str(text).expect("the embedded shapes are read by a test");
    file.id
});

/// All shapes, in the file's order.
pub fn id_shapes() -> &'static [IdShape] {
    &SHAPES
}

/// The shape of an object's ids.
pub fn id_shape(object: &str) -> Option<&'static IdShape> {
    id_shapes().iter().find(|shape| shape.object == object)
}
