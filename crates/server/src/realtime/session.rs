//! The session: what a client's event does to it.

use std::borrow::Cow;
use std::collections::VecDeque;

use fakeai_canon::{ApiError, Micros, Mode, Seed, Stopped, Transcribe};
use fakeai_contract::Strictness;
use fakeai_dialects::openai;
use serde_json::{Value, json};

use super::buffer::Buffer;
use super::conversation::{Conversation, Item, Place};
use super::events::Events;
use super::hearing::Heard;
use super::sound::Sound;
use super::{items, settings};
use crate::rules::RealtimeRules;

/// What there is to do for a session.
pub(crate) enum Out {
    /// Send this event.
    Say(String),
    /// Begin the answer of this number.
    Answer { number: u64, turn: Value },
    /// Begin to write down what an item has in sound.
    Listen { item: String, turn: Value },
    /// Stop an answer.
    Stop { number: u64, why: Stopped },
    /// Close the socket, since its time is up.
    Close(String),
}

/// What a session begins with.
pub(super) struct Begun {
    pub(super) seed: Seed,
    pub(super) session: Value,
    pub(super) expires: Micros,
    pub(super) rules: RealtimeRules,
    pub(super) mode: Mode,
    pub(super) senses: Senses,
}

/// What a session asks its world.
pub(super) struct Senses {
    /// The words of a recording.
    pub(super) ears: Box<dyn Fn(Transcribe) -> String + Send>,
    /// Whether somebody made a voice of that id.
    pub(super) has_voice: Box<dyn Fn(&str) -> bool + Send>,
}

/// A session.
pub(crate) struct Session {
    pub(super) seed: Seed,
    pub(super) settings: Value,
    pub(super) conversation_id: String,
    pub(super) conversation: Conversation,
    pub(super) events: Events,
    pub(super) out: VecDeque<Out>,
    /// Answers under way.
    pub(super) answers: Vec<super::turns::UnderWay>,
    pub(super) numbers: u64,
    /// Whether an answer is to begin once the one under way is over.
    pub(super) wanted: bool,
    /// When nobody having said anything is answered.
    pub(super) idle: Option<Micros>,
    buffer: Buffer,
    /// The id that what is being said will have as an item.
    speaking: Option<String>,
    made: u64,
    expires: Micros,
    rules: RealtimeRules,
    pub(super) mode: Mode,
    pub(super) senses: Senses,
}

impl Session {
    /// A session at its beginning.
    pub(super) fn begin(begun: Begun) -> Self {
        let mut events = Events::of(begun.seed);
        let session = begun.session;
        let told = settings::told(session.clone());
        let created = events.event("session.created", json!({"session": told}));
        Self {
            conversation_id: super::turns::conversation_id(begun.seed),
            buffer: Buffer::of(&session["audio"]["input"]),
            settings: session,
            conversation: Conversation::default(),
            events,
            out: VecDeque::from([Out::Say(created)]),
            answers: Vec::new(),
            numbers: 0,
            wanted: false,
            idle: None,
            speaking: None,
            made: 0,
            seed: begun.seed,
            expires: begun.expires,
            rules: begun.rules,
            mode: begun.mode,
            senses: begun.senses,
        }
    }

    /// The next thing to do.
    pub(crate) fn next(&mut self) -> Option<Out> {
        self.out.pop_front()
    }

    /// When something happens though nobody says anything.
    pub(crate) fn due(&self) -> Micros {
        self.idle
            .map_or(self.expires, |idle| idle.min(self.expires))
    }

    /// Takes in what the client says.
    pub(crate) fn receive(&mut self, text: &str, now: Micros) {
        if self.is_over(now) {
            return;
        }
        let event = match serde_json::from_str::<Value>(text) {
            Ok(event) if event.is_object() => event,
            Ok(_) | Err(_) => {
                let problem = "Could not parse your event: expected a JSON object.";
                let problem = ApiError::invalid(problem).code("invalid_event");
                return self.refuse(&problem, None);
            }
        };
        let mut event = event;
        if let Some(response) = event.get_mut("response").and_then(Value::as_object_mut) {
            // Clients send what they leave open as null.
            response.retain(|_, value| !value.is_null());
        }
        let cause = event["event_id"].as_str().map(str::to_owned);
        if let Err(problem) = self.obey(event) {
            self.refuse(&problem, cause.as_deref());
        }
    }

