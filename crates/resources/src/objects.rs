//! Who sees which objects: a project its own, and everybody what is the organisation's. All that
//! the engine reads it reads here, so no family has to ask whose an object is. Not here: whose a
//! call is.

use std::sync::Arc;

use fakeai_canon::Shelf;
use serde_json::Value;

use crate::families::organization::default_project;
use crate::store::{Change, LostCursor, Page, PageQuery, Record, Store, Whose};
use crate::{Effect, Next};

/// The objects that somebody sees.
#[derive(Clone, Copy)]
pub struct Objects<'a> {
    store: &'a dyn Store,
    /// None where all projects are seen.
    project: Option<&'a str>,
}

impl<'a> Objects<'a> {
    /// Those of a project, and of the organisation.
    pub fn of(store: &'a dyn Store, project: &'a str) -> Self {
        let is_default = project == default_project();
        Self {
            store,
            project: Some(if is_default { "" } else { project }),
        }
    }

    /// Those of the organisation, and any that is asked for by its id. Lists of what projects have
    /// are the default project's.
    pub fn everyones(store: &'a dyn Store) -> Self {
        Self {
            store,
            project: None,
        }
    }

    /// The project, as records name it: empty for the default one.
    pub fn project(&self) -> &'a str {
        self.project.unwrap_or_default()
    }

    /// One object. Without a parent's id, whichever bears the id, the newest first.
    pub fn find(&self, family: &str, parent: Option<&str>, id: &str) -> Option<Arc<Record>> {
        let whose = match self.project {
            Some(_) => Whose::Projects(self.owner(family)),
            None => Whose::Anyones,
        };
        self.store.find(whose, family, parent, id)
    }

    /// One object's wire JSON.
    pub fn object(&self, family: &str, id: &str) -> Option<Arc<Value>> {
        let record = self.find(family, None, id)?;
        Some(Arc::clone(&record.object))
    }

    /// All children of a parent, oldest first.
    pub fn children(&self, family: &str, parent: &str) -> Vec<Arc<Value>> {
        self.store.children(self.owner(family), family, parent)
    }

    /// A page. With `before` alone it is the page that ends there; otherwise it begins at `after`.
    ///
    /// # Errors
    /// A cursor that names no object of the list.
    pub fn page(&self, query: &PageQuery<'_>) -> Result<Page, LostCursor> {
        self.store.page(self.owner(query.family), query)
    }

    /// Whose objects of a family are in reach: the project's, or nobody's in particular.
    fn owner(&self, family: &str) -> &'a str {
        if is_shared(family) {
            ""
        } else {
            self.project()
        }
    }

    /// Makes what is new the project's.
    pub(crate) fn claim(&self, changes: &mut [Change]) {
        let project = self.project();
        if project.is_empty() {
            return;
        }
        let project: Arc<str> = Arc::from(project);
        for change in changes {
            if let Change::Put(record) = change {
                let own = !is_shared(record.family);
                record.project = own.then(|| Arc::clone(&project));
            }
        }
    }

    /// The same with the calls that are to be sent.
    pub(crate) fn claim_all(&self, mut next: Next) -> Next {
        self.claim(&mut next.changes);
        for effect in &mut next.effects {
            if let Effect::Send(errand) = effect {
                errand.project = Some(self.project())
                    .filter(|project| !project.is_empty())
                    .map(Arc::from);
            }
        }
        next
    }
}

impl Shelf for Objects<'_> {
    fn object(&self, family: &str, id: &str) -> Option<Arc<Value>> {
        Objects::object(self, family, id)
    }

    fn children(&self, family: &str, parent: &str) -> Vec<Arc<Value>> {
        Objects::children(self, family, parent)
    }
}

/// Families that are the organisation's, whoever makes the object.
fn is_shared(family: &str) -> bool {
    family.starts_with("organization.") || family == "models.permissions"
}
