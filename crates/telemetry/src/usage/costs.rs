//! What usage costs: the catalogue's prices of tokens, and those of calls and sessions. What has no
//! known price costs nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use fakeai_catalog::{Catalog, Prices};
use serde::Deserialize;
use serde_json::{Value, json};

use super::book::UsageBook;
use super::line::{Amounts, Line, Priced};
use super::query::{Report, UsageQuery};
use super::report::{Group, Sums};

static SERVICES: LazyLock<Services> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/prices/services.toml"))
        .expect("the prices are part of this program")
});

#[derive(Deserialize)]
struct Services {
    share: HashMap<String, Share>,
    call: HashMap<String, CallPrice>,
}

/// The part of the ordinary price that is paid.
#[derive(Deserialize)]
struct Share {
    share: f64,
}

/// What one call or session costs, and what the bill calls it.
#[derive(Deserialize)]
struct CallPrice {
    price: f64,
    item: String,
}

/// A position on the bill.
struct Item {
    name: String,
    dollars: f64,
    quantity: u64,
    unit: Option<&'static str>,
}

/// The prices of the models of one report, each looked up once.
#[derive(Default)]
struct PriceList(HashMap<String, Option<Prices>>);

impl PriceList {
    fn of(&mut self, model: &str) -> Option<Prices> {
        if let Some(known) = self.0.get(model) {
            return *known;
        }
        let catalog = Catalog::builtin();
        let prices = match catalog.get(model) {
            Some(listed) => listed.prices,
            None => catalog.resolve(model).prices,
        };
        self.0.insert(model.to_owned(), prices);
        prices
    }

    /// What a line is charged.
    fn items(&mut self, line: &Line, amounts: &Amounts) -> Vec<Item> {
        let priced = line.priced();
        if let Some(call) = call_of(priced.report) {
            let item = Item {
                name: call.item.clone(),
                dollars: call.price * amounts.units as f64,
                quantity: amounts.units,
                unit: None,
            };
            return vec![item];
        }
        let prefix = if priced.batch { "batch " } else { "" };
        let tokens = self.tokens(&priced, amounts).into_iter();
        tokens
            .filter(|(_, count, _)| *count > 0)
            .map(|(kind, count, dollars)| Item {
                name: format!("{}, {prefix}{kind}", priced.model),
                dollars,
                quantity: count,
                unit: Some("tokens"),
            })
            .collect()
    }

    /// What such usage costs, in dollars.
    fn dollars(&mut self, priced: &Priced<'_>, amounts: &Amounts) -> f64 {
        match call_of(priced.report) {
            Some(call) => call.price * amounts.units as f64,
            None => {
                let tokens = self.tokens(priced, amounts).into_iter();
                tokens.map(|(_, _, dollars)| dollars).sum()
            }
        }
    }

    /// Tokens by their kind, with what they cost.
    fn tokens(&mut self, priced: &Priced<'_>, amounts: &Amounts) -> [(&'static str, u64, f64); 3] {
        let Some(prices) = self.of(priced.model) else {
            return [("input", 0, 0.0); 3];
        };
        let tier = if priced.batch { "batch" } else { priced.tier };
        let share = SERVICES.share.get(tier).map_or(1.0, |share| share.share);
        let tokens = &amounts.tokens;
        // Sound has prices of its own, which the table has not.
        let cached = tokens.cached;
        let fresh = tokens.prompt - tokens.prompt_audio - cached;
        let written = tokens.completion - tokens.completion_audio;
        let cached_price = prices.cached_input.unwrap_or(prices.input);
        [
            ("input", fresh, prices.input),
            ("cached input", cached, cached_price),
            ("output", written, prices.output),
        ]
        .map(|(kind, count, price)| (kind, count, count as f64 * price * share / 1e6))
    }
}

