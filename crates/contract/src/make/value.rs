//! One value of a schema: which branch, which type, which literal.

use serde_json::Value;

use super::height::Heights;
use super::source::{Hint, Source};
use crate::check::{Fields, Walk};
use crate::schema::{Condition, Literal, Node, Rare, SchemaId, Schemas, Types, Union};

/// Below this depth only the shallowest values are made.
const DEEP: usize = 8;
/// After this many values only the shallowest are made.
const MANY: usize = 4_000;
/// After this many values, making is given up.
const TOO_MANY: usize = 200_000;

/// Makes values; one per instance.
pub(crate) struct Maker<'a> {
    pub(super) schemas: &'a Schemas,
    pub(super) heights: &'a Heights,
    pub(super) source: &'a mut dyn Source,
    made: usize,
    plain: bool,
}

/// Where the value stands.
#[derive(Clone, Copy)]
pub(super) struct Spot<'n> {
    pub(super) name: &'n str,
    pub(super) depth: usize,
}

impl Spot<'_> {
    pub(super) fn below<'n>(&self, name: &'n str) -> Spot<'n> {
        Spot {
            name,
            depth: self.depth + 1,
        }
    }
}

impl<'a> Maker<'a> {
    /// `plain` keeps to the shallowest values from the start.
    pub(crate) fn new(
        schemas: &'a Schemas,
        heights: &'a Heights,
        source: &'a mut dyn Source,
        plain: bool,
    ) -> Self {
        Self {
            schemas,
            heights,
            source,
            made: 0,
            plain,
        }
    }

    /// A value of the schema; none if nothing fits it.
    pub(crate) fn make(&mut self, id: SchemaId) -> Option<Value> {
        self.value(id, Spot { name: "", depth: 0 })
    }

    /// Whether from here on only what must be there is made.
    pub(super) fn shallow(&self, spot: Spot<'_>) -> bool {
        self.plain || spot.depth >= DEEP || self.made > MANY
    }

    pub(super) fn hint<'h>(&self, node: &'h Node, spot: Spot<'h>) -> Hint<'h> {
        let text = node.text.as_ref();
        Hint {
            name: spot.name,
            description: node.description(),
            format: text.and_then(|facts| facts.format.as_deref()),
            pattern: text
                .and_then(|facts| facts.patterns.first())
                .map(|one| one.source()),
            min_length: text.map_or(0, |facts| facts.shortest),
            max_length: text.and_then(|facts| facts.longest),
            depth: spot.depth,
        }
    }

    pub(super) fn value(&mut self, id: SchemaId, spot: Spot<'_>) -> Option<Value> {
        self.heights.get(id)?;
        self.made += 1;
        if self.made > TOO_MANY {
            return None;
        }
        let schemas = self.schemas;
        let node = schemas.node(id);
        let value = match node.union() {
            Some(union) => self.branch(node, union, spot)?,
            None => self.plain_value(node, spot)?,
        };
        match &node.rare {
            Some(rare) if !rare.only_says() => self.mend(rare, value, spot),
            _ => Some(value),
        }
    }

    fn branch(&mut self, node: &Node, union: &Union, spot: Spot<'_>) -> Option<Value> {
        let schemas = self.schemas;
        let is_null = |id: &&SchemaId| schemas.node(**id).types == Types::NULL;
        let fit: Vec<SchemaId> = union
            .branches
            .iter()
            .filter(|id| self.heights.get(**id).is_some() && !schemas.node(**id).added())
            .copied()
            .collect();
        let others: Vec<SchemaId> = fit.iter().filter(|id| !is_null(id)).copied().collect();
        let null = fit.len() > others.len();
        if null && (others.is_empty() || self.shallow(spot)) {
            return Some(Value::Null);
        }
        let hint = self.hint(node, spot);
        if null && self.source.null(&hint) {
            return Some(Value::Null);
        }
        let chosen = if self.shallow(spot) {
            others
                .iter()
                .min_by_key(|id| self.heights.get(**id))
                .copied()
        } else {
            match others.len() {
                0 => None,
                count => others.get(self.source.pick(count).min(count - 1)).copied(),
            }
        };
        self.value(chosen?, spot)
    }

