//! Where in a value the walk stands: a list on the stack, written out only when something is wrong.

use std::fmt::Write;

/// One place, linked to the one above it.
#[derive(Clone, Copy)]
pub(crate) enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

/// One step, without the name: enough to compare how far two walks have come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Field,
    Item(usize),
}

impl Path<'_> {
    pub(crate) fn is_root(&self) -> bool {
        matches!(self, Self::Root)
    }

    /// As the provider writes it: `messages[1].content`.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, true);
        out
    }

    /// The same without indices: `messages[].content`.
    pub(crate) fn general(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, false);
        out
    }

    fn write(&self, out: &mut String, indices: bool) {
        match self {
            Self::Root => {}
            Self::Field(above, name) => {
                above.write(out, indices);
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Self::Item(above, index) => {
                above.write(out, indices);
                if indices {
                    // Writing to a string can't fail.
                    let _ = write!(out, "[{index}]");
                } else {
                    out.push_str("[]");
                }
            }
        }
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut place = self;
        loop {
            match place {
                Self::Root => break,
                Self::Field(above, _) => {
                    steps.push(Step::Field);
                    place = above;
                }
                Self::Item(above, index) => {
                    steps.push(Step::Item(*index));
                    place = above;
                }
            }
        }
        steps.reverse();
        steps
    }

    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Root => 0,
            Self::Field(above, _) | Self::Item(above, _) => above.depth() + 1,
        }
    }
}
