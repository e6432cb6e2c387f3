//! Reads the embedded data files into a catalogue. The only place that knows their shape.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::catalog::Catalog;
use crate::facts::Facts;
use crate::infer::Rules;
use crate::latency::LatencyProfile;
use crate::model::{Flavour, Model, Origin, ParameterRules, Prices, Vocabulary};

/// The models, one file a provider; profiles come first.
const MODELS: &[&str] = &[
    include_str!("../../../data/models/profiles.toml"),
    include_str!("../../../data/models/openai.toml"),
    include_str!("../../../data/models/anthropic.toml"),
    include_str!("../../../data/models/google.toml"),
    include_str!("../../../data/models/meta.toml"),
    include_str!("../../../data/models/mistral.toml"),
    include_str!("../../../data/models/deepseek.toml"),
    include_str!("../../../data/models/qwen.toml"),
    include_str!("../../../data/models/nvidia.toml"),
    include_str!("../../../data/models/others.toml"),
];
const RULES: &str = include_str!("../../../data/models/rules.toml");
const VOCABULARIES: &str = include_str!("../../../data/models/vocabularies.toml");
const PRICES: &str = include_str!("../../../data/prices/tokens.toml");

/// The profile that every model starts from.
const GROUND: &str = "model";

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ModelFile {
    sources: BTreeMap<String, String>,
    profile: BTreeMap<String, Facts>,
    defaults: Facts,
    model: Vec<toml::Table>,
}

/// A model. Its own keys are taken out before the rest is read as facts, so that a key that
/// neither knows is an error.
struct Row {
    id: String,
    created: Option<u64>,
    /// The id that answers carry, where it is not the same.
    current: Option<String>,
    /// Ids of the same model at a certain day, and when each was made.
    snapshots: BTreeMap<String, u64>,
    facts: Facts,
}

