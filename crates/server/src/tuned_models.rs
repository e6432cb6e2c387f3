//! The models that fine-tuning jobs have made: whose they are, and who else may use them. Not here:
//! the jobs, and models that are made on first use.

use std::sync::Arc;

use fakeai_canon::{ApiError, ErrorKind};
use fakeai_catalog::{FineTune, Model};
use fakeai_resources::{self as resources, Order, PageQuery, Record};

use crate::world::World;

/// The family of the models.
const FAMILY: &str = "models";

/// As many of a project's, the newest ones, are listed.
const LISTED: usize = 1_000;

impl World {
    /// The model of that id that a job of this world has made, for whichever project.
    pub(crate) fn tuned_model(&self, id: &str) -> Option<Arc<Record>> {
        FineTune::parse(id)?;
        self.everyones().find(FAMILY, None, id)
    }

    /// Whether a project has made a model, or was given the permission to use it.
    pub(crate) fn may_use(&self, project: &str, tuned: &Record) -> bool {
        let objects = self.objects(project);
        objects.project() == tuned.project() || resources::is_permitted(objects, &tuned.id)
    }

    /// The models that a project has made or may use.
    pub(crate) fn tuned_models(&self, project: &str) -> Vec<Arc<Model>> {
        let query = PageQuery {
            family: FAMILY,
            parent: None,
            after: None,
            before: None,
            order: Order::Descending,
            limit: LISTED,
            filters: Vec::new(),
        };
        let objects = self.objects(project);
        let own = objects.page(&query).unwrap_or_default();
        let own = own.records.iter().map(|record| record.id.clone());
        let shared = resources::permitted_models(objects);
        own.chain(shared)
            .filter_map(|id| self.model(project, &id))
            .collect()
    }

    /// Forgets a model that was made on first use or by a job of the project's.
    ///
    /// # Errors
    /// The model is another project's, or the store could not take it over.
    pub(crate) fn forget_model(&self, project: &str, id: &str) -> Result<bool, ApiError> {
        let tuned = self.tuned_model(id);
        if let Some(tuned) = &tuned {
            if self.objects(project).project() != tuned.project() {
                return match self.may_use(project, tuned) {
                    true => Err(not_yours(id)),
                    false => Ok(false),
                };
            }
            let gone = resources::model_gone(self.everyones(), tuned);
            self.store.commit(gone)?;
        }
        let made = self.models.write().remove(id).is_some();
        Ok(tuned.is_some() || made)
    }
}

/// The refusal to delete a model that is somebody else's.
pub(crate) fn not_yours(id: &str) -> ApiError {
    ApiError::new(
        ErrorKind::Permission,
        format!("You do not have sufficient permissions to delete the model '{id}'."),
    )
}
