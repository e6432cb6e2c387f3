//! How a union finds its branch: nested unions laid flat, and a table from the value of a
//! discriminating property to the branches that can fit.
//!
//! A property discriminates when branches allow literal strings only for it, whether or not the
//! document calls it the discriminator.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Node, SchemaId, Schemas, Types, Union};

/// Branch tables of one union; branches by index.
#[derive(Clone)]
pub(crate) struct Dispatch {
    pub(crate) property: Arc<str>,
    /// The literals in the document's order, for messages.
    pub(crate) shown: Vec<Arc<str>>,
    /// Sorted by literal: the branches that can fit an object with it.
    table: Vec<(Arc<str>, Vec<u16>)>,
    /// For objects without the property.
    missing: Vec<u16>,
    /// For objects with another value.
    other: Vec<u16>,
}

/// What an object's value of the discriminating property is.
pub(crate) enum Found<'v> {
    Missing,
    Text(&'v str),
    Else,
}

impl Dispatch {
    pub(crate) fn candidates(&self, found: &Found<'_>) -> &[u16] {
        match found {
            Found::Missing => &self.missing,
            Found::Else => &self.other,
            Found::Text(text) => match self.table.binary_search_by(|row| (*row.0).cmp(text)) {
                Ok(place) => &self.table[place].1,
                Err(_) => &self.other,
            },
        }
    }
}

/// Branches in all flat unions together, as a multiple of the nodes. Beyond it, unions stay nested.
const FLAT: usize = 16;
/// Rounds in which the types of nested unions settle.
const ROUNDS: usize = 64;
/// Properties that are looked at as discriminators, a branch and a union.
const LOOKED_AT: (usize, usize) = (8, 32);

/// Lays unions flat, sets their types, and makes the tables.
pub(crate) fn complete(mut schemas: Schemas) -> Schemas {
    let mut room = FLAT * schemas.nodes.len() + 10_000;
    let places: Vec<usize> = (0..schemas.nodes.len())
        .filter(|place| schemas.nodes[*place].union().is_some())
        .collect();
    let mut flat: Vec<(usize, Vec<SchemaId>)> = Vec::new();
    for place in &places {
        let union = schemas.nodes[*place]
            .union()
            .filter(|union| !union.exactly_one);
        if let Some(branches) = union.and_then(|union| leaves(&schemas, union, room)) {
            room -= branches.len();
            flat.push((*place, branches));
        }
    }
    for (place, branches) in flat {
        schemas.nodes[place].unions[0].branches = branches;
    }
    set_types(&mut schemas, &places);
    for place in places {
        let made = schemas.nodes[place]
            .union()
            .and_then(|union| dispatch(&schemas, union));
        schemas.nodes[place].unions[0].dispatch = made;
    }
    schemas
}

/// The branches with nested unions replaced by theirs; none if they are more than `room`.
fn leaves(schemas: &Schemas, union: &Union, room: usize) -> Option<Vec<SchemaId>> {
    let mut out = Vec::with_capacity(union.branches.len());
    let mut seen = BTreeSet::new();
    let mut stack: Vec<SchemaId> = union.branches.iter().rev().copied().collect();
    while let Some(id) = stack.pop() {
        if !seen.insert(id) {
            continue;
        }
        match schemas.node(id).union() {
            Some(inner) if !inner.exactly_one => stack.extend(inner.branches.iter().rev()),
            _ => out.push(id),
        }
        if seen.len() > room {
            return None;
        }
    }
    Some(out)
}

/// The types of a union are those of its branches; round after round, since unions nest.
fn set_types(schemas: &mut Schemas, places: &[usize]) {
    for place in places {
        schemas.nodes[*place].types = Types::NONE;
    }
    for _ in 0..ROUNDS {
        let mut changed = false;
        for place in places {
            let Some(union) = schemas.nodes[*place].union() else {
                continue;
            };
            let branches = union.branches.iter();
            let types = branches.fold(Types::NONE, |all, id| all.or(schemas.node(*id).types));
            changed |= types != schemas.nodes[*place].types;
            schemas.nodes[*place].types = types;
        }
        if !changed {
            return;
        }
    }
    for place in places {
        schemas.nodes[*place].types = Types::ALL;
    }
}

/// What one branch says about one property.
struct Says {
    literals: Option<Vec<Arc<str>>>,
    null: bool,
    required: bool,
}

fn dispatch(schemas: &Schemas, union: &Union) -> Option<Box<Dispatch>> {
    let objects: Vec<u16> = (0..union.branches.len() as u16)
        .filter(|index| {
            let node = schemas.node(union.branches[*index as usize]);
            node.types.meets(Types::OBJECT) || node.union().is_some()
        })
        .collect();
    if objects.len() < 2 || union.branches.len() > usize::from(u16::MAX) {
        return None;
    }
    let property = choose(schemas, union, &objects)?;
    Some(Box::new(table(schemas, union, &objects, property)))
}