    /// Something is due.
    pub(crate) fn wake(&mut self, now: Micros) {
        if self.is_over(now) || self.idle.is_none_or(|idle| now < idle) {
            return;
        }
        self.idle = None;
        let id = self.item_id();
        let end = self.buffer.end();
        let turns = &self.settings["audio"]["input"]["turn_detection"];
        let start = end.saturating_sub(turns["idle_timeout_ms"].as_u64().unwrap_or_default());
        let fields = json!({"audio_start_ms": start, "audio_end_ms": end, "item_id": id});
        self.say("input_audio_buffer.timeout_triggered", fields);
        let silence = Sound::heard(Default::default(), self.buffer.form());
        match self.add_sound(&id, silence) {
            Ok(()) => self.answer_by_turn(),
            Err(problem) => self.refuse(&problem, None),
        }
    }

    /// Whether its time is up, which closes it.
    fn is_over(&mut self, now: Micros) -> bool {
        if now < self.expires {
            return false;
        }
        let problem = format!(
            "Your session hit the maximum duration of {}.",
            lasting(self.rules.seconds)
        );
        let problem = ApiError::invalid(problem).code("session_expired");
        self.refuse(&problem, None);
        self.out.push_back(Out::Close(problem.message));
        true
    }

    pub(super) fn say(&mut self, kind: &str, fields: Value) {
        let event = self.events.event(kind, fields);
        self.out.push_back(Out::Say(event));
    }

    pub(super) fn refuse(&mut self, problem: &ApiError, cause: Option<&str>) {
        let event = self.events.error(problem, cause);
        self.out.push_back(Out::Say(event));
    }

    fn item_id(&mut self) -> String {
        let seed = self.seed.fork("item").nth(self.made);
        self.made += 1;
        seed.id("item_", fakeai_canon::Alphabet::Alphanumeric, 21)
    }

    fn obey(&mut self, mut event: Value) -> Result<(), ApiError> {
        self.check(&event)?;
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        match kind.as_str() {
            "session.update" => self.update(&event["session"]),
            "input_audio_buffer.append" => self.append(&event),
            "input_audio_buffer.commit" => self.commit(),
            "input_audio_buffer.clear" => {
                self.buffer.clear();
                self.speaking = None;
                self.say("input_audio_buffer.cleared", json!({}));
                Ok(())
            }
            "conversation.item.create" => self.create(event),
            "conversation.item.delete" => {
                let id = event["item_id"].as_str().unwrap_or_default();
                self.conversation.remove(id)?;
                self.say("conversation.item.deleted", json!({"item_id": id}));
                Ok(())
            }
            "conversation.item.retrieve" => {
                let id = event["item_id"].as_str().unwrap_or_default();
                let item = self.conversation.retrieve(id)?;
                self.say("conversation.item.retrieved", json!({"item": item}));
                Ok(())
            }
            "conversation.item.truncate" => self.truncate(&event),
            "response.create" => self.answer(event["response"].take()),
            "response.cancel" => self.cancel(event["response_id"].as_str()),
            _ => Err(ApiError::invalid(format!(
                "The event '{kind}' is for sessions over WebRTC and SIP."
            ))
            .code("invalid_event")
            .param("type")),
        }
    }

    /// Holds an event against the contract. The provider knows all fields of its events, also those
    /// that lie deeper.
    fn check(&self, event: &Value) -> Result<(), ApiError> {
        let contract = fakeai_contract::openai();
        let Some(schema) = contract.schema("RealtimeClientEvent") else {
            return Ok(());
        };
        let event = &without_references(event);
        let violation = if self.mode == Mode::Mock {
            contract.validate(schema, event, Strictness::MOCK).err()
        } else {
            let found = contract.check_schema(schema, event, &[]).err();
            found.and_then(|found| found.into_iter().next())
        };
        match violation {
            Some(violation) => Err(crate::gate::refusal(&violation)),
            None => Ok(()),
        }
    }

