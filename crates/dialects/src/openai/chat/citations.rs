//! The `annotations` of a message: the pages that a search of the provider's found, each cited for
//! the whole text. Streams have no place for them in the contract.

use bytes::BytesMut;
use fakeai_canon::HostedCall;

use crate::JsonWriter;

/// The pages behind one message.
#[derive(Default)]
pub(super) struct Citations {
    pages: Vec<Page>,
    characters: u64,
}

struct Page {
    title: String,
    url: String,
}

impl Citations {
    /// Takes note of what a hosted call found: `results` with a title and an address each.
    pub(super) fn add(&mut self, call: &HostedCall) {
        let results = call.detail["results"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        self.pages.extend(results.iter().filter_map(|result| {
            let url = result["url"].as_str()?.to_owned();
            Some(Page {
                title: result["title"].as_str().unwrap_or_default().to_owned(),
                url,
            })
        }));
    }

    /// Text of the message goes by.
    pub(super) fn pass(&mut self, text: &str) {
        if !self.pages.is_empty() {
            self.characters += text.chars().count() as u64;
        }
    }

    /// Appends the list.
    pub(super) fn write(&self, out: &mut BytesMut) {
        out.raw("[");
        for (index, page) in self.pages.iter().enumerate() {
            out.raw(if index > 0 { "," } else { "" });
            out.raw(
                "{\"type\":\"url_citation\",\"url_citation\":{\"start_index\":0,\"end_index\":",
            );
            out.number(self.characters);
            out.raw(",\"title\":");
            out.string(&page.title);
            out.raw(",\"url\":");
            out.string(&page.url);
            out.raw("}}");
        }
        out.raw("]");
    }
}
