//! Plays a plan: walks it token by token as the engine's ticks fall due, and hands the deltas to
//! an encoder. There is no other way for an answer to leave, streamed or not.

use std::sync::Arc;
use std::task::Waker;

use bytes::BytesMut;
use fakeai_canon::{
    ApiError, Caller, Choice, Delta, Encoder, ErrorKind, Frames, Intervals, Keep, Micros, Plan,
    Pull, Start, Stopped, Tick, Ticks, Usage,
};

use fakeai_dialects::error as wire;
use fakeai_resources::Keeping;
use serde_json::Value;

use crate::cursor::Cursor;
use crate::holds::Hold;
use crate::resource;
use crate::session::Session;
use crate::tasks;
use crate::unasked;
use crate::visit::Visit;
use crate::world::World;

/// Bytes after which an instant stream is handed to the socket.
const WRITE_BYTES: usize = 16 * 1024;

/// What the player needs to begin.
pub(crate) struct Score {
    /// What is said.
    pub(crate) plan: Plan,
    /// When.
    pub(crate) ticks: Box<dyn Ticks>,
    /// How it is written.
    pub(crate) encoder: Box<dyn Encoder>,
    /// What the encoder learns first.
    pub(crate) start: Start,
}

/// An answer being played.
pub(crate) struct Player {
    world: Arc<World>,
    /// Whose the answer is, and what it leaves behind.
    caller: Arc<Caller>,
    score: Score,
    cursors: Vec<Cursor>,
    phase: Phase,
    step: u32,
    /// How many steps there are at least: those of the longest choice.
    steps: u32,
    pace: Pace,
    keeping: Keeping,
    main_object: Option<(&'static str, String)>,
    visit: Option<Visit>,
    hold: Option<Hold>,
    session: Option<Arc<Session>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    Playing,
    Done,
}

/// What is measured on the way out.
#[derive(Default)]
struct Pace {
    first: Option<Micros>,
    last: Option<Micros>,
    intervals: Intervals,
    lateness: Intervals,
}

impl Player {
    /// A player at its beginning.
    pub(crate) fn new(world: Arc<World>, caller: Arc<Caller>, score: Score) -> Self {
        let (cursors, steps) = match &score.plan {
            Plan::Generation(generation) => {
                let choices = &generation.choices;
                let cursors = choices.iter().map(|_| Cursor::new()).collect();
                let steps = choices.iter().map(Choice::generated).max();
                (cursors, steps.unwrap_or(0) as u32)
            }
            Plan::Vectors { .. }
            | Plan::Verdicts { .. }
            | Plan::Ranking { .. }
            | Plan::Made { .. }
            | Plan::Count(_) => (Vec::new(), 0),
        };
        world.play_begins();
        Self {
            world,
            caller,
            cursors,
            phase: Phase::Opening,
            step: 0,
            steps,
            pace: Pace::default(),
            keeping: Keeping::default(),
            main_object: None,
            visit: None,
            hold: None,
            session: None,
            score,
        }
    }

    /// Holds a conversation until the end, and tells a connection what it is to remember.
    pub(crate) fn holding(mut self, hold: Option<Hold>, session: Option<Arc<Session>>) -> Self {
        self.hold = hold;
        self.session = session;
        self
    }

    /// Makes the visit end when the answer does.
    pub(crate) fn attend(&mut self, visit: Visit) {
        self.visit = Some(visit);
    }

    /// Writes the beginning and stores what the answer leaves behind from then on.
    pub(crate) fn begin(&mut self, out: &mut BytesMut) -> Result<(), ApiError> {
        self.phase = Phase::Playing;
        self.score
            .encoder
            .write(Delta::Start(&self.score.start), out);
        // Nothing of it is there yet, or it is this call's turn.
        let kept = self.score.encoder.keep();
        if kept.is_empty() {
            return Ok(());
        }
        self.store(kept)
    }

    /// Nobody wants the rest of the answer.
    pub(crate) fn stop(&mut self, why: Stopped, out: &mut BytesMut) {
        let usage = self.usage_so_far();
        let delta = Delta::Cancel {
            usage: &usage,
            at: self.world.now(),
            why,
        };
        self.score.encoder.write(delta, out);
        // A full store changes nothing about the end.
        let _ = self.keep();
        self.finish(usage, None);
    }

    /// Stores what the answer has left since, in turn with whoever changes objects.
    fn keep(&mut self) -> Result<(), ApiError> {
        let kept = self.score.encoder.keep();
        if kept.is_empty() {
            return Ok(());
        }
        let world = Arc::clone(&self.world);
        tasks::aside_where(world.blocks(), || {
            let _turn = world.turn();
            self.store(kept)
        })
    }

