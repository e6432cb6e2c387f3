//! One piece of inference, from a decoded call to an answer that is ready to be played.

use std::ops::Range;
use std::sync::Arc;

use bytes::BytesMut;
use fakeai_canon::{
    ApiError, Caller, Encoder, Input, Job, Micros, Mode, Plan, Prompt, RequestParams, Role,
    Screening, Seed, Shelf, Start, Transcribe, Usage, Work,
};
use fakeai_catalog::{Catalog, Model};
use fakeai_contract::{Api, Operation, PathParams};
use fakeai_dialects::{Context, Decoded, Endpoint, Opened, openai};
use fakeai_resources as resources;
use serde_json::Value;

use crate::agenda;
use crate::ahead;
use crate::answer::Answer;
use crate::background::{BackgroundRun, Follower};
use crate::billing::Charged;
use crate::documents::Documents;
use crate::gate::{self, Meaning};
use crate::gateway::{Gateway, Origin, Talk};
use crate::holds::Hold;
use crate::player::{Player, Score};
use crate::prompt_cache::CachedTicks;
use crate::resource;
use crate::run::Run;
use crate::session::Recall;
use crate::skills;
use crate::tasks;
use crate::uploads::Uploads;
use crate::visit::Visit;
use crate::wishes::Wishes;
use crate::world::{Turn, World};

/// A call that has come through the first gate.
pub(crate) struct Asked<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) params: PathParams,
    pub(crate) query: Value,
    pub(crate) body: Value,
    pub(crate) uploads: Uploads,
    /// What stands before the paths of this world: scheme, host and world.
    pub(crate) base: String,
    pub(crate) origin: Origin,
    /// Who sends it.
    pub(crate) caller: Arc<Caller>,
    /// The number of the call in its world.
    pub(crate) number: u64,
    pub(crate) visit: &'a mut Visit,
}

/// Reads the call, plans the answer, asks the engine for its times, and hands it to a player.
pub(crate) fn answer(
    gateway: &Gateway,
    world: &Arc<World>,
    mut asked: Asked<'_>,
) -> Result<Answer, ApiError> {
    let operation = asked.operation;
    let origin = asked.origin.clone();
    let (charged, wishes) = (Charged::of(&asked.body), Wishes::of(&asked.body));
    let talk = origin.talk();
    let caller = Arc::clone(&asked.caller);
    let objects = world.objects(&caller.project);
    let recall = talk.map(|talk| Recall::of(&talk.session, objects));
    let recalled = recall.as_ref().map(|recall| recall as &dyn Shelf);
    // Before it is read, so that nothing is added between the two.
    let hold = hold(world, operation, &asked)?;
    // What a run reads may not change before it has begun.
    let beside = context(world, talk, recalled.unwrap_or(&objects));
    let is_alone = openai::ALONE.contains(&&*operation.id);
    let turn = is_alone.then(|| alone(gateway, world, &mut asked, &beside));
    let turn = turn.transpose()?;
    let mut opened = open(&mut asked, &beside)?;
    let visit = &mut *asked.visit;
    visit.note(|record| record.model = Some(opened.work.model().to_owned()));
    screen(visit.api, &mut opened.work);
    skills::equip(world, &caller.project, &mut opened.work)?;
    let sender = Sender {
        origin: &origin,
        caller: &caller,
    };
    let (model, prompts) = pass(world, operation, &mut opened, &sender, visit)?;
    let seed = world.seed_of(&opened.work);
    let sources = Documents {
        gateway,
        world,
        objects,
        waits: turn.is_some(),
    };
    let behaviour = &world.behaviour;
    let plan = tasks::aside_where(behaviour.calculates(), || {
        behaviour.plan_from(&opened.work, &prompts, &model, seed, &sources)
    })?;
    let billed = charged.billed(&opened.work, &model, &plan, origin.is_batch());
    visit.note(|record| record.billed = Some(Box::new(billed)));
    let score = score(
        world,
        plan,
        opened.encoder,
        Arranged {
            work: &opened.work,
            prompts: &prompts,
            seed,
            arrived: visit.started(),
            streamed: opened.stream,
            wishes: &wishes,
            model: &model,
        },
    )?;
    let session = talk.map(|talk| Arc::clone(&talk.session));
    let player = Player::new(Arc::clone(world), caller, score).holding(hold, session);
    if opened.background {
        let begun = background(gateway, world, player, opened.stream, visit)?;
        drop(turn);
        agenda::keep(gateway, world);
        return Ok(begun.of(operation));
    }
    Ok(Answer::play(player, opened.stream).of(operation))
}

