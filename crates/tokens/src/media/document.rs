//! How many pages a document has and what a page counts as. Approximate by design: text inside a
//! PDF is not extracted (see `data/tokens/sound_and_files.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

use super::PixelSize;

#[derive(Deserialize)]
struct File {
    file: PageRule,
}

/// What a page counts as.
#[derive(Deserialize)]
pub(crate) struct PageRule {
    page_width: u32,
    page_height: u32,
    /// Text tokens.
    pub(crate) page_text_tokens: u32,
}

impl PageRule {
    /// The image of a page.
    pub(crate) fn page_size(&self) -> PixelSize {
        PixelSize {
            width: self.page_width,
            height: self.page_height,
        }
    }
}

static RULE: LazyLock<PageRule> = LazyLock::new(|| {
    toml::from_str::<File>(include_str!("../../../../data/tokens/sound_and_files.toml"))
        .expect("data/tokens/sound_and_files.toml fits its shape (a test reads it)")
        .file
});

pub(crate) fn page_rule() -> &'static PageRule {
    &RULE
}

/// The pages of a PDF, at least 1: its objects of type `Page`, or, where they are compressed away,
/// the largest `/Count` of a page tree. `None` for what is no PDF.
pub fn page_count(bytes: &[u8]) -> Option<u32> {
    let start = &bytes[..bytes.len().min(1024)];
    start
        .windows(5)
        .any(|five| five == b"%PDF-")
        .then_some(())?;
    let (mut pages, mut counted) = (0, 0);
    for (offset, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
        let name = &bytes[offset..];
        pages += u32::from(is_page_type(name));
        counted = counted.max(count_entry(name).unwrap_or(0));
    }
    Some(if pages > 0 { pages } else { counted.max(1) })
}

/// `/Type /Page`, but not `/Type /Pages`.
fn is_page_type(name: &[u8]) -> bool {
    let value = name.strip_prefix(b"/Type").map(<[u8]>::trim_ascii_start);
    let rest = value.and_then(|value| value.strip_prefix(b"/Page"));
    rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
}

/// The number of `/Count 12`, up to five digits.
fn count_entry(name: &[u8]) -> Option<u32> {
    let value = name.strip_prefix(b"/Count")?.trim_ascii_start();
    let digits = value
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    std::str::from_utf8(&value[..digits])
        .ok()?
        .parse()
        .ok()
        .filter(|count| *count < 100_000)
}
