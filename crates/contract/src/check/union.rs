//! Unions: the branch is picked before the walk goes into it, so that the place named in an error
//! is the one that the provider names. Where several branches are left, the one that came furthest
//! speaks.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::path::{Path, Step};
use super::shape::Shape;
use super::violation::{Finding, ViolationKind};
use super::walk::{Flow, Walk};
use crate::schema::{Dispatch, Found, SchemaId, Types, Union};

impl Walk<'_> {
    pub(super) fn fits(&mut self, id: SchemaId, value: &Value, path: &Path<'_>) -> bool {
        let limit = std::mem::replace(&mut self.limit, 0);
        self.trying += 1;
        let fits = self.value(id, value, path).is_ok();
        self.trying -= 1;
        self.limit = limit;
        fits
    }

    pub(super) fn union(
        &mut self,
        id: SchemaId,
        union: &Union,
        value: &Value,
        path: &Path<'_>,
    ) -> Flow {
        let schemas = self.schemas;
        let kind = Types::of(value);
        if !schemas.node(id).types.meets(kind) {
            return self.wrong_type(id, value, path);
        }
        if union.exactly_one {
            return self.exactly_one(id, union, value, path);
        }
        if let (Some(dispatch), Value::Object(members)) = (&union.dispatch, value) {
            let found = found(dispatch, members);
            let candidates = dispatch.candidates(&found);
            if candidates.is_empty() {
                return self.no_branch(dispatch, members, path);
            }
            let branches = candidates
                .iter()
                .map(|index| union.branches[*index as usize]);
            return self.pick(id, branches, value, path);
        }
        let fitting = |branch: &SchemaId| schemas.node(*branch).types.meets(kind);
        self.pick(
            id,
            union.branches.iter().copied().filter(fitting),
            value,
            path,
        )
    }

    fn pick(
        &mut self,
        id: SchemaId,
        mut branches: impl Iterator<Item = SchemaId> + Clone,
        value: &Value,
        path: &Path<'_>,
    ) -> Flow {
        let all = branches.clone();
        let Some(first) = branches.next() else {
            return self.wrong_type(id, value, path);
        };
        if branches.next().is_none() {
            return self.value(first, value, path);
        }
        if all.clone().any(|branch| self.fits(branch, value, path)) {
            return Ok(());
        }
        self.speak(all, value, path)
    }

    /// No branch fits: reports what the branch that came furthest says.
    fn speak(
        &mut self,
        branches: impl Iterator<Item = SchemaId>,
        value: &Value,
        path: &Path<'_>,
    ) -> Flow {
        if self.limit == 0 {
            return self.report(path, || ViolationKind::TooComplex);
        }
        let above = path.depth();
        let mut best: Option<Finding> = None;
        for branch in branches {
            let Some(mut finding) = self.first(branch, value, path) else {
                continue;
            };
            finding.known = self.known(branch, value);
            best = Some(match best {
                None => finding,
                Some(held) => better(held, finding, above),
            });
        }
        let Some(best) = best else { return Ok(()) };
        self.findings.push(best);
        if self.findings.len() >= self.limit {
            Err(super::walk::Stop)
        } else {
            Ok(())
        }
    }

    /// How many fields of an object a branch has a property for.
    pub(super) fn known(&self, branch: SchemaId, value: &Value) -> usize {
        let facts = self.schemas.node(branch).object.as_ref();
        let (Some(facts), Value::Object(members)) = (facts, value) else {
            return 0;
        };
        members
            .keys()
            .filter(|name| facts.property(name).is_some())
            .count()
    }

    /// The first violation of one branch.
    fn first(&mut self, branch: SchemaId, value: &Value, path: &Path<'_>) -> Option<Finding> {
        let held = std::mem::take(&mut self.findings);
        let limit = std::mem::replace(&mut self.limit, 1);
        self.trying += 1;
        // The findings say whether it stopped.
        let _ = self.value(branch, value, path);
        self.trying -= 1;
        self.limit = limit;
        std::mem::replace(&mut self.findings, held).pop()
    }

    fn exactly_one(&mut self, id: SchemaId, union: &Union, value: &Value, path: &Path<'_>) -> Flow {
        let schemas = self.schemas;
        let kind = Types::of(value);
        let typed = |branch: &SchemaId| schemas.node(*branch).types.meets(kind);
        let branches = union.branches.iter().copied().filter(typed);
        match branches
            .clone()
            .filter(|branch| self.fits(*branch, value, path))
            .count()
        {
            0 => self.pick(id, branches, value, path),
            1 => Ok(()),
            _ => self.report(path, || ViolationKind::Ambiguous),
        }
    }

    /// The discriminator itself is wrong.
    fn no_branch(
        &mut self,
        dispatch: &Dispatch,
        members: &Map<String, Value>,
        path: &Path<'_>,
    ) -> Flow {
        let place = Path::Field(path, &dispatch.property);
        match members.get(&*dispatch.property) {
            None => self.report(&place, || ViolationKind::Missing),
            Some(got @ Value::String(_)) => self.report(&place, || ViolationKind::NotInEnum {
                got: got.clone(),
                allowed: dispatch
                    .shown
                    .iter()
                    .map(|one| Value::String(one.to_string()))
                    .collect(),
            }),
            Some(other) => self.report(&place, || ViolationKind::WrongType {
                expected: vec![Shape::Text],
                got: Shape::of(other),
            }),
        }
    }
}