    fn store(&mut self, kept: Vec<Keep>) -> Result<(), ApiError> {
        let is_new = self.main_object.is_none();
        if is_new {
            self.main_object = kept.first().map(|keep| (keep.family, keep.id.clone()));
        }
        let (now, failures) = (self.world.now(), self.world.store.failures());
        let project = &*self.caller.project;
        let objects = self.world.objects(project);
        let mut changes = self.keeping.changes(kept, now, objects);
        let mut gone = Vec::new();
        let main = self.main_object.as_ref();
        if let Some(main) = main.filter(|_| self.score.encoder.is_unasked()) {
            if self.world.store.blocks() {
                unasked::mark(&mut changes, main);
            }
            if is_new {
                gone = (self.world.unasked).take_up(main.clone(), objects);
            }
        }
        changes.extend(gone.iter().map(unasked::removal));
        let committed = resource::take_over_kept(&self.world, project, failures, changes);
        if committed.is_err() {
            self.world.unasked.put_back(gone);
        }
        committed
    }

    /// The media type of the answer where it is not streamed.
    pub(crate) fn media(&self) -> &'static str {
        self.score.encoder.media()
    }

    /// The object that the answer has left in the store, where it leaves any: what a caller gets
    /// who does not wait.
    pub(crate) fn main_object(&self) -> Option<&(&'static str, String)> {
        self.main_object.as_ref()
    }

    /// An object of who asked for the answer.
    pub(crate) fn object(&self, family: &str, id: &str) -> Option<Arc<Value>> {
        self.world.objects(&self.caller.project).object(family, id)
    }

    fn play_steps(&mut self, due: Micros, now: Micros, out: &mut BytesMut) {
        let run = self.due_together(due);
        let Plan::Generation(generation) = &self.score.plan else {
            return;
        };
        let (mut sent, mut steps) = (0, 0);
        let choices = generation.choices.iter().zip(&mut self.cursors).enumerate();
        for (index, (choice, cursor)) in choices {
            let encoder = self.score.encoder.as_mut();
            let tokens = cursor.advance(run, (index as u32, choice), encoder, out);
            sent += tokens;
            steps = tokens.max(steps);
        }
        self.pace.note(due, now, sent, steps);
        self.score.ticks.left(due, now, sent);
        self.step += run;
    }

    /// How many steps from this one on are due at the same instant and may be told as one.
    fn due_together(&mut self, due: Micros) -> u32 {
        let last = if self.score.encoder.takes_runs() {
            self.steps.saturating_sub(1)
        } else {
            0
        };
        let mut step = self.step;
        while step < last && self.score.ticks.due(step + 1, Waker::noop()) == Tick::At(due) {
            step += 1;
        }
        step + 1 - self.step
    }

    fn is_played(&self) -> bool {
        match &self.score.plan {
            Plan::Generation(_) => self.cursors.iter().all(Cursor::is_done),
            Plan::Vectors { .. }
            | Plan::Verdicts { .. }
            | Plan::Ranking { .. }
            | Plan::Made { .. }
            | Plan::Count(_) => self.step > 0,
        }
    }

    fn play_whole(&mut self, due: Micros, now: Micros, out: &mut BytesMut) {
        let encoder = self.score.encoder.as_mut();
        match &self.score.plan {
            Plan::Vectors { vectors, .. } => encoder.write(Delta::Vectors(vectors), out),
            Plan::Ranking { ranked, .. } => encoder.write(Delta::Ranked(ranked), out),
            Plan::Verdicts { verdicts, .. } => encoder.write(Delta::Verdicts(verdicts), out),
            Plan::Made { pieces, .. } => encoder.write(Delta::Made(pieces), out),
            Plan::Count(_) | Plan::Generation(_) => {}
        }
        self.pace.note(due, now, 1, 1);
        self.step += 1;
    }

    fn end(&mut self, out: &mut BytesMut) -> Pull {
        let usage = self.usage();
        let at = self.world.now();
        if let Plan::Generation(generation) = &self.score.plan
            && !generation.verdicts.is_empty()
        {
            let verdicts = Delta::Verdicts(&generation.verdicts);
            self.score.encoder.write(verdicts, out);
        }
        self.score
            .encoder
            .write(Delta::End { usage: &usage, at }, out);
        if let Some(visit) = &mut self.visit {
            visit.replied(out);
        }
        // A folded answer that can't be kept is not sent: it would say that it was stored. Of a
        // streamed one the last frame tells nothing more, but the journal does.
        let error = self.keep().err();
        if let Some(session) = &self.session {
            session.remember(self.score.encoder.remember());
        }
        self.finish(usage, error.as_ref());
        match error {
            Some(error) => Pull::Failed(Box::new(error)),
            None => Pull::End,
        }
    }

