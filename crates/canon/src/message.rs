//! A conversation in one shape for all dialects.

use bytes::Bytes;

use crate::CallKind;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions, as older models know them.
    System,
    /// Instructions of the application's developer.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The result of a call that the model made.
    Tool,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The participant's name, where given.
    pub name: Option<String>,
    /// What is said.
    pub parts: Vec<Part>,
    /// The calls that the model made in this turn.
    pub calls: Vec<PastCall>,
    /// For a tool's turn, the call it answers.
    pub answers: Option<String>,
}

impl Message {
    /// A turn of plain text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            name: None,
            parts: vec![Part::Text(text.into())],
            calls: Vec::new(),
            answers: None,
        }
    }

    /// All that the turn says in words, its parts joined by a line break.
    pub fn joined_text(&self) -> String {
        let mut texts = self.parts.iter().filter_map(Part::as_words);
        let mut joined = texts.next().unwrap_or_default().to_owned();
        for text in texts {
            joined.push('\n');
            joined.push_str(text);
        }
        joined
    }
}

/// A piece of a turn.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Text.
    Text(String),
    /// A refusal that the model gave earlier.
    Refusal(String),
    /// Reasoning that the model showed earlier.
    Reasoning(String),
    /// An image, audio or file.
    Media(Media),
}

impl Part {
    /// The text of a part that is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Part::Text(text) | Part::Refusal(text) => Some(text),
            Part::Reasoning(_) | Part::Media(_) => None,
        }
    }

    /// The text of a part that is text, or the words of one that is heard.
    pub fn as_words(&self) -> Option<&str> {
        match self {
            Part::Text(text) | Part::Refusal(text) => Some(text),
            Part::Media(media) => media.words(),
            Part::Reasoning(_) => None,
        }
    }
}

/// Something that is not text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Where its bytes are.
    pub source: MediaSource,
    /// Media type or format name (`image/png`, `wav`), where told.
    pub format: Option<String>,
    /// File name, where told.
    pub name: Option<String>,
    /// How closely an image is to be looked at.
    pub detail: Detail,
}

impl Media {
    /// What is said in it, where that is known and told by nothing else.
    pub fn words(&self) -> Option<&str> {
        match &self.source {
            MediaSource::Spoken { words, .. } => words.as_deref(),
            MediaSource::Bytes(_) | MediaSource::Url(_) | MediaSource::Stored(_) => None,
        }
    }
}

/// The kinds of media that a prompt can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// A still image.
    Image,
    /// Recorded sound.
    Audio,
    /// A document.
    File,
    /// A moving picture.
    Video,
}

/// Where the bytes of a piece of media are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MediaSource {
    /// In the request, decoded.
    Bytes(Bytes),
    /// Behind an address; never fetched.
    Url(String),
    /// In a stored file.
    Stored(String),
    /// In an earlier turn that was spoken, whoever spoke.
    Spoken {
        /// Its id.
        id: String,
        /// How many tokens of sound it has.
        tokens: u32,
        /// What is said in it, where no text beside it tells.
        words: Option<String>,
    },
}

/// The `detail` of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// The model chooses.
    #[default]
    Auto,
    /// One small overview.
    Low,
    /// Overview and tiles.
    High,
    /// Every pixel.
    Original,
}

/// A call that the model made in an earlier turn.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PastCall {
    /// Its id.
    pub id: String,
    /// The function or tool.
    pub name: String,
    /// JSON arguments, or the free input of a custom tool.
    pub arguments: String,
    /// Which of the two.
    pub kind: CallKind,
}
