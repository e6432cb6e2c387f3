//! The words of a text as search sees them: lower case, plural endings off, Chinese and Japanese by
//! the character. Not here: tokens of a vocabulary.

/// Longest word that is kept, in characters; what is longer is cut there.
const LONGEST: usize = 64;

/// Calls `found` with every term of `text`, in order.
pub(crate) fn each(text: &str, mut found: impl FnMut(&str)) {
    let mut word = String::new();
    let mut length = 0;
    for character in text.chars() {
        if stands_alone(character) {
            finish(&mut word, &mut length, &mut found);
            word.push(character);
            finish(&mut word, &mut length, &mut found);
        } else if character.is_alphanumeric() {
            if length < LONGEST {
                word.extend(character.to_lowercase());
            }
            length += 1;
        } else if character != '\'' && character != '\u{2019}' {
            finish(&mut word, &mut length, &mut found);
        }
    }
    finish(&mut word, &mut length, &mut found);
}

/// The distinct terms of a text, in the order of their first place.
pub(crate) fn distinct(text: &str) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut terms = Vec::new();
    each(text, |term| {
        if seen.insert(term.to_owned()) {
            terms.push(term.to_owned());
        }
    });
    terms
}

fn finish(word: &mut String, length: &mut usize, found: &mut impl FnMut(&str)) {
    if !word.is_empty() {
        singular(word);
        found(word);
        word.clear();
    }
    *length = 0;
}

/// Takes an English plural's ending off: the three rules of Harman's S stemmer ("How effective is
/// suffixing?", 1991), which join hardly any words that mean different things.
fn singular(word: &mut String) {
    if !word.is_ascii() || word.len() < 4 {
        return;
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if ends(&["ies"]) && !ends(&["eies", "aies"]) {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if ends(&["es"]) && !ends(&["aes", "ees", "oes"])
        || ends(&["s"]) && !ends(&["us", "ss", "es"])
    {
        word.pop();
    }
}

/// Scripts that are written without spaces: every character is a term.
fn stands_alone(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{2FA1F}' | '\u{0E00}'..='\u{0E7F}')
        && character.is_alphanumeric()
}
