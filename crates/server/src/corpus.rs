//! The documents that are there from the start: for answers from retrieval in a world that has stored
//! none. Not here: those of a world's vector stores.

use fakeai_canon::ApiError;
use fakeai_content::Behaviour;
use fakeai_resources::{FileQuestion, Found};
use fakeai_retrieval::{Filter, Index, Passage, Query, Ranking, built_in, merge};

use crate::library::refusal;
use crate::world::World;

/// All of them, made searchable.
fn index(behaviour: &Behaviour) -> Index {
    let mut index = Index::new();
    for document in built_in() {
        let vectors = behaviour.passage_vectors(&[&document.text]);
        let passages = vectors.into_iter().map(|vector| Passage {
            text: document.text.clone(),
            vector,
        });
        let attributes = document.attributes.clone();
        // The vectors are all of one length, and there are few of them.
        let _ = index.add(&document.id, attributes, passages.collect());
    }
    index
}

/// The passages that fit best, best first.
///
/// # Errors
/// The provider's error for filters and ranking options that can't be followed.
pub(crate) fn search(world: &World, question: &FileQuestion) -> Result<Vec<Found>, ApiError> {
    let ranking = Some(&question.ranking).filter(|value| !value.is_null());
    let ranking = Ranking::from_json(ranking).map_err(refusal)?;
    let filter = Some(&question.filters).filter(|value| !value.is_null());
    let filter = filter.map(Filter::from_json).transpose().map_err(refusal)?;
    let behaviour = &world.behaviour;
    let index = world.indexes.built_in.get_or_init(|| index(behaviour));
    let lists = question.queries.iter().map(|text| {
        let vectors = behaviour.passage_vectors(&[text]);
        let query = Query {
            text,
            vector: vectors.first().map_or(&[], Vec::as_slice),
            limit: question.limit,
            filter: filter.as_ref(),
            ranking,
        };
        index.search(&query).unwrap_or_default()
    });
    let hits = merge(lists.collect(), question.limit);
    let found = hits.iter().map(|hit| {
        let mut documents = built_in().iter();
        let document = documents.find(|document| document.id == hit.file);
        Found {
            file: hit.file.to_owned(),
            name: document.map_or_else(String::new, |document| document.source.clone()),
            attributes: serde_json::Value::Object(hit.attributes.clone()),
            score: (f64::from(hit.score) * 1e6).round() / 1e6,
            text: hit.text.to_owned(),
        }
    });
    Ok(found.collect())
}
