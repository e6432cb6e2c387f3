//! From the JSON text of schemas to raw nodes. Unknown keywords and malformed values are passed
//! over: the importer is strict for the contract, `user::strict` for structured outputs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::keywords::{Group, count, entries, groups, number, says_nothing, text, types, weight};
use super::{
    Additional, ArrayFacts, Built, Condition, Contained, Limits, Literal, Node, ObjectFacts,
    Pattern, Property, Rare, SchemaId, Types, Union,
};
use crate::error::SchemaError;

/// A node whose conjuncts are not merged yet.
pub(super) struct Raw {
    pub(super) node: Node,
    pub(super) all_of: Vec<SchemaId>,
}

impl Raw {
    pub(super) fn plain(node: Node) -> Self {
        Self {
            node,
            all_of: Vec::new(),
        }
    }
}

/// Collects schemas, then settles them into an arena.
pub(crate) struct Builder {
    pub(super) raw: Vec<Option<Raw>>,
    pub(super) limits: Limits,
    pub(super) weight: usize,
    pub(super) conjunctions: HashMap<(SchemaId, SchemaId), SchemaId>,
    names: HashMap<Arc<str>, ()>,
    slots: HashMap<String, SchemaId>,
    waiting: Vec<String>,
    plain: HashMap<String, SchemaId>,
    keep_descriptions: bool,
    depth: usize,
}

impl Builder {
    pub(crate) fn new(limits: Limits, keep_descriptions: bool) -> Self {
        let constant = |types| Some(Raw::plain(Node::of(types)));
        Self {
            raw: vec![constant(Types::ALL), constant(Types::NONE)],
            limits,
            weight: 0,
            conjunctions: HashMap::new(),
            names: HashMap::new(),
            slots: HashMap::new(),
            waiting: Vec::new(),
            plain: HashMap::new(),
            keep_descriptions,
            depth: 0,
        }
    }

    /// The place of a referenced schema, whether it has been read already or not.
    pub(crate) fn slot(&mut self, reference: &str) -> SchemaId {
        if let Some(id) = self.slots.get(reference) {
            return *id;
        }
        let id = self.reserve();
        self.slots.insert(reference.to_owned(), id);
        self.waiting.push(reference.to_owned());
        id
    }

    /// A reference that has been made and not been read yet; the most recent first.
    pub(crate) fn next_waiting(&mut self) -> Option<String> {
        while let Some(reference) = self.waiting.pop() {
            if self.raw[self.slots[&reference].0 as usize].is_none() {
                return Some(reference);
            }
        }
        None
    }

    pub(super) fn reserve(&mut self) -> SchemaId {
        self.raw.push(None);
        SchemaId(self.raw.len() as u32 - 1)
    }

    pub(super) fn add(&mut self, raw: Raw) -> Built<SchemaId> {
        self.grow(weight(&raw.node))?;
        self.raw.push(Some(raw));
        Ok(SchemaId(self.raw.len() as u32 - 1))
    }

    pub(super) fn grow(&mut self, weight: usize) -> Built<()> {
        self.weight += weight;
        if self.weight > self.limits.weight {
            return Err(SchemaError::too_large());
        }
        Ok(())
    }

    /// Reads one schema into the place of a reference.
    pub(crate) fn read_into(&mut self, slot: SchemaId, schema: &Value) -> Built<()> {
        let raw = match schema {
            Value::Object(members) => self.node(members)?,
            Value::Bool(false) => Raw {
                node: Node::any(),
                all_of: vec![SchemaId::NEVER],
            },
            _ => Raw::plain(Node::any()),
        };
        self.grow(weight(&raw.node))?;
        self.raw[slot.0 as usize] = Some(raw);
        Ok(())
    }

    /// Reads one schema where it stands.
    pub(crate) fn read(&mut self, schema: &Value) -> Built<SchemaId> {
        let members = match schema {
            Value::Object(members) => members,
            Value::Bool(false) => return Ok(SchemaId::NEVER),
            _ => return Ok(SchemaId::ANY),
        };
        if let Some(reference) = members.get("$ref").and_then(Value::as_str)
            && members.keys().all(|keyword| says_nothing(keyword))
        {
            return Ok(self.slot(reference));
        }
        // Thousands of schemas are a bare type; one node serves them all.
        if let (1, Some(name)) = (members.len(), members.get("type").and_then(Value::as_str)) {
            if let Some(id) = self.plain.get(name) {
                return Ok(*id);
            }
            let raw = self.node(members)?;
            let id = self.add(raw)?;
            self.plain.insert(name.to_owned(), id);
            return Ok(id);
        }
        let raw = self.node(members)?;
        self.add(raw)
    }