    fn plain_value(&mut self, node: &Node, spot: Spot<'_>) -> Option<Value> {
        let hint = self.hint(node, spot);
        if let Some(allowed) = &node.allowed {
            return self.literal(allowed, &hint);
        }
        if node.types.has(Types::NULL) && node.types != Types::ALL {
            let only = node.types == Types::NULL;
            if only || self.shallow(spot) || self.source.null(&hint) {
                return Some(Value::Null);
            }
        }
        let types = node.types.without(Types::NULL);
        let kind = match types == Types::ALL.without(Types::NULL) {
            // Without a type, a string always fits.
            true if self.shallow(spot) => Types::STRING,
            true => said(node),
            false => types,
        };
        self.of_type(node, self.one_type(kind, spot), spot)
    }

    fn literal(&mut self, allowed: &[Literal], hint: &Hint<'_>) -> Option<Value> {
        let null = allowed.iter().any(|one| one.is(&Value::Null));
        let others: Vec<&Literal> = allowed.iter().filter(|one| !one.is(&Value::Null)).collect();
        if others.is_empty() || null && self.source.null(hint) {
            return null.then_some(Value::Null);
        }
        let place = match others.len() {
            1 => 0,
            count => self.source.choose(hint, &others).min(count - 1),
        };
        Some(others[place].to_value())
    }

    /// One type of a set; the first in the order in which schemas mostly mean them.
    fn one_type(&self, types: Types, spot: Spot<'_>) -> Types {
        let scalars_first = self.shallow(spot);
        let order = [Types::STRING, Types::NUMBER, Types::INTEGER, Types::BOOLEAN];
        let rest = [Types::OBJECT, Types::ARRAY, Types::FRACTION];
        let found = |order: &[Types]| order.iter().find(|one| types.has(**one)).copied();
        let scalar = found(&order);
        if scalars_first {
            return scalar.or_else(|| found(&rest)).unwrap_or(Types::NONE);
        }
        found(&rest[..2])
            .filter(|_| scalar.is_none())
            .or(scalar)
            .or_else(|| found(&rest))
            .unwrap_or(Types::NONE)
    }

    fn of_type(&mut self, node: &Node, kind: Types, spot: Spot<'_>) -> Option<Value> {
        let hint = self.hint(node, spot);
        if kind == Types::OBJECT {
            return self.object(node.object.as_deref(), &hint, spot);
        }
        if kind == Types::ARRAY {
            return self.array(node.array.as_deref(), &hint, spot);
        }
        if kind == Types::STRING {
            return self.text(node.text.as_deref(), &hint).map(Value::String);
        }
        if kind == Types::INTEGER {
            return self.integer(node.number.as_deref(), &hint);
        }
        if kind == Types::NUMBER || kind == Types::FRACTION {
            return self.number(node.number.as_deref(), &hint);
        }
        (kind == Types::BOOLEAN).then(|| Value::Bool(self.source.boolean(&hint)))
    }

    /// Adds what a conjunct or a condition asks for and the value lacks.
    fn mend(&mut self, rare: &Rare, mut value: Value, spot: Spot<'_>) -> Option<Value> {
        for schema in &rare.all_of {
            value = self.fill(*schema, value, spot)?;
        }
        for Condition {
            test,
            then,
            otherwise,
        } in &rare.conditions
        {
            let next = if self.fits(*test, &value) {
                *then
            } else {
                *otherwise
            };
            value = self.fill(next, value, spot)?;
        }
        Some(value)
    }

    fn fill(&mut self, schema: SchemaId, value: Value, spot: Spot<'_>) -> Option<Value> {
        if self.fits(schema, &value) {
            return Some(value);
        }
        let made = self.value(schema, spot)?;
        match (value, made) {
            (Value::Object(mut own), Value::Object(more)) => {
                for (name, field) in more {
                    own.entry(name).or_insert(field);
                }
                Some(Value::Object(own))
            }
            (_, made) => Some(made),
        }
    }

    pub(super) fn fits(&self, schema: SchemaId, value: &Value) -> bool {
        Walk::new(self.schemas, Fields::Open, 0)
            .for_user()
            .fits_root(schema, value)
    }
}

/// The type that a node without a type means by its facts.
fn said(node: &Node) -> Types {
    if node.object.is_some() {
        Types::OBJECT
    } else if node.array.is_some() {
        Types::ARRAY
    } else if node.number.is_some() {
        Types::NUMBER
    } else {
        Types::STRING
    }
}
