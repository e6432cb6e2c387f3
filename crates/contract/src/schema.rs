//! Schemas as the room holds them: an arena of nodes with all `allOf`s merged and all references
//! resolved, so that a walker meets either plain facts or one union. How a value is walked is in
//! `check` and `make`; where a schema comes from, in `contract` and `user`.

mod dispatch;
mod keywords;
mod literal;
mod merge;
mod node;
mod pattern;
mod read;
mod settle;
mod types;

pub use literal::Literal;
pub use node::SchemaId;
pub use types::Types;

pub(crate) use dispatch::{Dispatch, Found};
pub(crate) use literal::same;
pub(crate) use node::{
    Additional, ArrayFacts, Condition, Contained, Node, NumberFacts, ObjectFacts, Property, Rare,
    TextFacts, Union,
};
pub(crate) use pattern::Pattern;
pub(crate) use read::Builder;

use crate::error::SchemaError;

/// All nodes of a contract or of one user schema.
pub(crate) struct Schemas {
    nodes: Vec<Node>,
}

impl Schemas {
    pub(crate) fn node(&self, id: SchemaId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }
}

/// How large a compiled schema may grow before it is refused.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Nodes and properties together.
    pub(crate) weight: usize,
    /// Nesting of the schema's text and of its references.
    pub(crate) depth: usize,
}

/// What the reading and settling of schemas can end in.
pub(crate) type Built<T> = Result<T, SchemaError>;
