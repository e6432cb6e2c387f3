//! Text that is bound to a format. Not here: free text.

use fakeai_canon::{ApiError, Format, Mode, Seed};

use crate::reading::Reading;
use crate::voice::Voice;

/// What a request's text is bound to.
pub(crate) enum Bound {
    Free,
    Schema(()),
}

impl Bound {
    pub(crate) fn of(_format: &Format, _mode: Mode) -> Result<Self, ApiError> {
        Ok(Bound::Free)
    }

    pub(crate) fn text(
        &self,
        _voice: &Voice<'_>,
        _reading: &Reading<'_>,
        _seed: Seed,
    ) -> Result<Option<String>, ApiError> {
        Ok(None)
    }
}
