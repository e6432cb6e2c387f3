//! How deep the shallowest value of each schema is. Where a value has become too deep, only the
//! shallowest branches are taken, so that making it ends.

use crate::schema::{ArrayFacts, Node, ObjectFacts, SchemaId, Schemas, Types};

/// Beyond this, a schema counts as one that nothing fits.
pub(crate) const TALLEST: u16 = 100;

/// Heights by schema.
pub(crate) struct Heights(Vec<u16>);

impl Heights {
    /// Works them out: each round settles the values one level taller.
    pub(crate) fn of(schemas: &Schemas) -> Self {
        let mut heights = Self(vec![u16::MAX; schemas.len()]);
        for _ in 0..=TALLEST {
            let mut changed = false;
            for place in 0..schemas.len() {
                let id = SchemaId(place as u32);
                let height = heights.node(schemas, schemas.node(id));
                if height < heights.0[place] {
                    heights.0[place] = height;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        heights
    }

    /// The height of the shallowest value; none if nothing fits.
    pub(crate) fn get(&self, id: SchemaId) -> Option<u16> {
        Some(self.0[id.0 as usize]).filter(|height| *height <= TALLEST)
    }

    fn at(&self, id: SchemaId) -> u16 {
        self.0[id.0 as usize]
    }

    fn node(&self, schemas: &Schemas, node: &Node) -> u16 {
        if let Some(union) = node.union() {
            return union
                .branches
                .iter()
                .filter(|id| !schemas.node(**id).added())
                .map(|id| self.at(*id))
                .min()
                .unwrap_or(u16::MAX);
        }
        if node.allowed.is_some() {
            return if node.types.is_none() { u16::MAX } else { 0 };
        }
        let scalars = node.types.without(Types::ARRAY.or(Types::OBJECT));
        if !scalars.is_none() && node.types != Types::ALL {
            return 0;
        }
        let mut least = u16::MAX;
        if node.types.has(Types::ARRAY) {
            least = least.min(node.array.as_ref().map_or(0, |facts| self.array(facts)));
        }
        if node.types.has(Types::OBJECT) {
            least = least.min(node.object.as_ref().map_or(0, |facts| self.object(facts)));
        }
        if node.types == Types::ALL { 0 } else { least }
    }

    fn array(&self, facts: &ArrayFacts) -> u16 {
        let wanted = facts.fewest.min(facts.prefix.len());
        let prefix = facts.prefix[..wanted].iter().map(|id| self.at(*id));
        let items = (facts.fewest > facts.prefix.len()).then(|| self.at(facts.items));
        let contained = facts.contains.iter().filter(|one| one.fewest > 0);
        let contained = contained.map(|one| self.at(one.schema));
        prefix
            .chain(items)
            .chain(contained)
            .max()
            .map_or(0, |most| most.saturating_add(1))
    }

    fn object(&self, facts: &ObjectFacts) -> u16 {
        let required = facts.properties.iter().filter(|property| property.required);
        let tallest = required.map(|property| self.at(property.schema)).max();
        tallest.map_or(0, |most| most.saturating_add(1))
    }
}
