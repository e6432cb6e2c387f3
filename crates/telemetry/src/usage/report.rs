//! Reports: the book's lines, added up by bucket and group, in the provider's shape.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::UsageBook;
use super::line::{Amounts, Line};
use super::query::{Report, UsageQuery};
use super::{costs, page};

/// What a result is of: the values of the properties that it is grouped by.
pub(super) type Group = Vec<Option<String>>;

/// The lines of a result.
pub(super) type Sums = BTreeMap<Line, Amounts>;

impl UsageBook {
    /// A page of a report. `stored` is what the vector stores hold now, in bytes, for the bucket
    /// that holds `now`.
    pub fn report(&self, query: &UsageQuery, now: u64, stored: u64) -> Value {
        let count = query.end.saturating_sub(query.start).div_ceil(query.width);
        let shown = count.min(query.limit);
        let end = query.start + shown * query.width;
        let mut buckets: Vec<BTreeMap<Group, Sums>> = (0..shown).map(|_| BTreeMap::new()).collect();
        for (at, line, amounts) in self.lines((query.start, end), |line| query.fits(line)) {
            let place = ((at - query.start) / query.width) as usize;
            let group = group(query, &line);
            let sums = buckets[place].entry(group).or_default();
            sums.entry(line).or_default().add(&amounts);
        }
        let data: Vec<Value> = buckets
            .into_iter()
            .zip(0..)
            .map(|(groups, place)| {
                let start = query.start + place * query.width;
                let holds_now = (start..start + query.width).contains(&now);
                let mut results = results(query, groups);
                if query.report == Report::VectorStores && holds_now {
                    results = vec![vector_stores(query, stored)];
                }
                json!({
                    "object": "bucket",
                    "start_time": start,
                    "end_time": start + query.width,
                    "results": results,
                })
            })
            .collect();
        let more = count > shown;
        json!({
            "object": "page",
            "data": data,
            "has_more": more,
            "next_page": more.then(|| page::write(end)),
        })
    }
}

fn group(query: &UsageQuery, line: &Line) -> Group {
    let groups = query.groups.iter();
    groups
        .map(|name| match name.as_str() {
            "batch" => Some(line.batch.to_string()),
            name => line.property(name),
        })
        .collect()
}

fn results(query: &UsageQuery, groups: BTreeMap<Group, Sums>) -> Vec<Value> {
    if query.report == Report::Costs {
        return costs::results(query, groups);
    }
    let results = groups.into_iter().map(|(group, lines)| {
        let mut sum = Amounts::default();
        for amounts in lines.values() {
            sum.add(amounts);
        }
        let mut result = result(query.report, &sum);
        for name in group_names(query.report) {
            let place = query.groups.iter().position(|asked| asked == name);
            let value = place.and_then(|place| group[place].as_deref());
            result[*name] = match (*name, value) {
                ("batch", Some(value)) => json!(value == "true"),
                (_, value) => json!(value),
            };
        }
        result
    });
    results.collect()
}

/// The properties that a report can be grouped by.
fn group_names(report: Report) -> &'static [&'static str] {
    const USUAL: &[&str] = &["project_id", "user_id", "api_key_id", "model"];
    match report {
        Report::Completions => &[
            "project_id",
            "user_id",
            "api_key_id",
            "model",
            "batch",
            "service_tier",
        ],
        Report::Images => &[
            "project_id",
            "user_id",
            "api_key_id",
            "model",
            "size",
            "source",
        ],
        Report::Embeddings
        | Report::Moderations
        | Report::AudioSpeeches
        | Report::AudioTranscriptions => USUAL,
        Report::VectorStores | Report::CodeInterpreterSessions => &["project_id"],
        Report::FileSearchCalls => &["project_id", "user_id", "api_key_id", "vector_store_id"],
        Report::WebSearchCalls => &[
            "project_id",
            "user_id",
            "api_key_id",
            "model",
            "context_level",
        ],
        Report::Costs => &["project_id", "line_item", "api_key_id"],
    }
}

/// A sum in the words of its report.
fn result(report: Report, sum: &Amounts) -> Value {
    let Amounts {
        requests,
        tokens,
        units,
    } = sum;
    match report {
        Report::Completions => completions(sum),
        Report::Embeddings => json!({"object": "organization.usage.embeddings.result",
            "input_tokens": tokens.prompt, "num_model_requests": requests}),
        Report::Moderations => json!({"object": "organization.usage.moderations.result",
            "input_tokens": tokens.prompt, "num_model_requests": requests}),
        Report::Images => json!({"object": "organization.usage.images.result",
            "images": units, "num_model_requests": requests}),
        Report::AudioSpeeches => json!({"object": "organization.usage.audio_speeches.result",
            "characters": units, "num_model_requests": requests}),
        Report::AudioTranscriptions => {
            json!({"object": "organization.usage.audio_transcriptions.result",
                "seconds": units, "num_model_requests": requests})
        }
        Report::CodeInterpreterSessions => {
            json!({"object": "organization.usage.code_interpreter_sessions.result",
                "num_sessions": units})
        }
        Report::FileSearchCalls => json!({"object": "organization.usage.file_searches.result",
            "num_requests": units}),
        Report::WebSearchCalls => json!({"object": "organization.usage.web_searches.result",
            "num_model_requests": requests, "num_requests": units}),
        // Both are made elsewhere: one from what is stored, the other from prices.
        Report::VectorStores | Report::Costs => json!({}),
    }
}

fn completions(sum: &Amounts) -> Value {
    let tokens = &sum.tokens;
    let text = tokens.prompt - tokens.prompt_audio - tokens.prompt_image;
    json!({
        "object": "organization.usage.completions.result",
        "input_tokens": tokens.prompt,
        "input_cached_tokens": tokens.cached,
        "input_uncached_tokens": tokens.prompt - tokens.cached,
        "output_tokens": tokens.completion,
        "input_text_tokens": text,
        "output_text_tokens": tokens.completion - tokens.completion_audio,
        "input_cached_text_tokens": tokens.cached,
        "input_audio_tokens": tokens.prompt_audio,
        "input_cached_audio_tokens": 0,
        "output_audio_tokens": tokens.completion_audio,
        "input_image_tokens": tokens.prompt_image,
        "input_cached_image_tokens": 0,
        "output_image_tokens": 0,
        "num_model_requests": sum.requests,
    })
}

/// What is stored belongs to no project of its own: it counts for the default one.
fn vector_stores(query: &UsageQuery, stored: u64) -> Value {
    let project = query.groups.iter().any(|name| name == "project_id");
    json!({
        "object": "organization.usage.vector_stores.result",
        "usage_bytes": stored,
        "project_id": project.then(|| query.default_project.clone()),
    })
}
