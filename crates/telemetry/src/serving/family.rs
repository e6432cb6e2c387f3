//! A page at one moment: each row with its samples, in the order of their labels.

use std::collections::BTreeMap;

use super::measure::{Books, Of, Value};
use super::meter::ServingMeter;
use super::moment::Moment;
use super::page::{Metric, Page, PageKind, Text};
use super::served::ServedSpeculation;
use super::vocabulary::Label;

/// A row with its samples.
pub(super) struct Family {
    pub(super) metric: &'static Metric,
    /// Upper bounds of a histogram.
    pub(super) bounds: Vec<f64>,
    pub(super) samples: BTreeMap<Vec<(&'static str, String)>, Value>,
}

/// Fills a page as it is at that moment.
pub(super) fn families(kind: PageKind, meter: &ServingMeter, moment: &Moment) -> Vec<Family> {
    let page = kind.page();
    meter.read(|workers, calls| {
        let books = Books {
            served: meter.served(),
            workers,
            calls,
            moment,
        };
        let shown = page.metric.iter().filter(|metric| {
            let has = metric.when.is_none_or(|what| books.served.has(what));
            has && (moment.legacy || !metric.legacy)
        });
        shown
            .map(|metric| Family {
                metric,
                bounds: page.bounds(metric, Some(books.served.context_tokens)),
                samples: samples(metric, page, &books),
            })
            .collect()
    })
}

fn samples(
    metric: &'static Metric,
    page: &Page,
    books: &Books<'_>,
) -> BTreeMap<Vec<(&'static str, String)>, Value> {
    let mut samples = BTreeMap::<_, Value>::new();
    for (quantity, further) in metric.values(books.served) {
        for (of, value) in books.values(quantity, page) {
            let own = metric.labels.iter().chain(further.into_iter().flatten());
            let mut labels: Vec<_> = own
                .filter_map(|(name, text)| Some((name.as_str(), words(text, of, page, books)?)))
                .collect();
            labels.sort();
            match samples.get_mut(&labels) {
                Some(sum) => sum.merge(&value),
                None => drop(samples.insert(labels, value)),
            }
        }
    }
    samples
}

/// What a label says of a value; none where it is left out.
fn words(text: &Text, of: Of<'_>, page: &Page, books: &Books<'_>) -> Option<String> {
    let label = match text {
        Text::Fixed(text) => return Some(text.clone()),
        Text::Known(label) => *label,
    };
    let served = books.served;
    Some(match label {
        Label::Model => served.model.clone(),
        Label::Worker => worker(of),
        Label::SeveralWorkers if books.workers.len() > 1 => worker(of),
        Label::SeveralWorkers => return None,
        Label::Endpoint
        | Label::Method
        | Label::Status
        | Label::Outcome
        | Label::ErrorType
        | Label::RequestType
        | Label::Streaming => return Some(of_call(label, of, page)),
        Label::Gpu => served.gpu.clone(),
        Label::Gpus => served.gpus().to_string(),
        Label::Precision => served.precision.clone(),
        Label::CacheDtype => served.cache_dtype.clone(),
        Label::TensorParallel => served.tensor_parallel.to_string(),
        Label::PipelineParallel => served.pipeline_parallel.to_string(),
        Label::ExpertParallel => served.expert_parallel.to_string(),
        Label::BlockTokens => served.block_tokens.to_string(),
        Label::Blocks => served.blocks.to_string(),
        Label::CacheTokens => served.cache_tokens().to_string(),
        Label::CacheConcurrency => {
            let longest = f64::from(served.context_tokens.max(1));
            format!("{:.2}", served.cache_tokens() as f64 / longest)
        }
        Label::ContextTokens => served.context_tokens.to_string(),
        Label::MemoryShare => served.memory_share.to_string(),
        Label::PrefixCaching => python_bool(served.prefix_caching),
        Label::Position => match of {
            Of::Position(_, place) => place.to_string(),
            Of::Everything | Of::Worker(_) | Of::Calls(_) | Of::Gpu(_) => return None,
        },
        Label::Speculates => python_bool(served.speculation.is_some()),
        Label::SpeculationMethod => spoken(books, |how| &how.method),
        Label::SpeculationModel => spoken(books, |how| &how.model),
        Label::ProposedTokens => served.proposed_tokens().to_string(),
        Label::RunningAdapters => books.moment.running_adapters.join(","),
        Label::WaitingAdapters => books.moment.waiting_adapters.join(","),
        Label::MaxAdapters => served.max_adapters.unwrap_or(0).to_string(),
        Label::GpuUuid => match of {
            Of::Gpu(gpu) => books.moment.gpus[gpu].uuid.clone(),
            Of::Everything | Of::Worker(_) | Of::Position(..) | Of::Calls(_) => String::new(),
        },
    })
}

/// A word about how the engine speculates; empty where it does not.
fn spoken(books: &Books<'_>, word: fn(&ServedSpeculation) -> &String) -> String {
    let how = books.served.speculation.as_ref();
    how.map(word).cloned().unwrap_or_default()
}

fn python_bool(yes: bool) -> String {
    if yes { "True" } else { "False" }.to_owned()
}

fn worker(of: Of<'_>) -> String {
    match of {
        Of::Worker(worker) | Of::Position(worker, _) => worker.to_string(),
        Of::Everything | Of::Calls(_) | Of::Gpu(_) => "0".to_owned(),
    }
}

fn of_call(label: Label, of: Of<'_>, page: &Page) -> String {
    let Of::Calls(key) = of else {
        return String::new();
    };
    let one = |yes: bool, one: &str, other: &str| if yes { one } else { other }.to_owned();
    match label {
        Label::Endpoint => page
            .endpoints
            .get(key.operation)
            .cloned()
            .unwrap_or_default(),
        Label::Method => key.method.clone(),
        Label::Status => key.status.to_string(),
        Label::Outcome => one(key.is_answered(), "success", "error"),
        Label::ErrorType if key.is_answered() => String::new(),
        Label::ErrorType => error_type(key.status, key.abandoned, &page.errors),
        Label::RequestType => one(key.streamed, "stream", "unary"),
        Label::Streaming => one(key.streamed, "true", "false"),
        Label::Model
        | Label::Worker
        | Label::SeveralWorkers
        | Label::Gpu
        | Label::Gpus
        | Label::Precision
        | Label::CacheDtype
        | Label::TensorParallel
        | Label::PipelineParallel
        | Label::ExpertParallel
        | Label::BlockTokens
        | Label::Blocks
        | Label::CacheTokens
        | Label::CacheConcurrency
        | Label::ContextTokens
        | Label::MemoryShare
        | Label::PrefixCaching
        | Label::Position
        | Label::Speculates
        | Label::SpeculationMethod
        | Label::SpeculationModel
        | Label::ProposedTokens
        | Label::RunningAdapters
        | Label::WaitingAdapters
        | Label::MaxAdapters
        | Label::GpuUuid => String::new(),
    }
}

/// The page's name for an error: that of its status, or of its class of statuses.
fn error_type(status: u16, abandoned: bool, names: &BTreeMap<String, String>) -> String {
    let exact = if abandoned && status < 400 {
        "abandoned".to_owned()
    } else {
        status.to_string()
    };
    let class = format!("{}xx", status / 100);
    let name = names.get(&exact).or_else(|| names.get(&class));
    name.cloned().unwrap_or_default()
}
