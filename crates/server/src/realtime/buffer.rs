//! The sound that was sent and belongs to no item yet.

use bytes::Bytes;
use serde_json::Value;

use super::hearing::{FRAME, Heard, Hearing};
use super::sound::SoundForm;

/// The buffer of a session.
pub(super) struct Buffer {
    form: SoundForm,
    hearing: Option<Hearing>,
    bytes: Vec<u8>,
    /// Where in all sound the first of the bytes is.
    first: u64,
    /// Bytes that have been listened to.
    judged: usize,
}

impl Buffer {
    /// An empty buffer for what a session takes in.
    pub(super) fn of(input: &Value) -> Self {
        Self {
            form: SoundForm::of(&input["format"]),
            hearing: Hearing::of(&input["turn_detection"]),
            bytes: Vec::new(),
            first: 0,
            judged: 0,
        }
    }

    /// Takes sound in from now on as the session's settings have it, and says whether it had to forget
    /// what it held.
    pub(super) fn set(&mut self, input: &Value) -> bool {
        let form = SoundForm::of(&input["format"]);
        let is_other = form != self.form;
        if is_other {
            self.clear();
            self.form = form;
        }
        let mut hearing = Hearing::of(&input["turn_detection"]);
        match (&mut hearing, &self.hearing) {
            // Who is speaking goes on.
            (Some(hearing), Some(before)) => hearing.go_on_from(before),
            (Some(_), None) => self.judged = self.bytes.len(),
            (None, _) => {}
        }
        self.hearing = hearing;
        is_other
    }

    /// The form of its sound.
    pub(super) fn form(&self) -> SoundForm {
        self.form
    }

    /// Whether it listens for turns.
    pub(super) fn listens(&self) -> bool {
        self.hearing.is_some()
    }

    /// How many bytes it holds.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Milliseconds that it holds.
    pub(super) fn milliseconds(&self) -> f64 {
        self.bytes.len() as f64 / self.form.bytes_a_millisecond() as f64
    }

    /// Milliseconds of all sound so far.
    pub(super) fn end(&self) -> u64 {
        self.first + self.form.milliseconds(self.bytes.len())
    }

    /// Adds sound.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next that is heard in what has not been listened to.
    pub(super) fn hear(&mut self) -> Option<Heard> {
        let frame = FRAME as usize * self.form.bytes_a_millisecond();
        let hearing = self.hearing.as_mut()?;
        while let Some(next) = self.bytes.get(self.judged..self.judged + frame) {
            self.judged += frame;
            let end = self.first + self.form.milliseconds(self.judged);
            match hearing.judge(self.form.loudness(next), end) {
                None => {}
                Some(Heard::Began(first)) => {
                    let first = first.max(self.first);
                    self.forget_before(first);
                    return Some(Heard::Began(first));
                }
                Some(ended) => return Some(ended),
            }
        }
        if !hearing.speaks() {
            // Only what could belong to speech that begins now is kept.
            let padding = hearing.padding() + 2 * FRAME;
            let from = (self.first + self.form.milliseconds(self.judged)).saturating_sub(padding);
            self.forget_before(from.max(self.first));
        }
        None
    }

    fn forget_before(&mut self, first: u64) {
        let bytes = (first - self.first) as usize * self.form.bytes_a_millisecond();
        let bytes = bytes.min(self.bytes.len());
        self.bytes.drain(..bytes);
        self.judged = self.judged.saturating_sub(bytes);
        self.first = first;
    }

    /// Takes the sound out up to `end`, or all of it.
    pub(super) fn take(&mut self, end: Option<u64>) -> Bytes {
        let held = self.bytes.len();
        let wanted = end.map_or(held, |end| {
            (end - self.first) as usize * self.form.bytes_a_millisecond()
        });
        let taken: Vec<u8> = self.bytes.drain(..wanted.min(held)).collect();
        self.first += self.form.milliseconds(taken.len());
        self.judged = self.judged.saturating_sub(taken.len());
        if end.is_none() {
            self.rest();
        }
        Bytes::from(taken)
    }

    /// Forgets all that it holds.
    pub(super) fn clear(&mut self) {
        self.first = self.end();
        self.bytes.clear();
        self.judged = 0;
        self.rest();
    }

    fn rest(&mut self) {
        if let Some(hearing) = &mut self.hearing {
            hearing.rest();
        }
    }
}
