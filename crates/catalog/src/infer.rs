//! What a name tells: the facts of a model that nobody listed, by rules that are data.

use serde::Deserialize;

use crate::catalog::{Catalog, last_part};
use crate::facts::Facts;
use crate::fine_tune::FineTune;
use crate::load::Loader;
use crate::model::{Model, Origin, Vocabulary};

/// A name is a listed model with something added where this many characters or more are its id.
const SHORTEST_STEM: usize = 2;

/// As many characters of a name tell anything; the id is a stranger's and may be of any length.
const TELLING: usize = 256;

/// The rules, ready to be applied.
pub(crate) struct Rules {
    ground: Model,
    providers: Vec<Provider>,
    sizes: Vec<Size>,
    rules: Vec<Rule>,
    vocabularies: Vec<(String, Vocabulary)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    provider: Vec<Provider>,
    size: Vec<Size>,
    rule: Vec<RuleRow>,
}

/// Who makes models of such names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    name: String,
    owned_by: String,
    /// Organisations before the slash.
    #[serde(default)]
    paths: Vec<String>,
    /// How names start.
    #[serde(default)]
    starts: Vec<String>,
}

/// How fast models up to a size are; the rows go from small to large.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    up_to_billion: f64,
    facts: Facts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleRow {
    #[serde(default)]
    starts: Vec<String>,
    #[serde(default)]
    contains: Vec<String>,
    /// Whole words, between characters that are neither letters nor digits nor dots.
    #[serde(default)]
    words: Vec<String>,
    /// Whether it is also for names that continue a listed id.
    #[serde(default)]
    refines: bool,
    facts: Facts,
}

/// A row and its facts, those of its profiles first.
struct Rule {
    row: RuleRow,
    facts: Vec<Facts>,
}

type Problem = Box<dyn std::error::Error + Send + Sync>;

impl Rules {
    pub(crate) fn read(text: &str, loader: &Loader) -> Result<Self, Problem> {
        let file: RuleFile = toml::from_str(text)?;
        let mut rules = Vec::new();
        let mut vocabularies = Vec::new();
        for row in file.rule {
            let facts = loader.flatten(&row.facts)?;
            for name in facts.iter().filter_map(Facts::vocabulary) {
                vocabularies.push((name.to_owned(), loader.vocabulary(name)?));
            }
            rules.push(Rule { row, facts });
        }
        let ground = Model {
            origin: Origin::Inferred,
            ..loader.ground()?
        };
        Ok(Self {
            ground,
            providers: file.provider,
            sizes: file.size,
            rules,
            vocabularies,
        })
    }

    /// Lays the facts of all rules over `model` that are for `name`.
    fn apply(&self, name: &str, inherited: bool, model: &mut Model) {
        for rule in self
            .rules
            .iter()
            .filter(|rule| !inherited || rule.row.refines)
        {
            if rule.row.holds(name) {
                rule.facts.iter().for_each(|facts| facts.apply(model));
            }
        }
        let own = self
            .vocabularies
            .iter()
            .find(|(name, _)| *name == model.vocabulary.name);
        if let Some((_, vocabulary)) = own {
            model.vocabulary.clone_from(vocabulary);
        }
    }

    fn provider(&self, id: &str, name: &str, model: &mut Model) {
        let organisation = id
            .strip_suffix(name)
            .and_then(|path| path.strip_suffix('/'));
        let known = self.providers.iter().find(|provider| {
            organisation.is_some_and(|path| provider.paths.iter().any(|known| known == path))
                || (organisation.is_none() && provider.starts.iter().any(|s| name.starts_with(s)))
        });
        match (known, organisation) {
            (Some(provider), _) => {
                model.provider.clone_from(&provider.name);
                model.owned_by.clone_from(&provider.owned_by);
            }
            (None, Some(organisation)) => organisation.clone_into(&mut model.owned_by),
            (None, None) => {}
        }
    }

