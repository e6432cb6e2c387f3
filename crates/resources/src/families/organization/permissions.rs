//! Which models and hosted tools a project may use, as its settings say; all where they say nothing.

use std::sync::Arc;

use fakeai_canon::{ApiError, ErrorKind};
use serde_json::Value;

use super::settings::{MODELS, PROJECT_SETTINGS, TOOLS};
use crate::families::wording;
use crate::objects::Objects;

/// What a project may use.
pub struct Permissions {
    models: Option<Arc<Value>>,
    tools: Option<Arc<Value>>,
}

impl Permissions {
    /// Those of a project.
    pub fn of(store: Objects<'_>, project: &str) -> Self {
        let setting = |name: &str| {
            let found = store.find(PROJECT_SETTINGS, Some(project), name)?;
            Some(Arc::clone(&found.object))
        };
        Self {
            models: setting(MODELS),
            tools: setting(TOOLS),
        }
    }

    /// Refuses a model, known by these names, that the project may not use.
    ///
    /// # Errors
    /// The provider's sentence (403).
    pub fn check_model(&self, project: &str, names: [&str; 2]) -> Result<(), ApiError> {
        let Some(models) = &self.models else {
            return Ok(());
        };
        let listed = models["model_ids"].as_array().into_iter().flatten();
        let is_listed = listed
            .filter_map(Value::as_str)
            .any(|listed| names.contains(&listed));
        match is_listed == (models["mode"] == "allow_list") {
            true => Ok(()),
            false => Err(refused("no_model", project, names[0]).code("model_not_found")),
        }
    }

    /// Refuses a hosted tool that the project may not use; `web_search_preview` is a web search.
    ///
    /// # Errors
    /// A sentence like that for models (403).
    pub fn check_tool(&self, project: &str, kind: &str) -> Result<(), ApiError> {
        let tools = self.tools.as_ref().and_then(|tools| tools.as_object());
        let mut tools = tools.into_iter().flatten();
        let named = tools.find(|(tool, _)| kind.starts_with(tool.as_str()));
        match named {
            Some((tool, permission)) if permission["enabled"] == false => {
                Err(refused("no_tool", project, tool))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn refused(sentence: &str, project: &str, name: &str) -> ApiError {
    let sentence = wording::family(PROJECT_SETTINGS).wording(sentence);
    let sentence = sentence
        .replace("{project}", project)
        .replace("{name}", name);
    ApiError::new(ErrorKind::Permission, sentence)
}
