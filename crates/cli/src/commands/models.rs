//! `fakeai models`: what the catalogue knows.

use std::io::Write;

use fakeai_catalog::{Ability, Catalog, Endpoint, Modality, Model, Origin, hardware};
use serde_json::{Value, json};

use super::Failure;
use crate::arguments::ModelsArguments;

/// How many ids are offered in place of one that is not listed.
const OFFERED: usize = 3;

pub(super) fn list(arguments: &ModelsArguments, out: &mut dyn Write) -> Result<(), Failure> {
    if arguments.shapes {
        return shapes(arguments, out);
    }
    let catalog = Catalog::builtin();
    let filter = arguments
        .filter
        .as_deref()
        .unwrap_or_default()
        .to_lowercase();
    let mut models: Vec<Model> = catalog
        .models()
        .filter(|model| matches(model, &filter))
        .cloned()
        .collect();
    let unlisted = arguments.filter.as_deref().filter(|_| models.is_empty());
    models.extend(unlisted.map(|id| catalog.resolve(id)));
    if arguments.json {
        let objects: Value = models.iter().map(object).collect();
        return Ok(writeln!(out, "{objects:#}")?);
    }
    write!(out, "{}", table(&models))?;
    if let Some(id) = unlisted {
        writeln!(out, "\n{id} is not listed; this is what its name tells.")?;
        let near = catalog.nearest(id, OFFERED);
        if !near.is_empty() {
            writeln!(out, "Listed and alike: {}", near.join(", "))?;
        }
    }
    Ok(())
}

/// The models that an engine can be simulated with.
fn shapes(arguments: &ModelsArguments, out: &mut dyn Write) -> Result<(), Failure> {
    let filter = arguments
        .filter
        .as_deref()
        .unwrap_or_default()
        .to_lowercase();
    let found = hardware::shapes().iter();
    let found = found.filter(|shape| shape.model.to_lowercase().contains(&filter));
    if arguments.json {
        let objects: Value = found
            .map(|shape| {
                json!({"model": shape.model, "layers": shape.layers, "hidden": shape.hidden,
                    "heads": shape.heads, "kv_heads": shape.kv_heads, "experts": shape.experts,
                    "experts_per_token": shape.experts_per_token, "context": shape.context,
                    "parameters_billion": shape.parameters_billion,
                    "active_billion": shape.active_billion})
            })
            .collect();
        return Ok(writeln!(out, "{objects:#}")?);
    }
    writeln!(
        out,
        "{:48} {:>6} {:>6} {:>5} {:>8} {:>7} {:>9} {:>8}",
        "MODEL", "LAYERS", "HIDDEN", "HEADS", "KV HEADS", "EXPERTS", "BILLION", "ACTIVE"
    )?;
    for shape in found {
        writeln!(
            out,
            "{:48} {:>6} {:>6} {:>5} {:>8} {:>7} {:>9} {:>8}",
            shape.model,
            shape.layers,
            shape.hidden,
            shape.heads,
            shape.kv_heads,
            shape.experts,
            shape.parameters_billion,
            shape.active_billion
        )?;
    }
    Ok(())
}

fn matches(model: &Model, filter: &str) -> bool {
    model.id.to_lowercase().contains(filter)
        || model.owned_by.to_lowercase() == filter
        || words(model).contains(&filter)
}

fn table(models: &[Model]) -> String {
    let head = [
        "MODEL", "OWNER", "CONTEXT", "OUTPUT", "$ IN", "$ OUT", "DOES",
    ]
    .map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(head)
        .chain(models.iter().map(row))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [id, owner, context, output, input_price, output_price] =
        [0, 1, 2, 3, 4, 5].map(|column| width(column).unwrap_or(0));
    rows.iter()
        .map(|[a, b, c, d, e, f, g]| {
            format!(
                "{a:id$}  {b:owner$}  {c:>context$}  {d:>output$}  {e:>input_price$}  \
                 {f:>output_price$}  {g}\n"
            )
        })
        .collect()
}

fn row(model: &Model) -> [String; 7] {
    let price = |price: Option<f64>| price.map_or_else(|| "-".to_owned(), |p| p.to_string());
    [
        model.id.clone(),
        model.owned_by.clone(),
        model.context_window.to_string(),
        model.max_output_tokens.to_string(),
        price(model.prices.map(|prices| prices.input)),
        price(model.prices.map(|prices| prices.output)),
        words(model).join(" "),
    ]
}

/// What a model can be called for, reads beyond text, and can do that is worth a word.
fn words(model: &Model) -> Vec<&'static str> {
    let endpoints = model.endpoints.iter().map(|endpoint| endpoint.name());
    let reads = model.input.iter().filter(|input| **input != Modality::Text);
    let abilities = [Ability::Tools, Ability::StructuredOutputs];
    let can = abilities
        .into_iter()
        .filter(|ability| model.can(*ability))
        .map(Ability::name);
    let reasons = model.reasoning.as_ref().map(|_| "reasoning");
    endpoints
        .chain(reads.map(|input| input.name()))
        .chain(can)
        .chain(reasons)
        .collect()
}

fn object(model: &Model) -> Value {
    let names = |list: Vec<&'static str>| json!(list);
    let origin = match &model.origin {
        Origin::Listed => json!("listed"),
        Origin::Inferred => json!("inferred"),
        Origin::FineTuned { base } => json!({ "fine_tuned_from": base }),
    };
    json!({
        "id": model.id,
        "owned_by": model.owned_by,
        "provider": model.provider,
        "origin": origin,
        "created": model.created,
        "context_window": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "knowledge_cutoff": model.knowledge_cutoff,
        "parameters_billion": model.parameters_billion,
        "active_parameters_billion": model.active_parameters_billion,
        "endpoints": names(model.endpoints.iter().map(|item| Endpoint::name(*item)).collect()),
        "input": names(model.input.iter().map(|item| item.name()).collect()),
        "output": names(model.output.iter().map(|item| item.name()).collect()),
        "abilities": names(model.abilities.iter().map(|item| item.name()).collect()),
        "reasons": model.reasoning.is_some(),
        "vocabulary": { "name": model.vocabulary.name, "counted_with": model.vocabulary.table,
                        "exact": model.vocabulary.exact },
        "prices": model.prices.map(|prices| json!({
            "input": prices.input, "cached_input": prices.cached_input, "output": prices.output,
        })),
        "ttft_ms": model.latency.ttft.milliseconds,
        "itl_ms": model.latency.itl.milliseconds,
    })
}
