//! Models and hosted tools: the caller's project has to be allowed to use them. Also lines of batches
//! and other calls that objects send are its maker's.

use fakeai_canon::{ApiError, Generate, Tool};

use super::Meaning;
use crate::visit::Visit;

/// Refuses what the administration has forbidden.
pub(super) fn check(meaning: &Meaning<'_>, _: &mut Visit) -> Result<(), ApiError> {
    let (world, project, model) = (meaning.world, &meaning.caller.project, meaning.model);
    if world.is_mock() {
        return Ok(());
    }
    let now = world.now();
    let term = world.terms.of(world.everyones(), project, &model.id, now);
    term.permissions
        .check_model(project, [&model.id, &model.snapshot])?;
    let mut kinds = meaning.work.reading().into_iter().flat_map(hosted);
    kinds.try_for_each(|kind| term.permissions.check_tool(project, kind))
}

fn hosted(work: &Generate) -> impl Iterator<Item = &str> {
    work.tools.iter().filter_map(|tool| match tool {
        Tool::Hosted { kind, .. } => Some(kind.as_str()),
        Tool::Function { .. } | Tool::Custom { .. } => None,
    })
}
