//! What a prompt is about: its language, its key phrases by rank, and the kind of answer it asks
//! for. Cheap enough for every request. Not here: the answer.

use std::hash::Hash;

use fakeai_canon::{Seed, Verbosity};

use super::Language;
use super::candidates::Phrase;
use super::keyphrase;
use super::pieces::Pieces;
use super::slot::{Needs, Slot};
use super::words::{self, Cue, Entry};

/// The kind of answer that a prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A greeting, thanks, small talk.
    Chat,
    /// An explanation; what is assumed where nothing else is asked.
    Question,
    /// Instructions in order.
    Steps,
    /// Several things.
    List,
    /// Two things side by side.
    Compare,
    /// A digest.
    Summary,
    /// A recommendation.
    Advice,
    /// A program.
    Code,
    /// A story or other piece of writing.
    Writing,
    /// Lines that rhyme.
    Poem,
    /// Three short lines.
    Haiku,
    /// A letter.
    Mail,
    /// A joke.
    Joke,
    /// Given words back.
    Repeat,
}

impl Kind {
    const NAMES: [(&str, Kind); 14] = [
        ("chat", Kind::Chat),
        ("question", Kind::Question),
        ("steps", Kind::Steps),
        ("list", Kind::List),
        ("compare", Kind::Compare),
        ("summary", Kind::Summary),
        ("advice", Kind::Advice),
        ("code", Kind::Code),
        ("writing", Kind::Writing),
        ("poem", Kind::Poem),
        ("haiku", Kind::Haiku),
        ("mail", Kind::Mail),
        ("joke", Kind::Joke),
        ("repeat", Kind::Repeat),
    ];

    /// The kind of that name in the corpus.
    pub(crate) fn named(name: &str) -> Option<Kind> {
        Kind::NAMES
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, kind)| *kind)
    }

    /// Its name in the corpus.
    pub fn name(self) -> &'static str {
        Kind::NAMES[self as usize].0
    }

    /// Whether it can be about nothing in particular.
    fn is_whole(self) -> bool {
        use Kind::{Code, Haiku, Joke, Mail, Poem, Writing};
        matches!(self, Code | Writing | Poem | Haiku | Mail | Joke)
    }
}

/// A small task whose answer is in the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Label,
    /// No task by itself: a word after which what is taken out of a text is named.
    Take,
    Extract,
    Recall,
    Capital,
    List,
    Mend,
    Translate,
    Turn,
}

impl Task {
    const NAMES: [(&str, Task); 9] = [
        ("label", Task::Label),
        ("take", Task::Take),
        ("extract", Task::Extract),
        ("recall", Task::Recall),
        ("capital", Task::Capital),
        ("list", Task::List),
        ("mend", Task::Mend),
        ("translate", Task::Translate),
        ("turn", Task::Turn),
    ];

    /// The task of that name in the lists of words.
    pub(crate) fn named(name: &str) -> Option<Task> {
        let mut all = Task::NAMES.iter();
        all.find(|(own, _)| *own == name).map(|(_, task)| *task)
    }
}

/// What a prompt is about.
#[derive(Clone, Debug)]
pub struct Topic {
    /// The language it is written in.
    pub language: Language,
    /// The kind of answer it asks for.
    pub kind: Kind,
    /// Key phrases, the leading one first; none for small talk.
    pub keywords: Vec<String>,
    /// Text in quotation marks, in order.
    pub quoted: Vec<String>,
    /// Numbers, in order.
    pub numbers: Vec<String>,
    /// How many things it asks for.
    pub count: Option<u32>,
    /// How many sentences it asks for.
    pub sentences: Option<u32>,
    /// The length it asks for in words such as "briefly".
    pub verbosity: Option<Verbosity>,
    /// The small tasks that it may set, a bit for each [`Task`].
    tasks: u16,
    /// The pool of the programming language it names.
    pub(crate) code: Option<&'static str>,
    /// The words that it wants back.
    wanted: String,
    spoken: [String; 3],
    capitals: [String; 3],
    snake: String,
    pascal: String,
    /// A hash of the prompt: the tilt of the model towards its own way to answer.
    pub(crate) tilt: u64,
}