pub(super) fn found<'v>(dispatch: &Dispatch, members: &'v Map<String, Value>) -> Found<'v> {
    match members.get(&*dispatch.property) {
        None => Found::Missing,
        Some(Value::String(text)) => Found::Text(text),
        Some(_) => Found::Else,
    }
}

/// How much a finding says about the branch having been meant: whether it is more than another
/// constant, how many fields it knows, how far the walk came, and at equal depth what went wrong.
fn rank(finding: &Finding, above: usize) -> (bool, usize, usize, u8, &[Step]) {
    let depth = finding.steps.len();
    let (meant, depth, weight) = match &finding.violation.kind {
        // One literal just below: this branch is simply another one.
        ViolationKind::NotInEnum { allowed, .. } if allowed.len() == 1 && depth <= above + 1 => {
            (false, depth, 0)
        }
        // A wrong literal may mean another branch; a missing field can't.
        ViolationKind::NotInEnum { .. } => (true, depth.saturating_sub(1), 0),
        ViolationKind::Missing => (true, depth.saturating_sub(1), 1),
        // Unknown fields are looked at last: all else did fit.
        ViolationKind::Unknown => (true, depth, 2),
        _ => (true, depth, 1),
    };
    (meant, finding.known, depth, weight, &finding.steps)
}

fn better(held: Finding, new: Finding, above: usize) -> Finding {
    match rank(&new, above).cmp(&rank(&held, above)) {
        Ordering::Less => held,
        Ordering::Greater => new,
        Ordering::Equal => joined(held, new),
    }
}

/// Two branches that fail at one place in the same way allow what either allows.
fn joined(mut held: Finding, new: Finding) -> Finding {
    if held.violation.param != new.violation.param {
        return held;
    }
    match (&mut held.violation.kind, new.violation.kind) {
        (
            ViolationKind::NotInEnum { allowed, .. },
            ViolationKind::NotInEnum { allowed: more, .. },
        ) => {
            for value in more {
                if !allowed.contains(&value) {
                    allowed.push(value);
                }
            }
        }
        (
            ViolationKind::WrongType { expected, .. },
            ViolationKind::WrongType { expected: more, .. },
        ) => {
            for shape in more {
                if !expected.contains(&shape) {
                    expected.push(shape);
                }
            }
        }
        _ => {}
    }
    held
}
