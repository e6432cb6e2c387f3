//! Chunks keep to their tokens, overlap as asked, and lose nothing.

use fakeai_retrieval::{Chunk, Chunking, ChunkingError, chunks};
use fakeai_tokens::Vocabulary;
use proptest::prelude::*;

/// What holds for every text and strategy.
fn check(text: &str, chunking: Chunking, vocabulary: &Vocabulary) -> Vec<Chunk> {
    let chunks = chunks(text, chunking, vocabulary);
    let (mut begin, mut end) = (0, 0);
    for (number, chunk) in chunks.iter().enumerate() {
        let own = &text[chunk.bytes.clone()];
        assert!(chunk.bytes.start <= end, "no gap before chunk {number}");
        assert!(
            number == 0 || chunk.bytes.start > begin,
            "chunk {number} gets further"
        );
        assert!(chunk.bytes.end > end, "chunk {number} has something new");
        assert_eq!(
            chunk.characters.start,
            text[..chunk.bytes.start].chars().count()
        );
        assert_eq!(chunk.characters.len(), own.chars().count());
        assert!(
            chunk.tokens <= chunking.max_tokens(),
            "chunk {number} has {} tokens",
            chunk.tokens
        );
        assert!(
            vocabulary.count(own) <= chunking.max_tokens(),
            "counted anew"
        );
        let shared = end.saturating_sub(chunk.bytes.start);
        let shared = vocabulary.count(&own[..shared]);
        // A few more where the cut is within a word, which counts differently alone.
        assert!(
            shared <= chunking.overlap_tokens() + 8,
            "{shared} tokens are shared"
        );
        (begin, end) = (chunk.bytes.start, chunk.bytes.end);
    }
    assert_eq!(end, text.len(), "the end is reached");
    chunks
}

#[test]
fn a_short_text_is_one_chunk_and_none_is_none() {
    let vocabulary = Vocabulary::cl100k_base();
    let chunks_of_short = check("Hello, wörld", Chunking::AUTO, vocabulary);
    let expected = Chunk {
        bytes: 0..13,
        characters: 0..12,
        tokens: vocabulary.count("Hello, wörld"),
    };
    assert_eq!(chunks_of_short, [expected]);
    assert_eq!(check("", Chunking::AUTO, vocabulary), []);
}

#[test]
fn auto_is_800_tokens_of_which_400_are_shared() {
    let text: String = (0..3000).map(|number| format!(" w{number}")).collect();
    let vocabulary = Vocabulary::o200k_base();
    let chunks = check(&text, Chunking::AUTO, vocabulary);
    for pair in chunks.windows(2).take(chunks.len() - 2) {
        assert!(
            (780..=800).contains(&pair[0].tokens),
            "{} tokens",
            pair[0].tokens
        );
        let shared = vocabulary.count(&text[pair[1].bytes.start..pair[0].bytes.end]);
        assert!((380..=400).contains(&shared), "{shared} tokens shared");
    }
}

/// What a chunk of one long word is said to have is what it has, though nothing was counted again.
#[test]
fn the_parts_of_a_long_word_add_up() {
    let chunking = Chunking::new(200, 100).unwrap();
    let word = |step: u64| {
        let letter = |place: u64| char::from(b'a' + (place * place * step / 7 % 26) as u8);
        (0..40_000).map(letter).collect::<String>()
    };
    for vocabulary in [Vocabulary::cl100k_base(), Vocabulary::o200k_base()] {
        for word in [
            word(3),
            word(11),
            "q".repeat(40_000),
            "漢字語".repeat(4_000),
        ] {
            for chunk in check(&word, chunking, vocabulary) {
                assert_eq!(chunk.tokens, vocabulary.count(&word[chunk.bytes]));
            }
        }
    }
}

/// A text without a space is cut within its only word.
#[test]
fn a_word_longer_than_a_chunk_is_cut_between_characters() {
    let chunking = Chunking::new(100, 50).unwrap();
    let chunks = check(
        &"ÄÖß漢🥊x9".repeat(500),
        chunking,
        Vocabulary::cl100k_base(),
    );
    assert!(chunks.len() > 10);
    check(&"=".repeat(20_000), chunking, Vocabulary::cl100k_base());
    check(&"\n".repeat(20_000), chunking, Vocabulary::o200k_base());
}

#[test]
fn strategies_out_of_bounds_are_refused_by_name() {
    assert_eq!(Chunking::new(99, 0), Err(ChunkingError::Size(99)));
    assert_eq!(Chunking::new(4097, 0), Err(ChunkingError::Size(4097)));
    assert!(Chunking::new(4096, 2048).is_ok() && Chunking::new(100, 0).is_ok());
    let error = Chunking::new(100, 51).unwrap_err().to_string();
    assert!(
        error.contains("chunk_overlap_tokens") && error.contains("half"),
        "{error}"
    );
    assert!(Chunking::new(u64::MAX, u64::MAX).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_lost(
        parts in prop::collection::vec("\\PC{0,12}|[ \\n\\t]{1,6}|[a-z]{1,300}|[0-9]{1,40}|(the |of |passage |🥊){1,80}", 0..60),
        size in 100u64..300,
        share in 0u64..=50,
    ) {
        let chunking = Chunking::new(size, size * share / 100).unwrap();
        check(&parts.concat(), chunking, Vocabulary::cl100k_base());
        check(&parts.concat(), chunking, Vocabulary::o200k_base());
    }
}
