//! Encoding and decoding against published facts of the vocabularies.

use fakeai_tokens::Vocabulary;

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
