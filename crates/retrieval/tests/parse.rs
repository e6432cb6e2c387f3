//! Every format gives its text back, and knows its parts.

mod fixtures;

use fakeai_retrieval::{Format, Limits, Place, Source, parse};
use fixtures::{archive, docx, flate, paragraph, pdf, pdf_of_pages, read, stream};

#[test]
fn plain_text_is_kept_to_the_byte() {
    let text = "Zwölf Boxkämpfer\r\n\tjagen Viktor 🥊\n";
    let document = read("a.txt", text.as_bytes()).unwrap();
    assert_eq!(
        (document.text.as_str(), document.format),
        (text, Format::Text)
    );
}

#[test]
fn text_in_utf_16_is_read() {
    let units = "Grüße 🥊".encode_utf16();
    let little: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(units.clone().flat_map(u16::to_le_bytes))
        .collect();
    let big: Vec<u8> = [0xFE, 0xFF]
        .into_iter()
        .chain(units.flat_map(u16::to_be_bytes))
        .collect();
    assert_eq!(read("a.md", &little).unwrap().text, "Grüße 🥊");
    assert_eq!(read("a.md", &big).unwrap().text, "Grüße 🥊");
}

#[test]
fn markdown_knows_its_headings_but_not_those_of_code() {
    let text = "# One\ntext\n```sh\n# no heading\n```\n## Two ##\nmore\n#hashtag\n";
    let document = read("notes.MD", text.as_bytes()).unwrap();
    assert_eq!(document.text, text);
    let titles: Vec<(usize, Place)> = document
        .marks
        .into_iter()
        .map(|mark| (mark.offset, mark.place))
        .collect();
    let section = |title: &str| Place::Section(title.to_owned());
    assert_eq!(
        titles,
        [
            (0, section("One")),
            (text.find("## Two").unwrap(), section("Two"))
        ]
    );
}

#[test]
fn html_loses_its_tags_and_what_nobody_reads() {
    let source = "<!DOCTYPE html><html><head><title>T &amp; C</title><style>p{color:red}</style>\
        <script>if (a < b) { alert('</p>') }</SCRIPT></head><body><!-- no <b> --><h1 class='a>b'>Head\nline</h1>\
        <p>One&nbsp;<b>two</b>, 3 &lt; 4 &#x1F94A; &unknown; AT&T a < b</p><ul><li>x<li>y</ul>\
        <table><tr><td>1</td><td>2</td></tr></table><pre>a  b\n c</pre></body>";
    let document = read("page.html", source.as_bytes()).unwrap();
    assert_eq!(
        document.text.replace('\u{A0}', " "),
        "T & C\nHead line\nOne two, 3 < 4 🥊 &unknown; AT&T a < b\n\n- x\n- y\n\n1\t2\n\na  b\n c\n"
    );
    let sections: Vec<&Place> = document.marks.iter().map(|mark| &mark.place).collect();
    assert_eq!(
        sections,
        [
            &Place::Section("T & C".into()),
            &Place::Section("Head line".into())
        ]
    );
}

#[test]
fn json_lines_tables_and_code_are_kept() {
    for (name, text, format) in [
        ("a.json", "{\"a\": [1, 2.50]}\n", Format::Json),
        ("a.jsonl", "{\"a\":1}\n\n{\"a\":2}", Format::JsonLines),
        ("a.csv", "name,age\n\"Doe, J\",41\n", Format::Csv),
        ("main.rs", "fn main() {}\n", Format::Code),
    ] {
        let document = read(name, text.as_bytes()).unwrap();
        assert_eq!(
            (document.text.as_str(), document.format),
            (text, format),
            "{name}"
        );
    }
}

#[test]
fn a_media_type_speaks_where_the_name_does_not() {
    let source = Source {
        name: "README",
        media_type: Some("Text/Markdown; charset=utf-8"),
        bytes: b"# Hi",
    };
    assert_eq!(
        parse(&source, &Limits::default()).unwrap().format,
        Format::Markdown
    );
}

#[test]
fn word_gives_paragraphs_tables_headings_and_notes() {
    let body = format!(
        "<w:p><w:pPr><w:pStyle w:val=\"Heading1\"/><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr>\
         <w:r><w:t>Ti</w:t></w:r><w:r><w:t>tle</w:t></w:r></w:p>{}\
         <w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>\
         <w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>",
        paragraph("Fish &amp; chips &#8364;5"),
        paragraph("left"),
        paragraph("right"),
    );
    let document = read("a.docx", &docx(&body)).unwrap();
    assert_eq!(
        document.text,
        "Title\nFish & chips €5\nleft\tright\na\tb\nc\n"
    );
    assert_eq!(document.format, Format::Docx);
    assert_eq!(document.marks[0].place, Place::Section("Title".into()));
    assert_eq!(document.marks.len(), 1);
}

#[test]
fn slides_come_in_the_order_of_their_numbers() {
    let slide = |text: &str| {
        format!(
            "<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>"
        )
    };
    let (two, ten) = (slide("two"), slide("ten"));
    let file = archive(&[
        ("ppt/presentation.xml", b"<p/>"),
        ("ppt/slides/slide10.xml", ten.as_bytes()),
        ("ppt/slides/slide2.xml", two.as_bytes()),
    ]);
    let document = read("talk.pptx", &file).unwrap();
    assert_eq!(document.text, "two\n\nten\n\n");
    assert_eq!(document.format, Format::Pptx);
    assert_eq!(document.marks[1].place, Place::Slide(10));
    assert_eq!(&document.text[document.marks[1].offset..][..3], "ten");
}