    /// The engine has lost the answer: a stream ends with the error, a folded answer is one.
    fn lose(&mut self, out: &mut BytesMut) -> Pull {
        let error = ApiError::new(
            ErrorKind::Server,
            "The engine that was generating this answer has failed.",
        );
        if let Some(visit) = &mut self.visit {
            let status = wire::status(visit.api, &error).as_u16();
            visit.note(|record| {
                if !record.streamed {
                    record.status = status;
                }
            });
        }
        self.abort(&error, out);
        Pull::Failed(Box::new(error))
    }

    fn finish(&mut self, usage: Usage, error: Option<&ApiError>) {
        self.phase = Phase::Done;
        self.hold = None;
        if let Some(mut visit) = self.visit.take() {
            visit.played(
                usage,
                self.pace.first,
                &self.pace.intervals,
                &self.pace.lateness,
            );
            visit.close(error);
        }
    }

    /// The final counts.
    fn usage(&self) -> Usage {
        let prompt = self.score.start.usage;
        let answer = match &self.score.plan {
            Plan::Generation(generation) => generation.usage(),
            Plan::Vectors { usage, .. }
            | Plan::Verdicts { usage, .. }
            | Plan::Ranking { usage, .. }
            | Plan::Made { usage, .. }
            | Plan::Count(usage) => {
                return *usage;
            }
        };
        Usage {
            prompt: prompt.prompt,
            cached: prompt.cached,
            prompt_audio: prompt.prompt_audio,
            prompt_image: prompt.prompt_image,
            ..answer
        }
    }

    /// The counts of an answer that ends early: what was generated until now.
    fn usage_so_far(&self) -> Usage {
        let mut usage = self.score.start.usage;
        if let Plan::Generation(generation) = &self.score.plan {
            for (choice, cursor) in generation.choices.iter().zip(&self.cursors) {
                let made = cursor.generated(choice);
                usage.completion += made.completion;
                usage.reasoning += made.reasoning;
                usage.completion_audio += made.completion_audio;
            }
        }
        usage
    }
}

impl Pace {
    /// Takes note of `tokens` that left at `now` in so many steps.
    fn note(&mut self, due: Micros, now: Micros, tokens: u32, steps: u32) {
        if tokens == 0 {
            return;
        }
        self.lateness.add_many(now.since(due), tokens);
        let mut together = steps - 1;
        match self.last {
            Some(last) if last == now => together += 1,
            Some(last) => self.intervals.add(now.since(last)),
            None => {}
        }
        self.intervals.add_many(Micros::ZERO, together);
        self.first.get_or_insert(now);
        self.last = Some(now);
    }
}

impl Frames for Player {
    fn pull(&mut self, now: Micros, out: &mut BytesMut, waker: &Waker) -> Pull {
        if self.phase == Phase::Opening
            && let Err(error) = self.begin(out)
        {
            // Nothing has been sent yet, so the error's own status is what the client gets.
            if let Some(visit) = &mut self.visit {
                let status = wire::status(visit.api, &error).as_u16();
                visit.note(|record| record.status = status);
            }
            self.finish(Usage::default(), Some(&error));
            return Pull::Failed(Box::new(error));
        }
        while self.phase == Phase::Playing {
            if self.is_played() {
                return self.end(out);
            }
            let due = match self.score.ticks.due(self.step, waker) {
                Tick::Pending => return Pull::Pending,
                Tick::Lost => return self.lose(out),
                Tick::AskAt(at) => return Pull::DueAt(at),
                Tick::At(due) if due > now => {
                    // What goes on for long is seen to go on. A full store has been told to
                    // `begin`, and is told again to the end.
                    let _ = self.keep();
                    return Pull::DueAt(due);
                }
                Tick::At(due) => due,
            };
            if self.step == 0 {
                self.score.start.usage.cached = self.score.ticks.admission().cached;
            }
            if self.cursors.is_empty() {
                self.play_whole(due, now, out);
            } else {
                self.play_steps(due, now, out);
            }
            if out.len() >= WRITE_BYTES {
                return Pull::More;
            }
        }
        Pull::End
    }

    fn abort(&mut self, error: &ApiError, out: &mut BytesMut) {
        if self.phase == Phase::Done {
            return;
        }
        let at = self.world.now();
        self.score.encoder.write(Delta::Fail { error, at }, out);
        // The answer fails already; a full store adds nothing to that.
        let _ = self.keep();
        self.finish(self.usage_so_far(), Some(error));
    }

    fn cancel(&mut self, why: Stopped, out: &mut BytesMut) {
        if self.phase == Phase::Opening && self.begin(out).is_err() {
            return self.finish(Usage::default(), None);
        }
        if self.phase != Phase::Done {
            self.stop(why, out);
        }
    }
}

impl Drop for Player {
    /// A client that hangs up ends its visit with what it got.
    fn drop(&mut self) {
        self.world.play_ends();
        if let Some(mut visit) = self.visit.take() {
            let usage = self.usage_so_far();
            visit.played(
                usage,
                self.pace.first,
                &self.pace.intervals,
                &self.pace.lateness,
            );
        }
    }
}