/// The words of a recording, as its transcript has them.
pub(crate) fn words(
    gateway: &Gateway,
    world: &Arc<World>,
    project: &str,
    work: Transcribe,
) -> Result<String, ApiError> {
    let work = Work::Transcribe(work);
    let model = gate::model(world, project, &work)?;
    let prompts = world.behaviour.prompt(&work, &model)?;
    let sources = Documents {
        gateway,
        world,
        objects: world.objects(project),
        waits: false,
    };
    let seed = world.seed_of(&work);
    let plan = (world.behaviour).plan_from(&work, &prompts, &model, seed, &sources)?;
    let Plan::Generation(generation) = plan else {
        return Ok(String::new());
    };
    let segments = generation
        .choices
        .iter()
        .flat_map(|choice| &choice.segments);
    let texts: Vec<&str> = segments
        .filter_map(|segment| Some(segment.tokens()?.text()))
        .collect();
    Ok(texts.concat())
}

/// What the endpoint may look at beside the call.
pub(crate) fn context<'a>(
    world: &'a World,
    talk: Option<&Talk>,
    shelf: &'a dyn Shelf,
) -> Context<'a> {
    Context {
        mode: world.rules.mode,
        catalog: Catalog::builtin(),
        now: world.now(),
        shelf,
        seal: world.seed.fork("seal"),
        remembers: talk.is_some(),
        generates: talk.is_none_or(|talk| talk.generates),
        templates: &world.rules.templates,
    }
}

/// Holds the conversation that the answer will be added to.
fn hold(world: &World, operation: &Operation, asked: &Asked<'_>) -> Result<Option<Hold>, ApiError> {
    match openai::conversation(&operation.id, &asked.body) {
        Some(id) if world.rules.mode == Mode::Realistic => {
            world.holds.take(&asked.caller.project, id).map(Some)
        }
        Some(_) | None => Ok(None),
    }
}

/// Azure's content filter reads what is generated there.
fn screen(api: Api, work: &mut Work) {
    if let (Api::Azure, Work::Generate(work)) = (api, work) {
        work.screened = true;
    }
}

/// Reads the call by its endpoint.
fn open(asked: &mut Asked<'_>, context: &Context<'_>) -> Result<Opened, ApiError> {
    let decoded = Decoded {
        body: asked.body.take(),
        params: owned(&asked.params),
        query: asked.query.take(),
        files: asked.uploads.read()?,
        base: std::mem::take(&mut asked.base),
    };
    (asked.endpoint.open)(decoded, context)
}

/// The turn of a run, with what it brings along stored and, where a model calculates, all read that
/// it will search.
fn alone<'w>(
    gateway: &Gateway,
    world: &'w Arc<World>,
    asked: &mut Asked<'_>,
    context: &Context<'_>,
) -> Result<Turn<'w>, ApiError> {
    resource::settle(gateway, world);
    let turn = world.turn();
    take_along(world, asked, context)?;
    if !world.behaviour.calculates() {
        return Ok(turn);
    }
    drop(turn);
    ahead::catch_up(gateway, world, asked, context)?;
    Ok(world.turn())
}

