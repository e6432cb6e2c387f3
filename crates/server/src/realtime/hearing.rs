//! Where somebody speaks: sound above a loudness is speech, and a stretch below it the end of a turn.
//! The provider has a model listen; here only loudness counts, also where a session wants its
//! `semantic_vad`, whose eagerness is then the length of a pause.

use serde_json::Value;

/// Milliseconds that are judged together.
pub(super) const FRAME: u64 = 20;
/// Frames of sound that make a beginning.
const BEGINNING: u32 = 2;
/// The loudness of speech, as a share of the loudest, at a threshold of 0 and what 1 adds to it.
const SOFTEST: f64 = 0.004;
const LOUDER: f64 = 0.03;

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Speech begins; at the first of what belongs to it, in milliseconds of all sound.
    Began(u64),
    /// It has ended.
    Ended(u64),
}

/// Listens for turns.
#[derive(Debug)]
pub(super) struct Hearing {
    loudness: f64,
    padding: u64,
    pause: u64,
    loud: u32,
    soft: u64,
    speaks: bool,
}

impl Hearing {
    /// Listens as `turn_detection` wants it; not at all where that is null.
    pub(super) fn of(settings: &Value) -> Option<Self> {
        let number = |name: &str, usual: u64| settings[name].as_u64().unwrap_or(usual);
        let threshold = settings["threshold"].as_f64().unwrap_or(0.5);
        let (padding, pause) = match settings["type"].as_str()? {
            "semantic_vad" => (300, eagerness(settings["eagerness"].as_str())),
            _ => (
                number("prefix_padding_ms", 300),
                number("silence_duration_ms", 200),
            ),
        };
        Some(Self {
            loudness: SOFTEST + LOUDER * threshold.clamp(0.0, 1.0),
            padding,
            pause: pause.max(FRAME),
            loud: 0,
            soft: 0,
            speaks: false,
        })
    }

    /// Goes on with what another has heard.
    pub(super) fn go_on_from(&mut self, before: &Self) {
        (self.loud, self.soft, self.speaks) = (before.loud, before.soft, before.speaks);
    }

    /// Milliseconds before speech that belong to it.
    pub(super) fn padding(&self) -> u64 {
        self.padding
    }

    /// Whether somebody is speaking.
    pub(super) fn speaks(&self) -> bool {
        self.speaks
    }

    /// Nobody speaks any more.
    pub(super) fn rest(&mut self) {
        (self.loud, self.soft, self.speaks) = (0, 0, false);
    }

    /// Judges the frame that ends at `end`.
    pub(super) fn judge(&mut self, loudness: f64, end: u64) -> Option<Heard> {
        let is_loud = loudness >= self.loudness;
        if self.speaks {
            self.soft = if is_loud { 0 } else { self.soft + FRAME };
            if self.soft < self.pause {
                return None;
            }
            self.rest();
            return Some(Heard::Ended(end));
        }
        self.loud = if is_loud { self.loud + 1 } else { 0 };
        if self.loud < BEGINNING {
            return None;
        }
        self.rest();
        self.speaks = true;
        let first = end.saturating_sub(FRAME * u64::from(BEGINNING));
        Some(Heard::Began(first.saturating_sub(self.padding)))
    }
}

/// Milliseconds of a pause that end a turn.
fn eagerness(name: Option<&str>) -> u64 {
    match name {
        Some("low") => 1_200,
        Some("high") => 300,
        _ => 600,
    }
}
