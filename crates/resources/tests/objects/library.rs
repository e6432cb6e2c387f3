//! A library of one shelf: a file is one passage, and is found by any of its words.

use fakeai_canon::ApiError;
use fakeai_resources::{Blobs, FileQuestion, Found, Holding, Library, Unreadable, Volume};

use crate::memory_blobs::MemoryBlobs;

pub(crate) struct Shelf<'a>(pub(crate) &'a MemoryBlobs);

impl Library for Shelf<'_> {
    fn shelve(&self, _: &str, volume: &Volume) -> Result<u64, Unreadable> {
        self.text(volume).map(|text| text.len() as u64)
    }

    fn text(&self, volume: &Volume) -> Result<String, Unreadable> {
        let bytes = self.0.read(&volume.blob, 0, 1 << 20).unwrap();
        String::from_utf8(bytes.to_vec()).map_err(|_| Unreadable {
            code: "unsupported_file",
            message: "The file type is not supported.".to_owned(),
        })
    }

    fn search(&self, stores: &[Holding], question: &FileQuestion) -> Result<Vec<Found>, ApiError> {
        let volumes = stores.iter().flat_map(|holding| &holding.volumes);
        let found = volumes.filter_map(|volume| {
            let text = self.text(volume).ok()?;
            let has = |query: &String| query.split(' ').any(|word| text.contains(word));
            question.queries.iter().any(has).then(|| Found {
                file: volume.file.clone(),
                name: volume.name.clone(),
                attributes: volume.attributes.clone(),
                score: 0.5,
                text,
            })
        });
        Ok(found.take(question.limit).collect())
    }

    fn rewrite(&self, question: &str) -> String {
        question.trim_start_matches("please ").to_owned()
    }

    fn forget(&self, _: &str) {}
}
