//! A request's prompt in token ids, rendered once: what usage counts and what prefix caches hash.
//!
//! The marks around each message are the special tokens of the published formats, so that the
//! total is that of the published rule: three tokens a message and those of its role and content,
//! one more with a name, and three that prime the answer.
//! Source: <https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken>, section 6; the
//! marks of newer models are in <https://cookbook.openai.com/articles/openai-harmony>.
//!
//! Not here: which models take which parts, and limits on length.

mod marks;
mod media;
mod skills;
mod tools;

use fakeai_canon::{
    Format, Generate, Input, Message, Mode, Part, PastCall, Prompt, RawPrompt, Role, TextInput,
};

use crate::{MediaError, TokenId, Vocabulary, vocabulary_for};
use marks::Marks;

/// The prompts of a request: one for a conversation, one each for raw prompts.
///
/// # Errors
/// In realistic mode, media that can't be read; in mock mode they count as media of unknown size.
pub fn prompts(work: &Generate, mode: Mode) -> Result<Vec<Prompt>, MediaError> {
    match &work.input {
        Input::Chat(messages) => Ok(vec![chat_prompt(work, messages, mode)?]),
        Input::Raw(prompts) => {
            let vocabulary = vocabulary_for(&work.model);
            Ok(prompts
                .iter()
                .map(|prompt| raw_prompt(vocabulary, prompt))
                .collect())
        }
    }
}

/// The ids of an input of an embedding.
pub fn text_ids(vocabulary: &Vocabulary, input: &TextInput) -> Vec<TokenId> {
    match input {
        TextInput::Text(text) => vocabulary.encode(text),
        TextInput::Tokens(ids) => ids.clone(),
    }
}

fn raw_prompt(vocabulary: &Vocabulary, prompt: &RawPrompt) -> Prompt {
    let ids = match prompt {
        RawPrompt::Text(text) => vocabulary.encode(text),
        RawPrompt::Tokens(ids) => ids.clone(),
    };
    Prompt {
        ids,
        image: 0,
        audio: 0,
    }
}

fn chat_prompt(work: &Generate, messages: &[Message], mode: Mode) -> Result<Prompt, MediaError> {
    let vocabulary = vocabulary_for(&work.model);
    let mut writer = Writer {
        model: &work.model,
        mode,
        vocabulary,
        marks: Marks::of(vocabulary),
        prompt: Prompt::default(),
    };
    writer.prompt.ids.reserve(expected_length(messages));
    writer.tools(&work.tools);
    writer.format(&work.format);
    writer.skills(&work.skills);
    for message in messages {
        writer.message(message)?;
    }
    writer.read_skills(&work.skills);
    writer.prime();
    Ok(writer.prompt)
}

/// Room for a token each four bytes and the marks.
fn expected_length(messages: &[Message]) -> usize {
    let texts = messages
        .iter()
        .flat_map(|message| &message.parts)
        .filter_map(Part::as_text);
    texts.map(str::len).sum::<usize>() / 4 + 8 * messages.len() + 8
}

/// Writes one prompt.
struct Writer<'work> {
    model: &'work str,
    mode: Mode,
    vocabulary: &'static Vocabulary,
    marks: &'static Marks,
    prompt: Prompt,
}

impl Writer<'_> {
    fn text(&mut self, text: &str) {
        self.vocabulary.encode_into(text, &mut self.prompt.ids);
    }

    fn mark(&mut self, id: TokenId) {
        self.prompt.ids.push(id);
    }

    /// A turn's own text, and each call that it made as a message of its own.
    fn message(&mut self, message: &Message) -> Result<(), MediaError> {
        if !message.parts.is_empty() || message.calls.is_empty() {
            self.open(message.role, message.name.as_deref());
            for part in &message.parts {
                self.part(part, !message.calls.is_empty())?;
            }
            self.mark(self.marks.end);
        }
        message.calls.iter().for_each(|call| self.call(call));
        Ok(())
    }

    fn open(&mut self, role: Role, name: Option<&str>) {
        self.mark(self.marks.start);
        self.text(role_name(role));
        if let Some(name) = name {
            self.mark(self.marks.before_name);
            self.text(name);
        }
        self.mark(self.marks.content);
    }

    /// Earlier reasoning is dropped from a prompt, except beside the calls that it led to:
    /// <https://developers.openai.com/api/docs/guides/reasoning#keeping-reasoning-items-in-context>.
    fn part(&mut self, part: &Part, beside_calls: bool) -> Result<(), MediaError> {
        match part {
            Part::Text(text) | Part::Refusal(text) => self.text(text),
            Part::Reasoning(text) if beside_calls => self.text(text),
            Part::Reasoning(_) => {}
            Part::Media(media) => self.media(media)?,
        }
        Ok(())
    }

    /// A call is a message to the function, as in the Harmony format.
    fn call(&mut self, call: &PastCall) {
        self.mark(self.marks.start);
        self.text(role_name(Role::Assistant));
        self.text(" to=functions.");
        self.text(&call.name);
        self.mark(self.marks.content);
        self.text(&call.arguments);
        self.mark(self.marks.end);
    }

    /// A schema for the answer enters as the Harmony format writes it.
    fn format(&mut self, format: &Format) {
        match format {
            Format::Text | Format::JsonObject => {}
            Format::JsonSchema { name, schema, .. } => {
                self.text("# Response Formats\n\n## ");
                self.text(name);
                self.text("\n\n");
                self.text(&schema.0.to_string());
            }
            Format::Grammar(grammar) => self.text(&grammar.definition),
        }
    }

    fn prime(&mut self) {
        self.mark(self.marks.start);
        self.text(role_name(Role::Assistant));
        self.mark(self.marks.content);
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}
