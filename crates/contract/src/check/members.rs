//! What holds for a whole object or array, and the keywords that hardly any schema has.

use serde_json::{Map, Value};

use super::path::Path;
use super::violation::ViolationKind;
use super::walk::{Flow, Walk};
use crate::schema::{ObjectFacts, Rare, same};

impl Walk<'_> {
    pub(super) fn sizes(
        &mut self,
        facts: &ObjectFacts,
        members: &Map<String, Value>,
        path: &Path<'_>,
    ) -> Flow {
        let got = members.len();
        if got < facts.fewest {
            let minimum = facts.fewest;
            self.report(path, || ViolationKind::ObjectTooSmall { minimum, got })?;
        }
        if let Some(maximum) = facts.most.filter(|most| got > *most) {
            self.report(path, || ViolationKind::ObjectTooLarge { maximum, got })?;
        }
        if let Some(schema) = facts.names {
            for name in members.keys() {
                self.value(
                    schema,
                    &Value::String(name.clone()),
                    &Path::Field(path, name),
                )?;
            }
        }
        for (name, others) in &facts.dependent {
            let absent = others
                .iter()
                .filter(|other| !members.contains_key(&***other));
            for other in absent.filter(|_| members.contains_key(&**name)) {
                self.report(&Path::Field(path, other), || ViolationKind::Missing)?;
            }
        }
        Ok(())
    }

    pub(super) fn rare(&mut self, rare: &Rare, value: &Value, path: &Path<'_>) -> Flow {
        for schema in &rare.all_of {
            self.value(*schema, value, path)?;
        }
        for schema in &rare.not {
            if self.fits(*schema, value, path) {
                self.report(path, || ViolationKind::Forbidden)?;
            }
        }
        for condition in &rare.conditions {
            let holds = self.fits(condition.test, value, path);
            let next = if holds {
                condition.then
            } else {
                condition.otherwise
            };
            self.value(next, value, path)?;
        }
        Ok(())
    }
}

/// Whether two of the items are the same.
pub(super) fn repeated(items: &[Value]) -> bool {
    // Quadratic only up to a size where it can't hurt; beyond it, equal texts are equal values.
    if items.len() > 256 {
        let mut texts: Vec<String> = items.iter().map(Value::to_string).collect();
        texts.sort_unstable();
        return texts.windows(2).any(|pair| pair[0] == pair[1]);
    }
    items
        .iter()
        .enumerate()
        .any(|(index, one)| items[..index].iter().any(|two| same(one, two)))
}
