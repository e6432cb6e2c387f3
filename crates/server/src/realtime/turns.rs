//! The answers of a session: how they begin, what the session learns from their events on the way out,
//! and how they end.

use base64::decoded_len_estimate;
use fakeai_canon::{Alphabet, ApiError, ErrorKind, Micros, Mode, Seed, Stopped};
use fakeai_dialects::openai::realtime::{Response, Status};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::conversation::{Item, Place};
use super::session::{Out, Session};
use super::settings;
use super::sound::{Sound, SoundForm};

/// Answers that may be under way at once: one of the conversation, and others beside it.
const TOGETHER: usize = 16;

/// An answer under way.
pub(super) struct UnderWay {
    number: u64,
    /// Known once it has begun.
    id: Option<String>,
    /// Whether its items are added to the conversation.
    adds: bool,
    settings: Value,
    /// Bytes of sound so far.
    said: usize,
    /// What was left of the caller's limits.
    limits: Vec<Value>,
}

/// The id of a session's conversation.
pub(super) fn conversation_id(seed: Seed) -> String {
    seed.id("conv_", Alphabet::Alphanumeric, 21)
}

impl Session {
    /// Begins an answer that the client asks for.
    pub(super) fn answer(&mut self, sent: Value) -> Result<(), ApiError> {
        if self.settings["type"] == "transcription" {
            let problem = "Responses are not created in transcription sessions.";
            return Err(ApiError::invalid(problem)
                .code("invalid_event")
                .param("type"));
        }
        let adds = sent["conversation"] != "none";
        if let Some(active) = self.answers.iter().find(|one| one.adds && adds) {
            let id = active.id.as_deref().unwrap_or_default();
            return Err(ApiError::invalid(format!(
                "Conversation already has an active response in progress: {id}. Wait until the \
                 response is finished before creating a new one."
            ))
            .code("conversation_already_has_active_response"));
        }
        if self.answers.len() >= TOGETHER {
            let problem = format!("A session has at most {TOGETHER} responses at once.");
            return Err(ApiError::invalid(problem).code("too_many_responses"));
        }
        self.begin_answer(sent, adds)
    }

    fn begin_answer(&mut self, mut sent: Value, adds: bool) -> Result<(), ApiError> {
        self.idle = None;
        let items = match sent["input"].take() {
            Value::Array(given) => {
                let read = given.into_iter().map(|item| self.resolved(item));
                read.collect::<Result<Vec<Value>, ApiError>>()?
            }
            _ => self.conversation.told(),
        };
        if self.mode == Mode::Realistic {
            settings::check(&sent, "response", &*self.senses.has_voice)?;
        }
        let settings = settings::of_answer(&self.settings, &sent);
        let number = self.numbers;
        self.numbers += 1;
        let turn = json!({
            "model": self.settings["model"],
            "conversation_id": adds.then_some(&self.conversation_id),
            "previous_item_id": self.conversation.last(),
            "response": settings,
            "items": items,
        });
        self.answers.push(UnderWay {
            number,
            id: None,
            adds,
            settings,
            said: 0,
            limits: Vec::new(),
        });
        self.out.push_back(Out::Answer { number, turn });
        Ok(())
    }

    /// An item of an answer's own input, or the one of the conversation that it refers to.
    fn resolved(&mut self, item: Value) -> Result<Value, ApiError> {
        if item["type"] != "item_reference" {
            return self.item_of(item);
        }
        let id = item["id"].as_str().unwrap_or_default();
        let held = self.conversation.find(id).map(|item| item.told());
        held.ok_or_else(|| {
            ApiError::invalid(format!("Item with id '{id}' not found in conversation."))
                .code("invalid_item_reference")
                .param("response.input")
        })
    }

    /// Begins an answer because a turn has ended, or as soon as the one under way is over.
    pub(super) fn answer_by_turn(&mut self) {
        if self.settings["type"] == "transcription" {
            return;
        }
        if self.answers.iter().any(|one| one.adds) {
            self.wanted = true;
            return;
        }
        if let Err(problem) = self.begin_answer(Value::Null, true) {
            self.refuse(&problem, None);
        }
    }

