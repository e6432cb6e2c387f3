//! Files that are not what they claim, broken, encrypted or made to hurt end in an error, soon.

mod fixtures;

use fakeai_retrieval::{Limits, ParseError, Source, parse};
use fixtures::{archive, docx, flate, paragraph, pdf, pdf_of_pages, read, stream};
use proptest::prelude::*;

#[test]
fn what_is_no_text_is_not_supported() {
    for (name, bytes) in [
        ("cat.png", b"\x89PNG\r\n\x1A\n".as_slice()),
        ("cat.txt", b"\x89PNG\r\n\x1A\n"),
        ("old.doc", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
        ("latin1.txt", b"caf\xE9"),
        ("zero.txt", b"a\0b"),
        ("README", b"no extension, no media type"),
        ("a.exe", b"MZ"),
    ] {
        let error = read(name, bytes).unwrap_err();
        assert_eq!(error, ParseError::Unsupported, "{name}");
        assert_eq!(error.code(), "unsupported_file");
        assert_eq!(error.to_string(), "The file type is not supported.");
    }
    let other_archive = archive(&[("a.txt", b"hello")]);
    assert_eq!(read("a.zip", &other_archive), Err(ParseError::Unsupported));
}

#[test]
fn what_is_not_what_it_claims_is_invalid() {
    let encrypted = [
        pdf_of_pages(&["BT /F1 9 Tf (secret) Tj ET"]),
        b"trailer << /Root 1 0 R /Encrypt 9 0 R >>".to_vec(),
    ]
    .concat();
    let mut cut = docx(&paragraph("hello"));
    cut.truncate(cut.len() / 2);
    for (name, bytes) in [
        ("a.pdf", b"hello".as_slice()),
        ("a.pdf", b"%PDF-1.4 and no more"),
        ("a.pdf", encrypted.as_slice()),
        ("a.docx", b"hello"),
        ("a.docx", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
        ("a.docx", cut.as_slice()),
        ("a.docx", &docx("<w:p><w:r></w:p>")),
        ("a.json", b"{\"a\": }"),
        ("a.jsonl", b"{}\n{\n"),
        ("odd.txt", b"\xFF\xFEa"),
    ] {
        let error = read(name, bytes).unwrap_err();
        assert_eq!(error, ParseError::Broken, "{name}");
        assert_eq!(error.code(), "invalid_file");
        assert_eq!(error.to_string(), "The file could not be parsed.");
    }
}

#[test]
fn what_holds_no_text_is_empty() {
    let scan = pdf_of_pages(&["q 100 0 0 100 0 0 cm /Im1 Do Q"]);
    for (name, bytes) in [
        ("a.txt", b"".as_slice()),
        ("a.md", b" \n\t"),
        ("a.html", b"<script>a</script>"),
        ("a.docx", &docx("<w:p/>")),
        ("scan.pdf", &scan),
    ] {
        assert_eq!(read(name, bytes), Err(ParseError::Empty), "{name}");
    }
}

#[test]
fn bombs_end_at_the_limits() {
    let zeros = vec![b' '; 16 << 20];
    let zip_bomb = archive(&[("word/document.xml", &zeros)]);
    assert!(zip_bomb.len() < 1 << 20, "the bomb is small");
    assert_eq!(read("a.docx", &zip_bomb), Err(ParseError::TooLarge));

    let pdf_bomb = pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] >>".to_vec(),
        b"<< /Type /Page /Contents 4 0 R >>".to_vec(),
        stream("/Filter /FlateDecode", &flate(&zeros)),
    ]);
    assert_eq!(read("a.pdf", &pdf_bomb), Err(ParseError::TooLarge));
}

/// Compressed twice, so that each step alone is modest.
#[test]
fn a_bomb_in_a_bomb_ends_too() {
    let twice = flate(&flate(&vec![b' '; 16 << 20]));
    let file = pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] >>".to_vec(),
        b"<< /Type /Page /Contents 4 0 R >>".to_vec(),
        stream("/Filter [/Fl /Fl]", &twice),
    ]);
    assert_eq!(read("a.pdf", &file), Err(ParseError::TooLarge));
}

