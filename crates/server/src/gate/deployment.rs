//! Deployments: names by which a wire calls models, in the path or as the model of a body, and the
//! dated version that its older paths want.

use fakeai_canon::{ApiError, ErrorKind};

use super::Arrival;
use crate::gateway::unknown_path;
use crate::route::Route;
use crate::visit::Visit;
use crate::world::World;

/// Refuses a call without a version where one is wanted, and one to a deployment that is not there;
/// notes which model the path stands for.
pub(super) fn check(arrival: &mut Arrival<'_>, _: &mut Visit) -> Result<(), ApiError> {
    let head = &arrival.call.head;
    let (dated, name) = match &arrival.route {
        Route::Operation {
            mounted: Some(mounted),
            ..
        } => (mounted.mount.dated, mounted.name.as_deref()),
        Route::Operation { operation, .. } => {
            let mut parameters = operation.parameters.iter();
            (parameters.any(|one| &*one.name == "api-version"), None)
        }
        Route::Own(_) => return Ok(()),
    };
    if dated && !arrival.world.is_mock() && !has_version(&head.query) {
        return Err(unknown_path(head, &head.path));
    }
    arrival.model = match name {
        Some(name) => Some(model_of(arrival.world, &arrival.caller.project, name)?),
        None => None,
    };
    Ok(())
}

/// The model that a deployment is of, for a project: as the settings say, or the one of its own name where they
/// say nothing.
///
/// # Errors
/// No deployment of that name.
pub(crate) fn model_of(world: &World, project: &str, name: &str) -> Result<String, ApiError> {
    let deployments = &world.rules.deployments;
    let model = match deployments.get(name) {
        Some(model) => Some(model.as_str()),
        None => Some(name).filter(|_| deployments.is_empty() || world.is_mock()),
    };
    let model = model.filter(|model| world.model(project, model).is_some());
    model.map(str::to_owned).ok_or_else(|| {
        ApiError::new(
            ErrorKind::NotFound,
            "The API deployment for this resource does not exist.",
        )
        .code("DeploymentNotFound")
    })
}

/// Whether the query names a version: a date, which may be that of a preview.
fn has_version(query: &str) -> bool {
    let value = |pair: &'_ str| pair.strip_prefix("api-version=").map(str::to_owned);
    let version = query.split('&').find_map(value).unwrap_or_default();
    let date = version.strip_suffix("-preview").unwrap_or(&version);
    let parts: Vec<&str> = date.split('-').collect();
    let digits =
        |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts.as_slice(), [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
}