/// The document's discriminator if a branch has literals for it, else the property with the most
/// distinct literals.
fn choose(schemas: &Schemas, union: &Union, objects: &[u16]) -> Option<Arc<str>> {
    if let Some(named) = &union.named
        && apart(schemas, union, objects, named) > 0
    {
        return Some(named.clone());
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut best: Option<(usize, &Arc<str>)> = None;
    for index in objects {
        for name in literal_properties(schemas, union.branches[*index as usize]) {
            if seen.len() == LOOKED_AT.1 || seen.contains(&&**name) {
                continue;
            }
            seen.push(name);
            let told_apart = apart(schemas, union, objects, name);
            if told_apart == objects.len() {
                return Some(name.clone());
            }
            if told_apart > best.map_or(1, |(most, _)| most) {
                best = Some((told_apart, name));
            }
        }
    }
    best.map(|(_, name)| name.clone())
}

/// The first properties of a branch that list their values.
fn literal_properties(schemas: &Schemas, branch: SchemaId) -> impl Iterator<Item = &Arc<str>> {
    let facts = schemas.node(branch).object.as_ref();
    let properties = facts.into_iter().flat_map(|facts| &facts.properties);
    let listed = |id: SchemaId| {
        let node = schemas.node(id);
        let branches = node.union().map_or(&[][..], |union| &union.branches);
        node.allowed.is_some()
            || branches
                .iter()
                .any(|id| schemas.node(*id).allowed.is_some())
    };
    let literal = properties.filter(move |property| listed(property.schema));
    literal.map(|property| &property.name).take(LOOKED_AT.0)
}

/// How many different sets of literals the branches have for `name`.
fn apart(schemas: &Schemas, union: &Union, objects: &[u16], name: &str) -> usize {
    let mut sets: Vec<Vec<Arc<str>>> = objects
        .iter()
        .filter_map(|index| says(schemas, union, *index, name).literals)
        .collect();
    sets.sort();
    sets.dedup();
    sets.len()
}

fn table(schemas: &Schemas, union: &Union, objects: &[u16], property: Arc<str>) -> Dispatch {
    let said: Vec<(u16, Says)> = objects
        .iter()
        .map(|index| (*index, says(schemas, union, *index, &property)))
        .collect();
    let mut shown: Vec<Arc<str>> = Vec::new();
    for literal in said
        .iter()
        .filter_map(|(_, says)| says.literals.as_ref())
        .flatten()
    {
        if !shown.contains(literal) {
            shown.push(literal.clone());
        }
    }
    let mut rows: BTreeMap<Arc<str>, Vec<u16>> = BTreeMap::new();
    for literal in &shown {
        let fits = |says: &Says| {
            says.literals
                .as_ref()
                .is_none_or(|list| list.contains(literal))
        };
        rows.insert(literal.clone(), pick(&said, fits));
    }
    Dispatch {
        missing: pick(&said, |says| !says.required),
        other: pick(&said, |says| says.literals.is_none() || says.null),
        table: rows.into_iter().collect(),
        shown,
        property,
    }
}

fn pick(said: &[(u16, Says)], fits: impl Fn(&Says) -> bool) -> Vec<u16> {
    said.iter()
        .filter(|(_, says)| fits(says))
        .map(|(index, _)| *index)
        .collect()
}

fn says(schemas: &Schemas, union: &Union, index: u16, name: &str) -> Says {
    let node = schemas.node(union.branches[index as usize]);
    let property = node
        .object
        .as_ref()
        .and_then(|object| object.property(name));
    let Some(property) = property.filter(|_| node.union().is_none()) else {
        return Says {
            literals: None,
            null: true,
            required: false,
        };
    };
    let schema = schemas.node(property.schema);
    let mut literals = Vec::new();
    let mut null = false;
    let closed = collect(schemas, schema, &mut literals, &mut null) && !literals.is_empty();
    Says {
        literals: closed.then_some(literals),
        null,
        required: property.required && !property.lenient,
    }
}

/// Gathers the literal strings of a schema; false if it allows anything else but null.
fn collect(schemas: &Schemas, node: &Node, literals: &mut Vec<Arc<str>>, null: &mut bool) -> bool {
    if let Some(union) = node.union() {
        let plain = |id: &SchemaId| schemas.node(*id).union().is_none();
        return union
            .branches
            .iter()
            .all(|id| plain(id) && collect(schemas, schemas.node(*id), literals, null));
    }
    if node.types == Types::NULL {
        *null = true;
        return true;
    }
    *null |= node.types.has(Types::NULL);
    let Some(allowed) = &node.allowed else {
        return false;
    };
    for literal in allowed
        .iter()
        .filter(|literal| !literal.is(&serde_json::Value::Null))
    {
        match literal {
            super::Literal::Text(text) => literals.push(text.clone()),
            super::Literal::Other(_) => return false,
        }
    }
    true
}
