//! Values that are plain words of the prompt: the members of a list behind its name (`with tags vip
//! and beta`), and words that are known to be of a kind (`kitchen` is a room). Not here: values that
//! are told by how they are written.

use super::given::Given;
use super::rules::RULES;
use super::slot::Slot;
use crate::identifier::are_alike;

/// The most members of a list.
const MOST: usize = 16;

/// What the prompt gives a slot for text that no other value suits.
pub(super) fn told(slot: &Slot, asked: &str) -> Vec<Given> {
    let found = match slot.is_list {
        true => members(slot, asked),
        false => known(slot, asked).into_iter().collect(),
    };
    let given = found.into_iter().map(|text| Given { text, number: None });
    given.collect()
}

/// The words behind the name of a list, joined by commas or `and`.
fn members(slot: &Slot, asked: &str) -> Vec<String> {
    let Some(name) = slot.words.last() else {
        return Vec::new();
    };
    let words: Vec<&str> = asked.split_whitespace().collect();
    let is_name = |word: &str| {
        let bare = word.trim_end_matches([':', ',', '.', '?', '!']);
        bare.len() == word.trim_end_matches(':').len() && are_alike(&bare.to_lowercase(), name)
    };
    let Some(at) = words.iter().position(|word| is_name(word)) else {
        return Vec::new();
    };
    let mut members = Vec::new();
    let mut rest = words[at + 1..].iter().copied().peekable();
    while let Some(word) = rest.next().filter(|_| members.len() < MOST) {
        let bare = word.trim_matches([',', '.', '?', '!', ';', '"', '\'']);
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if bare.is_empty() || !bare.chars().all(is_word) {
            break;
        }
        members.push(bare.to_owned());
        let next = rest.peek().map(|next| next.to_lowercase());
        let is_joint = next.is_some_and(|next| RULES.request.list_joints.contains(&next));
        if is_joint {
            rest.next();
        } else if !word.ends_with(',') {
            break;
        }
    }
    // One word behind a name may be anything.
    if members.len() < 2 {
        members.clear();
    }
    members
}

/// The first word or phrase of the prompt that is known to be what the slot is named for.
fn known(slot: &Slot, asked: &str) -> Option<String> {
    let mut kinds = RULES.known.iter();
    let (_, phrases) = kinds.find(|(kind, _)| slot.words.contains(kind))?;
    let lower = asked.to_lowercase();
    let stands = |phrase: &&String| {
        let mut places = lower.match_indices(phrase.as_str());
        places.any(|(at, _)| {
            let after = &lower[at + phrase.len()..];
            !lower[..at].ends_with(char::is_alphanumeric)
                && !after.starts_with(char::is_alphanumeric)
        })
    };
    phrases.iter().find(stands).cloned()
}
