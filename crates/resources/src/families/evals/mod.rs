//! Evaluations: what is to be asked of models, and runs that really ask and really grade.
//!
//! A run's rows wait as *work*, one record each; a *tally* beside the run counts what has come of
//! them and looks after the pace. Both are gone when the run has ended.

mod eval;
mod run;
mod sample;
mod source;
mod tally;
mod work;

pub(super) use eval::HOOKS as EVALS;
pub(super) use run::HOOKS as RUNS;
pub(super) use tally::HOOKS as TALLY;
pub(super) use work::HOOKS as WORK;
