//! Calls of tools.

use fakeai_canon::{ApiError, Generate, HostedCall, PlannedCall, Seed};

use crate::Config;
use crate::prose::Language;
use crate::reading::{Outcome, Reading};
use crate::voice::Voice;

pub(crate) enum Move<'a> {
    Answer,
    Call {
        calls: Vec<Call<'a>>,
        is_named: bool,
    },
    Hosted(Hosted),
}
pub(crate) struct Call<'a>(&'a ());
pub(crate) struct Hosted;
pub(crate) struct Toolbox<'a>(&'a Generate);
impl<'a> Toolbox<'a> {
    pub(crate) fn compile(work: &'a Generate, _config: &Config) -> Result<Self, ApiError> {
        Ok(Self(work))
    }
    pub(crate) fn decide(
        &self,
        _work: &'a Generate,
        _reading: &Reading<'_>,
    ) -> Result<Move<'a>, ApiError> {
        Ok(Move::Answer)
    }
}
impl Call<'_> {
    pub(crate) fn plan(
        &self,
        _voice: &Voice<'_>,
        _reading: &Reading<'_>,
        _seed: Seed,
    ) -> Result<PlannedCall, ApiError> {
        Err(ApiError::invalid(""))
    }
}
impl Hosted {
    pub(crate) fn run(
        &self,
        _voice: &Voice<'_>,
        _reading: &Reading<'_>,
        _seed: Seed,
    ) -> HostedCall {
        HostedCall {
            kind: String::new(),
            detail: serde_json::Value::Null,
            overhead: 0,
        }
    }
}
pub(crate) fn report(results: &[Outcome<'_>], _language: Language) -> String {
    results.iter().map(|r| r.text.as_ref()).collect()
}
