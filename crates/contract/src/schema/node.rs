//! The nodes of the arena. After settling, a node is either plain facts or exactly one union.

use std::sync::Arc;

use super::{Dispatch, Literal, Pattern, Types};

/// A schema of the arena it came from: copy it freely, never use it with another arena.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SchemaId(pub(crate) u32);

impl SchemaId {
    /// What everything fits.
    pub(crate) const ANY: Self = Self(0);
    /// What nothing fits.
    pub(crate) const NEVER: Self = Self(1);
}

/// One schema. Facts of a type apply to values of that type only.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) types: Types,
    pub(crate) allowed: Option<Box<[Literal]>>,
    pub(crate) number: Option<Box<NumberFacts>>,
    pub(crate) text: Option<Box<TextFacts>>,
    pub(crate) array: Option<Box<ArrayFacts>>,
    pub(crate) object: Option<Box<ObjectFacts>>,
    /// Settled nodes have at most one, and then no facts beside it but `types` and `rare`.
    pub(crate) unions: Vec<Union>,
    pub(crate) rare: Option<Box<Rare>>,
}

impl Node {
    pub(crate) const fn any() -> Self {
        Self::of(Types::ALL)
    }

    pub(crate) const fn of(types: Types) -> Self {
        Self {
            types,
            allowed: None,
            number: None,
            text: None,
            array: None,
            object: None,
            unions: Vec::new(),
            rare: None,
        }
    }

    pub(crate) fn union(&self) -> Option<&Union> {
        self.unions.first()
    }

    /// Whether nothing but a type, at most, is said beside unions.
    pub(crate) fn only_types(&self) -> bool {
        self.allowed.is_none()
            && self.number.is_none()
            && self.text.is_none()
            && self.array.is_none()
            && self.object.is_none()
            && self.rare.as_ref().is_none_or(|rare| rare.only_says())
    }

    /// Whether only the overlay knows it; what is made up keeps to the document.
    pub(crate) fn added(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.added)
    }

    pub(crate) fn description(&self) -> Option<&str> {
        self.rare
            .as_ref()
            .and_then(|rare| rare.description.as_deref())
    }
}

/// Bounds of numbers. Floats, because documents hold bounds beyond 64-bit integers.
#[derive(Clone, Default)]
pub(crate) struct NumberFacts {
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) above: Option<f64>,
    pub(crate) below: Option<f64>,
    pub(crate) multiples: Vec<f64>,
}

/// Bounds of strings; lengths in characters.
#[derive(Clone, Default)]
pub(crate) struct TextFacts {
    pub(crate) shortest: usize,
    pub(crate) longest: Option<usize>,
    pub(crate) patterns: Vec<Arc<Pattern>>,
    pub(crate) format: Option<Arc<str>>,
}

/// Bounds of arrays.
#[derive(Clone)]
pub(crate) struct ArrayFacts {
    pub(crate) prefix: Vec<SchemaId>,
    /// For items after the prefix.
    pub(crate) items: SchemaId,
    pub(crate) fewest: usize,
    pub(crate) most: Option<usize>,
    pub(crate) distinct: bool,
    pub(crate) contains: Vec<Contained>,
}

/// What some items of an array must be.
#[derive(Clone, Copy)]
pub(crate) struct Contained {
    pub(crate) schema: SchemaId,
    /// How many items at least must fit.
    pub(crate) fewest: usize,
    pub(crate) most: Option<usize>,
    /// What such an item is made of: it is also what all items after the prefix are.
    pub(crate) made: SchemaId,
}

impl Default for ArrayFacts {
    fn default() -> Self {
        Self {
            prefix: Vec::new(),
            items: SchemaId::ANY,
            fewest: 0,
            most: None,
            distinct: false,
            contains: Vec::new(),
        }
    }
}