    fn size(&self, name: &str, model: &mut Model) {
        let Some(billions) = words(name).find_map(size_of) else {
            return;
        };
        model.parameters_billion = Some(billions);
        model.active_parameters_billion =
            words(name).find_map(|word| word.strip_prefix('a').and_then(size_of));
        let works = model.active_parameters_billion.unwrap_or(billions);
        let row = self.sizes.iter().find(|row| works <= row.up_to_billion);
        if let Some(row) = row.or(self.sizes.last()) {
            row.facts.apply(model);
        }
    }
}

impl RuleRow {
    /// Whether the rule is for this name: one match of any kind is enough.
    fn holds(&self, name: &str) -> bool {
        self.starts.iter().any(|start| name.starts_with(start))
            || self.contains.iter().any(|part| name.contains(part))
            || self
                .words
                .iter()
                .any(|wanted| words(name).any(|word| word == wanted))
    }
}

impl Catalog {
    /// The model that an unlisted id names.
    pub(crate) fn infer(&self, id: &str) -> Model {
        match FineTune::parse(id) {
            Some(tune) => self.tuned(id, tune),
            None => self.named(id),
        }
    }

    fn tuned(&self, id: &str, tune: FineTune<'_>) -> Model {
        // A model may be tuned from a tuned one; unfolded here in a loop, as the id is a
        // stranger's and may be of any length.
        let mut root = tune.base;
        while let Some(inner) = FineTune::parse(root) {
            root = inner.base;
        }
        let mut model = self.get(root).cloned().unwrap_or_else(|| self.named(root));
        model.origin = Origin::FineTuned {
            base: tune.base.to_owned(),
        };
        if !tune.organisation.is_empty() {
            tune.organisation.clone_into(&mut model.owned_by);
        }
        id.clone_into(&mut model.id);
        id.clone_into(&mut model.snapshot);
        model
    }

    fn named(&self, id: &str) -> Model {
        let lower: String = id
            .chars()
            .take(TELLING)
            .flat_map(char::to_lowercase)
            .collect();
        let name = last_part(&lower);
        let mut model = match self.stem(&lower, name) {
            Some((listed, whole)) => {
                let mut model = listed.clone();
                model.origin = Origin::Inferred;
                if !whole {
                    self.rules.apply(name, true, &mut model);
                }
                model
            }
            None => {
                let mut model = self.rules.ground.clone();
                self.rules.provider(&lower, name, &mut model);
                self.rules.size(name, &mut model);
                self.rules.apply(name, false, &mut model);
                name.clone_into(&mut model.family);
                model
            }
        };
        id.clone_into(&mut model.id);
        id.clone_into(&mut model.snapshot);
        model
    }

    /// The listed model that a name is, but for case and organisation (`true`), or continues:
    /// of several the one with the longest id.
    fn stem(&self, lower: &str, name: &str) -> Option<(&Model, bool)> {
        let mut best: Option<(&Model, usize)> = None;
        for (model, listed) in self.models.iter().zip(&self.lower) {
            let stem = last_part(listed);
            if listed == lower || stem == name {
                return Some((model, true));
            }
            let continues = stem.len() >= SHORTEST_STEM
                && name
                    .strip_prefix(stem)
                    .is_some_and(|rest| rest.starts_with(['-', ':', '@', '_']));
            if continues && best.is_none_or(|(_, length)| stem.len() > length) {
                best = Some((model, stem.len()));
            }
        }
        best.map(|(model, _)| (model, false))
    }
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric() && c != '.')
        .filter(|word| !word.is_empty())
}

/// The size that a word names, in billions: `70b`, `0.6b`, `270m`, `8x7b`.
fn size_of(word: &str) -> Option<f64> {
    if let Some((experts, each)) = word.split_once('x') {
        return Some(experts.parse::<f64>().ok()? * size_of(each)?);
    }
    let (number, scale) = match word.strip_suffix('b') {
        Some(number) => (number, 1.0),
        None => (word.strip_suffix('m')?, 0.001),
    };
    let starts_with_digit = number.starts_with(|c: char| c.is_ascii_digit());
    number
        .parse::<f64>()
        .ok()
        .filter(|_| starts_with_digit)
        .map(|number| number * scale)
}
