//! Small tasks that have a right answer in the prompt itself: choosing a label, taking values out of
//! a text, recalling what was told, mending a sentence; and a few that everybody tries first, such as
//! a capital. Not here: answers about a topic (`prose`), given words (`obedience`).

mod capital;
mod digest;
mod extract;
mod few_shot;
mod label;
mod list;
mod marks;
mod mend;
mod recall;
mod sentiment;
mod translate;
mod turn;

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use crate::data;
use crate::prose::{Kind, Task, Topic};
use crate::reading::Reading;

pub(crate) use label::fitting;
pub(crate) use translate::target;

/// Words of tasks.
#[derive(Deserialize)]
struct Words {
    stems: Vec<String>,
    /// What opens a question about a task rather than a task.
    about: Vec<String>,
    label: label::Words,
    extract: extract::Words,
    recall: recall::Words,
    list: list::Words,
    mend: mend::Words,
    translate: translate::Words,
    turn: turn::Words,
    digest: digest::Words,
}

static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../../data/content/tasks.toml")));

/// What finds the words of tasks in instructions.
static STEMS: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    let stems = WORDS.stems.iter();
    stems.map(|stem| Finder::new(stem).into_owned()).collect()
});

/// Longer texts are no small tasks, in bytes.
const LONGEST: usize = 16_384;

/// The answer, where the turn sets a task of these kinds.
pub(crate) fn of(reading: &Reading<'_>, topic: &Topic) -> Option<String> {
    let asked = reading.asked.trim();
    if let Some(digest) = digest_of(reading, asked, topic) {
        return Some(digest);
    }
    if asked.is_empty() || asked.len() > LONGEST {
        return None;
    }
    let turned = || turn::of(asked);
    if let Some(text) = (may_turn(topic)).then(turned).flatten() {
        return Some(text);
    }
    let instruction = reading.instructions.iter().rev().find(|text| is_set(text));
    let standing = instruction.is_some();
    let may = |task| topic.may_set(task);
    let recall = || recall::of(reading, topic.language);
    let told = may(Task::Recall).then(recall).flatten();
    let capital = || capital::of(asked, topic.language);
    let told = told.or_else(|| may(Task::Capital).then(capital).flatten());
    if told.is_some() || (!standing && is_about(asked)) {
        return told;
    }
    let order = Order {
        text: instruction.map(|text| &**text),
        asked,
    };
    let label = || {
        (standing || may(Task::Label))
            .then(|| label::of(&order))
            .flatten()
    };
    let extract = || {
        (standing || may(Task::Extract))
            .then(|| extract::of(&order))
            .flatten()
    };
    let list = || may(Task::List).then(|| list::of(asked)).flatten();
    let mend = || may(Task::Mend).then(|| mend::of(asked)).flatten();
    let shown = few_shot::of(asked).or_else(label).or_else(extract);
    shown.or_else(list).or_else(mend)
}

/// Whether the turn asks for values that are known, to be written as JSON by themselves.
pub(crate) fn lists_values(asked: &str, topic: &Topic) -> bool {
    let order = Order { text: None, asked };
    let listed = topic.may_set(Task::List) && list::of(asked).is_some();
    listed || (topic.may_set(Task::Extract) && extract::of(&order).is_some())
}

fn may_turn(topic: &Topic) -> bool {
    topic.may_set(Task::Turn) && topic.kind != Kind::Code
}

/// A digest of a text, where the turn wants one, or the instructions do of every turn.
fn digest_of(reading: &Reading<'_>, asked: &str, topic: &Topic) -> Option<String> {
    let of = |text| digest::of(&Order { text, asked }, topic);
    if topic.kind == Kind::Summary {
        return of(None);
    }
    // Small talk is nothing to be summed up.
    const SHORTEST: usize = 160;
    if asked.len() < SHORTEST {
        return None;
    }
    let mut instructions = reading.instructions.iter().rev();
    let standing = instructions.find(|text| digest::is_wanted(text));
    standing.and_then(|text| of(Some(text)))
}

