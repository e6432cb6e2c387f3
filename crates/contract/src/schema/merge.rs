//! The conjunction of two nodes as one node: what `allOf` means.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::read::{Builder, Raw};
use super::{
    Additional, ArrayFacts, Built, Literal, Node, NumberFacts, ObjectFacts, Property, Rare,
    SchemaId, TextFacts, Types,
};

impl Builder {
    /// A schema that fits what fits both.
    pub(super) fn both(&mut self, left: SchemaId, right: SchemaId) -> Built<SchemaId> {
        if left == right || right == SchemaId::ANY {
            return Ok(left);
        }
        if left == SchemaId::ANY {
            return Ok(right);
        }
        if left == SchemaId::NEVER || right == SchemaId::NEVER {
            return Ok(SchemaId::NEVER);
        }
        let pair = (left.min(right), left.max(right));
        if let Some(known) = self.conjunctions.get(&pair) {
            return Ok(*known);
        }
        let id = self.add(Raw {
            node: Node::any(),
            all_of: vec![left, right],
        })?;
        self.conjunctions.insert(pair, id);
        Ok(id)
    }

    pub(super) fn merge(&mut self, left: Node, right: Node) -> Built<Node> {
        let mut node = Node::of(left.types.and(right.types));
        node.allowed = either(left.allowed, right.allowed, |left, right| {
            common(&left, &right)
        });
        node.number = either(left.number, right.number, |left, right| {
            Box::new(numbers(*left, *right))
        });
        node.text = either(left.text, right.text, |left, right| {
            Box::new(texts(*left, *right))
        });
        node.array = match (left.array, right.array) {
            (Some(left), Some(right)) => Some(Box::new(self.arrays(*left, *right)?)),
            (left, right) => left.or(right),
        };
        node.object = match (left.object, right.object) {
            (Some(left), Some(right)) => Some(Box::new(self.objects(*left, *right)?)),
            (left, right) => left.or(right),
        };
        node.unions = left.unions;
        node.unions.extend(right.unions);
        node.rare = either(left.rare, right.rare, |left, right| {
            Box::new(rares(*left, *right))
        });
        Ok(node)
    }

    fn arrays(&mut self, left: ArrayFacts, right: ArrayFacts) -> Built<ArrayFacts> {
        let length = left.prefix.len().max(right.prefix.len());
        let mut prefix = Vec::with_capacity(length);
        for index in 0..length {
            let of = |facts: &ArrayFacts| facts.prefix.get(index).copied().unwrap_or(facts.items);
            prefix.push(self.both(of(&left), of(&right))?);
        }
        let mut contains = left.contains;
        contains.extend(right.contains);
        Ok(ArrayFacts {
            prefix,
            items: self.both(left.items, right.items)?,
            fewest: left.fewest.max(right.fewest),
            most: least(left.most, right.most),
            distinct: left.distinct || right.distinct,
            contains,
        })
    }

    fn objects(&mut self, left: ObjectFacts, right: ObjectFacts) -> Built<ObjectFacts> {
        let mut properties = Vec::with_capacity(left.properties.len() + right.properties.len());
        for own in &left.properties {
            properties.push(match right.property(&own.name) {
                Some(other) => Property {
                    name: own.name.clone(),
                    schema: self.both(own.schema, other.schema)?,
                    required: own.required || other.required,
                    lenient: own.lenient || other.lenient,
                },
                None => self.under(own, &right)?,
            });
        }
        for other in right
            .properties
            .iter()
            .filter(|other| left.property(&other.name).is_none())
        {
            properties.push(self.under(other, &left)?);
        }
        let mut merged = ObjectFacts {
            properties,
            additional: self.additional(left.additional, right.additional)?,
            names: match (left.names, right.names) {
                (Some(left), Some(right)) => Some(self.both(left, right)?),
                (left, right) => left.or(right),
            },
            fewest: left.fewest.max(right.fewest),
            most: least(left.most, right.most),
            closed: either(left.closed, right.closed, joined),
            ..ObjectFacts::default()
        };
        merged.patterns = left.patterns;
        merged.patterns.extend(right.patterns);
        merged.dependent = left.dependent;
        merged.dependent.extend(right.dependent);
        merged.index();
        Ok(merged)
    }

    /// A property of one side, under what the other side says about fields it does not name.
    fn under(&mut self, own: &Property, other: &ObjectFacts) -> Built<Property> {
        let rest = self.applicable(other, &own.name)?;
        let schema = self.both(own.schema, rest)?;
        Ok(Property {
            schema,
            ..own.clone()
        })
    }