    fn update(&mut self, sent: &Value) -> Result<(), ApiError> {
        if self.mode == Mode::Realistic {
            settings::check(sent, "session", &*self.senses.has_voice)?;
        }
        let has_spoken = self.conversation.has_spoken();
        self.settings = settings::updated(&self.settings, sent, has_spoken)?;
        if self.buffer.set(&self.settings["audio"]["input"]) {
            self.speaking = None;
        }
        let told = settings::told(self.settings.clone());
        self.say("session.updated", json!({"session": told}));
        Ok(())
    }

    fn append(&mut self, event: &Value) -> Result<(), ApiError> {
        let text = event["audio"].as_str().unwrap_or_default();
        let bytes = items::decode(text, self.buffer.form(), "audio")?;
        self.check_room(bytes.len())?;
        self.buffer.append(&bytes);
        while let Some(heard) = self.buffer.hear() {
            match heard {
                Heard::Began(at) => self.speech_begins(at),
                Heard::Ended(at) => self.speech_ends(at),
            }
        }
        Ok(())
    }

    /// Refuses sound for which there is no room.
    fn check_room(&self, bytes: usize) -> Result<(), ApiError> {
        let held = self.buffer.len() + self.conversation.bytes();
        if held + bytes <= self.rules.audio_bytes {
            return Ok(());
        }
        Err(ApiError::invalid(format!(
            "The session holds {held} bytes of audio, and may hold {} at most.",
            self.rules.audio_bytes
        ))
        .code("audio_too_large")
        .param("audio"))
    }

    fn speech_begins(&mut self, at: u64) {
        self.idle = None;
        let id = self.item_id();
        let fields = json!({"audio_start_ms": at, "item_id": id});
        self.speaking = Some(id);
        self.say("input_audio_buffer.speech_started", fields);
        if self.turns("interrupt_response") {
            self.wanted = false;
            self.interrupt();
        }
    }

    fn speech_ends(&mut self, at: u64) {
        let id = match self.speaking.take() {
            Some(id) => id,
            None => self.item_id(),
        };
        let fields = json!({"audio_end_ms": at, "item_id": id});
        self.say("input_audio_buffer.speech_stopped", fields);
        let bytes = self.buffer.take(Some(at));
        let sound = Sound::heard(bytes, self.buffer.form());
        match self.add_sound(&id, sound) {
            Ok(()) if self.turns("create_response") => self.answer_by_turn(),
            Ok(()) => {}
            Err(problem) => self.refuse(&problem, None),
        }
    }

    /// A switch of how turns are found.
    fn turns(&self, name: &str) -> bool {
        let input = &self.settings["audio"]["input"];
        input["turn_detection"][name] == true
    }

    fn commit(&mut self) -> Result<(), ApiError> {
        /// Milliseconds that are committed at least.
        const LEAST: f64 = 100.0;
        let held = self.buffer.milliseconds();
        if held < LEAST {
            return Err(ApiError::invalid(format!(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of \
                 audio, but buffer only has {held:.2}ms of audio."
            ))
            .code("input_audio_buffer_commit_empty"));
        }
        let id = match self.speaking.take() {
            Some(id) => id,
            None => self.item_id(),
        };
        let bytes = self.buffer.take(None);
        let sound = Sound::heard(bytes, self.buffer.form());
        self.add_sound(&id, sound)
    }

    /// Makes an item of a stretch of sound, and has it written down where that is wanted.
    fn add_sound(&mut self, id: &str, mut sound: Sound) -> Result<(), ApiError> {
        self.check_items()?;
        let transcription = self.settings["audio"]["input"]["transcription"].clone();
        sound.words = self.words_of(&transcription, &sound);
        let mut turn = json!({"item_id": id, "transcription": transcription});
        turn["sound"] = json!(sound.hash());
        turn["milliseconds"] = json!(sound.milliseconds);
        let include = self.settings["include"].as_array().into_iter().flatten();
        turn["logprobs"] = json!(include.count() > 0);
        let is_silent = sound.milliseconds == 0;
        let before = self.conversation.last();
        let fields = json!({"previous_item_id": before, "item_id": id});
        self.say("input_audio_buffer.committed", fields);
        self.add(items::of_sound(id, sound), &Place::Last)?;
        if turn["transcription"].is_object() && !is_silent {
            let (item, turn) = (id.to_owned(), json!({"listen": turn}));
            self.out.push_back(Out::Listen { item, turn });
        }
        Ok(())
    }