/// Whether a turn asks about such a task: `How do I classify documents?`.
fn is_about(asked: &str) -> bool {
    let opens = |words: &String| {
        let opening = asked.get(..words.len());
        opening.is_some_and(|opening| opening.eq_ignore_ascii_case(words))
    };
    WORDS.about.iter().any(opens)
}

/// Whether standing instructions set a task.
fn is_set(instruction: &str) -> bool {
    instruction.len() <= LONGEST
        && STEMS
            .iter()
            .any(|stem| stem.find(instruction.as_bytes()).is_some())
}

/// A task as it is set.
struct Order<'t> {
    /// The instructions that set it for every turn.
    text: Option<&'t str>,
    /// The last turn: what the task is done with, or the task itself with what it is done with.
    asked: &'t str,
}

/// How several values are to be written.
enum Shape {
    Json,
    Commas,
    Lines,
}

impl Shape {
    /// What the words around a task say.
    fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        if lower.contains("json") || lower.contains("python list") {
            Self::Json
        } else if lower.contains("comma") || lower.contains("komma") || lower.contains("virgul") {
            Self::Commas
        } else {
            Self::Lines
        }
    }

    /// Writes the values.
    fn written(self, values: &[String]) -> String {
        match self {
            Self::Json => serde_json::Value::from(values.to_vec()).to_string(),
            Self::Commas => values.join(", "),
            Self::Lines if values.len() == 1 => values[0].clone(),
            Self::Lines => {
                let lines = values.iter().map(|value| format!("- {value}"));
                lines.collect::<Vec<_>>().join("\n")
            }
        }
    }
}

/// Where a text has one of several words, whatever the case, and the end of it; the earliest.
fn first_of(lower: &str, words: &[String]) -> Option<(usize, usize)> {
    let places = words
        .iter()
        .filter_map(|word| marks::word_at(lower, word).map(|at| (at, at + word.len())));
    places.min_by_key(|(at, end)| (*at, usize::MAX - end))
}

#[cfg(test)]
mod tests {
    use fakeai_canon::{Message, Role};

    use super::*;

    fn said(turns: &[(Role, &str)]) -> Option<String> {
        let messages: Vec<Message> = turns
            .iter()
            .map(|(role, text)| Message::text(*role, *text))
            .collect();
        let reading = Reading::of(&messages);
        of(&reading, &reading.topic())
    }

    fn answer(prompt: &str) -> Option<String> {
        said(&[(Role::User, prompt)])
    }

    #[test]
    fn a_label_is_one_of_those_that_are_listed() {
        for (prompt, expected) in [
            (
                "Classify the sentiment of this review as positive, negative or neutral: I loved it, great food!",
                "positive",
            ),
            (
                "Classify this text as Positive/Negative/Neutral.\n\nText: The room was dirty and the staff rude.\nAnswer with one word.",
                "Negative",
            ),
            (
                "Is the following review positive or negative?\n\nReview: It broke after a day. Not good.",
                "negative",
            ),
            (
                "Classify the ticket into one of: [billing, technical, account]. Ticket: I was charged twice and want a refund.",
                "billing",
            ),
            (
                "Categorize the message into one of these categories:\n- spam: unwanted\n- ham: wanted\n\nMessage: You won a prize! Click to claim.",
                "spam",
            ),
            (
                "Classify this ticket as Hardware, Software, Network or Access: My monitor won't turn on!",
                "Hardware",
            ),
            (
                "What is the sentiment of \"This is the worst phone ever\"?",
                "Negative",
            ),
            (
                "Tweet: I hate Mondays\nSentiment: negative\n###\nTweet: this is so good\nSentiment:",
                "positive",
            ),
            (
                "Text: I love it\nSentiment: positive\nText: I hate it\nSentiment: negative\nText: What a wonderful day\nSentiment:",
                "positive",
            ),
        ] {
            assert_eq!(answer(prompt).as_deref(), Some(expected), "{prompt}");
        }
        let standing = "Classify the user's message as 'bug', 'feature' or 'question'. Reply with the label only.";
        for (message, expected) in [
            ("The app crashes with an error when I save.", "bug"),
            ("Please add a dark mode.", "feature"),
        ] {
            let turns = [(Role::System, standing), (Role::User, message)];
            assert_eq!(said(&turns).as_deref(), Some(expected), "{message}");
        }
    }