    /// What `facts` says about a field that no property of it names.
    pub(super) fn applicable(&mut self, facts: &ObjectFacts, name: &str) -> Built<SchemaId> {
        let matched = facts
            .patterns
            .iter()
            .filter(|(pattern, _)| pattern.fits(name));
        let matched: Vec<SchemaId> = matched.map(|(_, schema)| *schema).collect();
        if matched.is_empty() {
            return Ok(match facts.additional {
                Additional::Unsaid => SchemaId::ANY,
                Additional::Fits(schema) => schema,
                Additional::Never => SchemaId::NEVER,
            });
        }
        matched
            .into_iter()
            .try_fold(SchemaId::ANY, |all, one| self.both(all, one))
    }

    fn additional(&mut self, left: Additional, right: Additional) -> Built<Additional> {
        Ok(match (left, right) {
            (Additional::Never, _) | (_, Additional::Never) => Additional::Never,
            (Additional::Unsaid, other) | (other, Additional::Unsaid) => other,
            (Additional::Fits(left), Additional::Fits(right)) => {
                Additional::Fits(self.both(left, right)?)
            }
        })
    }
}

/// Whether merging the two objects' patterns would change what they mean: a pattern of one side
/// names fields that the other side forbids or restricts.
pub(super) fn tangled(left: &Node, right: &Node) -> bool {
    let (Some(left), Some(right)) = (&left.object, &right.object) else {
        return false;
    };
    let crossed = |patterned: &ObjectFacts, other: &ObjectFacts| {
        !patterned.patterns.is_empty() && other.additional != Additional::Unsaid
    };
    crossed(left, right) || crossed(right, left)
}

fn either<T>(left: Option<T>, right: Option<T>, join: impl FnOnce(T, T) -> T) -> Option<T> {
    match (left, right) {
        (Some(left), Some(right)) => Some(join(left, right)),
        (left, right) => left.or(right),
    }
}

fn least(left: Option<usize>, right: Option<usize>) -> Option<usize> {
    either(left, right, usize::min)
}

fn common(left: &[Literal], right: &[Literal]) -> Box<[Literal]> {
    let texts: BTreeSet<&str> = right.iter().filter_map(Literal::text).collect();
    let held = |literal: &Literal| match literal {
        Literal::Text(text) => texts.contains(&**text),
        Literal::Other(value) => right.iter().any(|other| other.is(value)),
    };
    left.iter()
        .filter(|literal| held(literal))
        .cloned()
        .collect()
}

fn joined(mut left: Vec<Arc<str>>, right: Vec<Arc<str>>) -> Vec<Arc<str>> {
    left.extend(right);
    left
}

fn numbers(left: NumberFacts, right: NumberFacts) -> NumberFacts {
    let mut multiples = left.multiples;
    multiples.extend(right.multiples.into_iter().filter(|step| *step > 0.0));
    NumberFacts {
        minimum: either(left.minimum, right.minimum, f64::max),
        maximum: either(left.maximum, right.maximum, f64::min),
        above: either(left.above, right.above, f64::max),
        below: either(left.below, right.below, f64::min),
        multiples,
    }
}

fn texts(left: TextFacts, right: TextFacts) -> TextFacts {
    let mut patterns = left.patterns;
    patterns.extend(right.patterns);
    TextFacts {
        shortest: left.shortest.max(right.shortest),
        longest: least(left.longest, right.longest),
        patterns,
        format: left.format.or(right.format),
    }
}

fn rares(mut left: Rare, right: Rare) -> Rare {
    left.not.extend(right.not);
    left.conditions.extend(right.conditions);
    left.all_of.extend(right.all_of);
    left.description = left.description.or(right.description);
    left.added |= right.added;
    left
}

/// Narrows the types to those that an allowed literal has, and the literals to the types.
pub(super) fn tighten(node: &mut Node) {
    let Some(allowed) = node.allowed.take() else {
        return;
    };
    let types = node.types;
    let kind = |literal: &Literal| Types::of(&literal.to_value());
    let kept: Box<[Literal]> = allowed
        .into_iter()
        .filter(|one| types.has(kind(one)))
        .collect();
    node.types = kept.iter().map(kind).fold(Types::NONE, Types::or);
    node.allowed = Some(kept);
}
