//! A world of one store: calls go in by method and path, and every body that comes out is held
//! against the contract.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Caller, ErrorKind, FilePart, Keep, Micros, Mode, Seed};
use fakeai_contract::{Match, Method, Strictness, openai};
use fakeai_resources::{
    Answer, Blobs, Body, Call, Context, Effect, Errand, Film, Keeping, Library, Means, Next,
    Objects, Outcome, Record, Returned, Services, Still, Store, Whose, advance, anyone, apply,
    founding, returned,
};
use serde_json::{Value, json};

use crate::Hand;
use crate::house;
use crate::library::Shelf;
use crate::limits::StoreLimits;
use crate::memory::MemoryStore;
use crate::memory_blobs::MemoryBlobs;

pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) blobs: Arc<MemoryBlobs>,
    pub(crate) mode: Mode,
    pub(crate) effects: Vec<Effect>,
    /// The world's time; set it and [`World::settle`].
    pub(crate) now: Micros,
    /// Files that come with the next call.
    pub(crate) files: Vec<FilePart>,
    /// Who calls.
    pub(crate) caller: Caller,
    /// What has been spent, in US dollars.
    pub(crate) spent: f64,
    calls: u64,
    begun: usize,
}

impl World {
    pub(crate) fn new(mode: Mode) -> Self {
        let blobs = Arc::new(MemoryBlobs::new(64 << 20));
        let clock = Arc::new(Hand::default());
        let store = MemoryStore::new(StoreLimits::default(), clock, blobs.clone());
        let now = Micros::from_seconds(1_700_000_000.0);
        let begun = founding(Objects::everyones(&store), [&[], &[]], now, Seed(9));
        store.commit(begun).unwrap();
        Self {
            begun: store.count(),
            store,
            blobs,
            mode,
            effects: Vec::new(),
            now,
            files: Vec::new(),
            caller: anyone(),
            spent: 0.0,
            calls: 0,
        }
    }

    /// How many objects there are, without those that the organisation begins with.
    pub(crate) fn count(&self) -> usize {
        self.store.count() - self.begun
    }

    pub(crate) fn realistic() -> Self {
        Self::new(Mode::Realistic)
    }

    /// The outcome of a call; its changes are committed.
    pub(crate) fn outcome(
        &mut self,
        method: &str,
        path: &str,
        query: Value,
        body: Value,
    ) -> Result<Outcome, ApiError> {
        let files = std::mem::take(&mut self.files);
        self.outcome_of(method, path, query, body, &files)
    }

    fn outcome_of(
        &mut self,
        method: &str,
        path: &str,
        query: Value,
        body: Value,
        files: &[FilePart],
    ) -> Result<Outcome, ApiError> {
        let method = Method::parse(method).unwrap();
        let Match::Found { operation, params } = openai().find(method, path, false) else {
            panic!("{path} is no path of the contract");
        };
        self.calls += 1;
        let context = Context {
            now: self.now,
            seed: Seed(9).nth(self.calls),
            mode: self.mode,
        };
        // What breaks its contract does not come through the gate.
        let lawful =
            openai().validate_request(operation, "application/json", &body, Strictness::REALISTIC);
        let call = Call {
            operation,
            params: &params,
            query: &query,
            body,
            files,
            caller: &self.caller,
        };
        let services = Rooms::of(&self.blobs, self.spent);
        let means = Means {
            store: &self.store,
            services: &services,
        };
        let outcome = match apply(call, means, &context)? {
            Outcome::Ask(question) => house::answer(question),
            outcome => outcome,
        };
        if let Outcome::Answer(answer) = &outcome {
            self.store.commit(answer.next.changes.clone())?;
            self.effects.extend(answer.next.effects.iter().cloned());
            if let Body::Json(body) = &answer.body {
                let checked = openai().check_response(
                    operation,
                    answer.status,
                    "application/json",
                    body,
                    &[],
                );
                // Deleting a response answers with a body that the contract does not know of.
                let known = operation
                    .success()
                    .is_some_and(|answer| answer.schema.is_some());
                assert!(
                    !known || lawful.is_err() || checked.is_ok(),
                    "{}: {checked:?}: {body}",
                    operation.id
                );
            }
        }
        Ok(outcome)
    }

    pub(crate) fn call(
        &mut self,
        method: &str,
        path: &str,
        query: Value,
        body: Value,
    ) -> Result<Value, ApiError> {
        match self.outcome(method, path, query, body)? {
            Outcome::Answer(answer) => match answer.body {
                Body::Json(body) => Ok(Value::clone(&body)),
                other => panic!("{path} answers {other:?}"),
            },
            Outcome::Follow { id, .. } => panic!("{id} is to be followed"),
            Outcome::Ask(_) => unreachable!("the house has answered"),
        }
    }

    pub(crate) fn get(&mut self, path: &str, query: Value) -> Result<Value, ApiError> {
        self.call("GET", path, query, Value::Null)
    }

    pub(crate) fn post(&mut self, path: &str, body: Value) -> Result<Value, ApiError> {
        self.call("POST", path, json!({}), body)
    }

    pub(crate) fn delete(&mut self, path: &str) -> Result<Value, ApiError> {
        self.call("DELETE", path, json!({}), Value::Null)
    }