/// What so many tokens of a model cost in US dollars: at the ordinary price, without the shares of
/// tiers and batches.
pub(crate) fn ordinary_price(model: &str, prompt: u64, cached: u64, completion: u64) -> f64 {
    let Some(prices) = PriceList::default().of(model) else {
        return 0.0;
    };
    let fresh = prompt.saturating_sub(cached) as f64;
    let cached_price = prices.cached_input.unwrap_or(prices.input);
    (fresh * prices.input + cached as f64 * cached_price + completion as f64 * prices.output) / 1e6
}

/// The price of what is charged by the call.
fn call_of(report: Report) -> Option<&'static CallPrice> {
    let call = match report {
        Report::WebSearchCalls => "web_search",
        Report::FileSearchCalls => "file_search",
        Report::CodeInterpreterSessions => "code_interpreter",
        Report::Completions
        | Report::Embeddings
        | Report::Moderations
        | Report::Images
        | Report::AudioSpeeches
        | Report::AudioTranscriptions
        | Report::VectorStores
        | Report::Costs => return None,
    };
    SERVICES.call.get(call)
}

/// What was spent in a calendar month, kept up as it is: it is asked before every call.
#[derive(Default)]
pub(super) struct Spending {
    /// The first second of the month.
    month: u64,
    by_project: HashMap<String, f64>,
    list: PriceList,
}

impl Spending {
    /// Adds usage of a project at that second.
    pub(super) fn add(&mut self, project: &str, priced: &Priced<'_>, amounts: &Amounts, at: u64) {
        let month = month_start(at);
        if month > self.month {
            self.month = month;
            self.by_project.clear();
        }
        let dollars = self.list.dollars(priced, amounts);
        match self.by_project.get_mut(project) {
            Some(spent) => *spent += dollars,
            None => drop(self.by_project.insert(project.to_owned(), dollars)),
        }
    }
}

/// The results of one bucket, by group.
pub(super) fn results(query: &UsageQuery, groups: BTreeMap<Group, Sums>) -> Vec<Value> {
    let by_item = query.groups.iter().position(|name| name == "line_item");
    let place = |name: &str| query.groups.iter().position(|asked| asked == name);
    let mut list = PriceList::default();
    let mut sums: BTreeMap<Group, Item> = BTreeMap::new();
    for (group, lines) in groups {
        for item in lines
            .iter()
            .flat_map(|(line, amounts)| list.items(line, amounts))
        {
            let mut group = group.clone();
            if let Some(place) = by_item {
                group[place] = Some(item.name.clone());
            }
            let sum = sums.entry(group).or_insert_with(|| Item {
                dollars: 0.0,
                quantity: 0,
                ..item
            });
            sum.dollars += item.dollars;
            sum.quantity += item.quantity;
        }
    }
    let results = sums.into_iter().map(|(group, sum)| {
        let value = |name: &str| place(name).and_then(|place| group[place].clone());
        json!({
            "object": "organization.costs.result",
            "amount": {"value": sum.dollars, "currency": "usd"},
            "line_item": value("line_item"),
            "project_id": value("project_id"),
            "api_key_id": value("api_key_id"),
            "quantity": by_item.map(|_| sum.quantity),
            "quantity_unit": by_item.and(sum.unit),
        })
    });
    results.collect()
}

impl UsageBook {
    /// What was spent in the calendar month (UTC) that holds `now`, in US dollars: by a project, or
    /// by all.
    pub fn spent_this_month(&self, project: Option<&str>, now: u64) -> f64 {
        let spending = self.spending.lock();
        if spending.month != month_start(now) {
            return 0.0;
        }
        match project {
            Some(project) => spending.by_project.get(project).copied().unwrap_or(0.0),
            None => spending.by_project.values().sum(),
        }
    }
}

/// The first second of the calendar month that holds a second of the Unix epoch (Hinnant, 2013:
/// days from years that begin in March).
fn month_start(now: u64) -> u64 {
    let days = now / 86_400 + 719_468;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5;
    (now / 86_400 - day) * 86_400
}
