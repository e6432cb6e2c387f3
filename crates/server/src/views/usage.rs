//! Usage and costs of the organisation, from what the world has served.

use std::sync::Arc;

use fakeai_canon::ApiError;
use fakeai_resources::{Order, PageQuery};
use fakeai_telemetry::{Report, UsageQuery};

use crate::answer::Answer;
use crate::resource::Asked;
use crate::world::World;

/// The report that an operation asks for.
pub(super) fn show(
    world: &Arc<World>,
    asked: &Asked<'_>,
    report: Report,
) -> Result<Answer, ApiError> {
    let now = world.now().whole_seconds();
    let anyone = world.keyring.anyone();
    let query = UsageQuery::read(report, asked.query, now, &anyone.project)?;
    let stored = match report {
        Report::VectorStores => stored_bytes(world),
        Report::Completions
        | Report::Embeddings
        | Report::Moderations
        | Report::Images
        | Report::AudioSpeeches
        | Report::AudioTranscriptions
        | Report::CodeInterpreterSessions
        | Report::FileSearchCalls
        | Report::WebSearchCalls
        | Report::Costs => 0,
    };
    Ok(Answer::value(&world.usage.report(&query, now, stored)))
}

/// Vector stores read from the store at once.
const CHUNK: usize = 1_000;

/// What the vector stores hold together.
fn stored_bytes(world: &World) -> u64 {
    let (mut bytes, mut last) = (0, None::<String>);
    loop {
        let page = world.store.page(&PageQuery {
            family: "vector_stores",
            parent: None,
            after: last.as_deref(),
            before: None,
            order: Order::Ascending,
            limit: CHUNK,
            filters: Vec::new(),
        });
        // A store that was deleted meanwhile ends the walk.
        let page = page.unwrap_or_default();
        let each = page.records.iter();
        bytes += each
            .filter_map(|record| record.object["usage_bytes"].as_u64())
            .sum::<u64>();
        last = page.records.last().map(|record| record.id.clone());
        if !page.has_more || last.is_none() {
            return bytes;
        }
    }
}
