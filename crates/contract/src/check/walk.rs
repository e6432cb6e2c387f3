//! The walk itself: types, literals, arrays and objects. Nothing is allocated while all fits.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::members::repeated;
use super::path::Path;
use super::shape::Shape;
use super::violation::{Finding, Violation, ViolationKind};
use crate::schema::{Additional, ArrayFacts, Literal, Node, ObjectFacts, SchemaId, Schemas, Types};

/// Nesting of schema and value together; JSON text itself stops at 128.
const DEEPEST: usize = 640;
/// Steps taken while trying branches. Bounds what a hostile schema can cost.
const FUEL: u32 = 4_000_000;
/// The same for schemas that users hand in.
const USER_FUEL: u32 = 300_000;

/// The walk is over: enough violations are found.
pub(super) struct Stop;
pub(super) type Flow = Result<(), Stop>;

/// One walk over one value.
pub(crate) struct Walk<'a> {
    pub(super) schemas: &'a Schemas,
    fields: Fields<'a>,
    formats: bool,
    /// How many violations to find; 0 only asks whether there is one.
    pub(super) limit: usize,
    pub(super) findings: Vec<Finding>,
    depth: usize,
    fuel: u32,
    /// Whether branches are being tried, which costs fuel.
    pub(super) trying: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(schemas: &'a Schemas, fields: Fields<'a>, limit: usize) -> Self {
        Self {
            schemas,
            fields,
            formats: false,
            limit,
            findings: Vec::new(),
            depth: 0,
            fuel: FUEL,
            trying: 0,
        }
    }

    /// For schemas of users: `format` counts, which in the contract's documents is a remark only,
    /// and hostile ones are given up earlier.
    pub(crate) fn for_user(mut self) -> Self {
        self.formats = true;
        self.fuel = USER_FUEL;
        self
    }

    /// The violations, at most `limit`.
    pub(crate) fn run(mut self, id: SchemaId, value: &Value) -> Vec<Violation> {
        // A stop says only that the list is full.
        let _ = self.value(id, value, &Path::Root);
        self.findings
            .into_iter()
            .map(|finding| finding.violation)
            .collect()
    }

    /// The same for a value that stands in a field of its own.
    pub(crate) fn run_at(mut self, id: SchemaId, value: &Value, field: &str) -> Vec<Violation> {
        let _ = self.value(id, value, &Path::Field(&Path::Root, field));
        self.findings
            .into_iter()
            .map(|finding| finding.violation)
            .collect()
    }

    /// Whether the value fits.
    pub(crate) fn fits_root(mut self, id: SchemaId, value: &Value) -> bool {
        self.limit = 0;
        self.value(id, value, &Path::Root).is_ok()
    }

    pub(super) fn report(&mut self, path: &Path<'_>, kind: impl FnOnce() -> ViolationKind) -> Flow {
        if self.limit == 0 {
            return Err(Stop);
        }
        let violation = Violation {
            param: path.text(),
            kind: kind(),
        };
        self.findings.push(Finding {
            violation,
            steps: path.steps(),
            known: 0,
        });
        if self.findings.len() >= self.limit {
            Err(Stop)
        } else {
            Ok(())
        }
    }

    pub(super) fn value(&mut self, id: SchemaId, value: &Value, path: &Path<'_>) -> Flow {
        if self.trying > 0 {
            self.fuel = self.fuel.saturating_sub(1);
        }
        if self.depth >= DEEPEST || self.fuel == 0 {
            return self.report(path, || ViolationKind::TooComplex);
        }
        self.depth += 1;
        let flow = self.node(id, value, path);
        self.depth -= 1;
        flow
    }

    fn node(&mut self, id: SchemaId, value: &Value, path: &Path<'_>) -> Flow {
        let schemas = self.schemas;
        let node = schemas.node(id);
        if let Some(union) = node.union() {
            self.union(id, union, value, path)?;
        } else {
            self.facts(id, node, value, path)?;
        }
        match &node.rare {
            Some(rare) => self.rare(rare, value, path),
            None => Ok(()),
        }
    }

    fn facts(&mut self, id: SchemaId, node: &Node, value: &Value, path: &Path<'_>) -> Flow {
        if !node.types.meets(Types::of(value)) {
            return self.wrong_type(id, value, path);
        }
        if let Some(allowed) = &node.allowed
            && !allowed.iter().any(|literal| literal.is(value))
        {
            return self.report(path, || ViolationKind::NotInEnum {
                got: value.clone(),
                allowed: allowed.iter().map(Literal::to_value).collect(),
            });
        }
        match value {
            Value::Number(number) => match &node.number {
                Some(facts) => self.number(facts, number, path),
                None => Ok(()),
            },
            Value::String(text) => match &node.text {
                Some(facts) => self.text(facts, text, self.formats, path),
                None => Ok(()),
            },
            Value::Array(items) => match &node.array {
                Some(facts) => self.array(facts, items, path),
                None => Ok(()),
            },
            Value::Object(members) => match &node.object {
                Some(facts) => self.object(facts, members, path),
                None => Ok(()),
            },
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    pub(super) fn wrong_type(&mut self, id: SchemaId, value: &Value, path: &Path<'_>) -> Flow {
        let schemas = self.schemas;
        if id == SchemaId::NEVER {
            return self.report(path, || ViolationKind::Forbidden);
        }
        self.report(path, || ViolationKind::WrongType {
            expected: Shape::expected(schemas, id),
            got: Shape::of(value),
        })
    }

    fn array(&mut self, facts: &ArrayFacts, items: &[Value], path: &Path<'_>) -> Flow {
        let got = items.len();
        if got < facts.fewest {
            let minimum = facts.fewest;
            self.report(path, || ViolationKind::ArrayTooShort { minimum, got })?;
        }
        if let Some(maximum) = facts.most.filter(|most| got > *most) {
            self.report(path, || ViolationKind::ArrayTooLong { maximum, got })?;
        }
        for (index, item) in items.iter().enumerate() {
            let schema = facts.prefix.get(index).copied().unwrap_or(facts.items);
            if schema != SchemaId::ANY {
                self.value(schema, item, &Path::Item(path, index))?;
            }
        }
        if facts.distinct && repeated(items) {
            self.report(path, || ViolationKind::RepeatedItem)?;
        }
        for contained in &facts.contains {
            let fitting = items
                .iter()
                .filter(|item| self.fits(contained.schema, item, path))
                .count();
            if fitting < contained.fewest || contained.most.is_some_and(|most| fitting > most) {
                self.report(path, || ViolationKind::WrongContents)?;
            }
        }
        Ok(())
    }

    fn object(
        &mut self,
        facts: &ObjectFacts,
        members: &Map<String, Value>,
        path: &Path<'_>,
    ) -> Flow {
        let lenient = self.fields.are_a_request();
        for property in facts.properties.iter().filter(|property| property.required) {
            if !(members.contains_key(&*property.name) || lenient && property.lenient) {
                let place = Path::Field(path, &property.name);
                self.report(&place, || ViolationKind::Missing)?;
            }
        }
        self.sizes(facts, members, path)?;
        // Unknown fields come last: what else is wrong says more about which schema was meant.
        let mut unknown = false;
        for (name, value) in members {
            match facts.property(name) {
                Some(property) => {
                    self.value(property.schema, value, &Path::Field(path, name))?;
                    self.patterned(facts, name, value, path)?;
                }
                None if self.patterned(facts, name, value, path)? => {}
                None => match facts.additional {
                    Additional::Fits(schema) => {
                        self.value(schema, value, &Path::Field(path, name))?;
                    }
                    Additional::Never => unknown = true,
                    Additional::Unsaid => unknown |= self.fields.refuse(facts, path, name),
                },
            }
        }
        if unknown {
            self.unknown(facts, members, path)
        } else {
            Ok(())
        }
    }

    fn unknown(
        &mut self,
        facts: &ObjectFacts,
        members: &Map<String, Value>,
        path: &Path<'_>,
    ) -> Flow {
        for name in members.keys() {
            let named = facts.property(name).is_some()
                || facts.patterns.iter().any(|(pattern, _)| pattern.fits(name));
            let refused =
                facts.additional == Additional::Never || self.fields.refuse(facts, path, name);
            if !named && refused {
                self.report(&Path::Field(path, name), || ViolationKind::Unknown)?;
            }
        }
        Ok(())
    }

    /// Checks the schemas of all patterns that match the name; says whether one did.
    fn patterned(
        &mut self,
        facts: &ObjectFacts,
        name: &str,
        value: &Value,
        path: &Path<'_>,
    ) -> Result<bool, Stop> {
        let mut matched = false;
        for (pattern, schema) in &facts.patterns {
            if pattern.fits(name) {
                matched = true;
                self.value(*schema, value, &Path::Field(path, name))?;
            }
        }
        Ok(matched)
    }
}
