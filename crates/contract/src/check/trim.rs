//! Takes out of a request what its schema does not name. Refusing it is in `fields`: this is for
//! those who ignore unknown fields, so that none comes back in an answer.

use serde_json::{Map, Value};

use super::path::Path;
use super::union::found;
use super::walk::Walk;
use crate::schema::{Additional, ObjectFacts, SchemaId, Union};

impl Walk<'_> {
    /// Takes unknown fields out of all that is below the value; its own are for its reader.
    pub(crate) fn trim_below(mut self, id: SchemaId, value: &mut Value) {
        let facts = self.schemas.node(id).object.as_ref();
        if let (Some(facts), Value::Object(members)) = (facts, value) {
            self.trim_members(facts, members);
        }
    }

    fn trim(&mut self, id: SchemaId, value: &mut Value) {
        let schemas = self.schemas;
        let node = schemas.node(id);
        if let Some(union) = node.union() {
            if let Some(branch) = self.meant(union, value) {
                self.trim(branch, value);
            }
            return;
        }
        match value {
            Value::Array(items) => {
                let Some(facts) = &node.array else { return };
                for (index, item) in items.iter_mut().enumerate() {
                    self.trim(
                        facts.prefix.get(index).copied().unwrap_or(facts.items),
                        item,
                    );
                }
            }
            Value::Object(members) => {
                let Some(facts) = &node.object else { return };
                if facts.additional == Additional::Unsaid && !facts.is_map() {
                    members.retain(|name, _| facts.takes(name));
                }
                self.trim_members(facts, members);
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn trim_members(&mut self, facts: &ObjectFacts, members: &mut Map<String, Value>) {
        for (name, value) in members {
            match (facts.property(name), &facts.additional) {
                (Some(property), _) => self.trim(property.schema, value),
                (None, Additional::Fits(schema)) => self.trim(*schema, value),
                (None, Additional::Unsaid | Additional::Never) => {}
            }
        }
    }

    /// The branch that a value fits; of several, the first of those that know most of its fields.
    fn meant(&mut self, union: &Union, value: &Value) -> Option<SchemaId> {
        let branches: Vec<SchemaId> = match (&union.dispatch, value) {
            (Some(dispatch), Value::Object(members)) => dispatch
                .candidates(&found(dispatch, members))
                .iter()
                .map(|index| union.branches[usize::from(*index)])
                .collect(),
            _ => union.branches.clone(),
        };
        let mut best = None;
        for branch in branches {
            let known = self.known(branch, value);
            if best.is_none_or(|(most, _)| known > most) && self.fits(branch, value, &Path::Root) {
                best = Some((known, branch));
            }
        }
        best.map(|(_, branch)| branch)
    }
}
