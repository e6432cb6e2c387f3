//! Usage and costs of the organisation, from what the world has served.

use std::sync::Arc;

use fakeai_canon::ApiError;
use fakeai_resources::{Objects, Order, PageQuery, Record};
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

/// Objects read from the store at once.
const CHUNK: usize = 1_000;

/// What the vector stores of all projects hold together.
fn stored_bytes(world: &World) -> u64 {
    let mut bytes = 0;
    let everyones = world.everyones();
    each(everyones, "organization.projects", |project| {
        let theirs = world.objects(&project.id);
        each(theirs, "vector_stores", |store| {
            bytes += store.object["usage_bytes"].as_u64().unwrap_or(0);
        });
    });
    bytes
}

/// Shows all objects of a family that stand at the top.
fn each(objects: Objects<'_>, family: &'static str, mut show: impl FnMut(&Record)) {
    let mut last = None::<String>;
    loop {
        let page = objects.page(&PageQuery {
            family,
            parent: None,
            after: last.as_deref(),
            before: None,
            order: Order::Ascending,
            limit: CHUNK,
            filters: Vec::new(),
        });
        // A cursor that was deleted meanwhile ends the walk.
        let page = page.unwrap_or_default();
        page.records.iter().for_each(|record| show(record));
        last = page.records.last().map(|record| record.id.clone());
        if !page.has_more || last.is_none() {
            return;
        }
    }
}