    /// Sends a form with one file.
    pub(crate) fn send_file(
        &mut self,
        path: &str,
        fields: Value,
        (field, name): (&str, &str),
        bytes: &[u8],
    ) -> Result<Value, ApiError> {
        let mut writer = self.blobs.create()?;
        for piece in bytes.chunks(7_000) {
            writer.write(Bytes::copy_from_slice(piece))?;
        }
        let file = FilePart {
            field: field.to_owned(),
            name: name.to_owned(),
            path: name.to_owned(),
            media: None,
            blob: writer.finish()?,
            bytes: bytes.len() as u64,
        };
        let files = [file];
        // As the server does with files that no object took.
        let blobs = Arc::clone(&self.blobs);
        let outcome = self.outcome_of("POST", path, json!({}), fields, &files);
        match outcome.inspect_err(|_| blobs.delete(&files[0].blob))? {
            Outcome::Answer(Answer {
                body: Body::Json(body),
                ..
            }) => Ok(Value::clone(&body)),
            other => panic!("{path} answers {other:?}"),
        }
    }

    /// The bytes that a path answers with.
    pub(crate) fn bytes(&mut self, path: &str) -> Result<Vec<u8>, ApiError> {
        let outcome = self.outcome("GET", path, json!({}), Value::Null)?;
        let Outcome::Answer(Answer {
            body: Body::Blob { id, .. },
            ..
        }) = outcome
        else {
            panic!("{path} answers {outcome:?}");
        };
        let mut bytes = Vec::new();
        loop {
            let piece = self.blobs.read(&id, bytes.len() as u64, 5_000)?;
            if piece.is_empty() {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&piece);
        }
    }

    /// An object as it is stored.
    pub(crate) fn find(&self, family: &'static str, id: &str) -> Arc<Record> {
        self.store.find(Whose::Anyones, family, None, id).unwrap()
    }

    /// How many bytes all blobs have together.
    pub(crate) fn blobs_bytes(&self) -> u64 {
        let ids = (0..10_000).map(|number| format!("blob-{number}"));
        ids.filter_map(|id| self.blobs.size(&id)).sum()
    }

    /// Lets happen what is due until that second, each at its time.
    pub(crate) fn settle(&mut self, seconds: u64) {
        self.settle_to(Micros::from_seconds(seconds as f64));
    }

    /// Likewise, until an instant.
    pub(crate) fn settle_to(&mut self, until: Micros) {
        self.now = until;
        while let Some(record) = self.store.due(self.now, 1).pop() {
            self.calls += 1;
            let context = Context {
                now: record.due.unwrap_or(self.now),
                seed: Seed(9).nth(self.calls),
                mode: self.mode,
            };
            let services = Rooms::of(&self.blobs, self.spent);
            let means = Means {
                store: &self.store,
                services: &services,
            };
            let next = advance(&record, means, &context).unwrap();
            self.take_over(next);
        }
    }

    /// Hands the answer to an errand to who sent it.
    pub(crate) fn returns(&mut self, errand: &Errand, answer: &Returned) {
        let context = Context {
            now: self.now,
            seed: Seed(11).fork(&errand.id).fork(&errand.tag),
            mode: self.mode,
        };
        let next = {
            let services = Rooms::of(&self.blobs, self.spent);
            let means = Means {
                store: &self.store,
                services: &services,
            };
            returned(errand.family, &errand.id, answer, means, &context).unwrap()
        };
        self.take_over(next);
    }

    fn take_over(&mut self, next: Next) {
        self.store.commit(next.changes).unwrap();
        self.effects.extend(next.effects);
    }

    /// Stores what an answer leaves behind.
    pub(crate) fn keep(&mut self, keeps: Vec<Keep>) {
        let objects = Objects::of(&self.store, "");
        let changes = Keeping::default().changes(keeps, Micros::ZERO, objects);
        self.store.commit(changes).unwrap();
    }
}

/// What the other rooms do, as far as a test needs it.
struct Rooms<'a> {
    blobs: &'a MemoryBlobs,
    shelf: Shelf<'a>,
    spent: f64,
}

impl<'a> Rooms<'a> {
    fn of(blobs: &'a MemoryBlobs, spent: f64) -> Self {
        Self {
            blobs,
            shelf: Shelf(blobs),
            spent,
        }
    }
}

impl Services for Rooms<'_> {
    fn blobs(&self) -> &dyn Blobs {
        self.blobs
    }

    fn library(&self) -> &dyn Library {
        &self.shelf
    }

    fn knows_model(&self, _: &str, id: &str) -> bool {
        id.starts_with("gpt-")
    }

    fn organization(&self) -> &str {
        "Acme Inc."
    }

    fn training_tokens_per_second(&self) -> u64 {
        1_000
    }

    fn film(&self, film: &Film) -> Result<Bytes, ApiError> {
        let Film { width, height, .. } = film;
        Ok(Bytes::from(format!(
            "{width}x{height} for {} s",
            film.seconds
        )))
    }

    fn still(&self, _: &Film, still: Still) -> Result<Bytes, ApiError> {
        Ok(Bytes::from(format!("{still:?}")))
    }

    fn key_used(&self, _: &str) -> Option<Micros> {
        None
    }

    fn spent_this_month(&self, _: Option<&str>) -> f64 {
        self.spent
    }
}

pub(crate) fn keep(family: &'static str, id: &str, parent: Option<&str>, object: Value) -> Keep {
    Keep {
        family,
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        object,
    }
}

/// The ids of a page's objects.
pub(crate) fn ids(page: &Value) -> Vec<&str> {
    let objects = page["data"].as_array().unwrap().iter();
    objects
        .map(|object| object["id"].as_str().unwrap())
        .collect()
}

/// A 404 whose message is the given one.
pub(crate) fn assert_missing(result: Result<Value, ApiError>, message: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(error.message, message);
}
