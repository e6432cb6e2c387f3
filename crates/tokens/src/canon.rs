//! The vocabularies as the other rooms see them. Not here: any work of its own.

use fakeai_canon::TokenId;

use crate::Vocabulary;

impl fakeai_canon::Vocabulary for Vocabulary {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn piece(&self, id: TokenId) -> &'static [u8] {
        self.piece(id)
    }

    fn size(&self) -> u32 {
        self.size()
    }

    fn encode_into(&self, text: &str, ids: &mut Vec<TokenId>) {
        self.encode_into(text, ids);
    }

    fn count(&self, text: &str) -> usize {
        self.count(text)
    }
}
