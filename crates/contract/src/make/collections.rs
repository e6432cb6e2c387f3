//! Arrays and objects.

use serde_json::{Map, Value};

use super::source::Hint;
use super::value::{Maker, Spot};
use crate::schema::{Additional, ArrayFacts, ObjectFacts, SchemaId, same};

/// The most items or free entries that are made where nothing bounds them from above.
const PLENTY: usize = 200;
/// Collections that must be larger than this are not made.
const HUGE: usize = 100_000;
/// Attempts to make an item that is not there yet.
const ATTEMPTS: usize = 24;

impl Maker<'_> {
    pub(super) fn array(
        &mut self,
        facts: Option<&ArrayFacts>,
        hint: &Hint<'_>,
        spot: Spot<'_>,
    ) -> Option<Value> {
        let free = ArrayFacts::default();
        let facts = facts.unwrap_or(&free);
        let low = facts.fewest.max(self.contained(facts));
        let high = facts.most.unwrap_or(usize::MAX);
        if low > HUGE {
            return None;
        }
        let tuple = facts.prefix.len().min(high).max(low);
        let wanted = if self.shallow(spot) {
            low
        } else {
            self.source.length(hint, tuple, high)
        };
        let wanted = wanted.clamp(low, high.max(low)).min(PLENTY.max(low));
        let mut demanded = facts
            .contains
            .iter()
            .flat_map(|one| std::iter::repeat_n(one.made, one.fewest));
        let mut items: Vec<Value> = Vec::with_capacity(wanted);
        while items.len() < wanted {
            let place = items.len();
            let schema = match facts.prefix.get(place) {
                Some(schema) => *schema,
                None => demanded.next().unwrap_or(facts.items),
            };
            match self.item(schema, facts.distinct, &items, spot.below(hint.name)) {
                Some(item) => items.push(item),
                None if items.len() >= low => break,
                None => return None,
            }
        }
        Some(Value::Array(items))
    }

    /// How long an array must be for what it must contain, which stands behind the prefix where
    /// it can.
    fn contained(&self, facts: &ArrayFacts) -> usize {
        let demanded = facts.contains.iter().filter(|one| one.fewest > 0);
        let can_follow = demanded
            .clone()
            .all(|one| self.heights.get(one.made).is_some());
        let count = demanded.fold(0usize, |sum, one| sum.saturating_add(one.fewest));
        let behind = facts.prefix.len().saturating_add(count);
        let fits = can_follow && facts.most.is_none_or(|most| behind <= most);
        if count > 0 && fits { behind } else { count }
    }

    /// An item, other than those that are there if all must differ.
    fn item(
        &mut self,
        schema: SchemaId,
        distinct: bool,
        items: &[Value],
        spot: Spot<'_>,
    ) -> Option<Value> {
        for _ in 0..ATTEMPTS {
            let item = self.value(schema, spot)?;
            if !distinct || !items.iter().any(|other| same(other, &item)) {
                return Some(item);
            }
        }
        self.unused_literal(schema, items)
    }

    /// For enumerations: the first value that is not there yet.
    fn unused_literal(&self, schema: SchemaId, items: &[Value]) -> Option<Value> {
        let allowed = self.schemas.node(schema).allowed.as_ref()?;
        let free = allowed
            .iter()
            .find(|literal| !items.iter().any(|item| literal.is(item)));
        free.map(|literal| literal.to_value())
    }

    pub(super) fn object(
        &mut self,
        facts: Option<&ObjectFacts>,
        hint: &Hint<'_>,
        spot: Spot<'_>,
    ) -> Option<Value> {
        let Some(facts) = facts else {
            return Some(Value::Object(Map::new()));
        };
        let most = facts.most.unwrap_or(usize::MAX);
        if facts.fewest > HUGE {
            return None;
        }
        let required = facts
            .properties
            .iter()
            .filter(|property| property.required)
            .count();
        let mut room = most.saturating_sub(required);
        let mut missing = facts.fewest.saturating_sub(required);
        let mut out = Map::new();
        for property in &facts.properties {
            let below = spot.below(&property.name);
            if !property.required {
                let possible = self.heights.get(property.schema).is_some();
                if !possible || room == 0 || !self.wants(property.schema, missing > 0, below) {
                    continue;
                }
                room -= 1;
                missing = missing.saturating_sub(1);
            }
            let value = self.value(property.schema, below)?;
            out.insert(property.name.to_string(), value);
        }
        self.depend(facts, &mut out, spot)?;
        self.free_entries(facts, &mut out, hint, spot)?;
        Some(Value::Object(out))
    }

    fn wants(&mut self, schema: SchemaId, needed: bool, spot: Spot<'_>) -> bool {
        let hint = self.hint(self.schemas.node(schema), spot);
        needed || !self.shallow(spot) && self.source.include(&hint)
    }

    /// Fields that others ask for.
    fn depend(
        &mut self,
        facts: &ObjectFacts,
        out: &mut Map<String, Value>,
        spot: Spot<'_>,
    ) -> Option<()> {
        // Each round adds a field, so the rounds are as many as the fields at most.
        loop {
            let absent = facts
                .dependent
                .iter()
                .filter(|(name, _)| out.contains_key(&**name))
                .flat_map(|(_, others)| others)
                .find(|other| !out.contains_key(&***other));
            let Some(name) = absent else { return Some(()) };
            let schema = facts
                .property(name)
                .map_or(SchemaId::ANY, |property| property.schema);
            let value = self.value(schema, spot.below(name))?;
            out.insert(name.to_string(), value);
        }
    }

    /// Entries of a map, by patterns or under any name.
    fn free_entries(
        &mut self,
        facts: &ObjectFacts,
        out: &mut Map<String, Value>,
        hint: &Hint<'_>,
        spot: Spot<'_>,
    ) -> Option<()> {
        let low = facts.fewest.saturating_sub(out.len());
        let high = facts
            .most
            .map_or(usize::MAX, |most| most.saturating_sub(out.len()));
        let schema = match facts.additional {
            Additional::Fits(schema) => Some(schema),
            Additional::Unsaid => (low > 0).then_some(SchemaId::ANY),
            Additional::Never => None,
        };
        let possible = schema.filter(|schema| self.heights.get(*schema).is_some());
        if possible.is_none() && facts.patterns.is_empty() {
            return Some(());
        }
        let wanted = if self.shallow(spot) {
            low
        } else {
            self.source.length(hint, low, high)
        };
        let wanted = wanted.clamp(low, high.max(low)).min(PLENTY.max(low));
        let goal = out.len() + wanted;
        let mut attempts = ATTEMPTS + wanted;
        while out.len() < goal && attempts > 0 {
            attempts -= 1;
            let Some((name, schema)) = self.entry(facts, possible, spot) else {
                break;
            };
            if out.contains_key(&name) || facts.property(&name).is_some() {
                continue;
            }
            let value = self.value(schema, spot.below(&name))?;
            out.insert(name, value);
        }
        Some(())
    }

    /// A name that no property has, and the schema that holds for it.
    fn entry(
        &mut self,
        facts: &ObjectFacts,
        additional: Option<SchemaId>,
        spot: Spot<'_>,
    ) -> Option<(String, SchemaId)> {
        let name = match (facts.names, facts.patterns.first()) {
            (Some(names), _) => match self.value(names, spot.below("key"))? {
                Value::String(name) => name,
                _ => return None,
            },
            (None, Some((pattern, _))) if additional.is_none() => {
                self.pattern_text(pattern.source(), 0, None)?
            }
            (None, _) => {
                let node = self.schemas.node(SchemaId::ANY);
                let hint = self.hint(node, spot.below("key"));
                self.source.string(&hint)
            }
        };
        let matched = facts
            .patterns
            .iter()
            .find(|(pattern, _)| pattern.fits(&name));
        let schema = matched.map(|(_, schema)| *schema).or(additional)?;
        Some((name, schema))
    }
}
