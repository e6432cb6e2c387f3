//! A text in pieces with times: sentences and words share the length of the recording by how much
//! there is to say.

/// A sentence or a word, with its times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) text: String,
}

/// The sentences of a text.
pub(super) fn sentences(text: &str, milliseconds: u64) -> Vec<Segment> {
    let ends = |letter: char| matches!(letter, '.' | '!' | '?' | '\n' | '。' | '！' | '？');
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for letter in text.chars() {
        let is_gap = letter.is_whitespace();
        if is_gap && piece.trim_end().ends_with(ends) {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push(letter);
    }
    pieces.push(piece);
    pieces.retain(|piece| !piece.trim().is_empty());
    timed(pieces, milliseconds)
}

/// The words of a text.
pub(super) fn words(text: &str, milliseconds: u64) -> Vec<Segment> {
    let words = text.split_whitespace();
    let bare = words.map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    let words = bare.filter(|word| !word.is_empty()).map(str::to_owned);
    timed(words.collect(), milliseconds)
}

fn timed(pieces: Vec<String>, milliseconds: u64) -> Vec<Segment> {
    let all: usize = pieces.iter().map(|piece| piece.chars().count()).sum();
    let mut said = 0;
    let at = |said: usize| {
        let part = said as f64 / all.max(1) as f64;
        // Times are told to the hundredth of a second.
        (part * milliseconds as f64 / 10.0).round() / 100.0
    };
    let segment = |text: String| {
        let start = at(said);
        said += text.chars().count();
        Segment {
            start,
            end: at(said),
            text,
        }
    };
    pieces.into_iter().map(segment).collect()
}

/// A time as subtitles have it: hours, minutes, seconds, and behind `mark` milliseconds.
pub(super) fn clock(seconds: f64, mark: char) -> String {
    let all = (seconds * 1000.0).round() as u64;
    let (hours, minutes) = (all / 3_600_000, all / 60_000 % 60);
    let (seconds, milliseconds) = (all / 1000 % 60, all % 1000);
    format!("{hours:02}:{minutes:02}:{seconds:02}{mark}{milliseconds:03}")
}
