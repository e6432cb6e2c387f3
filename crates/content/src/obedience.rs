//! Prompts that want given words back (`Reply with exactly: ok`), and those that name the language
//! of the answer. Not here: prompts about a topic.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use crate::data;
use crate::facts::quoted_at;
use crate::prose::Language;
use crate::word_hash::{WordMap, WordSet};

#[derive(Deserialize)]
struct Words {
    polite: Phrases,
    say: Phrases,
    reply: Phrases,
    exact: Phrases,
    weak: WordSet,
    conditions: WordSet,
    filler: Phrases,
    tails: Vec<String>,
    pairs: Vec<String>,
    vague: WordSet,
    speak: WordSet,
    languages: WordMap<String>,
}

/// Phrases and their beginnings, so that a text is read no further than one may go on; whether
/// each is whole.
#[derive(Deserialize)]
#[serde(from = "Vec<String>")]
struct Phrases(WordMap<bool>);

impl From<Vec<String>> for Phrases {
    fn from(phrases: Vec<String>) -> Self {
        let mut beginnings = WordMap::default();
        for phrase in &phrases {
            for (end, _) in phrase.match_indices(' ') {
                beginnings.entry(phrase[..end].to_owned()).or_insert(false);
            }
            beginnings.insert(phrase.clone(), true);
        }
        Self(beginnings)
    }
}

static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../data/content/obedience.toml")));

/// The first words of the phrases that open a request for given words.
struct Openers {
    /// All of them, for words beyond ASCII.
    words: WordSet,
    /// Those of ASCII, in small letters, padded and in order.
    keys: Vec<[u8; OPENER]>,
    /// By the first byte of a word, a bit for each length that there is: few words pass.
    lengths: [u32; 128],
}

/// No opener of ASCII is longer, in bytes.
const OPENER: usize = 16;

static OPENERS: LazyLock<Openers> = LazyLock::new(|| {
    let phrases = [&WORDS.polite, &WORDS.say, &WORDS.reply];
    let beginnings = phrases.into_iter().flat_map(|phrases| phrases.0.keys());
    let firsts = beginnings.filter(|beginning| !beginning.contains(' '));
    let words: WordSet = firsts.cloned().collect();
    let mut lengths = [0; 128];
    let mut keys = Vec::new();
    for word in words.iter().filter(|word| word.is_ascii()) {
        lengths[usize::from(word.as_bytes()[0])] |= 1 << word.len();
        keys.extend(key(word));
    }
    keys.sort_unstable();
    Openers {
        words,
        keys,
        lengths,
    }
});

/// A word of ASCII in small letters, padded; none where it is too long for an opener.
fn key(word: &str) -> Option<[u8; OPENER]> {
    let mut key = [0; OPENER];
    key.get_mut(..word.len())?.copy_from_slice(word.as_bytes());
    key.make_ascii_lowercase();
    Some(key)
}

impl Openers {
    /// Whether a word is one of them, whatever its case.
    #[inline]
    fn have(&self, word: &str) -> bool {
        let first = word.bytes().next().unwrap_or_default() | 0x20;
        match self.lengths.get(usize::from(first)) {
            // Most words of ASCII begin with a letter that no opener of their length begins with.
            Some(lengths) if lengths >> word.len().min(31) & 1 == 0 => {
                !word.is_ascii() && self.words.contains(&word.to_lowercase())
            }
            Some(_) if word.is_ascii() => {
                key(word).is_some_and(|key| self.keys.binary_search(&key).is_ok())
            }
            Some(_) | None => self.words.contains(&word.to_lowercase()),
        }
    }
}

/// A request for given words stands near the start or the end of a prompt.
const REACH: usize = 600;
/// The most words that are given back without quotation marks or a colon.
const SHORT: usize = 10;

