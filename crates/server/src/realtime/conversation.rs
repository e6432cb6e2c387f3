//! The items of a session's conversation, in their order, and the sound that belongs to them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::sound::Sound;

/// An item.
pub(super) struct Item {
    /// As it is told.
    pub(super) value: Value,
    /// The sound of each piece of its content.
    pub(super) sounds: Vec<Option<Sound>>,
    /// Whether nobody has heard all of it.
    pub(super) is_cut: bool,
}

impl Item {
    /// An item without sound.
    pub(super) fn silent(value: Value) -> Self {
        Self {
            value,
            sounds: Vec::new(),
            is_cut: false,
        }
    }

    /// Tells the item anew, as it is done.
    pub(super) fn become_done(&mut self, value: Value) {
        self.value = value;
        if self.is_cut {
            self.hide_words();
        }
    }

    /// Forgets the words of what is said in it: they tell more than was heard.
    fn hide_words(&mut self) {
        let content = self.value.get_mut("content").and_then(Value::as_array_mut);
        for part in content.into_iter().flatten() {
            part["transcript"] = json!("");
        }
    }

    fn id(&self) -> &str {
        self.value["id"].as_str().unwrap_or_default()
    }

    fn bytes(&self) -> usize {
        let sounds = self.sounds.iter().flatten();
        sounds.map(|sound| sound.bytes.len()).sum()
    }

    /// The item with something put to each piece of its content that has sound.
    fn with(&self, name: &str, told: impl Fn(&Sound) -> Option<Value>) -> Value {
        let mut value = self.value.clone();
        for (place, sound) in self.sounds.iter().enumerate() {
            // What is still being said has no content yet.
            let part = value["content"].get_mut(place);
            if let (Some(part), Some(told)) = (part, sound.as_ref().and_then(&told)) {
                part[name] = told;
            }
        }
        value
    }

    /// What an answer is told of it.
    pub(super) fn told(&self) -> Value {
        self.with("heard", |sound| Some(sound.told()))
    }
}

/// Where an item goes.
pub(super) enum Place<'a> {
    First,
    After(&'a str),
    Last,
}

/// A conversation.
#[derive(Default)]
pub(super) struct Conversation {
    items: Vec<Item>,
}

impl Conversation {
    /// The id of the last item.
    pub(super) fn last(&self) -> Option<String> {
        self.items.last().map(|item| item.id().to_owned())
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Bytes of sound that are kept.
    pub(super) fn bytes(&self) -> usize {
        self.items.iter().map(Item::bytes).sum()
    }

    /// Whether the model has said something aloud.
    pub(super) fn has_spoken(&self) -> bool {
        let said = |item: &Item| item.value["role"] == "assistant" && !item.sounds.is_empty();
        self.items.iter().any(said)
    }

    /// Whether the model has made that call.
    pub(super) fn has_call(&self, id: &str) -> bool {
        let is_it =
            |item: &Item| item.value["type"] == "function_call" && item.value["call_id"] == id;
        self.items.iter().any(is_it)
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.items.iter().position(|item| item.id() == id)
    }

    /// An item.
    pub(super) fn find(&mut self, id: &str) -> Option<&mut Item> {
        let place = self.place(id)?;
        self.items.get_mut(place)
    }

    /// All items as answers read them.
    pub(super) fn told(&self) -> Vec<Value> {
        self.items.iter().map(Item::told).collect()
    }

    /// Puts an item in its place, and says what stands before it.
    ///
    /// # Errors
    /// There is one of that id already, or none that it could stand behind.
    pub(super) fn insert(
        &mut self,
        item: Item,
        place: &Place<'_>,
    ) -> Result<Option<String>, ApiError> {
        if self.place(item.id()).is_some() {
            return Err(ApiError::invalid(format!(
                "Error adding item: an item with id '{}' already exists in the conversation.",
                item.id()
            ))
            .code("item_create_duplicate_item_id")
            .param("item.id"));
        }
        let at = match place {
            Place::First => 0,
            Place::Last => self.items.len(),
            Place::After(id) => match self.place(id) {
                Some(place) => place + 1,
                None => {
                    return Err(ApiError::invalid(format!(
                        "Error adding item: the previous item with id '{id}' does not exist."
                    ))
                    .code("item_create_invalid_previous_item_id")
                    .param("previous_item_id"));
                }
            },
        };
        self.items.insert(at, item);
        let before = at.checked_sub(1).map(|before| &self.items[before]);
        Ok(before.map(|item| item.id().to_owned()))
    }

    /// Takes an item out.
    ///
    /// # Errors
    /// There is none of that id.
    pub(super) fn remove(&mut self, id: &str) -> Result<(), ApiError> {
        let place = self
            .place(id)
            .ok_or_else(|| missing("delete", "deleting", id))?;
        self.items.remove(place);
        Ok(())
    }

    /// An item with its sound.
    ///
    /// # Errors
    /// There is none of that id.
    pub(super) fn retrieve(&self, id: &str) -> Result<Value, ApiError> {
        let place = self.place(id);
        let place = place.ok_or_else(|| missing("retrieve", "retrieving", id))?;
        let audio = |sound: &Sound| {
            let has_any = !sound.bytes.is_empty();
            has_any.then(|| Value::String(STANDARD.encode(&sound.bytes)))
        };
        Ok(self.items[place].with("audio", audio))
    }

    /// Forgets what nobody has heard of an answer, and its words, which tell more than was heard.
    ///
    /// # Errors
    /// There is no such item, nothing is said in it, or less than that.
    pub(super) fn truncate(&mut self, id: &str, content: u64, end: u64) -> Result<(), ApiError> {
        let place = self.place(id);
        let place = place.ok_or_else(|| missing("truncate", "truncating", id))?;
        let item = &mut self.items[place];
        let is_said = item.value["role"] == "assistant";
        let sound = item.sounds.get_mut(content as usize);
        let sound = sound.and_then(Option::as_mut);
        let Some(sound) = sound.filter(|_| is_said) else {
            let problem = "Only model output audio messages can be truncated";
            return Err(ApiError::invalid(problem).code("unsupported_content_type"));
        };
        if sound.milliseconds < end {
            return Err(ApiError::invalid(format!(
                "Audio content of {}ms is already shorter than {end}ms",
                sound.milliseconds
            ))
            .code("invalid_value")
            .param("audio_end_ms"));
        }
        sound.last(end);
        item.is_cut = true;
        item.hide_words();
        Ok(())
    }
}

fn missing(verb: &str, doing: &str, id: &str) -> ApiError {
    ApiError::invalid(format!(
        "Error {doing} item: the item with id '{id}' does not exist."
    ))
    .code(format!("item_{verb}_invalid_item_id"))
    .param("item_id")
}