/// What objects may and must hold.
#[derive(Clone)]
pub(crate) struct ObjectFacts {
    /// In the document's order.
    pub(crate) properties: Vec<Property>,
    /// Indices into `properties`, sorted by name.
    pub(crate) by_name: Vec<u32>,
    pub(crate) additional: Additional,
    pub(crate) patterns: Vec<(Arc<Pattern>, SchemaId)>,
    pub(crate) names: Option<SchemaId>,
    pub(crate) fewest: usize,
    pub(crate) most: Option<usize>,
    /// If the first is there, the others must be.
    pub(crate) dependent: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// Closed to unknown fields in strict requests, but for these.
    pub(crate) closed: Option<Vec<Arc<str>>>,
}

impl Default for ObjectFacts {
    fn default() -> Self {
        Self {
            properties: Vec::new(),
            by_name: Vec::new(),
            additional: Additional::Unsaid,
            patterns: Vec::new(),
            names: None,
            fewest: 0,
            most: None,
            dependent: Vec::new(),
            closed: None,
        }
    }
}

impl ObjectFacts {
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        self.place(name).map(|place| &self.properties[place])
    }

    /// Where `name` stands in `properties`.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        let order = |index: &u32| (*self.properties[*index as usize].name).cmp(name);
        self.by_name
            .binary_search_by(order)
            .ok()
            .map(|place| self.by_name[place] as usize)
    }

    /// Sorts the index; to be called after `properties` has changed.
    pub(crate) fn index(&mut self) {
        let properties = &self.properties;
        self.by_name = (0..properties.len() as u32).collect();
        self.by_name.sort_by(|a, b| {
            properties[*a as usize]
                .name
                .cmp(&properties[*b as usize].name)
        });
    }

    /// Whether a field of this name is documented, or taken all the same.
    pub(crate) fn takes(&self, name: &str) -> bool {
        let listed = |names: &Vec<Arc<str>>| names.iter().any(|one| **one == *name);
        self.property(name).is_some()
            || self.patterns.iter().any(|(pattern, _)| pattern.fits(name))
            || self.closed.as_ref().is_some_and(listed)
    }

    /// Whether the schema means a free map: any field is documented.
    pub(crate) fn is_map(&self) -> bool {
        self.properties.is_empty() && self.additional == Additional::Unsaid
    }
}

/// One named field.
#[derive(Clone)]
pub(crate) struct Property {
    pub(crate) name: Arc<str>,
    pub(crate) schema: SchemaId,
    pub(crate) required: bool,
    /// Required of answers only.
    pub(crate) lenient: bool,
}

/// What holds for fields that no property and no pattern names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Additional {
    /// Nothing is said: allowed by JSON Schema, undocumented by the contract.
    Unsaid,
    /// Explicitly open, or with a schema of their own.
    Fits(SchemaId),
    /// Forbidden.
    Never,
}

/// A choice of schemas.
#[derive(Clone)]
pub(crate) struct Union {
    pub(crate) branches: Vec<SchemaId>,
    /// `oneOf` of user schemas: one and no more.
    pub(crate) exactly_one: bool,
    /// The property that the document calls the discriminator.
    pub(crate) named: Option<Arc<str>>,
    /// Filled in when all nodes are settled.
    pub(crate) dispatch: Option<Box<Dispatch>>,
}

/// Keywords that hardly any schema has.
#[derive(Clone, Default)]
pub(crate) struct Rare {
    pub(crate) not: Vec<SchemaId>,
    pub(crate) conditions: Vec<Condition>,
    /// Conjuncts that could not be merged without losing meaning.
    pub(crate) all_of: Vec<SchemaId>,
    pub(crate) description: Option<Arc<str>>,
    /// The overlay's, not the document's: taken, and never made up.
    pub(crate) added: bool,
}

impl Rare {
    pub(crate) fn only_says(&self) -> bool {
        self.not.is_empty() && self.conditions.is_empty() && self.all_of.is_empty()
    }
}

/// `if`, `then`, `else`.
#[derive(Clone, Copy)]
pub(crate) struct Condition {
    pub(crate) test: SchemaId,
    pub(crate) then: SchemaId,
    pub(crate) otherwise: SchemaId,
}
