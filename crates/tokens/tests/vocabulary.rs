//! Encoding and decoding against published facts of the vocabularies.

use fakeai_tokens::{PieceShape, Vocabulary};

#[test]
fn known_texts_have_their_published_ids() {
    let cl100k = Vocabulary::cl100k_base();
    assert_eq!(cl100k.encode("hello world"), [15339, 1917]);
    assert_eq!(
        cl100k.encode("tiktoken is great!"),
        [83, 1609, 5963, 374, 2294, 0]
    );
    let o200k = Vocabulary::o200k_base();
    assert_eq!(o200k.encode("hello world"), [24912, 2375]);
    assert_eq!(o200k.special("<|end|>"), Some(200_007));
    assert_eq!(o200k.piece(200_007), b"<|end|>");
    assert_eq!((o200k.size(), cl100k.size()), (201_088, 100_277));
}

#[test]
fn unknown_ids_have_no_text() {
    assert_eq!(Vocabulary::o200k_base().piece(u32::MAX), b"");
    assert_eq!(Vocabulary::cl100k_base().piece(100_300), b"");
}

/// Ids that Python's tiktoken 0.14 gives for texts at the edges of the patterns.
#[test]
fn texts_at_the_patterns_edges_have_tiktokens_ids() {
    let golden: [(&str, &[u32], &[u32]); 6] = [
        (
            "it'ſ x'ſ",
            &[278, 6, 70067, 1215, 6, 70067],
            &[275, 6, 129, 123, 865, 6, 129, 123],
        ),
        (
            "HTTPServer's 亚洲AV  \n\n x",
            &[17893, 6444, 885, 12555, 5345, 11691, 1215],
            &[
                9412, 5592, 596, 220, 6823, 248, 44647, 110, 8253, 19124, 865,
            ],
        ),
        (
            "e\u{301} \u{301}a",
            &[68, 13430, 220, 13430, 64],
            &[68, 54939, 220, 54939, 64],
        ),
        (
            "<|endoftext|>",
            &[27, 91, 419, 1440, 919, 91, 29],
            &[27, 91, 8862, 728, 428, 91, 29],
        ),
        (
            "I'LL  don't//\n\r\n/",
            &[40, 6, 7454, 220, 4128, 22704, 370, 14],
            &[40, 6, 4178, 220, 1541, 956, 2341, 319, 14],
        ),
        (
            " \t\u{3000}\n ",
            &[14593, 43865, 220],
            &[7163, 23249, 198, 220],
        ),
    ];
    for (text, o200k, cl100k) in golden {
        assert_eq!(Vocabulary::o200k_base().encode(text), o200k, "{text:?}");
        assert_eq!(Vocabulary::cl100k_base().encode(text), cl100k, "{text:?}");
    }
}

#[test]
fn a_piece_that_is_called_plain_needs_no_escaping_in_json() {
    for vocabulary in [Vocabulary::o200k_base(), Vocabulary::cl100k_base()] {
        for id in (0..vocabulary.size()).filter(|id| vocabulary.is_text(*id)) {
            let text = std::str::from_utf8(vocabulary.piece(id));
            let expected = match text {
                Err(_) => PieceShape::Partial,
                Ok(text) if serde_json::json!(text).to_string().len() == text.len() + 2 => {
                    PieceShape::Plain
                }
                Ok(_) => PieceShape::Escaped,
            };
            assert_eq!(vocabulary.shape(id), expected, "{id}");
        }
    }
}

#[test]
fn every_piece_is_found_again() {
    for vocabulary in [Vocabulary::o200k_base(), Vocabulary::cl100k_base()] {
        let pre_tokens = (0..vocabulary.size())
            .filter(|id| vocabulary.is_text(*id))
            .filter_map(|id| {
                let text = std::str::from_utf8(vocabulary.piece(id)).ok()?;
                (vocabulary.pre_tokens(text).count() == 1).then_some((id, text))
            });
        let mut found = 0;
        for (id, text) in pre_tokens {
            assert_eq!(vocabulary.encode(text), [id], "{text:?}");
            found += 1;
        }
        assert!(found > 95_000, "{found}");
    }
}

#[test]
fn a_run_of_letters_ends_before_the_first_other_byte() {
    for other in (0..=127).map(char::from).chain(['ä', 'ſ', '🙂']) {
        for place in 0..20 {
            let mut text = "azAZmM".repeat(4);
            text.insert(place, other);
            let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
            assert_eq!(fakeai_tokens::letters_end(text.as_bytes(), 0), letters);
        }
    }
}
