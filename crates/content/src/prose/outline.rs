//! Outlines: which roles follow one another in an answer of a kind and length. Not here: which
//! sentence fills a role (see `speak`).

use fakeai_canon::Verbosity;

/// What stands between one sentence and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Gap {
    /// A space, or nothing at the end.
    Inline,
    /// A line break.
    Line,
    /// An empty line.
    Paragraph,
}

/// A role that speaks once or several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) role: &'static str,
    /// The role's number in the compiled corpus.
    pub(crate) number: usize,
    pub(crate) at_least: u32,
    pub(crate) at_most: u32,
    /// The prompt may ask for another number, as in "five ideas".
    pub(crate) countable: bool,
    /// Between repetitions.
    pub(crate) within: Gap,
    /// Behind the last.
    pub(crate) behind: Gap,
}

/// One plan of an answer.
pub(crate) struct Outline {
    /// The kind of answer, as in [`super::Kind`] or a form such as `reasoning`.
    pub(crate) name: &'static str,
    pub(crate) verbosity: Verbosity,
    pub(crate) steps: Vec<Step>,
}

impl Outline {
    /// Reads `list medium: intro lead / item:n3-5/ | close`: a role, behind a colon how often
    /// (with `n` the prompt may say), a mark for the gap between repetitions; alone, the mark is
    /// the gap behind the step (`/` a line, `|` a paragraph).
    pub(crate) fn parse(line: &'static str) -> Option<Outline> {
        let (head, body) = line.split_once(':')?;
        let (name, verbosity) = head.trim().split_once(' ')?;
        let verbosity = match verbosity {
            "low" => Verbosity::Low,
            "medium" => Verbosity::Medium,
            _ => Verbosity::High,
        };
        let mut steps: Vec<Step> = Vec::new();
        for word in body.split_whitespace() {
            match (gap(word), steps.last_mut()) {
                (Some(gap), Some(last)) => last.behind = gap,
                _ => steps.push(step(word)),
            }
        }
        Some(Outline {
            name,
            verbosity,
            steps,
        })
    }
}

fn gap(word: &str) -> Option<Gap> {
    match word {
        "/" => Some(Gap::Line),
        "|" => Some(Gap::Paragraph),
        _ => None,
    }
}

fn step(word: &'static str) -> Step {
    let within = match word.as_bytes().last() {
        Some(b'/') => Gap::Line,
        Some(b'|') => Gap::Paragraph,
        _ => Gap::Inline,
    };
    let word = word.trim_end_matches(['/', '|']);
    let (role, times) = word.split_once(':').unwrap_or((word, "1"));
    let countable = times.starts_with('n');
    let times = times.trim_start_matches('n');
    let (low, high) = times.split_once('-').unwrap_or((times, times));
    let number = |text: &str| text.parse().unwrap_or(1);
    Step {
        role,
        number: 0,
        at_least: number(low),
        at_most: number(high),
        countable,
        within,
        behind: Gap::Inline,
    }
}
