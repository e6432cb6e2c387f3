//! What a report is asked for.

use fakeai_canon::ApiError;
use serde::Deserialize;
use serde_json::Value;

use super::line::Line;
use super::page;

/// A report of usage, or of what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// Text that was generated.
    Completions,
    /// Vectors.
    Embeddings,
    /// Judgements.
    Moderations,
    /// Pictures.
    Images,
    /// Speech.
    AudioSpeeches,
    /// Sound that was written down.
    AudioTranscriptions,
    /// Bytes kept in vector stores.
    VectorStores,
    /// Sessions in which code was run.
    CodeInterpreterSessions,
    /// Searches of files.
    FileSearchCalls,
    /// Searches of the web.
    WebSearchCalls,
    /// What all of it costs.
    Costs,
}

impl Report {
    /// The report that an operation of the contract asks for.
    pub fn of_operation(id: &str) -> Option<Self> {
        Some(match id {
            "usage-completions" => Self::Completions,
            "usage-embeddings" => Self::Embeddings,
            "usage-moderations" => Self::Moderations,
            "usage-images" => Self::Images,
            "usage-audio-speeches" => Self::AudioSpeeches,
            "usage-audio-transcriptions" => Self::AudioTranscriptions,
            "usage-vector-stores" => Self::VectorStores,
            "usage-code-interpreter-sessions" => Self::CodeInterpreterSessions,
            "usage-file-search-calls" => Self::FileSearchCalls,
            "usage-web-search-calls" => Self::WebSearchCalls,
            "usage-costs" => Self::Costs,
            _ => return None,
        })
    }
}

/// A report as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageQuery {
    pub(super) report: Report,
    /// Seconds of a bucket.
    pub(super) width: u64,
    /// The first second of the first bucket.
    pub(super) start: u64,
    /// The first second after the last bucket.
    pub(super) end: u64,
    /// Buckets of a page.
    pub(super) limit: u64,
    pub(super) groups: Vec<String>,
    filters: Vec<(&'static str, Vec<String>)>,
    batch: Option<bool>,
    /// The project of what belongs to none.
    pub(super) default_project: String,
}

/// The parameters that select, and the property that each speaks of.
const FILTERS: &[(&str, &str)] = &[
    ("project_ids", "project_id"),
    ("user_ids", "user_id"),
    ("api_key_ids", "api_key_id"),
    ("models", "model"),
    ("sizes", "size"),
    ("sources", "source"),
    ("vector_store_ids", "vector_store_id"),
    ("context_levels", "context_level"),
];

impl UsageQuery {
    /// Reads a query that fits its contract; `now` is in seconds of the Unix epoch. What belongs to
    /// no project counts for `default_project`.
    ///
    /// # Errors
    /// A limit out of bounds, a time before the epoch, an end before the start, a page that nobody
    /// issued (400).
    pub fn read(
        report: Report,
        query: &Value,
        now: u64,
        default_project: &str,
    ) -> Result<Self, ApiError> {
        let width = match query["bucket_width"].as_str() {
            Some("1m") => 60,
            Some("1h") => 3_600,
            _ => 86_400,
        };
        let asked = time(query, "start_time")?.unwrap_or(0);
        let end = time(query, "end_time")?;
        if end.is_some_and(|end| end <= asked) {
            let words = "Invalid 'end_time': it must be after 'start_time'.";
            return Err(ApiError::invalid(words).param("end_time"));
        }
        let start = match query["page"].as_str() {
            Some(token) => page::read(token).ok_or_else(wrong_page)?,
            None => asked,
        };
        let end = end.unwrap_or(now + 1).max(asked + 1);
        let list = |name: &str| {
            let values = query[name].as_array().into_iter().flatten();
            let texts = values.filter_map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Vec<_>>()
        };
        let filters = FILTERS
            .iter()
            .filter(|(name, _)| query[*name].is_array())
            .map(|(name, property)| (*property, list(name)));
        Ok(Self {
            report,
            width,
            start: start - start % width,
            end,
            limit: limit(report, width, &query["limit"])?,
            groups: list("group_by"),
            filters: filters.collect(),
            batch: query["batch"].as_bool(),
            default_project: default_project.to_owned(),
        })
    }

    /// Whether a line is of this report and passes its filters.
    pub(super) fn fits(&self, line: &Line) -> bool {
        (self.report == Report::Costs || self.report == line.report)
            && self.batch.is_none_or(|batch| batch == line.batch)
            && self.filters.iter().all(|(property, wanted)| {
                let found = line.property(property);
                found.is_some_and(|found| wanted.contains(&found))
            })
    }
}

impl Line {
    /// What a line says of a property that reports are grouped and filtered by.
    pub(super) fn property(&self, name: &str) -> Option<String> {
        let detail = |report| {
            let detail = self.detail.as_ref();
            detail.filter(|_| self.report == report).cloned()
        };
        match name {
            "project_id" => Some(self.project.clone()),
            "user_id" => self.user.clone(),
            "api_key_id" => self.key.clone(),
            "model" => Some(self.model.clone()),
            "service_tier" => Some(self.tier.clone()),
            "size" => detail(Report::Images),
            "source" => Some("image.generation".to_owned()),
            "vector_store_id" => detail(Report::FileSearchCalls),
            "context_level" => detail(Report::WebSearchCalls),
            _ => None,
        }
    }
}

fn time(query: &Value, name: &str) -> Result<Option<u64>, ApiError> {
    /// The year 9999.
    const LAST: u64 = 253_402_300_799;
    let value = &query[name];
    if value.is_null() {
        return Ok(None);
    }
    let seconds = value.as_u64().filter(|seconds| *seconds <= LAST);
    seconds.map(Some).ok_or_else(|| {
        let words = format!("Invalid '{name}': expected seconds of the Unix epoch.");
        ApiError::invalid(words).param(name).code("invalid_value")
    })
}

/// How many buckets a page has, and may have at most, by their width.
fn limit(report: Report, width: u64, asked: &Value) -> Result<u64, ApiError> {
    let (usual, most) = match (report, width) {
        (Report::Costs, _) => (7, 180),
        (_, 60) => (60, 1_440),
        (_, 3_600) => (24, 168),
        (_, _) => (7, 31),
    };
    let Some(asked) = asked.as_i64() else {
        return Ok(usual);
    };
    let got = u64::try_from(asked)
        .ok()
        .filter(|asked| (1..=most).contains(asked));
    got.ok_or_else(|| {
        let (side, sign, bound, code) = if asked < 1 {
            ("below minimum", ">=", 1, "integer_below_min_value")
        } else {
            ("above maximum", "<=", most, "integer_above_max_value")
        };
        let words = format!(
            "Invalid 'limit': integer {side} value. Expected a value {sign} {bound}, but got \
             {asked} instead."
        );
        ApiError::invalid(words).param("limit").code(code)
    })
}

fn wrong_page() -> ApiError {
    ApiError::invalid("Invalid 'page': it is not the 'next_page' of an answer.")
        .param("page")
        .code("invalid_value")
}
