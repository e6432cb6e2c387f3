//! One line of the book: who used what, and how much of it.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use fakeai_canon::{Billed, Caller, Closed, Extras, StableHasher, Usage};
use serde::Deserialize;

use super::query::Report;

/// Which report an operation counts for.
static REPORTS: LazyLock<HashMap<String, Report>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        reports: HashMap<Report, Vec<String>>,
    }
    let file: File = toml::from_str(include_str!("../../../../data/metrics/usage.toml"))
        .expect("the reports' rows are part of this program");
    let rows = file.reports.into_iter();
    rows.flat_map(|(report, operations)| operations.into_iter().map(move |id| (id, report)))
        .collect()
});

/// The report that an operation counts for, if any.
pub(super) fn report_of(operation: &str) -> Option<Report> {
    REPORTS.get(operation).copied()
}

/// Who used what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) report: Report,
    pub(super) project: String,
    pub(super) user: Option<String>,
    pub(super) key: Option<String>,
    pub(super) model: String,
    pub(super) tier: String,
    pub(super) batch: bool,
    /// What a report tells apart besides: the size of pictures, the vector store, the context
    /// level.
    pub(super) detail: Option<String>,
}

/// How much of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    pub(super) requests: u64,
    pub(super) tokens: Usage,
    /// Pictures, characters, seconds, calls or sessions: what the line's report counts.
    pub(super) units: u64,
}

impl Amounts {
    pub(super) fn add(&mut self, other: &Amounts) {
        self.requests += other.requests;
        self.units += other.units;
        let (sum, more) = (&mut self.tokens, &other.tokens);
        sum.prompt += more.prompt;
        sum.cached += more.cached;
        sum.prompt_audio += more.prompt_audio;
        sum.prompt_image += more.prompt_image;
        sum.completion += more.completion;
        sum.reasoning += more.reasoning;
        sum.completion_audio += more.completion_audio;
        sum.accepted_prediction += more.accepted_prediction;
        sum.rejected_prediction += more.rejected_prediction;
    }
}

/// A line under the hash by which it is found, so that no text is copied for one that is there.
pub(super) struct Entry<'a> {
    caller: &'a Caller,
    billed: &'a Billed,
    report: Report,
    detail: Option<&'a str>,
    pub(super) amounts: Amounts,
}

/// What the price of usage goes by.
pub(super) struct Priced<'a> {
    pub(super) report: Report,
    pub(super) model: &'a str,
    pub(super) tier: &'a str,
    pub(super) batch: bool,
}

impl Line {
    pub(super) fn priced(&self) -> Priced<'_> {
        Priced {
            report: self.report,
            model: &self.model,
            tier: &self.tier,
            batch: self.batch,
        }
    }
}

impl Entry<'_> {
    pub(super) fn priced(&self) -> Priced<'_> {
        Priced {
            report: self.report,
            model: &self.billed.model,
            tier: &self.billed.tier,
            batch: self.billed.batch,
        }
    }

    pub(super) fn project(&self) -> &str {
        &self.caller.project
    }

    pub(super) fn hash(&self) -> u64 {
        let mut hasher = StableHasher::new(0);
        self.report.hash(&mut hasher);
        self.caller.hash(&mut hasher);
        self.billed.model.hash(&mut hasher);
        self.billed.tier.hash(&mut hasher);
        self.billed.batch.hash(&mut hasher);
        self.detail.hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn line(&self) -> Line {
        let user = match &self.caller.owner {
            fakeai_canon::Owner::User(id) => Some(id.clone()),
            fakeai_canon::Owner::ServiceAccount(_) => None,
        };
        Line {
            report: self.report,
            project: self.caller.project.clone(),
            user,
            key: self.caller.key.as_ref().map(|key| key.id.clone()),
            model: self.billed.model.clone(),
            tier: self.billed.tier.clone(),
            batch: self.billed.batch,
            detail: self.detail.map(str::to_owned),
        }
    }
}

/// What a call adds to the book: nothing where it failed or is of no report.
pub(super) fn entries<'a>(closed: &'a Closed, none: &'a Billed) -> Vec<Entry<'a>> {
    let report = closed.operation.and_then(report_of);
    let (Some(report), Some(caller)) = (report, closed.caller.as_deref()) else {
        return Vec::new();
    };
    if closed.status >= 300 {
        return Vec::new();
    }
    let billed = closed.billed.as_deref().unwrap_or(none);
    let extras = &billed.extras;
    let entry = |report, detail, amounts| Entry {
        caller,
        billed,
        report,
        detail,
        amounts,
    };
    let calls = |units| Amounts {
        requests: 1,
        units,
        ..Amounts::default()
    };
    let own = Amounts {
        requests: 1,
        tokens: closed.usage,
        units: units(report, extras),
    };
    let mut entries = vec![entry(report, extras.size.as_deref(), own)];
    if extras.web_searches > 0 {
        let level = extras.context_level.as_deref();
        entries.push(entry(
            Report::WebSearchCalls,
            level,
            calls(extras.web_searches),
        ));
    }
    for (store, count) in &extras.file_searches {
        entries.push(entry(Report::FileSearchCalls, Some(store), calls(*count)));
    }
    if extras.code_sessions > 0 && report != Report::CodeInterpreterSessions {
        let sessions = calls(extras.code_sessions);
        entries.push(entry(Report::CodeInterpreterSessions, None, sessions));
    }
    entries
}

fn units(report: Report, extras: &Extras) -> u64 {
    match report {
        Report::Images => extras.images,
        Report::AudioSpeeches => extras.characters,
        Report::AudioTranscriptions => extras.seconds,
        Report::CodeInterpreterSessions => 1,
        Report::Completions
        | Report::Embeddings
        | Report::Moderations
        | Report::VectorStores
        | Report::WebSearchCalls
        | Report::FileSearchCalls
        | Report::Costs => 0,
    }
}