    /// Stops the answer that is being spoken, since somebody speaks.
    pub(super) fn interrupt(&mut self) {
        if let Some(active) = self.answers.iter().find(|one| one.adds) {
            let (number, why) = (active.number, Stopped::ByTurn);
            self.out.push_back(Out::Stop { number, why });
        }
    }

    pub(super) fn cancel(&mut self, id: Option<&str>) -> Result<(), ApiError> {
        let is_meant = |one: &&UnderWay| match id {
            Some(id) => one.id.as_deref() == Some(id),
            None => one.adds,
        };
        let Some(active) = self.answers.iter().find(is_meant) else {
            let problem = "Cancellation failed: no active response found";
            return Err(ApiError::invalid(problem).code("response_cancel_not_active"));
        };
        let (number, why) = (active.number, Stopped::ByClient);
        self.out.push_back(Out::Stop { number, why });
        Ok(())
    }

    /// An event of an answer goes out.
    pub(crate) fn passes(&mut self, number: u64, event: &str, now: Micros) {
        let is = |kind: &str| {
            let rest = event.strip_prefix("{\"type\":\"");
            rest.is_some_and(|rest| rest.starts_with(kind))
        };
        if is("response.output_audio.delta\"") {
            return self.sound_passes(number, event);
        }
        if is("response.done\"") {
            return self.answered(number, now);
        }
        let (is_new, is_done) = (
            is("conversation.item.added\""),
            is("conversation.item.done\""),
        );
        if !is_new && !is_done && !is("response.created\"") {
            return;
        }
        let Ok(mut event) = serde_json::from_str::<Value>(event) else {
            return;
        };
        if is_new || is_done {
            let previous = event["previous_item_id"].as_str().map(str::to_owned);
            return self.item_passes(event["item"].take(), is_new, previous.as_deref());
        }
        let id = event["response"]["id"].as_str().map(str::to_owned);
        if let Some(active) = self.active(number) {
            active.id = id;
        }
    }

    fn active(&mut self, number: u64) -> Option<&mut UnderWay> {
        self.answers.iter_mut().find(|one| one.number == number)
    }

    fn item_passes(&mut self, value: Value, is_new: bool, previous: Option<&str>) {
        let id = value["id"].as_str().unwrap_or_default().to_owned();
        if let Some(item) = self.conversation.find(&id) {
            return item.become_done(value);
        }
        // One that was deleted meanwhile stays away.
        if !is_new {
            return;
        }
        let place = match previous {
            Some(id) if self.conversation.find(id).is_some() => Place::After(id),
            Some(_) => Place::Last,
            None => Place::First,
        };
        // Its id is new, and there is always room for what was said.
        let _ = self.conversation.insert(Item::silent(value), &place);
    }

    /// Notes how much has been said.
    fn sound_passes(&mut self, number: u64, event: &str) {
        let text = |name: &str| {
            let (_, rest) = event.split_once(name)?;
            Some(rest.split_once('"')?.0)
        };
        let (Some(item_id), Some(delta)) = (text("\"item_id\":\""), text("\"delta\":\"")) else {
            return;
        };
        let padding = delta.bytes().rev().take_while(|byte| *byte == b'=').count();
        let bytes = decoded_len_estimate(delta.len()) - padding;
        let Some(active) = self.active(number) else {
            return;
        };
        let form = SoundForm::of(&active.settings["audio"]["output"]["format"]);
        active.said += bytes;
        let milliseconds = form.milliseconds(active.said);
        let held = self.conversation.find(item_id);
        if let Some(item) = held.filter(|item| !item.is_cut) {
            if item.sounds.is_empty() {
                item.sounds.push(Some(Sound::said(item_id)));
            }
            if let Some(sound) = item.sounds.first_mut().and_then(Option::as_mut) {
                sound.last(milliseconds);
            }
        }
    }

