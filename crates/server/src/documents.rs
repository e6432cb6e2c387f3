//! The documents that the tool of an answer searches: a world's vector stores, read first where the
//! answer waits for that. Not here: how they are kept and found.

use std::sync::Arc;

use fakeai_canon::{ApiError, Passage, Ranked, Sources};
use fakeai_resources::{
    self as resources, Effect, FileQuestion, FileSearch, Found, Objects, Record,
};
use fakeai_retrieval::{self as retrieval, Candidate};
use serde_json::Value;

use crate::corpus;
use crate::gateway::Gateway;
use crate::resource::{carry_out, commit, context, means, settle};
use crate::tasks;
use crate::world::World;

/// A world's vector stores, for the tool of an answer that searches files.
pub(crate) struct Documents<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) world: &'a Arc<World>,
    /// Those of who asks.
    pub(crate) objects: Objects<'a>,
    /// Whether a search waits for files that are still to be read, as runs do.
    pub(crate) waits: bool,
}

impl Documents<'_> {
    /// Reads what of these stores is still to be read, as if it were due.
    fn read_now(&self, stores: &[&str]) -> Result<(), ApiError> {
        let world = self.world;
        for record in resources::unread_files(self.objects, stores) {
            read(world, &record)?;
        }
        Ok(())
    }
}

/// Reads what of these stores is still to be read, with nobody's turn but for what follows from it:
/// a model may calculate for long.
///
/// # Errors
/// The store is full, or can't be reached.
pub(crate) fn read_ahead(
    gateway: &Gateway,
    world: &Arc<World>,
    objects: Objects<'_>,
    stores: &[&str],
) -> Result<(), ApiError> {
    for record in resources::unread_files(objects, stores) {
        let volume = resources::unread_volume(&record);
        let _prepared = volume.map(|volume| tasks::aside(|| world.prepare(&volume)));
        let turn = world.turn();
        // Somebody else may have read it meanwhile, or let it go.
        let parent = record.parent.as_ref().map(|parent| parent.id.as_str());
        let now = objects.find(record.family, parent, &record.id);
        let unread = now.filter(|now| resources::unread_volume(now).is_some());
        let effects = unread.map(|record| read(world, &record)).transpose()?;
        drop(turn);
        carry_out(gateway, world, effects.unwrap_or_default());
    }
    Ok(())
}

fn read(world: &World, record: &Record) -> Result<Vec<Effect>, ApiError> {
    let failures = world.store.failures();
    let seed = world.seed.fork("due").fork(&record.id);
    let read = resources::advance(record, means(world), &context(world, world.now(), seed));
    commit(world, failures, read?)
}

/// Passages that the tool finds unless it is told.
const PASSAGES: u64 = 20;

impl Sources for Documents<'_> {
    fn search_files(&self, settings: &Value, query: &str) -> Result<Vec<Passage>, ApiError> {
        settle(self.gateway, self.world);
        let everywhere = settings["everywhere"] == true;
        let all = match everywhere {
            true => resources::searchable_stores(self.objects),
            false => Vec::new(),
        };
        let stores = settings["vector_store_ids"].as_array();
        let named = stores.into_iter().flatten().filter_map(Value::as_str);
        let stores: Vec<&str> = named.chain(all.iter().map(String::as_str)).collect();
        self.world.catch_up(self.objects, &stores);
        if self.waits {
            self.read_now(&stores)?;
        }
        let search = FileSearch {
            stores,
            question: FileQuestion {
                queries: vec![query.to_owned()],
                limit: settings["max_num_results"].as_u64().unwrap_or(PASSAGES) as usize,
                filters: settings["filters"].clone(),
                ranking: settings["ranking_options"].clone(),
            },
        };
        let turn = self.world.turn();
        let (project, now) = (self.objects.project(), self.world.now());
        let searched = resources::search_files(means(self.world), project, now, &search);
        let (mut found, changes) = match searched {
            // Nobody has made the stores that a mock is asked for.
            Err(_) if self.world.is_mock() => return Ok(Vec::new()),
            searched => searched?,
        };
        self.world.store.commit(changes)?;
        drop(turn);
        if everywhere {
            found.extend(corpus::search(self.world, &search.question)?);
            found.sort_by(|one, other| other.score.total_cmp(&one.score));
            found.truncate(search.question.limit);
        }
        let passage = |found: Found| Passage {
            file_id: found.file,
            filename: found.name,
            attributes: found.attributes,
            score: found.score,
            text: found.text,
        };
        Ok(found.into_iter().map(passage).collect())
    }

    fn rank(&self, query: &str, passages: &[&str]) -> Vec<Ranked> {
        let behaviour = &self.world.behaviour;
        let asked = behaviour.passage_vectors(&[query]).pop();
        let vectors = behaviour.passage_vectors(passages);
        let candidates = passages.iter().zip(&vectors);
        let candidates: Vec<_> = candidates
            .map(|(text, vector)| Candidate { text, vector })
            .collect();
        retrieval::rank(query, &asked.unwrap_or_default(), &candidates)
    }
}