/// Stores what a request for a run brings along, and has the request name it, unless the request
/// itself is refused.
fn take_along(world: &World, asked: &mut Asked<'_>, context: &Context<'_>) -> Result<(), ApiError> {
    let failures = world.store.failures();
    let call = resources::Call {
        operation: asked.operation,
        params: &asked.params,
        query: &Value::Null,
        body: asked.body.clone(),
        files: &[],
        caller: &asked.caller,
    };
    let Some((body, next)) = resource::luggage(world, asked.number, call)? else {
        return Ok(());
    };
    asked.body = body;
    (asked.endpoint.open)(ahead::decoded(asked), context)?;
    resource::store_luggage(world, failures, next)
}

/// The parameters of a path, as texts of their own.
pub(crate) fn owned<T: FromIterator<(String, String)>>(params: &PathParams) -> T {
    let params = params.iter();
    params
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Who sends a call, and from where.
struct Sender<'a> {
    origin: &'a Origin,
    caller: &'a Caller,
}

/// Takes the work through the second gate.
fn pass(
    world: &Arc<World>,
    operation: &'static Operation,
    opened: &mut Opened,
    sender: &Sender<'_>,
    visit: &mut Visit,
) -> Result<(Arc<Model>, Vec<Prompt>), ApiError> {
    let model = gate::model(world, &sender.caller.project, &opened.work)?;
    let mut prompts = world.behaviour.prompt(&opened.work, &model)?;
    if opened.truncate {
        prompts = truncate(world, opened, &model, prompts)?;
    }
    let meaning = Meaning {
        world,
        work: &opened.work,
        model: &model,
        prompts: &prompts,
        operation,
        origin: sender.origin,
        caller: sender.caller,
    };
    gate::by_meaning(&meaning, visit)?;
    Ok((model, prompts))
}

/// Drops the oldest turns of a conversation until it fits the model's window.
fn truncate(
    world: &Arc<World>,
    opened: &mut Opened,
    model: &Model,
    mut prompts: Vec<Prompt>,
) -> Result<Vec<Prompt>, ApiError> {
    let answering = opened.work.answering();
    let most = answering.and_then(|work| work.limits.max_prompt_tokens);
    let window = model.context_window.min(most.unwrap_or(u32::MAX)) as usize;
    while prompts.iter().map(Prompt::len).sum::<usize>() > window {
        let (Work::Generate(work) | Work::Count(work) | Work::Compact(work)) = &mut opened.work
        else {
            break;
        };
        let Input::Chat(messages) = &mut work.input else {
            break;
        };
        // Instructions stay, and so does the last turn, which is what is asked.
        let turns = messages
            .iter()
            .position(|message| !matches!(message.role, Role::System | Role::Developer));
        let first = turns.unwrap_or(messages.len());
        if messages.len() < first + 2 {
            break;
        }
        let half = ((messages.len() - first) / 2).clamp(1, 8);
        messages.drain(first..first + half);
        prompts = world.behaviour.prompt(&opened.work, model)?;
    }
    Ok(prompts)
}

/// What has been arranged for an answer before it is played.
struct Arranged<'a> {
    work: &'a Work,
    prompts: &'a [Prompt],
    seed: Seed,
    arrived: Micros,
    streamed: bool,
    wishes: &'a Wishes,
    model: &'a Model,
}

