//! Names of programs as words: `getWeather`, `get_weather` and `get-weather` are two words each.
//! Not here: what the words mean.

/// The words of a name, in lower case.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let parts = !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase());
        if parts && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words
                .last_mut()
                .into_iter()
                .for_each(|word| word.extend(c.to_lowercase()));
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether two words are the same but for a plural.
pub(crate) fn are_alike(one: &str, other: &str) -> bool {
    one == other || (one.len() > 2 && other.len() > 2 && singular(one) == singular(other))
}

fn singular(word: &str) -> &str {
    word.strip_suffix("es")
        .filter(|stem| stem.ends_with(['s', 'x', 'h']))
        .unwrap_or_else(|| word.strip_suffix('s').unwrap_or(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for name in ["getWeather", "get_weather", "Get-Weather", "get weather"] {
            assert_eq!(words(name), ["get", "weather"], "{name}");
        }
        assert!(are_alike("city", "city") && are_alike("cats", "cat") && !are_alike("is", "i"));
    }
}