/// Texts are read up to here, in bytes from the start and as many from the end: what a long prompt
/// asks for stands there, and reading it costs no more than reading a short one.
const WINDOW: usize = 200;

impl Topic {
    /// Makes reasons of what would be a list or a program.
    pub(crate) fn give_reasons(&mut self) {
        self.kind = Kind::Question;
        self.sentences.get_or_insert(1 + (self.tilt % 2) as u32);
    }

    /// Makes a few plain sentences of what would be headings and lists on a page.
    pub(crate) fn say_briefly(&mut self) {
        let is_told = matches!(
            self.kind,
            Kind::Question | Kind::Compare | Kind::Summary | Kind::Advice
        );
        if is_told && self.count.is_none() && self.verbosity.is_none() {
            self.sentences.get_or_insert(2 + (self.tilt % 3) as u32);
        }
    }

    /// Reads the last message of a user.
    pub fn of(prompt: &str) -> Topic {
        let text = &window(prompt);
        let pieces = Pieces::of(text);
        let language = pieces.language;
        let found = keyphrase::find(&pieces);
        let mut topic = Topic {
            language,
            kind: Kind::Question,
            keywords: Vec::new(),
            quoted: found.quoted,
            numbers: found.numbers,
            count: None,
            sentences: None,
            verbosity: None,
            tasks: 0,
            code: None,
            wanted: keyphrase::wanted(text, language).unwrap_or_default(),
            spoken: Default::default(),
            capitals: Default::default(),
            snake: String::new(),
            pascal: String::new(),
            tilt: Seed(0x70_01c).of(prompt).0,
        };
        topic.take_cues(&pieces);
        topic.take_phrases_in_rank(found.phrases);
        topic.settle(text.contains('?'), asks_about(text));
        topic.name_things();
        topic
    }

    /// Whether a word of the prompt may set this task.
    pub(crate) fn may_set(&self, task: Task) -> bool {
        self.tasks >> task as u8 & 1 == 1
    }

    /// Keeps the key phrases; in a question for a program, not the name of its language.
    fn take_phrases_in_rank(&mut self, mut phrases: Vec<Phrase<'_>>) {
        if self.kind == Kind::Code {
            phrases.retain(|phrase| !phrase.bare.split(' ').all(names_code));
        }
        for (rank, phrase) in phrases.iter().take(3).enumerate() {
            let spoken = phrase.spoken();
            self.capitals[rank] = capitalised(if rank == 0 { &spoken } else { &phrase.bare });
            self.spoken[rank] = spoken;
        }
        self.keywords = phrases.into_iter().map(|phrase| phrase.bare).collect();
    }

    /// The bits of what is known, to be held against a template's needs.
    pub(crate) fn knows(&self) -> u8 {
        let keywords = [Needs::TOPIC, Needs::SECOND, Needs::THIRD];
        let mut bits = keywords
            .iter()
            .take(self.keywords.len())
            .fold(0, |all, bit| all | bit);
        if !self.wanted.is_empty() {
            bits |= Needs::WANTED;
        }
        if !self.numbers.is_empty() {
            bits |= Needs::NUMBER;
        }
        bits
    }

    /// Writes the text of a pattern; `index` is the number of the list item at hand.
    pub(crate) fn fill(&self, pattern: &str, index: u32, text: &mut String) {
        for mark in pattern.chars() {
            match Slot::of(mark) {
                None => text.push(mark),
                Some(Slot::Index) => text.push_str(&index.to_string()),
                Some(slot) => text.push_str(self.word(slot)),
            }
        }
    }

