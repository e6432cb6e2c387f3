//! The values that an instance is made with, by the name of their slot. Not here: how they were
//! found.

use super::assign::{Candidate, assign};
use super::request::phrase;
use super::slot::{Slot, Wants};
use super::told::told;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) number: Option<f64>,
}

/// All values, taken one after the other where a name comes several times.
#[derive(Default)]
pub(crate) struct Values {
    named: Vec<Named>,
}

struct Named {
    name: String,
    values: Vec<Given>,
    used: usize,
    /// The array of objects that the slot stands in.
    within: Option<String>,
}

impl Values {
    /// The values that a prompt gives the slots. With `text`, slots for a text take the request's
    /// own words where nothing else suits. `asked` is the prompt.
    pub(crate) fn find(
        slots: &[Slot],
        candidates: &[Candidate<'_>],
        text: Option<&str>,
        asked: &str,
    ) -> Self {
        let assigned = assign(slots, candidates);
        let near = assigned.iter().flatten().map(|index| &candidates[*index]);
        // Only those of the text at hand can be cut out of it.
        let near = near.filter(|candidate| candidate.distance == 0.0);
        let taken: Vec<_> = near.map(|candidate| &candidate.fact).collect();
        let mut values = Self::default();
        for (slot, indices) in slots.iter().zip(&assigned) {
            let given = indices.iter().map(|index| {
                let fact = &candidates[*index].fact;
                Given {
                    text: fact.text.clone().into_owned(),
                    number: fact.number,
                }
            });
            let mut given: Vec<_> = given.collect();
            if slot.wants == Wants::Text {
                let told = told(slot, asked);
                // Words that nothing but the slot's name makes values are meant for it.
                let is_plain = |one: &Given| one.text.chars().all(char::is_lowercase);
                if given.is_empty() || (told.len() > 1 && told.iter().all(is_plain)) {
                    given = told;
                }
            }
            let lacks = given.is_empty() && slot.is_required && slot.takes_phrase();
            if let Some(text) = text.filter(|text| lacks && !text.trim().is_empty()) {
                given.push(Given {
                    text: phrase(text, &taken, &slot.words),
                    number: None,
                });
            }
            values.add(&slot.name, given, slot.within.clone());
        }
        values
    }

    /// Gives a slot its values, before those that it has.
    pub(crate) fn set(&mut self, name: &str, values: Vec<Given>) {
        self.named.retain(|named| named.name != name);
        self.add(name, values, None);
    }

    fn add(&mut self, name: &str, values: Vec<Given>, within: Option<String>) {
        if !values.is_empty() {
            self.named.push(Named {
                name: name.to_owned(),
                values,
                used: 0,
                within,
            });
        }
    }

    /// The next value of a slot.
    pub(crate) fn next(&mut self, name: &str) -> Option<Given> {
        let named = self
            .named
            .iter_mut()
            .find(|named| named.name == name && named.used < named.values.len())?;
        named.used += 1;
        Some(named.values[named.used - 1].clone())
    }

    /// Whether a slot, or an array of objects, has values.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.count(name) > 0
    }

    /// How many values a slot has, or how many objects an array needs for its values.
    pub(crate) fn count(&self, name: &str) -> usize {
        let fits = |named: &&Named| named.name == name || named.within.as_deref() == Some(name);
        self.named
            .iter()
            .filter(fits)
            .map(|named| named.values.len())
            .max()
            .unwrap_or(0)
    }
}
