//! Operations on stored objects: the resource engine decides, this commits what it decided and
//! carries out what follows.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Caller, Micros, Seed};
use fakeai_content::picture::{LARGEST_SIDE, Picture, PictureFormat, picture};
use fakeai_contract::{Operation, PathParams};
use fakeai_dialects::openai;
use fakeai_resources::{
    self as resources, Body, Change, Effect, Errand, Means, Next, Outcome, Returned, Services,
    Volume,
};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::agenda;
use crate::answer::Answer;
use crate::background::Follower;
use crate::blob_frames::BlobFrames;
use crate::errand::ErrandRun;
use crate::gateway::Gateway;
use crate::pending;
use crate::question::Question;
use crate::run::Run;
use crate::tasks;
use crate::uploads::Uploads;
use crate::webhooks;
use crate::world::World;

/// A call of a resource operation.
pub(crate) struct Asked<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) params: &'a PathParams,
    pub(crate) query: &'a Value,
    pub(crate) body: Value,
    pub(crate) uploads: Uploads,
    /// The number of the call in its world.
    pub(crate) number: u64,
    /// Who calls.
    pub(crate) caller: Arc<Caller>,
}

/// The operation that searches a vector store.
const SEARCH: &str = "searchVectorStore";

/// Applies the call and takes over what follows.
pub(crate) fn answer(
    gateway: &Gateway,
    world: &Arc<World>,
    mut asked: Asked<'_>,
) -> Result<Answer, ApiError> {
    if !world.is_mock() {
        openai::metadata(asked.body.get("metadata"))?;
    }
    settle(gateway, world);
    if &*asked.operation.id == SEARCH {
        let objects = world.objects(&asked.caller.project);
        world.catch_up(objects, asked.params.get("vector_store_id").as_slice());
    }
    let seed = world.seed_of_objects(asked.number);
    let context = context(world, world.now(), seed);
    let call = resources::Call {
        operation: asked.operation,
        params: asked.params,
        query: asked.query,
        body: asked.body,
        files: asked.uploads.files(),
        caller: &asked.caller,
    };
    let failures = world.store.failures();
    let turn = world.turn();
    let mut made = match resources::apply(call, means(world), &context)? {
        Outcome::Answer(made) => made,
        Outcome::Follow { id, starting_after } => return follow(world, &id, starting_after),
        Outcome::Ask(question) => {
            drop(turn);
            let question = Question::ask(gateway, world, question, &asked.caller);
            return Ok(Answer::asked(question).of(asked.operation));
        }
    };
    let next = std::mem::take(&mut made.next);
    asked.uploads.claimed_by(&next.changes);
    let organization = next.changes.iter().any(changes_organization);
    world.makers.note(&next.changes, &asked.caller);
    let effects = commit(world, failures, next).inspect_err(|_| asked.uploads.unclaim())?;
    if organization {
        world.keyring.forget();
        world.terms.forget();
    }
    drop(turn);
    carry_out(gateway, world, effects);
    written(world, made, asked.operation)
}

/// Whether a change may make a key worth more or less.
fn changes_organization(change: &Change) -> bool {
    let family = match change {
        Change::Put(record) | Change::Replace(record) => record.family,
        Change::Delete { family, .. } => family,
    };
    resources::is_organization(family)
}

/// What an operation answers that no code serves: made up from its schema in mock mode, an error
/// that names it otherwise.
pub(crate) fn unserved(world: &Arc<World>, asked: &Asked<'_>) -> Result<Answer, ApiError> {
    if !world.is_mock() {
        return Err(resources::not_served(asked.operation));
    }
    let seed = world.seed_of_objects(asked.number);
    let context = context(world, world.now(), seed);
    let made = resources::make_up(asked.operation, asked.params, &asked.body, &context);
    written(world, made, asked.operation)
}

/// Objects that are due one after the other before others get their turn.
const DUE_AT_ONCE: usize = 10_000;

/// Lets every object that is due do what it does then, at the time at which it was due. Files whose
/// vectors a model calculates are left to the agenda, with what is due behind them: nobody waits for
/// that who asks for something else.
pub(crate) fn settle(gateway: &Gateway, world: &Arc<World>) {
    settle_aside(gateway, world, false);
}

/// The same with the files whose vectors a model calculates.
pub(crate) fn settle_whole(gateway: &Gateway, world: &Arc<World>) {
    settle_aside(gateway, world, true);
}

fn settle_aside(gateway: &Gateway, world: &Arc<World>, whole: bool) {
    if is_due(world, world.now()) {
        // A file that is read then may take long.
        tasks::aside(|| settle_all(gateway, world, whole));
    }
}