    fn node(&mut self, members: &Map<String, Value>) -> Built<Raw> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(SchemaError::too_deep());
        }
        let mut node = Node::of(types(members));
        let mut all_of = Vec::new();
        // Looking each keyword up would cost most of a load: only groups that occur are read.
        for group in groups(members) {
            match group {
                Group::Literals => node.allowed = self.literals(members),
                Group::Number => node.number = number(members),
                Group::Text => node.text = text(members),
                Group::Array => node.array = self.array(members)?,
                Group::Object => node.object = self.object(members)?,
                Group::Unions => node.unions = self.unions(members)?,
                Group::Conjuncts => all_of = self.conjuncts(members)?,
                Group::Rare => node.rare = self.rare(members)?,
            }
        }
        self.depth -= 1;
        Ok(Raw { node, all_of })
    }

    fn unions(&mut self, members: &Map<String, Value>) -> Built<Vec<Union>> {
        let mut unions = Vec::new();
        for (keyword, exactly_one) in [("anyOf", false), ("oneOf", true)] {
            if let Some(branches) = self.list(members.get(keyword))? {
                let named = members.get("discriminator").and_then(Value::as_str);
                let named = named.map(|name| self.name(name));
                unions.push(Union {
                    branches,
                    exactly_one,
                    named,
                    dispatch: None,
                });
            }
        }
        Ok(unions)
    }

    fn conjuncts(&mut self, members: &Map<String, Value>) -> Built<Vec<SchemaId>> {
        let mut all_of = self.list(members.get("allOf"))?.unwrap_or_default();
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            all_of.push(self.slot(reference));
        }
        Ok(all_of)
    }

    fn list(&mut self, value: Option<&Value>) -> Built<Option<Vec<SchemaId>>> {
        match value {
            Some(Value::Array(list)) if !list.is_empty() => list
                .iter()
                .map(|schema| self.read(schema))
                .collect::<Built<_>>()
                .map(Some),
            _ => Ok(None),
        }
    }

    pub(super) fn name(&mut self, name: &str) -> Arc<str> {
        if let Some((known, ())) = self.names.get_key_value(name) {
            return known.clone();
        }
        let fresh: Arc<str> = name.into();
        self.names.insert(fresh.clone(), ());
        fresh
    }

    fn literals(&mut self, members: &Map<String, Value>) -> Option<Box<[Literal]>> {
        let listed = members.get("enum").and_then(Value::as_array);
        let fixed = members.get("const");
        let values: Vec<&Value> = match (listed, fixed) {
            (Some(list), Some(value)) => list.iter().filter(|one| *one == value).collect(),
            (Some(list), None) => list.iter().collect(),
            (None, Some(value)) => vec![value],
            (None, None) => return None,
        };
        Some(
            values
                .into_iter()
                .map(|value| self.literal(value))
                .collect(),
        )
    }

    fn literal(&mut self, value: &Value) -> Literal {
        match value {
            Value::String(text) => Literal::Text(self.name(text)),
            other => Literal::Other(Box::new(other.clone())),
        }
    }

    fn array(&mut self, members: &Map<String, Value>) -> Built<Option<Box<ArrayFacts>>> {
        let mut facts = ArrayFacts::default();
        let (prefix, items) = match (members.get("prefixItems"), members.get("items")) {
            (None, Some(Value::Array(_))) => (members.get("items"), members.get("additionalItems")),
            (prefix, items) => (prefix, items),
        };
        facts.prefix = self.list(prefix)?.unwrap_or_default();
        if let Some(items) = items {
            facts.items = self.read(items)?;
        }
        facts.fewest = count(members, "minItems").unwrap_or(0);
        facts.most = count(members, "maxItems");
        facts.distinct = members.get("uniqueItems") == Some(&Value::Bool(true));
        if let Some(contained) = members.get("contains") {
            let schema = self.read(contained)?;
            facts.contains.push(Contained {
                schema,
                fewest: count(members, "minContains").unwrap_or(1),
                most: count(members, "maxContains"),
                made: match items {
                    Some(items) => self.read(&json!({"allOf": [items, contained]}))?,
                    None => schema,
                },
            });
        }
        let said = !facts.prefix.is_empty()
            || facts.items != SchemaId::ANY
            || facts.fewest > 0
            || facts.most.is_some()
            || facts.distinct
            || !facts.contains.is_empty();
        Ok(said.then(|| Box::new(facts)))
    }

    fn object(&mut self, members: &Map<String, Value>) -> Built<Option<Box<ObjectFacts>>> {
        let mut facts = ObjectFacts {
            fewest: count(members, "minProperties").unwrap_or(0),
            most: count(members, "maxProperties"),
            ..ObjectFacts::default()
        };
        facts.additional = match members.get("additionalProperties") {
            None => Additional::Unsaid,
            Some(Value::Bool(false)) => Additional::Never,
            Some(schema) => Additional::Fits(self.read(schema)?),
        };
        if let Some(schema) = members.get("propertyNames") {
            facts.names = Some(self.read(schema)?);
        }
        for (source, schema) in entries(members, "patternProperties") {
            let schema = self.read(schema)?;
            facts
                .patterns
                .push((Arc::new(Pattern::new(source)), schema));
        }
        for (name, schema) in entries(members, "properties") {
            let schema = self.read(schema)?;
            let name = self.name(name);
            facts.properties.push(Property {
                name,
                schema,
                required: false,
                lenient: false,
            });
        }
        facts.index();
        self.demand(&mut facts, members)?;
        self.dependent(&mut facts, members);
        self.closed(&mut facts, members);
        Ok(facts.says_something().then(|| Box::new(facts)))
    }

    /// Marks required fields; one that no property defines gets what would hold for it anyway.
    fn demand(&mut self, facts: &mut ObjectFacts, members: &Map<String, Value>) -> Built<()> {
        let mut undefined = BTreeSet::new();
        let required = members.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            match facts.place(name) {
                Some(place) => facts.properties[place].required = true,
                None => {
                    undefined.insert(name);
                }
            }
        }
        for name in undefined {
            let schema = self.applicable(facts, name)?;
            let name = self.name(name);
            facts.properties.push(Property {
                name,
                schema,
                required: true,
                lenient: false,
            });
        }
        facts.index();
        Ok(())
    }

    fn dependent(&mut self, facts: &mut ObjectFacts, members: &Map<String, Value>) {
        for (name, list) in entries(members, "dependentRequired") {
            let names = list
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let names = names.map(|name| self.name(name)).collect();
            let name = self.name(name);
            facts.dependent.push((name, names));
        }
    }

    /// What the overlay says about requests.
    fn closed(&mut self, facts: &mut ObjectFacts, members: &Map<String, Value>) {
        if let Some(extra) = members.get("x-closed").and_then(Value::as_array) {
            let names = extra.iter().filter_map(Value::as_str);
            facts.closed = Some(names.map(|name| self.name(name)).collect());
        }
        let optional = members.get("x-optional").and_then(Value::as_array);
        for name in optional.into_iter().flatten().filter_map(Value::as_str) {
            if let Some(place) = facts.place(name) {
                facts.properties[place].lenient = true;
            }
        }
    }

    fn rare(&mut self, members: &Map<String, Value>) -> Built<Option<Box<Rare>>> {
        let mut rare = Rare::default();
        if let Some(schema) = members.get("not") {
            rare.not.push(self.read(schema)?);
        }
        if let Some(test) = members.get("if") {
            let test = self.read(test)?;
            let mut side = |keyword: &str| match members.get(keyword) {
                Some(schema) => self.read(schema),
                None => Ok(SchemaId::ANY),
            };
            rare.conditions.push(Condition {
                test,
                then: side("then")?,
                otherwise: side("else")?,
            });
        }
        if self.keep_descriptions {
            let text = members.get("description").and_then(Value::as_str);
            rare.description = text.map(Arc::from);
        }
        rare.added = members.get("x-added") == Some(&Value::Bool(true));
        let said = !rare.only_says() || rare.description.is_some() || rare.added;
        Ok(said.then(|| Box::new(rare)))
    }
}
