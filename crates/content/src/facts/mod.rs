//! The values that a text names: numbers, quotations, names, dates, addresses. Not here: which
//! argument takes which value.

mod classify;
mod fact;
mod list;
mod name;
mod quote;
mod scan;
mod script;
mod words;

pub(crate) use fact::{Fact, FactKind};
pub(crate) use list::lists;
pub(crate) use quote::quoted_at;
pub(crate) use scan::scan;
pub(crate) use words::is_country;
