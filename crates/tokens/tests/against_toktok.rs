//! Our encoder against an independent one, over text of all kinds.

use std::sync::LazyLock;

use fakeai_tokens::Vocabulary;
use proptest::prelude::*;
use regex_syntax::hir::{Class, ClassUnicode, HirKind};
use toktok::Tokenizer;

static O200K: LazyLock<Tokenizer> = LazyLock::new(|| theirs("o200k_base"));
static CL100K: LazyLock<Tokenizer> = LazyLock::new(|| theirs("cl100k_base"));

fn theirs(name: &str) -> Tokenizer {
    Tokenizer::builtin(name).expect("it embeds both vocabularies")
}

/// The characters of the Unicode version that our tables are of; the other encoder may read newer
/// data, and tell letters where there are none yet.
static KNOWN: LazyLock<ClassUnicode> = LazyLock::new(|| {
    let class = regex_syntax::parse(r"\p{Age=16.0}").expect("a class");
    match class.into_kind() {
        HirKind::Class(Class::Unicode(class)) => class,
        other => panic!("{other:?}"),
    }
});

fn is_known(c: &char) -> bool {
    let ranges = KNOWN.ranges();
    let at = ranges.partition_point(|range| range.end() < *c);
    ranges.get(at).is_some_and(|range| range.start() <= *c)
}

fn agree(text: &str) {
    let known: String = text.chars().filter(is_known).collect();
    let text = known.as_str();
    let pairs = [
        (Vocabulary::o200k_base(), &*O200K),
        (Vocabulary::cl100k_base(), &*CL100K),
    ];
    for (ours, theirs) in pairs {
        let ids = ours.encode(text);
        assert_eq!(
            ids,
            theirs.encode(text.as_bytes()),
            "{} of {text:?}",
            ours.name()
        );
        assert_eq!(ours.count(text), ids.len());
        assert_eq!(ours.decode(&ids), text.as_bytes());
        assert_eq!(ours.pre_tokens(text).collect::<String>(), text);
        let by_pre_token: Vec<u32> = ours.pre_tokens(text).flat_map(|t| ours.encode(t)).collect();
        assert_eq!(by_pre_token.len(), ids.len());
    }
}

/// Stretches that the patterns treat in special ways, to be strung together.
fn fragment() -> impl Strategy<Value = String> {
    let fixed = [
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "\u{a0}",
        "\u{3000}",
        "'s",
        "'LL",
        "'re",
        "'",
        "\u{301}",
        "亚洲",
        "AV",
        "über",
        "Ǆ",
        "ǅ",
        "ʰ",
        "१२३",
        "½",
        "1234567",
        "/",
        "//\n",
        "...",
        " !",
        "🚀",
        "👩\u{200d}👩\u{200d}👧",
        "مرحبا",
        "привет",
        "สวัสดี",
        "日本語テキスト",
        "don't",
        "HTTPServer",
        "_id",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "한국어",
    ];
    prop_oneof![
        4 => prop::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        2 => "[a-zA-Z]{1,12}",
        1 => "\\PC{1,8}",
        1 => any::<char>().prop_map(String::from),
        1 => ("[ a\n.é1]", 1..200usize).prop_map(|(text, times)| text.repeat(times)),
    ]
}

#[test]
fn long_runs_have_the_same_ids() {
    for unit in [
        "a", " ", "\n", "ab", "abc", "的", "🚀", "0", "!", "=-", "\u{301}", "aaaaaaab", "xyzzy",
        "é",
    ] {
        for length in [47, 48, 49, 128, 129, 511, 512, 513, 6000] {
            agree(&unit.repeat(length));
            agree(&format!(" x{}y ", unit.repeat(length)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_text_has_the_same_ids(fragments in prop::collection::vec(fragment(), 0..24)) {
        agree(&fragments.concat());
    }

    #[test]
    fn any_long_word_has_the_same_ids(fragments in prop::collection::vec("[a-d]{1,3}|[a-zé亚]{1,9}", 90..400)) {
        agree(&fragments.concat());
    }

    #[test]
    fn any_unicode_has_the_same_ids(text in any::<String>()) {
        agree(&text);
    }
}