fn score(
    world: &World,
    plan: Plan,
    encoder: Box<dyn Encoder>,
    arranged: Arranged<'_>,
) -> Result<Score, ApiError> {
    let nothing: &[Vec<Range<u32>>] = &[];
    let (lengths, finishes, foretold, vocabulary) = match &plan {
        Plan::Generation(generation) => {
            let choices = generation.choices.iter();
            let (lengths, finishes) = choices
                .map(|choice| (choice.generated() as u32, choice.finish))
                .unzip();
            let foretold = generation.foretold.as_slice();
            (lengths, finishes, foretold, Some(generation.vocabulary))
        }
        Plan::Vectors { .. }
        | Plan::Verdicts { .. }
        | Plan::Ranking { .. }
        | Plan::Made { .. }
        | Plan::Count(_) => (Vec::new(), Vec::new(), nothing, None),
    };
    let wishes = arranged.wishes;
    let ticks = world.engine.submit(&Job {
        seed: arranged.seed,
        model: arranged.work.model(),
        prompts: arranged.prompts,
        lengths: &lengths,
        foretold,
        finishes: &finishes,
        params: params(&arranged),
        priority: wishes.priority,
        salt: wishes.salt.as_deref(),
        session: wishes.session.as_deref(),
        arrived: arranged.arrived,
    })?;
    let (work, model, at) = (arranged.work, arranged.model, arranged.arrived);
    let cached = wishes
        .caching
        .send(world, work, model, arranged.prompts, at);
    let ticks = CachedTicks::around(ticks, cached);
    let prompts = arranged.prompts.iter();
    let start = Start {
        ids: world.seed_of_ids(arranged.seed),
        created: arranged.arrived,
        usage: prompt_usage(arranged.prompts, &plan),
        vocabulary,
        screening: screening(&plan),
        prompts: match encoder.tells_prompts() {
            true => prompts.map(|prompt| prompt.ids.to_vec()).collect(),
            false => Vec::new(),
        },
    };
    Ok(Score {
        plan,
        ticks,
        encoder,
        start,
    })
}

fn params(arranged: &Arranged<'_>) -> RequestParams {
    let max_tokens = match arranged.work {
        Work::Generate(work) | Work::Compact(work) => work.limits.max_tokens,
        Work::Count(_)
        | Work::Embed(_)
        | Work::Moderate(_)
        | Work::Rank(_)
        | Work::Draw(_)
        | Work::Speak(_)
        | Work::Transcribe(_) => None,
    };
    RequestParams {
        max_tokens,
        streamed: arranged.streamed,
    }
}

/// What a content filter found, where one has looked.
fn screening(plan: &Plan) -> Option<Arc<Screening>> {
    match plan {
        Plan::Generation(generation) => generation.screening.clone(),
        Plan::Vectors { .. }
        | Plan::Verdicts { .. }
        | Plan::Ranking { .. }
        | Plan::Made { .. }
        | Plan::Count(_) => None,
    }
}

/// What is read for an answer: the prompts, and what a search has found.
fn prompt_usage(prompts: &[Prompt], plan: &Plan) -> Usage {
    let mut usage = Usage::default();
    if let Plan::Generation(generation) = plan {
        usage.prompt = generation.read;
    }
    for prompt in prompts {
        usage.prompt += prompt.len() as u64;
        usage.prompt_audio += u64::from(prompt.audio);
        usage.prompt_image += u64::from(prompt.image);
    }
    usage
}

/// Starts an answer that nobody waits for. The call is answered with the object as it begins, or
/// with the frames as they come; the visit ends with the work.
fn background(
    gateway: &Gateway,
    world: &Arc<World>,
    mut player: Player,
    stream: bool,
    visit: &mut Visit,
) -> Result<Answer, ApiError> {
    let mut out = BytesMut::new();
    player.begin(&mut out)?;
    let Some((family, id)) = player.main_object().cloned() else {
        return Err(ApiError::invalid("A background answer has to be stored.").param("store"));
    };
    let object = player.object(family, &id).unwrap_or_default();
    let log = world.logs.open(&id, stream, world.rules.background_answers);
    player.attend(visit.hand_over());
    let run = BackgroundRun {
        id,
        world: Arc::clone(world),
        player,
        log: Arc::clone(&log),
        out,
        checks: Arc::clone(&gateway.checks),
    };
    (gateway.launch)(Run::Answer(Box::new(run)));
    if stream {
        Ok(Answer::follow(Follower::new(log, 0)))
    } else {
        Ok(Answer::value(&object))
    }
}