/// The texts of which the prompt wants one, and nothing else. Empty for most prompts.
pub(crate) fn wanted(prompt: &str) -> Vec<&str> {
    let is_near = |at: &usize| *at < REACH || *at + REACH > prompt.len();
    let starts = sentence_starts(prompt).filter(is_near);
    let starts = starts.filter(|at| may_open(&prompt[*at..]));
    starts
        .map(|at| in_sentence(&prompt[at..]))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// The texts of which standing instructions want one, whatever is asked: those of [`wanted`], where
/// the instructions are short and set no condition.
pub(crate) fn instructed(instruction: &str) -> Vec<&str> {
    if instruction.len() > REACH {
        return Vec::new();
    }
    let found = wanted(instruction);
    let mut words = instruction
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase);
    if found.is_empty() || words.any(|word| WORDS.conditions.contains(&word)) {
        return Vec::new();
    }
    found
}

/// Where sentences and lines begin.
fn sentence_starts(text: &str) -> impl Iterator<Item = usize> {
    let ends = memchr::memchr3_iter(b'.', b'\n', b'?', text.as_bytes());
    let ends = ends.chain(memchr::memchr2_iter(b'!', b',', text.as_bytes()));
    let begins = ends
        .map(|at| at + 1)
        .filter(|at| text.is_char_boundary(*at));
    std::iter::once(0).chain(begins)
}

/// Whether a sentence opens with a word that such requests open with; most do not.
fn may_open(text: &str) -> bool {
    let text = text.trim_start();
    let end = text
        .bytes()
        .take(OPENER + 1)
        .position(|byte| matches!(byte, b' ' | b':' | b','));
    let Some(word) = end
        .and_then(|end| text.get(..end))
        .filter(|word| !word.is_empty())
    else {
        return false;
    };
    OPENERS.have(word)
}

fn in_sentence(text: &str) -> Vec<&str> {
    // One for all the phrases that are looked for.
    let room = &mut String::with_capacity(48);
    let mut rest = text.trim_start();
    while let Some(after) = skip(rest, &WORDS.polite, room) {
        rest = after.trim_start_matches([',', ' ']);
    }
    // As in `Please explain`: what was polite goes on with something else.
    if !OPENERS.have(&rest[..word_length(rest)]) {
        return Vec::new();
    }
    let says = skip(rest, &WORDS.say, room);
    let Some(mut rest) = says.or_else(|| skip(rest, &WORDS.reply, room)) else {
        return Vec::new();
    };
    if let (Some(_), Some(longer)) = (says, skip(rest, &WORDS.reply, room)) {
        rest = longer;
    }
    let mut is_exact = false;
    loop {
        if let Some(after) = skip(rest, &WORDS.exact, room) {
            is_exact |= !WORDS.weak.contains(room.as_str());
            rest = after;
        } else if let Some(after) = skip(rest, &WORDS.filler, room).filter(|_| announces(rest)) {
            rest = after;
        } else {
            break;
        }
    }
    take(rest.trim_start(), is_exact, says.is_some())
}

/// Whether a quotation or a colon follows within a few words.
fn announces(rest: &str) -> bool {
    rest.chars()
        .take(24)
        .any(|c| matches!(c, ':' | '"' | '“' | '«' | '„' | '\'' | '`'))
}

fn take(rest: &str, is_exact: bool, says: bool) -> Vec<&str> {
    let (rest, has_colon) = match rest.strip_prefix(':') {
        Some(after) => (after.trim_start(), true),
        None => (rest, false),
    };
    if let Some(json) = json_at(rest) {
        return vec![json];
    }
    let options = quotations(rest);
    if !options.is_empty() {
        return options;
    }
    let line = rest.lines().next().unwrap_or_default();
    if has_colon {
        return (!line.is_empty())
            .then(|| without_tail(line))
            .into_iter()
            .collect();
    }
    if !is_exact && !says {
        return pair(line);
    }
    let sentence = without_tail(first_sentence(line));
    let first = sentence
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let is_short = sentence.split_whitespace().count() <= SHORT;
    let is_all = rest.trim_end().len() <= sentence.len() + 40;
    let is_plain = says && is_all && !sentence.contains(',');
    let fits = is_short && !sentence.is_empty() && !WORDS.vague.contains(&first);
    if !(fits && (is_exact || is_plain)) {
        return Vec::new();
    }
    match sentence.split_once(" or ") {
        Some((one, other)) if !other.contains(' ') => vec![one, other],
        Some(_) | None => vec![sentence],
    }
}