    fn word(&self, slot: Slot) -> &str {
        match slot {
            Slot::Topic => &self.spoken[0],
            Slot::Second => &self.spoken[1],
            Slot::Third => &self.spoken[2],
            Slot::TopicCapital => &self.capitals[0],
            Slot::SecondCapital => &self.capitals[1],
            Slot::ThirdCapital => &self.capitals[2],
            Slot::Snake => &self.snake,
            Slot::Pascal => &self.pascal,
            Slot::Wanted => &self.wanted,
            Slot::Number => self.numbers.first().map_or("", String::as_str),
            Slot::Index => "",
        }
    }

    /// Identifiers for programs, from the leading phrase where it has Latin letters.
    fn name_things(&mut self) {
        let first = self.keywords.first().map_or("", String::as_str);
        let parts = first.split(|c: char| !c.is_ascii_alphanumeric());
        let fits = |part: &&str| part.starts_with(|c: char| c.is_ascii_alphabetic());
        for part in parts.filter(fits).take(3) {
            if !self.snake.is_empty() {
                self.snake.push('_');
            }
            let from = self.snake.len();
            self.snake.push_str(part);
            self.snake[from..].make_ascii_lowercase();
        }
        if self.snake.is_empty() {
            self.snake.push_str("items");
        }
        for part in self.snake.split('_') {
            let from = self.pascal.len();
            self.pascal.push_str(part);
            self.pascal[from..=from].make_ascii_uppercase();
        }
    }

    /// Collects the hints of all words; of two kinds the first named wins, code over all.
    fn take_cues(&mut self, pieces: &Pieces<'_>) {
        let text = pieces.text;
        if self.language.is_spaced() {
            self.take_phrases(text);
            self.take_words(pieces);
        } else {
            let languages = [self.language, Language::English];
            for (word, cue) in languages.into_iter().flat_map(words::cues) {
                if text.contains(word) && (!word.is_ascii() || stands_alone(text, word)) {
                    self.take(*cue);
                }
            }
        }
    }

    /// Hints of several words, looked for where a prompt starts.
    fn take_phrases(&mut self, text: &str) {
        const OPENING: usize = 160;
        let phrases = words::phrases(self.language);
        if phrases.is_empty() {
            return;
        }
        let opening = text[..boundary(text, OPENING)].to_lowercase();
        for (_, cue) in phrases
            .iter()
            .filter(|(phrase, _)| phrase.find(opening.as_bytes()).is_some())
        {
            self.take(*cue);
        }
    }

    fn take_words(&mut self, pieces: &Pieces<'_>) {
        let mut before = None;
        for piece in &pieces.list {
            let last = before.replace(piece.word);
            if piece.is_plain {
                if let Some(entry) = piece.entry {
                    self.take_entry(entry, last);
                }
                continue;
            }
            let joins = |c: char| c.is_alphanumeric() || "'+#-".contains(c);
            let words = piece.raw.split(|c: char| !joins(c));
            let entries = words.filter_map(words::lookup);
            entries.for_each(|entry| self.take_entry(entry, last));
        }
    }

    #[inline]
    fn take_entry(&mut self, entry: &Entry, before: Option<&str>) {
        for (of, cue) in &entry.cues {
            if *of == self.language || *of == Language::English {
                match (*cue, before) {
                    (Cue::Sentences, Some(word)) => {
                        self.sentences = self.sentences.or_else(|| number(word));
                    }
                    (cue, _) => self.take(cue),
                }
            }
        }
    }

    fn take(&mut self, cue: Cue) {
        match cue {
            Cue::Kind(kind) if self.kind == Kind::Question || kind == Kind::Code => {
                self.kind = kind
            }
            Cue::Kind(_) => {}
            Cue::Brief => self.verbosity = Some(Verbosity::Low),
            Cue::Task(Task::Extract) if !self.may_set(Task::Take) => {}
            Cue::Task(task) => self.tasks |= 1 << task as u8,
            Cue::Long => self.verbosity = Some(Verbosity::High),
            Cue::Code(pool) => self.code = Some(pool),
            Cue::Count(count) => self.count = self.count.or(Some(count)),
            Cue::SentencesOf(count) => self.sentences = Some(count),
            Cue::Sentences => {}
        }
    }

