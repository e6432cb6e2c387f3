//! Where a text ends before it is finished: stop sequences. Not here: the limit of tokens, which
//! whoever makes the tokens keeps to.

use fakeai_canon::Tokens;

/// Ends `tokens` at the first stop sequence, if there is one. The token that completes it is the
/// last that counts; the text before it is all that is sent.
pub(crate) fn stop(tokens: &mut Tokens, stops: &[String]) -> bool {
    let Some(hit) = stops.iter().filter_map(|stop| find(tokens, stop)).min() else {
        return false;
    };
    tokens.truncate(hit.token + 1);
    tokens.clip_text(hit.start);
    true
}

/// A stop sequence in a text, ordered by what ends the text first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    token: usize,
    start: usize,
}

fn find(tokens: &Tokens, stop: &str) -> Option<Hit> {
    if stop.is_empty() {
        return None;
    }
    let start = memchr::memmem::find(&tokens.bytes, stop.as_bytes())?;
    let end = (start + stop.len()) as u32;
    let token = tokens.ends.partition_point(|token_end| *token_end < end);
    Some(Hit { token, start })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(pieces: &[&str]) -> Tokens {
        let mut tokens = Tokens::default();
        for (id, piece) in pieces.iter().enumerate() {
            tokens.push(id as u32, piece.as_bytes());
        }
        tokens
    }

    #[test]
    fn a_stop_text_across_tokens_ends_at_the_token_that_completes_it() {
        let mut tokens = spelt(&["one", " t", "wo", " three", " four"]);
        assert!(stop(&mut tokens, &["two t".into()]));
        assert_eq!((tokens.len(), tokens.text()), (4, "one "));
        assert_eq!(tokens.ends, [3, 4, 4, 4]);
    }

    #[test]
    fn the_stop_text_that_is_complete_first_wins() {
        let mut tokens = spelt(&["ab", "cd", "ef"]);
        assert!(stop(&mut tokens, &["bcde".into(), "d".into()]));
        assert_eq!((tokens.len(), tokens.text()), (2, "abc"));
    }

    #[test]
    fn without_a_stop_text_nothing_changes() {
        let mut tokens = spelt(&["ab", "cd"]);
        assert!(!stop(&mut tokens, &["x".into(), String::new()]));
        assert_eq!(tokens.text(), "abcd");
    }
}
