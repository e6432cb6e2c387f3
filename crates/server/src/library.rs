//! The documents of a world's vector stores: read, cut, embedded and kept searchable in memory. What
//! is kept follows from the stored files; it is made anew where it was lost.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use fakeai_canon::ApiError;
use fakeai_resources::{
    self as resources, FileQuestion, Found, Holding, Library, Objects, Unreadable, Volume,
};
use fakeai_retrieval::{
    self as retrieval, Attributes, Chunking, Filter, FilterError, Hit, Index, Limits, ParseError,
    Passage, Query, Ranking, Source, merge,
};
use fakeai_tokens::Vocabulary;
use parking_lot::{Mutex, RwLock};
use serde_json::Value;

use crate::tasks;
use crate::world::World;

/// Memory of all indexes of a world; the one that was not used for longest goes first.
const MOST_BYTES: usize = 1 << 30;

/// Bytes of a blob that are read at once.
const PIECE: usize = 1 << 20;

/// The indexes of a world's vector stores.
#[derive(Default)]
pub(crate) struct Indexes {
    open: Mutex<Shelves>,
    /// Held by who makes an index anew, so that who comes meanwhile waits for the same.
    filling: Mutex<()>,
    /// The passages of files that are to be shelved next, made before their turn.
    prepared: Mutex<Vec<Prepared>>,
    /// That of the documents that are there from the start, made at their first search.
    pub(crate) built_in: OnceLock<Index>,
}

/// What a file has come to, and of what.
type Prepared = (Edition, Result<Vec<Passage>, Unreadable>);

/// Passages that wait to be shelved.
pub(crate) struct Preparation<'a> {
    indexes: &'a Indexes,
    edition: Edition,
}

impl Drop for Preparation<'_> {
    fn drop(&mut self) {
        self.indexes.prepared(&self.edition);
    }
}

#[derive(Default)]
struct Shelves {
    stores: HashMap<String, Kept>,
    uses: u64,
}

struct Kept {
    index: Arc<RwLock<StoreIndex>>,
    last_use: u64,
    bytes: usize,
    /// Whether it had all files of the store once.
    was_whole: bool,
}

/// The index of a store, and what its files were made of.
#[derive(Default)]
struct StoreIndex {
    index: Index,
    editions: HashMap<String, Edition>,
}

/// What the passages of a file follow from.
#[derive(Clone, PartialEq)]
struct Edition {
    blob: String,
    passage_tokens: u64,
    shared_tokens: u64,
}

impl Edition {
    fn of(volume: &Volume) -> Self {
        Self {
            blob: volume.blob.clone(),
            passage_tokens: volume.passage_tokens,
            shared_tokens: volume.shared_tokens,
        }
    }
}

impl Indexes {
    fn of(&self, store: &str) -> Arc<RwLock<StoreIndex>> {
        let mut shelves = self.open.lock();
        shelves.uses += 1;
        let last_use = shelves.uses;
        let kept = shelves
            .stores
            .entry(store.to_owned())
            .or_insert_with(|| Kept {
                index: Arc::default(),
                last_use,
                bytes: 0,
                was_whole: false,
            });
        kept.last_use = last_use;
        Arc::clone(&kept.index)
    }

    fn prepared(&self, wanted: &Edition) -> Option<Result<Vec<Passage>, Unreadable>> {
        let mut prepared = self.prepared.lock();
        let place = prepared.iter().position(|(edition, _)| edition == wanted)?;
        Some(prepared.swap_remove(place).1)
    }

    fn was_whole(&self, store: &str) -> bool {
        let shelves = self.open.lock();
        shelves.stores.get(store).is_some_and(|kept| kept.was_whole)
    }

    fn is_whole(&self, store: &str, bytes: usize) {
        if let Some(kept) = self.open.lock().stores.get_mut(store) {
            kept.was_whole = true;
        }
        self.grown(store, bytes);
    }

    /// Notes how large a store's index has become, and lets others go where all are too large.
    fn grown(&self, store: &str, bytes: usize) {
        let mut shelves = self.open.lock();
        if let Some(kept) = shelves.stores.get_mut(store) {
            kept.bytes = bytes;
        }
        let mut all: usize = shelves.stores.values().map(|kept| kept.bytes).sum();
        while all > MOST_BYTES && shelves.stores.len() > 1 {
            let oldest = shelves.stores.iter().min_by_key(|(_, kept)| kept.last_use);
            let Some(id) = oldest.map(|(id, _)| id.clone()) else {
                return;
            };
            all -= shelves.stores.remove(&id).map_or(0, |kept| kept.bytes);
        }
    }
}