impl Row {
    fn read(mut table: toml::Table) -> Result<Self, toml::de::Error> {
        let id = table
            .remove("id")
            .map(String::deserialize)
            .transpose()?
            .unwrap_or_default();
        let created = table.remove("created").map(u64::deserialize).transpose()?;
        let current = table
            .remove("current")
            .map(String::deserialize)
            .transpose()?;
        let snapshots = table
            .remove("snapshots")
            .map(BTreeMap::deserialize)
            .transpose()?;
        let facts = Facts::deserialize(table)?;
        Ok(Self {
            id,
            created,
            current,
            snapshots: snapshots.unwrap_or_default(),
            facts,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceFile {
    sources: BTreeMap<String, String>,
    price: BTreeMap<String, PriceRow>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceRow {
    input: f64,
    cached_input: Option<f64>,
    #[serde(default)]
    output: f64,
    source: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct VocabularyRow {
    table: String,
    #[serde(default)]
    exact: bool,
}

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Reads everything.
///
/// # Errors
/// A file that can't be read, a reference to nothing, a price without a source or of no model.
pub(crate) fn catalog() -> Result<Catalog, Problem> {
    let mut loader = Loader {
        profiles: HashMap::new(),
        models: Vec::new(),
        places: HashMap::new(),
        prices: prices()?,
        vocabularies: toml::from_str(VOCABULARIES)?,
    };
    for text in MODELS {
        loader.file(toml::from_str(text)?)?;
    }
    let rules = Rules::read(RULES, &loader)?;
    if let Some(stranger) = loader
        .prices
        .keys()
        .find(|id| !loader.places.contains_key(*id))
    {
        return Err(format!("a price for {stranger}, which is not listed").into());
    }
    let lower = loader
        .models
        .iter()
        .map(|model| model.id.to_lowercase())
        .collect();
    Ok(Catalog {
        models: loader.models,
        lower,
        places: loader.places,
        rules,
    })
}

/// What has been read so far.
pub(crate) struct Loader {
    profiles: HashMap<String, Facts>,
    models: Vec<Model>,
    places: HashMap<String, usize>,
    prices: BTreeMap<String, Prices>,
    vocabularies: HashMap<String, VocabularyRow>,
}

impl Loader {
    fn file(&mut self, file: ModelFile) -> Result<(), Problem> {
        self.profiles.extend(file.profile);
        for table in file.model {
            let row = Row::read(table)?;
            let source = row.facts.source.as_ref().or(file.defaults.source.as_ref());
            if source.is_none_or(|source| !file.sources.contains_key(source)) {
                return Err(format!("{} names no source of its facts", row.id).into());
            }
            let mut model = self.ground()?;
            self.lay(&file.defaults, &mut model)?;
            self.lay(&row.facts, &mut model)?;
            model.vocabulary = self.vocabulary(&model.vocabulary.name)?;
            model.created = row.created.unwrap_or(model.created);
            model.family.clone_from(&row.id);
            let prices = self.prices.get(&row.id).copied();
            let current = row.current.unwrap_or_else(|| row.id.clone());
            self.insert(
                row.id,
                prices,
                Model {
                    snapshot: current,
                    ..model.clone()
                },
            )?;
            for (id, created) in row.snapshots {
                let snapshot = id.clone();
                self.insert(
                    id,
                    prices,
                    Model {
                        created,
                        snapshot,
                        ..model.clone()
                    },
                )?;
            }
        }
        Ok(())
    }

    /// A model of which nothing is known but what holds for all.
    pub(crate) fn ground(&self) -> Result<Model, Problem> {
        let mut model = blank();
        self.lay(
            self.profiles
                .get(GROUND)
                .ok_or("no profile for all models")?,
            &mut model,
        )?;
        model.vocabulary = self.vocabulary(&model.vocabulary.name)?;
        Ok(model)
    }

    /// Lays facts over a model, after those that they say they are like.
    pub(crate) fn lay(&self, facts: &Facts, model: &mut Model) -> Result<(), Problem> {
        for like in &facts.like {
            if let Some(profile) = self.profiles.get(like) {
                self.lay(profile, model)?;
            } else if let Some(place) = self.places.get(like) {
                model.clone_from(&self.models[*place]);
            } else {
                return Err(format!("nothing is called {like}").into());
            }
        }
        facts.apply(model);
        Ok(())
    }

    /// Facts with what they are like written out, so that no look-up is left.
    pub(crate) fn flatten(&self, facts: &Facts) -> Result<Vec<Facts>, Problem> {
        let mut flat = Vec::new();
        for like in &facts.like {
            let profile = self
                .profiles
                .get(like)
                .ok_or(format!("no profile is called {like}"))?;
            flat.extend(self.flatten(profile)?);
        }
        flat.push(facts.clone());
        Ok(flat)
    }

    /// The vocabulary with this name, and what stands in for it.
    pub(crate) fn vocabulary(&self, name: &str) -> Result<Vocabulary, Problem> {
        let row = self
            .vocabularies
            .get(name)
            .ok_or(format!("no vocabulary is called {name}"))?;
        Ok(Vocabulary {
            name: name.to_owned(),
            table: row.table.clone(),
            exact: row.exact,
        })
    }

    fn insert(
        &mut self,
        id: String,
        prices: Option<Prices>,
        mut model: Model,
    ) -> Result<(), Problem> {
        model.prices = self.prices.get(&id).copied().or(prices);
        model.id.clone_from(&id);
        if self.places.insert(id.clone(), self.models.len()).is_some() {
            return Err(format!("{id} is listed twice").into());
        }
        self.models.push(model);
        Ok(())
    }
}

fn blank() -> Model {
    Model {
        id: String::new(),
        created: 0,
        snapshot: String::new(),
        owned_by: String::new(),
        provider: String::new(),
        family: String::new(),
        origin: Origin::Listed,
        context_window: 0,
        max_output_tokens: 0,
        knowledge_cutoff: None,
        parameters_billion: None,
        active_parameters_billion: None,
        endpoints: Vec::new(),
        input: Vec::new(),
        output: Vec::new(),
        abilities: Vec::new(),
        reasoning: None,
        parameters: ParameterRules::default(),
        takes_instructions: true,
        embedding: None,
        vocabulary: Vocabulary {
            name: String::new(),
            table: String::new(),
            exact: false,
        },
        flavour: Flavour::default(),
        prices: None,
        latency: LatencyProfile::default(),
    }
}

fn prices() -> Result<BTreeMap<String, Prices>, Problem> {
    let file: PriceFile = toml::from_str(PRICES)?;
    let mut prices = BTreeMap::new();
    for (id, row) in file.price {
        if !file.sources.contains_key(&row.source) {
            return Err(format!("the price of {id} names no source").into());
        }
        let price = Prices {
            input: row.input,
            cached_input: row.cached_input,
            output: row.output,
        };
        prices.insert(id, price);
    }
    Ok(prices)
}