fn is_due(world: &World, now: Micros) -> bool {
    world.store.next_due().is_some_and(|due| due <= now)
}

/// The file that is to be read next, where a model calculates its vectors.
fn slow(world: &World, now: Micros) -> Option<Volume> {
    let next = || world.store.due(now, 1).pop();
    let record = world.behaviour.calculates().then(next).flatten()?;
    resources::unread_volume(&record)
}

fn settle_all(gateway: &Gateway, world: &Arc<World>, whole: bool) {
    for _ in 0..DUE_AT_ONCE {
        let now = world.now();
        if !is_due(world, now) {
            return;
        }
        let _prepared = match slow(world, now) {
            Some(volume) if whole => Some(world.prepare(&volume)),
            Some(_) => return,
            None => None,
        };
        let failures = world.store.failures();
        let turn = world.turn();
        let Some(record) = world.store.due(now, 1).pop() else {
            return;
        };
        let due = record.due.unwrap_or(now);
        let seed = world.seed.fork("due").fork(&record.id).nth(due.0);
        let advanced = resources::advance(&record, means(world), &context(world, due, seed));
        let effects = advanced.and_then(|next| commit(world, failures, next));
        if world.store.failures() != failures {
            // Whoever can't be reached now is due again later.
            return;
        }
        let effects = effects.unwrap_or_else(|error| {
            tracing::warn!(family = record.family, id = record.id, "{}", error.message);
            // A deadline only shrinks what is stored; no limit refuses that.
            let _ = world.store.commit(resources::forgotten(&record).changes);
            Vec::new()
        });
        drop(turn);
        carry_out(gateway, world, effects);
    }
}

/// Hands the answer to an errand to the object that sent it.
pub(crate) fn returned(gateway: &Gateway, world: &Arc<World>, errand: &Errand, answer: &Returned) {
    let seed = world
        .seed
        .fork("returned")
        .fork(&errand.id)
        .fork(&errand.tag);
    let context = context(world, world.now(), seed);
    let failures = world.store.failures();
    let turn = world.turn();
    let next = resources::returned(errand.family, &errand.id, answer, means(world), &context);
    let effects = next.and_then(|mut next: Next| {
        next.changes.extend(pending::done(world, errand));
        commit(world, failures, next)
    });
    drop(turn);
    match effects {
        Ok(effects) => carry_out(gateway, world, effects),
        Err(error) => tracing::warn!(errand.family, errand.id, "{}", error.message),
    }
}

/// Commits what follows from what was read while the store had failed so often. Where the store
/// refuses it, the blobs of what was to be new go away.
pub(crate) fn commit(world: &World, failures: u64, next: Next) -> Result<Vec<Effect>, ApiError> {
    let Next {
        mut changes,
        effects,
    } = next;
    changes.extend(pending::noted(world, &effects));
    take_over(world, failures, changes).map(|()| effects)
}

/// Commits what an answer leaves behind, with copies of the stored files that its containers get.
pub(crate) fn take_over_kept(
    world: &World,
    project: &str,
    failures: u64,
    mut changes: Vec<Change>,
) -> Result<(), ApiError> {
    let context = context(world, world.now(), world.seed.fork("container files"));
    resources::fill_containers(&mut changes, means(world), project, &context)?;
    take_over(world, failures, changes)
}

fn take_over(world: &World, failures: u64, changes: Vec<Change>) -> Result<(), ApiError> {
    let fresh = changes.iter().filter_map(|change| match change {
        Change::Put(record) => Some((record.family, &record.id, record.blob.as_ref()?)),
        Change::Replace(_) | Change::Delete { .. } => None,
    });
    let fresh: Vec<_> = fresh
        .map(|(family, id, blob)| (family, id.clone(), blob.clone()))
        .collect();
    let committed = world.commit(failures, changes);
    if committed.is_err() {
        for (family, id, blob) in fresh {
            let missing = world.everyones().find(family, None, &id).is_none();
            // A store that fails may have what it does not find.
            if missing && world.check_reads(failures).is_ok() {
                world.blobs.delete(&blob);
            }
        }
    }
    committed
}

pub(crate) fn means(world: &World) -> Means<'_> {
    Means {
        store: &*world.store,
        services: world,
    }
}

impl Services for World {
    fn blobs(&self) -> &dyn resources::Blobs {
        &*self.blobs
    }

    fn library(&self) -> &dyn resources::Library {
        self
    }