/// The two words of a line such as `yes or no`.
fn pair(line: &str) -> Vec<&str> {
    let line = line.split(['.', ':', '?', '!']).next().unwrap_or_default();
    let line = without_tail(line.trim_start_matches('('));
    let line = line.trim_end_matches(')');
    let is_pair = |pair: &&String| line.eq_ignore_ascii_case(pair);
    if WORDS.pairs.iter().any(|pair| is_pair(&pair)) {
        let mut words = line.split([' ', '/']);
        return words.next().into_iter().chain(words.next_back()).collect();
    }
    Vec::new()
}

/// The JSON object or list that a text opens with.
fn json_at(text: &str) -> Option<&str> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    values.next()?.ok()?;
    Some(&text[..values.byte_offset()])
}

/// Quoted texts, joined by commas, `or` or slashes.
fn quotations(mut rest: &str) -> Vec<&str> {
    let mut found = Vec::new();
    while let Some((text, after)) = quoted_at(rest) {
        found.push(text);
        rest = after.trim_start_matches([',', ' ', '/']);
        for joint in ["or ", "oder ", "ou ", "o "] {
            rest = rest.strip_prefix(joint).unwrap_or(rest);
        }
    }
    found
}

fn first_sentence(line: &str) -> &str {
    let end = line.find(". ").map(|at| at + 1).unwrap_or(line.len());
    line[..end].trim_end()
}

fn without_tail(text: &str) -> &str {
    let bare = text.trim_end_matches(['.', ' ']);
    for tail in &WORDS.tails {
        let at = bare.len().saturating_sub(tail.len());
        let ends = bare
            .get(at..)
            .is_some_and(|end| end.eq_ignore_ascii_case(tail));
        if ends && at > 0 {
            return bare[..at].trim_end_matches([' ', ',', ';', '.']);
        }
    }
    bare
}

/// What follows the longest phrase of a set that the text opens with; the phrase itself is left in
/// `phrase`, in small letters.
fn skip<'t>(text: &'t str, phrases: &Phrases, phrase: &mut String) -> Option<&'t str> {
    const LONGEST: usize = 3;
    let text = text.trim_start();
    let mut best = None;
    phrase.clear();
    let mut end = 0;
    for _ in 0..LONGEST {
        let from = end + text[end..].len() - text[end..].trim_start_matches(' ').len();
        end = from + word_length(&text[from..]);
        if end == from || end > 40 {
            break;
        }
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        fold(&text[from..end], phrase);
        match phrases.0.get(phrase.as_str()) {
            Some(true) => best = Some((&text[end..], phrase.len())),
            Some(false) => {}
            None => break,
        }
    }
    let (rest, length) = best?;
    phrase.truncate(length);
    Some(rest)
}

/// The bytes of the word that a text opens with.
fn word_length(text: &str) -> usize {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'\'' | b'-');
    let ascii = text.bytes().position(|byte| !is_inside(&byte));
    match ascii.map(|end| (end, text.as_bytes()[end])) {
        None => text.len(),
        Some((end, byte)) if byte.is_ascii() => end,
        Some(_) => {
            let end = text.find(|c: char| !(c.is_alphanumeric() || "'’-".contains(c)));
            end.unwrap_or(text.len())
        }
    }
}

