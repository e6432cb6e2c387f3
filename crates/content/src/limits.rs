//! Where a text ends before it is finished: stop sequences. Not here: the limit of tokens, which
//! whoever makes the tokens keeps to.

use fakeai_canon::{Limits, TokenId, Tokens};

/// Ends `tokens` at the first stop sequence or stop token, if there is one. The token that completes
/// it is the last that counts; the text before it is all that is sent, unless it is to be kept.
pub(crate) fn stop(tokens: &mut Tokens, limits: &Limits) -> bool {
    let texts = limits.stop.iter().filter_map(|stop| find(tokens, stop));
    let Some(hit) = texts.chain(stop_token(tokens, &limits.stop_ids)).min() else {
        return false;
    };
    tokens.truncate(hit.token + 1);
    if !limits.keeps_stop {
        tokens.clip_text(hit.start);
    }
    true
}

fn stop_token(tokens: &Tokens, stops: &[TokenId]) -> Option<Hit> {
    if stops.is_empty() {
        return None;
    }
    let token = tokens.ids.iter().position(|id| stops.contains(id))?;
    let start = token.checked_sub(1).map_or(0, |before| tokens.ends[before]);
    Some(Hit {
        token,
        start: start as usize,
    })
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

    fn texts(stop: &[&str]) -> Limits {
        Limits {
            stop: stop.iter().map(|&text| text.to_owned()).collect(),
            ..Limits::default()
        }
    }

    #[test]
    fn a_stop_text_across_tokens_ends_at_the_token_that_completes_it() {
        let mut tokens = spelt(&["one", " t", "wo", " three", " four"]);
        assert!(stop(&mut tokens, &texts(&["two t"])));
        assert_eq!((tokens.len(), tokens.text()), (4, "one "));
        assert_eq!(tokens.ends, [3, 4, 4, 4]);
    }

    #[test]
    fn the_stop_text_that_is_complete_first_wins() {
        let mut tokens = spelt(&["ab", "cd", "ef"]);
        assert!(stop(&mut tokens, &texts(&["bcde", "d"])));
        assert_eq!((tokens.len(), tokens.text()), (2, "abc"));
    }

    #[test]
    fn without_a_stop_text_nothing_changes() {
        let mut tokens = spelt(&["ab", "cd"]);
        assert!(!stop(&mut tokens, &texts(&["x", ""])));
        assert_eq!(tokens.text(), "abcd");
    }

    #[test]
    fn a_stop_token_ends_the_text_and_is_kept_where_that_is_asked_for() {
        let mut limits = Limits {
            stop_ids: vec![2, 9],
            ..texts(&["d!"])
        };
        let mut tokens = spelt(&["ab", "cd", "ef", "gh"]);
        assert!(stop(&mut tokens, &limits));
        assert_eq!((tokens.len(), tokens.text()), (3, "abcd"));
        limits.keeps_stop = true;
        let mut tokens = spelt(&["ab", "cd", "ef", "gh"]);
        assert!(stop(&mut tokens, &limits));
        assert_eq!((tokens.len(), tokens.text()), (3, "abcdef"));
    }
}