    fn knows_model(&self, project: &str, id: &str) -> bool {
        self.model(project, id).is_some()
    }

    fn organization(&self) -> &str {
        self.rules.organization.to_str().unwrap_or_default()
    }

    fn training_tokens_per_second(&self) -> u64 {
        self.rules.training_tokens_per_second
    }

    fn film(&self, film: &resources::Film) -> Result<Bytes, ApiError> {
        fakeai_content::film::film(film.seed, film.width, film.height, film.seconds)
    }

    fn still(&self, film: &resources::Film, still: resources::Still) -> Result<Bytes, ApiError> {
        let (width, format) = match still {
            resources::Still::Thumbnail => (film.width / 2, PictureFormat::Webp),
            // One picture a second, side by side, each an eighth as wide.
            resources::Still::SpriteSheet => (film.width / 8 * film.seconds, PictureFormat::Jpeg),
        };
        let height = match still {
            resources::Still::Thumbnail => film.height / 2,
            resources::Still::SpriteSheet => film.height / 8,
        };
        picture(&Picture {
            seed: film.seed,
            width: width.clamp(1, LARGEST_SIDE),
            height,
            transparent: false,
            done: 1.0,
            format,
            quality: 80,
        })
    }

    fn key_used(&self, id: &str) -> Option<Micros> {
        self.keyring.used(id)
    }

    fn spent_this_month(&self, project: Option<&str>) -> f64 {
        let now = self.now().whole_seconds();
        self.usage.spent_this_month(project, now)
    }
}

/// What a request for a run brings along, as [`resources::luggage`] has it.
///
/// # Errors
/// What it names is not there.
pub(crate) fn luggage(
    world: &World,
    number: u64,
    call: resources::Call<'_>,
) -> Result<Option<(Value, Next)>, ApiError> {
    if world.is_mock() {
        return Ok(None);
    }
    let seed = world.seed_of_objects(number);
    resources::luggage(call, means(world), &context(world, world.now(), seed))
}

/// Stores what a request for a run brings along.
///
/// # Errors
/// The store is full.
pub(crate) fn store_luggage(world: &World, failures: u64, next: Next) -> Result<(), ApiError> {
    // Nothing is sent or announced for a thread and its stores.
    commit(world, failures, next).map(drop)
}

pub(crate) fn context(world: &World, now: Micros, seed: Seed) -> resources::Context {
    resources::Context {
        now,
        seed,
        mode: world.rules.mode,
    }
}

/// Sends what a former process had sent and not seen come back.
pub(crate) fn send_again(gateway: &Gateway, world: &Arc<World>) {
    for errand in pending::left(world) {
        send(gateway, world, errand);
    }
}

fn send(gateway: &Gateway, world: &Arc<World>, errand: Errand) {
    let run = ErrandRun::new(Arc::clone(world), errand);
    (gateway.launch)(Run::Errand(Box::new(run)));
}

pub(crate) fn carry_out(gateway: &Gateway, world: &Arc<World>, effects: Vec<Effect>) {
    for effect in effects {
        match effect {
            Effect::CancelWork { id } => {
                if let Some(log) = world.logs.find(&id) {
                    log.cancel();
                }
            }
            Effect::Send(errand) => send(gateway, world, errand),
            Effect::Announce { event, data } => {
                webhooks::announce(gateway, world, event, &data);
            }
        }
    }
    agenda::keep(gateway, world);
}

fn written(
    world: &World,
    made: resources::Answer,
    operation: &'static Operation,
) -> Result<Answer, ApiError> {
    let mut answer = match made.body {
        Body::Empty => Answer::json(""),
        Body::Json(value) => Answer::value(&value),
        Body::Bytes { media, bytes } => Answer::typed(&media, bytes),
        Body::Blob { media, id } => {
            Answer::frames(&media, Box::new(BlobFrames::open(&world.blobs, id)?))
        }
    };
    if let Some(location) = made.location.and_then(|at| HeaderValue::from_str(&at).ok()) {
        answer.headers.insert(header::LOCATION, location);
    }
    answer.status = StatusCode::from_u16(made.status).unwrap_or(StatusCode::OK);
    Ok(answer.of(operation))
}

fn follow(world: &World, id: &str, starting_after: Option<u64>) -> Result<Answer, ApiError> {
    let log = world.logs.find(id);
    let Some(log) = log.filter(|log| log.streamed || world.is_mock()) else {
        return Err(resources::not_streamable());
    };
    let first = starting_after.map_or(0, |number| (number as usize).saturating_add(1));
    Ok(Answer::follow(Follower::new(log, first)))
}
