//! Calls of tools: whether, which, how many, with which arguments, and what is said of their
//! results. Not here: schemas and the values that a prompt names.

mod call;
mod clause;
mod decide;
mod drawing;
mod finish;
mod follow;
mod hosted;
mod literal;
mod matching;
pub(crate) mod program;
mod report;
mod rules;
pub(crate) mod skill;

pub(crate) use call::Call;
pub(crate) use decide::{Move, Toolbox};
pub(crate) use hosted::{Hosted, call_marks, query as search_query};
pub(crate) use report::report;
