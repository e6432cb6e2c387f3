//! Children that hold pieces of one whole: finding them all, joining their bytes, removing them.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::ApiError;

use crate::Order;
use crate::objects::Objects;
use crate::store::{Blobs, Change, PageQuery, Record};

/// Objects that are looked up at once.
const PAGE: usize = 1_000;

/// Bytes that are copied at once.
const COPIED: usize = 1 << 20;

/// All objects of a family below a parent, the oldest first.
pub(crate) fn below(store: Objects<'_>, family: &'static str, parent: &str) -> Vec<Arc<Record>> {
    let mut found: Vec<Arc<Record>> = Vec::new();
    loop {
        let query = PageQuery {
            family,
            parent: Some(parent),
            after: found.last().map(|last| last.id.as_str()),
            before: None,
            order: Order::Ascending,
            limit: PAGE,
            filters: Vec::new(),
        };
        let Ok(page) = store.page(&query) else {
            return found;
        };
        let more = page.has_more && !page.records.is_empty();
        found.extend(page.records);
        if !more {
            return found;
        }
    }
}

/// The removal of all objects of a family below a parent.
pub(crate) fn removal(store: Objects<'_>, family: &'static str, parent: &str) -> Vec<Change> {
    let found = below(store, family, parent).into_iter();
    found
        .map(|piece| Change::Delete {
            family: piece.family,
            parent: Some(parent.to_owned()),
            id: piece.id.clone(),
        })
        .collect()
}

/// Hands the bytes of a blob over, one piece after the other.
///
/// # Errors
/// The blob can't be read, or who takes the bytes refuses them.
pub(crate) fn copy(
    blobs: &dyn Blobs,
    id: &str,
    mut take: impl FnMut(Bytes) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let mut at = 0;
    loop {
        let piece = blobs.read(id, at, COPIED)?;
        if piece.is_empty() {
            return Ok(());
        }
        at += piece.len() as u64;
        take(piece)?;
    }
}
