//! The rate limits of a project: a row for each of the provider's models, with what the
//! organisation may use at most, unless the project has been given less.

use std::sync::{Arc, LazyLock};

use fakeai_canon::ApiError;
use fakeai_catalog::{Catalog, Endpoint, Model};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::founding::record;
use super::people::wrong;
use super::projects;
use crate::apply::Site;
use crate::families::Hooks;
use crate::objects::Objects;
use crate::store::Change;
use crate::{Answer, Outcome, page};

pub(super) static HOOKS: Hooks = Hooks {
    family: RATE_LIMITS,
    acts: &[
        ("list-project-rate-limits", list),
        ("update-project-rate-limits", update),
    ],
    ..Hooks::NONE
};

const RATE_LIMITS: &str = "organization.projects.rate_limits";

/// What the organisation may use at most.
static LIMITS: LazyLock<Limits> = LazyLock::new(|| {
    toml::from_str(include_str!(
        "../../../../../data/families/openai/rate_limits.toml"
    ))
    .expect("the rate limits are part of this program")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    limits: Vec<Limit>,
}

/// The limits of the models that answer at an endpoint, or of one model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    endpoint: String,
    /// Names of models that begin so; all where empty.
    #[serde(default)]
    models: Vec<String>,
    most: Map<String, Value>,
}

/// What the administration has given a project of a model, by the provider's names, where it has.
pub fn given_rate_limits(store: Objects<'_>, project: &str, model: &str) -> Option<Arc<Value>> {
    let given = store.find(RATE_LIMITS, Some(project), &format!("rl-{model}"))?;
    Some(Arc::clone(&given.object))
}

/// What an organisation may use of a model at most, by the provider's names.
pub fn usual_rate_limits(model: &Model) -> Option<&'static Map<String, Value>> {
    most(model)
}

fn most(model: &Model) -> Option<&'static Map<String, Value>> {
    let mut limits = LIMITS.limits.iter();
    let row = limits.find(|limit| {
        let endpoint = Endpoint::ALL
            .iter()
            .find(|one| one.name() == limit.endpoint);
        let named = |name: &String| model.id.starts_with(name.as_str());
        endpoint.is_some_and(|endpoint| model.serves(*endpoint))
            && (limit.models.is_empty() || limit.models.iter().any(named))
    });
    row.map(|row| &row.most)
}

/// A model's row in a project.
fn row(store: Objects<'_>, project: &str, model: &Model) -> Option<Arc<Value>> {
    let id = format!("rl-{}", model.id);
    let mut object = json!({"object": "project.rate_limit", "id": id, "model": model.id});
    let given = store.find(RATE_LIMITS, Some(project), &id);
    for (property, value) in most(model)? {
        let given = given.as_ref().map(|record| &record.object[property]);
        let given = given.filter(|given| !given.is_null());
        object[property] = given.unwrap_or(value).clone();
    }
    Some(Arc::new(object))
}

fn models() -> impl Iterator<Item = &'static Model> {
    Catalog::builtin()
        .models()
        .filter(|model| model.provider == "openai" || model.owned_by.starts_with("openai"))
}

fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let project = site.parent()?.map(|parent| parent.id).unwrap_or_default();
    let rows = models().filter_map(|model| row(site.store, &project, model));
    let page = page::of_all(site, rows.collect())?;
    Ok(Outcome::Answer(Answer::json(Arc::new(page))))
}

fn update(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let project = site.parent()?.map(|parent| parent.id).unwrap_or_default();
    projects::active(site)?;
    let id = site.call.params.get("rate_limit_id").unwrap_or_default();
    let unknown = || site.family.missing(id);
    let name = id.strip_prefix("rl-").ok_or_else(unknown)?;
    let model = models().find(|model| model.id == name);
    let model = model.ok_or_else(unknown)?;
    let most = most(model).ok_or_else(unknown)?;
    let old = site.store.find(RATE_LIMITS, Some(&project), id);
    let mut given = old.map_or_else(|| json!({}), |record| Value::clone(&record.object));
    for (property, value) in site.call.body.as_object().into_iter().flatten() {
        check(site, property, value, most)?;
        given[property] = value.clone();
    }
    let changed = record(
        RATE_LIMITS,
        id,
        Some(&project),
        site.context.now,
        given.clone(),
    );
    let mut object = row(site.store, &project, model).ok_or_else(unknown)?;
    let shown = Arc::make_mut(&mut object);
    for (property, value) in given.as_object().into_iter().flatten() {
        shown[property] = value.clone();
    }
    let mut answer = Answer::json(object);
    answer.next.changes.push(Change::Put(changed));
    Ok(Outcome::Answer(answer))
}

fn check(
    site: &Site<'_>,
    property: &str,
    value: &Value,
    most: &Map<String, Value>,
) -> Result<(), ApiError> {
    let Some(limit) = most.get(property).and_then(Value::as_u64) else {
        let words = format!("'{property}' does not apply to this model.");
        return Err(wrong(words, property));
    };
    let asked = value.as_u64().ok_or_else(|| {
        let words = format!("Invalid '{property}': expected a value of at least 0.");
        wrong(words, property)
    })?;
    if asked > limit {
        let words = site.family.wording("above");
        let words = words.replace("{property}", property);
        return Err(wrong(words.replace("{most}", &limit.to_string()), property));
    }
    Ok(())
}
