//! The tokens between the words of a conversation, by vocabulary. Not here: where they go.

use std::sync::LazyLock;

use crate::{TokenId, Vocabulary};

/// The marks of a conversation.
pub(super) struct Marks {
    /// Before a message's role.
    pub(super) start: TokenId,
    /// Between role and name.
    pub(super) before_name: TokenId,
    /// Between role and content.
    pub(super) content: TokenId,
    /// After the content.
    pub(super) end: TokenId,
}

static HARMONY: LazyLock<Marks> = LazyLock::new(|| {
    read(
        Vocabulary::o200k_base(),
        ["<|start|>", "<|message|>", "<|end|>"],
    )
});
static CHATML: LazyLock<Marks> = LazyLock::new(|| {
    read(
        Vocabulary::cl100k_base(),
        ["<|im_start|>", "<|im_sep|>", "<|im_end|>"],
    )
});

impl Marks {
    /// Those of the Harmony format for `o200k_base`, else those of ChatML.
    pub(super) fn of(vocabulary: &Vocabulary) -> &'static Marks {
        match vocabulary.special("<|message|>") {
            Some(_) => &HARMONY,
            None => &CHATML,
        }
    }
}

fn read(vocabulary: &Vocabulary, names: [&str; 3]) -> Marks {
    let special = |name| {
        vocabulary
            .special(name)
            .expect("specials.toml has the marks")
    };
    let [start, content, end] = names.map(special);
    Marks {
        start,
        before_name: vocabulary.encode(":")[0],
        content,
        end,
    }
}
