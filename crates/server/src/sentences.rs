//! Reads the model of sentences that the settings name, once for all worlds. What it does is content.

use std::io;
use std::path::Path;
use std::sync::Arc;

use fakeai_content::{ModelFiles, SentenceModel, VocabularyFile};

use crate::store::OpenError;

/// The model in a folder.
///
/// # Errors
/// A file that is missing or no use.
pub(crate) fn open(folder: &Path) -> Result<Arc<SentenceModel>, OpenError> {
    let unusable = |why: String| OpenError {
        what: format!("the embedding model {}", folder.display()),
        why,
    };
    let text = |name: &str| {
        let read = std::fs::read_to_string(folder.join(name));
        read.map_err(|error| unusable(format!("{name}: {error}")))
    };
    let text_if_there = |name: &str| match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(format!("{name}: {error}"))),
    };
    let weights = std::fs::read(folder.join("model.safetensors"));
    let files = ModelFiles {
        config: text("config.json")?,
        vocabulary: match text_if_there("vocab.txt")? {
            Some(lines) => VocabularyFile::Lines(lines),
            None => VocabularyFile::Tokenizer(text("tokenizer.json")?),
        },
        weights: weights.map_err(|error| unusable(format!("model.safetensors: {error}")))?,
        sentences: text_if_there("sentence_bert_config.json")?,
    };
    SentenceModel::new(&files).map(Arc::new).map_err(unusable)
}