impl Library for World {
    fn shelve(&self, store: &str, volume: &Volume) -> Result<u64, Unreadable> {
        let passages = match self.indexes.prepared(&Edition::of(volume)) {
            Some(passages) => passages,
            None => passages(self, volume),
        };
        let passages = passages?;
        let bytes = passages
            .iter()
            .map(|passage| passage.text.len() + size_of_val(&*passage.vector));
        let bytes = bytes.sum::<usize>() as u64;
        let index = self.indexes.of(store);
        let mut index = index.write();
        index.add(volume, passages)?;
        let all = index.index.bytes();
        drop(index);
        self.indexes.grown(store, all);
        Ok(bytes)
    }

    fn text(&self, volume: &Volume) -> Result<String, Unreadable> {
        text(self, volume)
    }

    fn search(&self, stores: &[Holding], question: &FileQuestion) -> Result<Vec<Found>, ApiError> {
        let ranking = Some(&question.ranking).filter(|ranking| !ranking.is_null());
        let ranking = Ranking::from_json(ranking).map_err(refusal)?;
        let filter = Some(&question.filters).filter(|filters| !filters.is_null());
        let filter = filter.map(Filter::from_json).transpose().map_err(refusal)?;
        let texts: Vec<&str> = question.queries.iter().map(String::as_str).collect();
        let vectors = self.behaviour.passage_vectors(&texts);
        let mut found = Vec::new();
        for holding in stores {
            let index = self.indexes.of(&holding.store);
            index.write().hold(self, &holding.volumes);
            let index = index.read();
            let search = |(text, vector): (&&str, &Vec<f32>)| {
                let query = Query {
                    text,
                    vector,
                    limit: question.limit,
                    filter: filter.as_ref(),
                    ranking,
                };
                index.index.search(&query).unwrap_or_default()
            };
            let hits = merge(
                texts.iter().zip(&vectors).map(search).collect(),
                question.limit,
            );
            found.extend(hits.iter().map(|hit| shown(hit, &holding.volumes)));
        }
        found.sort_by(|one: &Found, other| other.score.total_cmp(&one.score));
        found.truncate(question.limit);
        Ok(found)
    }

    fn rewrite(&self, question: &str) -> String {
        self.behaviour.search_query(question)
    }

    fn forget(&self, store: &str) {
        self.indexes.open.lock().stores.remove(store);
    }
}

impl StoreIndex {
    fn add(&mut self, volume: &Volume, passages: Vec<Passage>) -> Result<(), Unreadable> {
        let added = self.index.add(&volume.file, attributes(volume), passages);
        added.map_err(|error| broken(&error))?;
        self.editions
            .insert(volume.file.clone(), Edition::of(volume));
        Ok(())
    }

    /// Whether the passages of this file are here as they have to be.
    fn has(&self, volume: &Volume) -> bool {
        self.editions.get(&volume.file) == Some(&Edition::of(volume))
    }

    /// Makes the index hold these files and no others, with these attributes.
    fn hold(&mut self, world: &World, volumes: &[Volume]) {
        let listed: HashMap<&str, &Volume> = volumes
            .iter()
            .map(|volume| (volume.file.as_str(), volume))
            .collect();
        let gone = self
            .editions
            .keys()
            .filter(|file| !listed.contains_key(file.as_str()));
        for file in gone.cloned().collect::<Vec<_>>() {
            self.index.remove(&file);
            self.editions.remove(&file);
        }
        for volume in volumes {
            if self.has(volume) {
                self.index.set_attributes(&volume.file, attributes(volume));
                continue;
            }
            // What could be read once can't be read now: its bytes are lost, and so are its passages.
            if let Ok(passages) = passages(world, volume) {
                let _ = self.add(volume, passages);
            }
        }
    }
}

