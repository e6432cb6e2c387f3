//! Raw nodes into settled ones: conjuncts merged, and facts beside a union pushed into its branches.

use super::keywords::weight;
use super::merge::{tangled, tighten};
use super::read::{Builder, Raw};
use super::{Built, Node, Rare, SchemaId, Schemas, Types, Union, dispatch};
use crate::error::SchemaError;

/// The nodes on their way from raw to settled.
struct Settling {
    ready: Vec<Option<Node>>,
    open: Vec<SchemaId>,
}

impl Builder {
    /// The arena. All slots must have been read.
    pub(crate) fn finish(mut self) -> Built<Schemas> {
        let mut settling = Settling {
            ready: Vec::with_capacity(self.raw.len()),
            open: Vec::new(),
        };
        let mut next = 0;
        // Settling makes new raw nodes: the end moves.
        while next < self.raw.len() {
            self.settle(&mut settling, SchemaId(next as u32))?;
            next += 1;
        }
        let nodes = settling.ready.into_iter().flatten().collect();
        Ok(dispatch::complete(Schemas { nodes }))
    }

    fn settle(&mut self, settling: &mut Settling, id: SchemaId) -> Built<()> {
        let place = id.0 as usize;
        if settling.ready.len() < self.raw.len() {
            settling.ready.resize_with(self.raw.len(), || None);
        }
        if settling.ready[place].is_some() {
            return Ok(());
        }
        if settling.open.contains(&id) {
            return Err(SchemaError::endless());
        }
        if settling.open.len() >= self.limits.depth {
            return Err(SchemaError::too_deep());
        }
        settling.open.push(id);
        let raw = self.raw[place].take().ok_or_else(SchemaError::endless)?;
        let node = self.conjunction(settling, raw)?;
        let node = self.distribute(settling, node)?;
        settling.open.pop();
        settling.ready.resize_with(self.raw.len(), || None);
        settling.ready[place] = Some(node);
        Ok(())
    }

    fn settled(&mut self, settling: &mut Settling, id: SchemaId) -> Built<Node> {
        self.settle(settling, id)?;
        settling.ready[id.0 as usize]
            .clone()
            .ok_or_else(SchemaError::endless)
    }

    fn conjunction(&mut self, settling: &mut Settling, raw: Raw) -> Built<Node> {
        let mut node = raw.node;
        tighten(&mut node);
        for part in raw.all_of {
            let other = self.settled(settling, part)?;
            if tangled(&node, &other) {
                let mut rare = Rare::default();
                rare.all_of.push(part);
                let kept = Node {
                    rare: Some(Box::new(rare)),
                    ..Node::of(other.types)
                };
                node = self.merge(node, kept)?;
            } else {
                node = self.merge(node, other)?;
            }
            tighten(&mut node);
        }
        self.subtract(settling, &mut node)?;
        Ok(node)
    }

    /// `not` of bare types is a smaller set of types.
    fn subtract(&mut self, settling: &mut Settling, node: &mut Node) -> Built<()> {
        let Some(mut rare) = node.rare.take() else {
            return Ok(());
        };
        let mut kept = Vec::new();
        for id in std::mem::take(&mut rare.not) {
            if settling.open.contains(&id) {
                kept.push(id);
                continue;
            }
            let other = self.settled(settling, id)?;
            if other.only_types() && other.unions.is_empty() {
                node.types = node.types.without(other.types);
            } else {
                kept.push(id);
            }
        }
        rare.not = kept;
        let said = !rare.only_says() || rare.description.is_some() || rare.added;
        node.rare = said.then_some(rare);
        Ok(())
    }

    /// Facts beside a union belong to each of its branches.
    fn distribute(&mut self, settling: &mut Settling, mut node: Node) -> Built<Node> {
        if node.unions.is_empty() {
            return Ok(node);
        }
        if node.unions.len() == 1 && node.only_types() && self.implied(settling, &node)? {
            return Ok(node);
        }
        let union = node.unions.remove(0);
        let description = node.description().map(std::sync::Arc::from);
        let mut branches = Vec::with_capacity(union.branches.len());
        for branch in union.branches {
            let branch = self.settled(settling, branch)?;
            if tangled(&node, &branch) {
                return Err(SchemaError::tangled());
            }
            let mut merged = self.merge(node.clone(), branch)?;
            tighten(&mut merged);
            let merged = self.distribute(settling, merged)?;
            if merged.types.is_none() {
                continue;
            }
            self.grow(weight(&merged))?;
            let id = self.add(Raw::plain(Node::any()))?;
            settling.ready.resize_with(self.raw.len(), || None);
            settling.ready[id.0 as usize] = Some(merged);
            branches.push(id);
        }
        let mut pure = Node::of(if branches.is_empty() {
            Types::NONE
        } else {
            Types::ALL
        });
        let rare = Rare {
            description,
            ..Rare::default()
        };
        pure.rare = rare.description.is_some().then(|| Box::new(rare));
        pure.unions.push(Union {
            branches,
            dispatch: None,
            ..union
        });
        Ok(pure)
    }

    /// Whether the types beside the only union say nothing that its branches do not say.
    fn implied(&mut self, settling: &mut Settling, node: &Node) -> Built<bool> {
        if node.types == Types::ALL {
            return Ok(true);
        }
        for union in &node.unions {
            for branch in &union.branches {
                self.settle(settling, *branch)?;
                let fits = |branch: &Node| branch.unions.is_empty() && node.types.has(branch.types);
                if !settling.ready[branch.0 as usize].as_ref().is_some_and(fits) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
