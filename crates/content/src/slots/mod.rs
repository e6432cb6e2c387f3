//! Slots: the places of a schema that take values, and which value of a prompt each takes. Not
//! here: how values are found, and how an instance is made of them.

mod assign;
mod given;
mod request;
mod rules;
mod score;
mod slot;
mod told;

pub(crate) use assign::{Candidate, assign, candidates};
pub(crate) use given::{Given, Values};
pub(crate) use rules::{plausible, synonyms, yes_no};
pub(crate) use slot::{Slot, Wants, slots_of};