impl World {
    /// Makes the passages of a file that is about to be shelved, while others have their turn. They
    /// go with what is returned, shelved or not.
    pub(crate) fn prepare(&self, volume: &Volume) -> Preparation<'_> {
        let made = passages(self, volume);
        let edition = Edition::of(volume);
        self.indexes.prepared.lock().push((edition.clone(), made));
        Preparation {
            indexes: &self.indexes,
            edition,
        }
    }

    /// Reads what the indexes of these stores lack, which after a restart is every file, before the
    /// turn in which they are searched: nobody waits for that who asks for something else.
    pub(crate) fn catch_up(&self, objects: Objects<'_>, stores: &[&str]) {
        // Where no model calculates, one file more or less is soon read.
        let may_lack =
            |store: &&&str| self.behaviour.calculates() || !self.indexes.was_whole(store);
        for store in stores.iter().filter(may_lack) {
            let Some(holding) = resources::searched_store(objects, store) else {
                continue;
            };
            let index = self.indexes.of(store);
            let lacks = |volume: &&Volume| !index.read().has(volume);
            if holding.volumes.iter().any(|volume| lacks(&volume)) {
                tasks::aside(|| {
                    let _filling = self.indexes.filling.lock();
                    for volume in holding.volumes.iter().filter(lacks) {
                        if let Ok(passages) = passages(self, volume) {
                            let _ = index.write().add(volume, passages);
                        }
                    }
                });
            }
            let bytes = index.read().index.bytes();
            self.indexes.is_whole(store, bytes);
        }
    }
}

fn passages(world: &World, volume: &Volume) -> Result<Vec<Passage>, Unreadable> {
    let text = text(world, volume)?;
    let chunking = Chunking::new(volume.passage_tokens, volume.shared_tokens);
    let chunking = chunking.map_err(|error| broken(&error))?;
    let chunks = retrieval::chunks(&text, chunking, Vocabulary::cl100k_base());
    let texts: Vec<&str> = chunks
        .iter()
        .map(|chunk| &text[chunk.bytes.clone()])
        .collect();
    let vectors = world.behaviour.passage_vectors(&texts);
    let passage = |(text, vector): (&&str, Vec<f32>)| Passage {
        text: (*text).to_owned(),
        vector,
    };
    Ok(texts.iter().zip(vectors).map(passage).collect())
}

fn text(world: &World, volume: &Volume) -> Result<String, Unreadable> {
    let limits = Limits::default();
    let size = world.blobs.size(&volume.blob);
    let Some(size) = size.and_then(|size| usize::try_from(size).ok()) else {
        return Err(Unreadable {
            code: "server_error",
            message: "An internal error occurred.".to_owned(),
        });
    };
    if size > limits.input_bytes {
        return Err(unreadable(ParseError::TooLarge));
    }
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        let piece = world.blobs.read(&volume.blob, bytes.len() as u64, PIECE);
        match piece {
            Ok(piece) if !piece.is_empty() => bytes.extend_from_slice(&piece),
            Ok(_) | Err(_) => break,
        }
    }
    let source = Source {
        name: &volume.name,
        media_type: None,
        bytes: &bytes,
    };
    let document = retrieval::parse(&source, &limits).map_err(unreadable)?;
    Ok(document.text)
}

fn unreadable(error: ParseError) -> Unreadable {
    Unreadable {
        code: error.code(),
        message: error.to_string(),
    }
}

/// What should not happen to a file that was read.
fn broken(error: &impl std::error::Error) -> Unreadable {
    tracing::warn!("{error}");
    Unreadable {
        code: "server_error",
        message: "An internal error occurred.".to_owned(),
    }
}

fn attributes(volume: &Volume) -> Attributes {
    volume.attributes.as_object().cloned().unwrap_or_default()
}

pub(crate) fn refusal(error: FilterError) -> ApiError {
    ApiError::invalid(error.message)
        .param(error.param)
        .code(error.code)
}

fn shown(hit: &Hit<'_>, volumes: &[Volume]) -> Found {
    let volume = volumes.iter().find(|volume| volume.file == hit.file);
    Found {
        file: hit.file.to_owned(),
        name: volume.map_or_else(String::new, |volume| volume.name.clone()),
        attributes: Value::Object(hit.attributes.clone()),
        // A score in single precision, shown as short as it is.
        score: (f64::from(hit.score) * 1e6).round() / 1e6,
        text: hit.text.to_owned(),
    }
}
