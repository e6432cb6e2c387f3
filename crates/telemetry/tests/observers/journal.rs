//! The journal keeps the last calls, within its bounds.

use std::sync::Arc;

use crate::calls::closed;
use bytes::Bytes;
use fakeai_canon::{Event, Micros, Observer};
use fakeai_telemetry::{Journal, JournalFilter, JournalLimits};

fn note(journal: &Journal, place: u64) {
    let status = if place.is_multiple_of(2) { 200 } else { 500 };
    let mut call = closed("createChatCompletion", &format!("m{}", place % 3), status);
    call.request_id = format!("req_{place}");
    call.ended = Micros::from_seconds(place as f64);
    call.request_body = Bytes::from(vec![b'x'; 1_000]);
    call.request_bytes = 1_000;
    journal.observe(&Event::Closed(Arc::new(call)));
}

fn ids(journal: &Journal, query: &[(&str, &str)]) -> Vec<String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let query = query.iter().map(owned).collect::<Vec<_>>();
    let list = journal.list(&JournalFilter::from_query(&query).unwrap());
    let entries = list["data"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["request_id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_newest_come_first_and_filters_all_hold() {
    let journal = Journal::new(JournalLimits::default());
    (0..12).for_each(|place| note(&journal, place));
    assert_eq!(ids(&journal, &[("limit", "2")]), ["req_11", "req_10"]);
    assert_eq!(
        ids(&journal, &[("model", "m1"), ("status", "200")]),
        ["req_10", "req_4"]
    );
    assert_eq!(ids(&journal, &[("since", "10")]), ["req_11", "req_10"]);
    assert!(ids(&journal, &[("operation", "createEmbedding")]).is_empty());
    journal.clear();
    assert!(journal.is_empty());
}

#[test]
fn a_filter_that_is_no_number_is_refused() {
    let query = [("status".to_owned(), "bad".to_owned())];
    let error = JournalFilter::from_query(&query).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("status"));
}

#[test]
fn entries_are_bounded_by_number() {
    let limits = JournalLimits {
        entries: 5,
        ..JournalLimits::default()
    };
    let journal = Journal::new(limits);
    (0..12).for_each(|place| note(&journal, place));
    assert_eq!(journal.len(), 5);
    assert_eq!(ids(&journal, &[]).last().unwrap(), "req_7");
    assert_eq!(journal.list(&JournalFilter::default())["dropped"], 7);
}

#[test]
fn entries_are_bounded_by_bytes_and_bodies_are_cut() {
    let limits = JournalLimits {
        entries: 1_000_000,
        bytes: 20_000,
        body_bytes: 10,
    };
    let journal = Journal::new(limits);
    (0..1_000).for_each(|place| note(&journal, place));
    assert!((1..100).contains(&journal.len()), "{}", journal.len());
    let entry = &journal.list(&JournalFilter::default())["data"][0];
    assert_eq!(entry["request"], "xxxxxxxxxx");
    assert_eq!(entry["request_bytes"], 1_000);
}