/// Ten forms that each draw the next one ten times would show ten thousand million words.
#[test]
fn forms_that_multiply_end_too() {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] >>".to_vec(),
        b"<< /Type /Page /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>".to_vec(),
        stream("", b"/X Do"),
    ];
    for form in 5..15 {
        let entries = format!(
            "/Subtype /Form /Resources << /XObject << /X {} 0 R >> >>",
            form + 1
        );
        objects.push(stream(&entries, &b"/X Do ".repeat(10)));
    }
    assert_eq!(read("a.pdf", &pdf(&objects)), Err(ParseError::TooLarge));
    let draws_itself = pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R 2 0 R] >>".to_vec(),
        b"<< /Type /Page /Contents 4 0 R /Resources << /XObject << /X 4 0 R >> >> >>".to_vec(),
        stream("/Subtype /Form", b"/X Do"),
    ]);
    assert_eq!(read("a.pdf", &draws_itself), Err(ParseError::Empty));
}

#[test]
fn deep_nesting_is_no_way_to_overflow_a_stack() {
    let deep = "<w:p>".repeat(100_000);
    assert_eq!(read("a.docx", &docx(&deep)), Err(ParseError::TooLarge));
    let deep = pdf(&[b"[".repeat(1 << 20)]);
    assert_eq!(read("a.pdf", &deep), Err(ParseError::TooLarge));
    let deep = "[".repeat(1 << 20);
    assert_eq!(read("a.json", deep.as_bytes()), Err(ParseError::Broken));
}

#[test]
fn each_limit_is_kept() {
    let refused = |name: &str, bytes: &[u8], limits: Limits| {
        let source = Source {
            name,
            media_type: None,
            bytes,
        };
        assert!(
            parse(&source, &Limits::default()).is_ok(),
            "{name} is fine by default"
        );
        assert_eq!(
            parse(&source, &limits),
            Err(ParseError::TooLarge),
            "{name}: {limits:?}"
        );
    };
    let word = docx(&paragraph(&"hello ".repeat(100)));
    let pages = pdf_of_pages(&["BT /F1 9 Tf (one) Tj ET", "BT /F1 9 Tf (two) Tj ET"]);
    let limits = Limits::default();
    refused(
        "a.txt",
        b"hello",
        Limits {
            input_bytes: 4,
            ..limits
        },
    );
    refused(
        "a.txt",
        b"hello",
        Limits {
            text_bytes: 4,
            ..limits
        },
    );
    refused(
        "a.docx",
        &word,
        Limits {
            text_bytes: 100,
            ..limits
        },
    );
    refused(
        "a.docx",
        &word,
        Limits {
            archive_entries: 1,
            ..limits
        },
    );
    refused(
        "a.docx",
        &word,
        Limits {
            inflated_bytes: 100,
            ..limits
        },
    );
    refused(
        "a.docx",
        &word,
        Limits {
            nesting: 3,
            ..limits
        },
    );
    refused("a.pdf", &pages, Limits { pages: 1, ..limits });
    refused(
        "a.pdf",
        &pages,
        Limits {
            objects: 5,
            ..limits
        },
    );
    refused(
        "a.pdf",
        &pages,
        Limits {
            inflated_bytes: 30,
            ..limits
        },
    );
}

fn extension() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "txt", "md", "html", "json", "jsonl", "csv", "pdf", "docx", "pptx",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(extension in extension(), bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read(&format!("a.{extension}"), &bytes);
    }

    #[test]
    fn no_damage_makes_it_panic(
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let page = "BT /F1 12 Tf 1 0 0 1 72 720 Tm [(a) -300 (b)] TJ 0 -14 Td (c) Tj T* /X Do ET".to_owned();
        let files = [
            ("a.pdf", pdf_of_pages(&[&page, &page])),
            ("a.docx", docx(&paragraph("hello"))),
            ("a.html", b"<html><p title=\"x\">a &amp; b<!-- c --><script>d</script><pre>e".to_vec()),
        ];
        for (name, mut bytes) in files {
            for (at, byte) in &damages {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            let _ = read(name, &bytes);
            bytes.truncate(cut.index(bytes.len()));
            let _ = read(name, &bytes);
        }
    }

    #[test]
    fn no_content_stream_makes_it_panic(content in "[ -~]{0,200}|([0-9.]{1,4} |\\[|\\]|\\(a\\) |<41> |T[jJdDmfLcwz*] |'|\"|q |Q |cm |Do |/F1 |<< |>> ){0,60}") {
        let shown = format!("BT /F1 9 Tf {content}");
        let _ = read("a.pdf", &pdf_of_pages(&[&shown]));
    }
}