#[test]
fn pdf_gives_lines_words_and_pages() {
    let file = pdf_of_pages(&[
        "BT /F1 12 Tf 72 720 Td (Hello) Tj 40 0 Td (w\\157rld) Tj 0 -14 TD [(sec)-20(ond) -600 (line)] TJ \
         T* (next \\(one\\)) Tj (and) ' 10 0 (\\223quoted\\224) \" ET",
        "BT /F1 10 Tf 1 0 0 1 72 700 Tm <48692043616665E9> Tj ET q 1 0 0 1 0 -100 cm BT /F1 10 Tf 1 0 0 1 72 700 Tm (below) Tj ET Q",
    ]);
    let document = read("a.pdf", &file).unwrap();
    assert_eq!(
        document.text,
        "Hello world\nsecond line\nnext (one)\nand\n“quoted”\n\nHi Cafeé\n\nbelow"
    );
    let offsets: Vec<usize> = document.marks.iter().map(|mark| mark.offset).collect();
    assert_eq!(offsets, [0, document.text.find("Hi").unwrap()]);
    assert_eq!(document.marks[1].place, Place::Page(2));
}

/// As most programs write PDF today: objects in compressed streams, fonts with two-byte codes and a
/// map, text in a form.
#[test]
fn modern_pdf_is_read() {
    let map = "/CIDInit /ProcSet findresource begin 1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
        2 beginbfchar <0003> <0020> <0010> <00660066> endbfchar\n\
        2 beginbfrange <0020> <0039> <0041> <0040> <0042> [<0061> <0062> <D83EDD4A>] endbfrange end";
    let inner = [
        (1, "<< /Type /Catalog /Pages 2 0 R >>"),
        (2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
        (
            3,
            "<< /Type /Page /Contents [7 0 R] /Resources << /XObject << /X 8 0 R >> >> >>",
        ),
        (
            4,
            "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [5 0 R] /ToUnicode 9 0 R >>",
        ),
        (
            5,
            "<< /Type /Font /Subtype /CIDFontType2 /DW 600 /W [32 [700 700] 40 42 500] >>",
        ),
    ];
    let (mut pairs, mut bodies) = (String::new(), String::new());
    for (id, body) in inner {
        pairs.push_str(&format!("{id} {} ", bodies.len()));
        bodies.push_str(body);
        bodies.push('\n');
    }
    let part = flate(format!("{pairs}{bodies}").as_bytes());
    let form =
        "BT /F1 10 Tf 50 50 Td <002000210003004000410042> Tj ET BT /F1 10 Tf 50 20 Td <0010> Tj ET";
    let mut file = b"%PDF-1.5\n".to_vec();
    let objects = [
        (
            6,
            stream(
                &format!(
                    "/Type /ObjStm /N 5 /First {} /Filter /FlateDecode",
                    pairs.len()
                ),
                &part,
            ),
        ),
        (7, stream("", b"q /X Do Q BI /W 1 /H 1 ID \x00(EI)Tj EI Q")),
        (
            8,
            stream(
                "/Type /XObject /Subtype /Form /Resources << /Font << /F1 4 0 R >> >> /Filter [/FlateDecode]",
                &flate(form.as_bytes()),
            ),
        ),
        (9, stream("/Filter /FlateDecode", &flate(map.as_bytes()))),
        (10, stream("/Type /XRef /Root 1 0 R /W [1 2 1]", b"")),
    ];
    for (id, object) in objects {
        file.extend(format!("{id} 0 obj ").into_bytes());
        file.extend(object);
        file.extend(b" endobj\n");
    }
    let document = read("a.pdf", &file).unwrap();
    assert_eq!(document.text, "AB ab🥊\n\nff");
}

/// An update appends objects; the later one counts.
#[test]
fn the_last_version_of_a_pdf_counts() {
    let mut file = pdf_of_pages(&["BT /F1 10 Tf (old) Tj ET"]);
    file.extend(b"5 0 obj\n");
    file.extend(stream("", b"BT /F1 10 Tf (new) Tj ET"));
    file.extend(b"\nendobj\n");
    assert_eq!(read("a.pdf", &file).unwrap().text, "new");
}

#[test]
fn codes_of_a_font_with_differences_are_read() {
    let file = pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] >>".to_vec(),
        b"<< /Type /Page /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>".to_vec(),
        stream("/Filter [/ASCIIHexDecode /A85]", b"36  >"),
        b"<< /Type /Font /Subtype /Type1 /Encoding << /Differences [1 /fi /uni20AC /a.alt /f_f] >> >>".to_vec(),
    ]);
    // An unreadable page leaves an empty file.
    assert_eq!(
        read("a.pdf", &file).unwrap_err().to_string(),
        "The file could not be parsed because it is empty."
    );
    let shown = pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] >>".to_vec(),
        b"<< /Type /Page /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>".to_vec(),
        stream("/Filter /ASCIIHexDecode", b"2F46203920546620 3C30313032303330343E20546A>"),
        b"<< /Type /Font /Subtype /Type1 /Encoding << /Differences [1 /fi /uni20AC /a.alt /f_f] >> >>".to_vec(),
    ]);
    assert_eq!(read("a.pdf", &shown).unwrap().text, "fi€aff");
}
