//! The look-up: listed models by id, any other name by its rules, and the nearest ids of a name
//! that was mistyped.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::infer::Rules;
use crate::load;
use crate::model::Model;

/// How alike two ids must be for one to be offered in place of the other (Jaro and Winkler).
const NEAR: f64 = 0.8;

/// Names longer than this are like no listed one; comparing them would only cost time.
const LONGEST_TYPO: usize = 200;

/// All that is known about models. Never changes once it is read.
pub struct Catalog {
    pub(crate) models: Vec<Model>,
    /// Their ids in lower case, in the same order.
    pub(crate) lower: Vec<String>,
    pub(crate) places: HashMap<String, usize>,
    pub(crate) rules: Rules,
}

impl Catalog {
    /// The catalogue that this program carries, read on first use.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Catalog> =
            LazyLock::new(|| load::catalog().expect("the embedded data is read by a test"));
        &BUILTIN
    }

    /// The listed model with exactly this id.
    pub fn get(&self, id: &str) -> Option<&Model> {
        self.places.get(id).map(|place| &self.models[*place])
    }

    /// All listed models, in the order of the data.
    pub fn models(&self) -> impl ExactSizeIterator<Item = &Model> {
        self.models.iter()
    }

    /// The model that an id names: the listed one, or one whose facts follow from its name. The
    /// id stays as it was asked for. `created` is that of the listed model the facts come from,
    /// or 0.
    pub fn resolve(&self, id: &str) -> Model {
        self.get(id).cloned().unwrap_or_else(|| self.infer(id))
    }

    /// The ids of at most `count` listed models that look like `id`, the likest first; none
    /// where nothing does.
    pub fn nearest(&self, id: &str, count: usize) -> Vec<&str> {
        if id.len() > LONGEST_TYPO {
            return Vec::new();
        }
        let wanted = id.to_lowercase();
        let mut near: Vec<(f64, &str)> = self
            .models
            .iter()
            .map(|model| {
                (
                    likeness(&wanted, &model.id.to_lowercase()),
                    model.id.as_str(),
                )
            })
            .filter(|(likeness, _)| *likeness >= NEAR)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        near.into_iter().take(count).map(|(_, id)| id).collect()
    }
}

/// The likest of some names to one that is none of them; none where nothing looks like it.
pub fn likest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let names = names.map(|name| (strsim::jaro_winkler(wanted, name), name));
    let near = names.filter(|(likeness, _)| wanted.len() <= LONGEST_TYPO && *likeness >= NEAR);
    near.max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// Whole ids, or their last parts, whichever are more alike.
fn likeness(wanted: &str, listed: &str) -> f64 {
    let whole = strsim::jaro_winkler(wanted, listed);
    let last = strsim::jaro_winkler(last_part(wanted), last_part(listed));
    whole.max(last * 0.99)
}

/// What follows the last slash of an id: the name without its organisation or host.
pub(crate) fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