/// Appends a word in small letters.
fn fold(word: &str, folded: &mut String) {
    if word.is_ascii() {
        let from = folded.len();
        folded.push_str(word);
        folded[from..].make_ascii_lowercase();
    } else {
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
}

/// The language that a text asks the answer to be in: `answer in German`, `antworte auf Deutsch`.
pub(crate) fn language(text: &str) -> Option<Language> {
    JOINTS.iter().find_map(|joint| {
        let mut places = joint.find_iter(text.as_bytes());
        places.find_map(|at| language_at(text, at, at + joint.needle().len()))
    })
}

/// What stands between a request to speak and the name of a language.
static JOINTS: LazyLock<[Finder<'static>; 4]> =
    LazyLock::new(|| [" in ", " auf ", " en ", " em "].map(Finder::new));

fn language_at(text: &str, before: usize, after: usize) -> Option<Language> {
    const NEAR: usize = 5;
    let name = text[after..].split(|c: char| !c.is_alphabetic()).next()?;
    if name.len() > 16 {
        return None;
    }
    let language = language_named(name)?;
    let words = text[..before]
        .rsplit(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty());
    let asks = words
        .take(NEAR)
        .any(|word| WORDS.speak.contains(&word.to_lowercase()));
    asks.then_some(language)
}

/// The language of that name, in one of several languages.
pub(crate) fn language_named(name: &str) -> Option<Language> {
    // Most words that are looked up are articles.
    const SHORTEST: usize = 4;
    if name.len() < SHORTEST {
        return None;
    }
    Language::of_code(WORDS.languages.get(&name.to_lowercase())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_words_are_told_from_topics() {
        let table: [(&str, &[&str]); 27] = [
            ("Say \"hello world\"", &["hello world"]),
            ("Say this is a test", &["this is a test"]),
            ("Reply with exactly: pong", &["pong"]),
            ("Please respond with only the word OK.", &["OK"]),
            ("Reply with exactly 'a b' and nothing else.", &["a b"]),
            ("Repeat after me: one, two, three", &["one, two, three"]),
            ("Say hello!", &["hello!"]),
            ("Antworte nur mit dem Wort: ja", &["ja"]),
            (
                "Is the sky blue? Answer with 'yes' or 'no'.",
                &["yes", "no"],
            ),
            ("Is the sky blue? Answer yes or no.", &["yes", "no"]),
            ("Reply Yes/No: is it late?", &["Yes", "No"]),
            (
                "Is it late? Answer with true or false, nothing else.",
                &["true", "false"],
            ),
            ("Ist es spät? Antworte mit ja oder nein.", &["ja", "nein"]),
            ("Answer yes or no, then explain why.", &[]),
            ("Réponds par \"oui\"", &["oui"]),
            (
                r#"Return only JSON: {"status":"ok"}"#,
                &[r#"{"status":"ok"}"#],
            ),
            (
                "Output exactly this JSON and nothing else:\n{\"a\": [1,\n2]}\nNo prose.",
                &["{\"a\": [1,\n2]}"],
            ),
            ("Always answer with \"42\"", &["42"]),
            ("You are a bot. Reply with only the word PONG", &["PONG"]),
            ("Return only JSON.", &[]),
            ("Say something about cats", &[]),
            ("Write a poem about the sea", &[]),
            ("Answer the question: what is love?", &[]),
            ("What does \"say it\" mean?", &[]),
            ("How do I print a list in Python?", &[]),
            ("Return the sorted list of users", &[]),
            (
                "Write only code that sorts a list of a hundred numbers, in the fastest way",
                &[],
            ),
        ];
        for (prompt, expected) in table {
            assert_eq!(wanted(prompt), expected, "{prompt}");
        }
    }

    #[test]
    fn instructions_with_conditions_are_no_answers() {
        assert_eq!(instructed("Reply with only the word PONG."), ["PONG"]);
        assert!(instructed("If you are unsure, reply with 'I do not know'.").is_empty());
        assert!(instructed("Answer with only JSON when asked for data.").is_empty());
        assert!(instructed("You are a helpful assistant. Be brief.").is_empty());
    }

    #[test]
    fn the_language_asked_for_is_found() {
        assert_eq!(
            language("Always answer in German, please."),
            Some(Language::German)
        );
        assert_eq!(
            language("Antworte bitte auf Französisch"),
            Some(Language::French)
        );
        assert_eq!(language("The city lies in German territory"), None);
    }
}