    fn words_of(&self, transcription: &Value, sound: &Sound) -> String {
        if sound.milliseconds == 0 {
            return String::new();
        }
        let work = openai::realtime::listening(transcription, sound.hash(), sound.milliseconds);
        (self.senses.ears)(work)
    }

    /// Adds an item and tells of it.
    fn add(&mut self, item: Item, place: &Place<'_>) -> Result<(), ApiError> {
        let told = item.value.clone();
        let before = self.conversation.insert(item, place)?;
        let fields = json!({"previous_item_id": before, "item": told});
        self.say("conversation.item.added", fields.clone());
        self.say("conversation.item.done", fields);
        Ok(())
    }

    /// Refuses an item for which there is no room.
    fn check_items(&self) -> Result<(), ApiError> {
        let most = self.rules.items;
        if self.conversation.len() < most {
            return Ok(());
        }
        let problem = format!("The conversation has {most} items, and may have no more.");
        Err(ApiError::invalid(problem).code("too_many_items"))
    }

    fn create(&mut self, mut event: Value) -> Result<(), ApiError> {
        self.check_items()?;
        let id = self.item_id();
        openai::realtime::check_item(&event["item"], self.mode)?;
        let mut item = items::read(event["item"].take(), id, self.buffer.form())?;
        self.listen_to(&mut item)?;
        if item.value["type"] == "function_call_output" {
            let call = item.value["call_id"].as_str().unwrap_or_default();
            if !self.conversation.has_call(call) && self.mode == Mode::Realistic {
                let problem = format!("Tool call ID '{call}' not found in conversation.");
                return Err(ApiError::invalid(problem)
                    .code("invalid_tool_call_id")
                    .param("item.call_id"));
            }
        }
        let place = match event["previous_item_id"].as_str() {
            Some("root") => Place::First,
            Some(id) => Place::After(id),
            None => Place::Last,
        };
        self.add(item, &place)
    }

    /// Hears what an item that was sent has in sound.
    pub(super) fn listen_to(&mut self, item: &mut Item) -> Result<(), ApiError> {
        let bytes: usize = item
            .sounds
            .iter()
            .flatten()
            .map(|one| one.bytes.len())
            .sum();
        self.check_room(bytes)?;
        let transcription = &self.settings["audio"]["input"]["transcription"];
        for sound in item.sounds.iter_mut().flatten() {
            sound.words = self.words_of(transcription, sound);
        }
        Ok(())
    }

    /// The item of what an answer's own `input` has.
    pub(super) fn item_of(&mut self, value: Value) -> Result<Value, ApiError> {
        let id = self.item_id();
        let mut item = items::read(value, id, self.buffer.form())?;
        self.listen_to(&mut item)?;
        Ok(item.told())
    }

    fn truncate(&mut self, event: &Value) -> Result<(), ApiError> {
        let id = event["item_id"].as_str().unwrap_or_default();
        let count = |name: &str| {
            openai::at_least(name, event[name].as_i64().unwrap_or_default(), 0)?;
            Ok::<u64, ApiError>(event[name].as_u64().unwrap_or_default())
        };
        let (content, end) = (count("content_index")?, count("audio_end_ms")?);
        self.conversation.truncate(id, content, end)?;
        let fields = json!({"item_id": id, "content_index": content, "audio_end_ms": end});
        self.say("conversation.item.truncated", fields);
        Ok(())
    }

    /// Whether the end of a turn is found by listening.
    pub(super) fn listens(&self) -> bool {
        self.buffer.listens()
    }
}

/// An event without what its `input` refers to, which the document lacks.
fn without_references(event: &Value) -> Cow<'_, Value> {
    let is_reference = |item: &Value| item["type"] == "item_reference" && item["id"].is_string();
    let input = event["response"]["input"].as_array();
    if !input.is_some_and(|items| items.iter().any(is_reference)) {
        return Cow::Borrowed(event);
    }
    let mut event = event.clone();
    if let Some(items) = event["response"]["input"].as_array_mut() {
        items.retain(|item| !is_reference(item));
    }
    Cow::Owned(event)
}

/// A span of time in words.
fn lasting(seconds: u64) -> String {
    match seconds % 60 {
        0 => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}