    #[test]
    fn values_are_taken_out_of_a_text() {
        for (prompt, expected) in [
            (
                "Extract all email addresses from: contact bob@example.com or alice@test.org for info.",
                "- bob@example.com\n- alice@test.org",
            ),
            (
                "Extract the phone number from this text: call me at +1 (555) 123-4567 after six.",
                "+1 (555) 123-4567",
            ),
            (
                "List all the URLs in the text as a JSON array:\nsee https://a.example/x and https://b.example",
                "[\"https://a.example/x\",\"https://b.example\"]",
            ),
            (
                "Find all hashtags: nice day #sun #sea, comma-separated",
                "#sun, #sea",
            ),
        ] {
            assert_eq!(answer(prompt).as_deref(), Some(expected), "{prompt}");
        }
    }

    #[test]
    fn what_was_told_is_recalled() {
        for (told, asked, expected) in [
            ("My name is Ana.", "What is my name?", "Your name is Ana."),
            (
                "My boat is called Dora.",
                "What is my boat called?",
                "Your boat is called Dora.",
            ),
            (
                "My dog's name is Rex.",
                "What is my dog called?",
                "Your dog is called Rex.",
            ),
            ("I'm called Ada.", "What am I called?", "Your name is Ada."),
            (
                "Hi, I'm Bob and I like tea.",
                "What's my name?",
                "Your name is Bob.",
            ),
            (
                "My favorite color is dark blue, remember it!",
                "What is my favorite color?",
                "Your favorite color is dark blue.",
            ),
            (
                "Remember the number 42.",
                "What number did I tell you?",
                "The number is 42.",
            ),
            (
                "The secret word is 'banana'.",
                "What is the secret word?",
                "The secret word is banana.",
            ),
        ] {
            let turns = [
                (Role::User, told),
                (Role::Assistant, "Noted."),
                (Role::User, asked),
            ];
            assert_eq!(said(&turns).as_deref(), Some(expected), "{told} {asked}");
        }
        assert_eq!(answer("What is my name?"), None);
    }

    #[test]
    fn what_everybody_tries_first_is_right() {
        for (prompt, expected) in [
            (
                "What is the capital of France?",
                "The capital of France is Paris.",
            ),
            (
                "what's the capital of the netherlands",
                "The capital of the Netherlands is Amsterdam.",
            ),
            ("Capital of Japan? Answer in one word.", "Tokyo"),
            (
                "Was ist die Hauptstadt von Deutschland?",
                "Die Hauptstadt ist Berlin.",
            ),
            (
                "List three colors as a JSON array",
                "[\"Red\",\"Blue\",\"Green\"]",
            ),
            ("Name 2 fruits", "1. Apple\n2. Banana"),
            (
                "Fix the grammar: he go to school yesterday",
                "He went to school yesterday.",
            ),
        ] {
            assert_eq!(answer(prompt).as_deref(), Some(expected), "{prompt}");
        }
    }

    #[test]
    fn other_prompts_are_no_tasks() {
        for prompt in [
            "What is the capital of a company used for?",
            "How do I classify documents with a neural network?",
            "Write a Python function that extracts emails from a string.",
            "List the steps to bake bread",
            "List three colors that go well with dark oak floors",
            "Q: capital of Texas?\nA: Austin\nQ: capital of Ohio?\nA: Columbus\nQ: capital of Iowa?\nA:",
            "Explain what a label is in machine learning.",
            "What is my best option for learning Rust?",
            "Name a person who changed physics and explain why",
            "Find the largest number in a list in Rust",
        ] {
            assert_eq!(answer(prompt), None, "{prompt}");
        }
    }
}
