//! A conversation as the answer needs it: who asked what, which results came back. Not here: what
//! follows from it.

use std::borrow::Cow;

use fakeai_canon::{Media, Message, Part, PastCall, Role};

use crate::prose::{Kind, Language, Topic};

/// What the last turns of a conversation say.
pub(crate) struct Reading<'a> {
    /// The text of the last user turn that has any; empty where there is none.
    pub(crate) asked: Cow<'a, str>,
    /// The texts of earlier user turns, latest first.
    pub(crate) earlier: Vec<Cow<'a, str>>,
    /// The texts of system and developer turns.
    pub(crate) instructions: Vec<Cow<'a, str>>,
    /// Images, audio and files of the last user turn.
    pub(crate) media: Vec<&'a Media>,
    /// Calls made since the last user turn.
    pub(crate) calls: Vec<&'a PastCall>,
    /// The last call before the last user turn, made for the user turn before it.
    pub(crate) before: Option<&'a PastCall>,
    /// Results that came since the last turn of the model's, where the conversation ends with them.
    pub(crate) results: Vec<Outcome<'a>>,
}

/// The result of a call.
pub(crate) struct Outcome<'a> {
    /// The tool that was called, where it can be told.
    pub(crate) tool: Option<&'a str>,
    /// What it said.
    pub(crate) text: Cow<'a, str>,
}

/// Earlier turns are read this far back.
const REACH: usize = 6;

impl<'a> Reading<'a> {
    pub(crate) fn of(messages: &'a [Message]) -> Self {
        let last = messages.iter().rposition(|message| {
            message.role == Role::User && (has_text(message) || !media_of(message).is_empty())
        });
        let texts = |message: &&Message| message.role == Role::User;
        let earlier = messages[..last.unwrap_or(0)]
            .iter()
            .rev()
            .filter(texts)
            .take(REACH);
        let directs = |message: &&Message| matches!(message.role, Role::System | Role::Developer);
        let turn_before = messages[..last.unwrap_or(0)].iter().rev();
        let turn_before = turn_before.take_while(|message| message.role != Role::User);
        let before = turn_before
            .flat_map(|message| message.calls.iter().rev())
            .next();
        let since = &messages[last.map_or(0, |index| index + 1)..];
        Self {
            asked: last.map_or(Cow::Borrowed(""), |index| text_of(&messages[index])),
            earlier: earlier.map(text_of).collect(),
            instructions: messages.iter().filter(directs).map(text_of).collect(),
            media: last.map_or_else(Vec::new, |index| media_of(&messages[index])),
            calls: since.iter().flat_map(|message| &message.calls).collect(),
            before,
            results: results(since),
        }
    }

    /// What the answer is about: the last user turn, or, where that names nothing, what came
    /// before it; in the language that the instructions ask for.
    pub(crate) fn topic(&self) -> Topic {
        let mut topic = Topic::of(self.about());
        let is_vague = topic.keywords.is_empty() && topic.kind != Kind::Repeat;
        let before = self
            .earlier
            .first()
            .filter(|_| is_vague && self.asked.contains('?'));
        if let Some(before) = before {
            topic = Topic::of(&format!("{before}\n{}", self.asked));
        }
        if let Some(language) = self
            .language()
            .or_else(|| crate::task::target(&self.asked, &topic))
        {
            topic.language = language;
        }
        topic
    }

    fn about(&self) -> &str {
        if !self.asked.is_empty() {
            return &self.asked;
        }
        self.instructions.last().map_or("", |text| text)
    }

    /// The language that instructions or the user ask the answer to be in.
    fn language(&self) -> Option<Language> {
        let texts = std::iter::once(&self.asked).chain(self.instructions.iter().rev());
        texts
            .into_iter()
            .find_map(|text| crate::obedience::language(text))
    }
}

fn results<'a>(since: &'a [Message]) -> Vec<Outcome<'a>> {
    let from = since
        .iter()
        .rposition(|message| message.role != Role::Tool)
        .map_or(0, |at| at + 1);
    let calls = || since.iter().flat_map(|message| &message.calls);
    let outcome = |message: &'a Message| Outcome {
        tool: calls()
            .find(|call| message.answers.as_deref() == Some(call.id.as_str()))
            .map(|call| call.name.as_str())
            .or(message.name.as_deref()),
        text: text_of(message),
    };
    since[from..].iter().map(outcome).collect()
}

fn has_text(message: &Message) -> bool {
    message
        .parts
        .iter()
        .filter_map(Part::as_words)
        .any(|text| !text.trim().is_empty())
}

fn media_of(message: &Message) -> Vec<&Media> {
    message.parts.iter().filter_map(media).collect()
}

fn media(part: &Part) -> Option<&Media> {
    match part {
        // What is heard is read as words.
        Part::Media(media) => Some(media).filter(|media| media.words().is_none()),
        Part::Text(_) | Part::Refusal(_) | Part::Reasoning(_) => None,
    }
}

/// The text of a turn, borrowed where it is in one part.
pub(crate) fn text_of(message: &Message) -> Cow<'_, str> {
    let mut texts = message.parts.iter().filter_map(Part::as_words);
    match (texts.next(), texts.next()) {
        (None, _) => Cow::Borrowed(""),
        (Some(text), None) => Cow::Borrowed(text),
        (Some(_), Some(_)) => Cow::Owned(message.joined_text()),
    }
}