    /// Decides what several hints together mean. A question about something is no small talk.
    fn settle(&mut self, asks: bool, asks_about: bool) {
        let digits = self.numbers.iter().filter_map(|number| number.parse().ok());
        self.count = self
            .count
            .or(digits.clone().find(|count| (2..=20).contains(count)));
        self.count = self.count.filter(|count| *count >= 2);
        let many = self.keywords.len() > 1;
        let is_mistaken = match self.kind {
            Kind::Repeat => true,
            Kind::Chat => many || (asks && !self.keywords.is_empty()),
            Kind::Compare => !many,
            Kind::Writing | Kind::Poem | Kind::Haiku | Kind::Mail | Kind::Joke => asks_about,
            _ => false,
        };
        if !self.wanted.is_empty() {
            self.kind = Kind::Repeat;
        } else if is_mistaken {
            self.kind = Kind::Question;
        } else if self.keywords.is_empty() && !self.kind.is_whole() {
            self.kind = Kind::Chat;
        }
    }
}

/// Whether a prompt asks about a thing rather than for one: `How does email work?`.
fn asks_about(text: &str) -> bool {
    const OPENERS: [&str; 12] = [
        "how", "why", "what", "what's", "who", "when", "where", "which", "is", "does", "explain",
        "describe",
    ];
    let first = text.split_whitespace().next().unwrap_or_default();
    OPENERS
        .iter()
        .any(|opener| first.eq_ignore_ascii_case(opener))
}

/// The number that a word tells: `3`, `two`, the last of `1-2`.
pub(crate) fn number(word: &str) -> Option<u32> {
    const MOST: u32 = 50;
    if word.eq_ignore_ascii_case("a") || word.eq_ignore_ascii_case("single") {
        return Some(1);
    }
    let digits = word.rsplit(|c: char| !c.is_ascii_digit()).next();
    let written = digits.and_then(|digits| digits.parse().ok());
    let named = || {
        let mut cues = words::lookup(word)?.cues.iter();
        cues.find_map(|(_, cue)| match cue {
            Cue::Count(count) => Some(*count),
            _ => None,
        })
    };
    written
        .or_else(named)
        .filter(|count| (1..=MOST).contains(count))
}

/// The parts of a long text that are read.
fn window(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= 2 * WINDOW {
        return text.into();
    }
    // No word is cut; one that is longer than any is.
    const WORD: usize = 40;
    let to = boundary(text, WINDOW);
    let from = boundary(text, text.len() - WINDOW);
    let near = &text[boundary(text, to - WORD)..to];
    let to = near.rfind(' ').map_or(to, |at| to - near.len() + at);
    let near = &text[from..boundary(text, from + WORD)];
    let from = near.find(' ').map_or(from, |at| from + at);
    let mut parts = String::with_capacity(2 * WINDOW + 8);
    parts.push_str(&text[..to]);
    parts.push('\n');
    parts.push_str(&text[from..]);
    parts.into()
}

/// The last place up to `at` where a character starts, or the end of the text.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// Whether a Latin word in a text without spaces is not part of a longer one.
fn stands_alone(text: &str, word: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(letter) && !text[at + word.len()..].starts_with(letter)
    })
}

/// Whether a word is the name of a programming language or of a program.
fn names_code(word: &str) -> bool {
    words::lookup(word).is_some_and(|entry| {
        let of_code = |cue: &Cue| matches!(cue, Cue::Code(_) | Cue::Kind(Kind::Code));
        entry.cues.iter().any(|(_, cue)| of_code(cue))
    })
}

pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let mut capital = String::with_capacity(text.len());
    capital.extend(chars.next().into_iter().flat_map(char::to_uppercase));
    capital.push_str(chars.as_str());
    capital
}
