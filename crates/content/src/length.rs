//! How long a prompt wants its answer: `a 500-word essay`, `in about 1,000 words`. Not here: the
//! limits of the request, and the length that a topic suggests by itself (see `prose`).

use std::sync::LazyLock;

use memchr::memmem::Finder;

static WORD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("word"));

/// The most words that are taken at their word; a longer wish is a figure of speech.
const MOST_WORDS: u32 = 20_000;

/// The length in tokens that the prompt asks for, if it names a number of words.
pub(crate) fn wanted(prompt: &str) -> Option<u32> {
    let mut places = WORD.find_iter(prompt.as_bytes());
    let words = places.find_map(|place| number_before(&prompt[..place]))?;
    // English has about three words in four tokens.
    Some(words.min(MOST_WORDS) * 4 / 3)
}

/// The number that stands directly before, as in `1,000-` or `300 `; of small ones a list speaks.
fn number_before(text: &str) -> Option<u32> {
    let text = text.strip_suffix([' ', '-'])?;
    let digit = |letter: char| letter.is_ascii_digit() || letter == ',';
    let start = text.rfind(|letter| !digit(letter)).map_or(0, |last| {
        last + text[last..].chars().next().map_or(1, char::len_utf8)
    });
    let number: String = text[start..].chars().filter(char::is_ascii_digit).collect();
    number.parse().ok().filter(|words| *words >= 50)
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn a_number_of_words_is_a_length() {
        assert_eq!(wanted("Write a 300-word essay on rivers"), Some(400));
        assert_eq!(wanted("in about 1,500 words, please"), Some(2_000));
        assert_eq!(wanted("Wörter: 900 words"), Some(1_200));
    }

    #[test]
    fn other_numbers_and_words_are_none() {
        for prompt in [
            "the word of 1984",
            "give me 3 words",
            "in other words",
            "600 wolves",
            "",
        ] {
            assert_eq!(wanted(prompt), None, "{prompt}");
        }
    }
}