    /// An answer is over.
    pub(crate) fn answered(&mut self, number: u64, now: Micros) {
        let Some(place) = self.answers.iter().position(|one| one.number == number) else {
            return;
        };
        let over = self.answers.remove(place);
        if !over.limits.is_empty() {
            self.say("rate_limits.updated", json!({"rate_limits": over.limits}));
        }
        if !over.adds {
            return;
        }
        if std::mem::take(&mut self.wanted) {
            return self.answer_by_turn();
        }
        let turns = &self.settings["audio"]["input"]["turn_detection"];
        let form = SoundForm::of(&over.settings["audio"]["output"]["format"]);
        if let Some(wait) = turns["idle_timeout_ms"].as_u64()
            && self.listens()
        {
            // The wait begins when what was said has been heard.
            let wait = wait + form.milliseconds(over.said);
            self.idle = Some(now + Micros(wait * 1_000));
        }
    }

    /// An answer was refused before it began.
    pub(crate) fn refused(&mut self, number: u64, problem: &ApiError, now: Micros) {
        let Some(active) = self.answers.iter().find(|one| one.number == number) else {
            return;
        };
        let conversation = active.adds.then(|| self.conversation_id.clone());
        let response = Response::of(&active.settings, conversation);
        let seed = self.seed.fork("refused").nth(number);
        let id = seed.id("resp_", Alphabet::Alphanumeric, 21);
        for (kind, status) in [
            ("response.created", Status::InProgress),
            ("response.done", Status::Failed(problem)),
        ] {
            let told = response.value(&id, &status);
            self.say(kind, json!({"response": told}));
        }
        self.answered(number, now);
    }

    /// A transcript was refused before it began.
    pub(crate) fn unheard(&mut self, item: &str, problem: &ApiError) {
        let error = fakeai_dialects::openai::realtime::failure(problem);
        let fields = json!({"item_id": item, "content_index": 0, "error": error});
        self.say("conversation.item.input_audio_transcription.failed", fields);
    }

    /// A transcript is there: what the item is told as has it from now on.
    pub(crate) fn transcribed(&mut self, event: &str) {
        if !event.contains("input_audio_transcription.completed") {
            return;
        }
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        let id = event["item_id"].as_str().unwrap_or_default();
        let item = self.conversation.find(id);
        let content = item.and_then(|item| item.value["content"].get_mut(0));
        if let Some(content) = content {
            content["transcript"] = event["transcript"].clone();
        }
    }

    /// Notes what is left of the caller's limits, as the head of an answer tells it.
    pub(crate) fn limits(&mut self, answer: Option<u64>, headers: &HeaderMap) {
        let text = |name: String| headers.get(name)?.to_str().ok();
        let mut told = Vec::new();
        for name in ["requests", "tokens"] {
            let number = |what: &str| {
                text(format!("x-ratelimit-{what}-{name}"))?
                    .parse::<u64>()
                    .ok()
            };
            let (Some(limit), Some(remaining)) = (number("limit"), number("remaining")) else {
                continue;
            };
            let reset = text(format!("x-ratelimit-reset-{name}")).map_or(0.0, seconds);
            told.push(json!({
                "name": name,
                "limit": limit,
                "remaining": remaining,
                "reset_seconds": reset,
            }));
        }
        if let Some(active) = answer.and_then(|number| self.active(number)) {
            active.limits = told;
        }
    }
}

/// A span of time as headers write it: `1m30.5s`, `120ms`.
fn seconds(text: &str) -> f64 {
    let mut sum = 0.0;
    let mut rest = text;
    while let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let (number, unit) = rest.split_at(end);
        let length = unit
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(unit.len());
        let (unit, next) = unit.split_at(length);
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            _ => 86_400.0,
        };
        sum += number.parse::<f64>().unwrap_or_default() * scale;
        rest = next;
    }
    sum
}

/// The error of a reply that refuses.
pub(crate) fn problem_of(status: StatusCode, body: &[u8]) -> ApiError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| body["error"][name].as_str().map(str::to_owned);
    let kind = ErrorKind::Injected(status.as_u16());
    let mut problem = ApiError::new(kind, text("message").unwrap_or_default());
    if let Some(code) = text("code") {
        problem = problem.code(code);
    }
    if let Some(param) = text("param") {
        problem = problem.param(param);
    }
    problem
}
