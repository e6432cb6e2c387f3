//! What every store must do.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use fakeai_canon::{Clock, Micros};
use fakeai_resources::{
    Change, Filter, LostCursor, Objects, Order, Page, PageQuery, Parent, Record,
};
use fakeai_server::store::StoreLimits;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::Hand;
use crate::places::{Opened, Place};

/// A law by its name.
type Law = (&'static str, fn(&Place));

/// All laws.
const LAWS: &[Law] = &[
    (
        "a_page_is_the_stretch_of_the_list_that_its_cursors_mark",
        a_page_is_the_stretch_of_the_list_that_its_cursors_mark,
    ),
    (
        "a_filter_selects_before_the_limit_counts",
        a_filter_selects_before_the_limit_counts,
    ),
    (
        "a_cursor_of_another_list_is_lost",
        a_cursor_of_another_list_is_lost,
    ),
    (
        "deleting_takes_the_whole_subtree_and_nothing_else",
        deleting_takes_the_whole_subtree_and_nothing_else,
    ),
    (
        "what_was_deleted_meanwhile_does_not_come_back",
        what_was_deleted_meanwhile_does_not_come_back,
    ),
    (
        "a_replaced_object_keeps_its_place",
        a_replaced_object_keeps_its_place,
    ),
    (
        "an_item_may_stand_below_several_parents",
        an_item_may_stand_below_several_parents,
    ),
    (
        "a_full_store_refuses_and_keeps_what_it_has",
        a_full_store_refuses_and_keeps_what_it_has,
    ),
    (
        "bytes_are_given_back_when_objects_go",
        bytes_are_given_back_when_objects_go,
    ),
    (
        "objects_expire_on_the_worlds_clock_with_all_below_them",
        objects_expire_on_the_worlds_clock_with_all_below_them,
    ),
    (
        "a_project_sees_its_own_and_what_is_the_organisations",
        a_project_sees_its_own_and_what_is_the_organisations,
    ),
    (
        "a_replaced_object_stays_its_projects",
        a_replaced_object_stays_its_projects,
    ),
];

fn hold(place: &Place) {
    for (name, law) in LAWS {
        eprintln!("{name}");
        law(place);
    }
}

#[test]
fn the_laws_hold_in_memory() {
    hold(&Place::Memory);
}

#[test]
fn the_laws_hold_in_sqlite() {
    hold(&Place::sqlite());
}

#[test]
fn the_laws_hold_in_postgres() {
    if let Some(place) = Place::postgres() {
        hold(&place);
    }
}

fn open(place: &Place) -> Opened {
    place.open(StoreLimits::default())
}

fn record(family: &'static str, parent: Option<(&'static str, &str)>, id: &str) -> Record {
    Record {
        family,
        project: None,
        id: id.to_owned(),
        parent: parent.map(|(family, id)| Parent {
            family,
            id: id.to_owned(),
        }),
        created: Micros::ZERO,
        object: Arc::new(json!({"id": id, "text": "something of a usual length"})),
        private: json!(null),
        due: None,
        blob: None,
    }
}

fn put(family: &'static str, parent: Option<(&'static str, &str)>, id: &str) -> Change {
    Change::Put(record(family, parent, id))
}

fn delete(family: &'static str, parent: Option<&str>, id: &str) -> Change {
    Change::Delete {
        family,
        parent: parent.map(str::to_owned),
        id: id.to_owned(),
    }
}

/// A store with two threads, `t` and `u`.
fn with_threads(place: &Place) -> Opened {
    let store = open(place);
    let threads = vec![put("threads", None, "t"), put("threads", None, "u")];
    store.commit(threads).unwrap();
    store
}

fn ids(page: &Page) -> Vec<&str> {
    let records = page.records.iter();
    records.map(|record| record.id.as_str()).collect()
}

fn everything(family: &'static str, parent: Option<&'static str>) -> PageQuery<'static> {
    PageQuery {
        family,
        parent,
        after: None,
        before: None,
        order: Order::Ascending,
        limit: 100,
        filters: Vec::new(),
    }
}

/// The page as one would make it from the whole list by hand.
fn naive(
    all: &[String],
    order: Order,
    after: Option<&str>,
    before: Option<&str>,
    limit: usize,
) -> Result<(Vec<String>, bool), &'static str> {
    let mut list = all.to_vec();
    if order == Order::Descending {
        list.reverse();
    }
    let place = |id: &str| list.iter().position(|one| one == id);
    let from = match after {
        Some(id) => place(id).ok_or("after")? + 1,
        None => 0,
    };
    let to = match before {
        Some(id) => place(id).ok_or("before")?,
        None => list.len(),
    };
    let between = if from < to {
        list[from..to].to_vec()
    } else {
        Vec::new()
    };
    let has_more = between.len() > limit;
    let page = if before.is_some() && after.is_none() {
        between[between.len() - limit.min(between.len())..].to_vec()
    } else {
        between.into_iter().take(limit).collect()
    };
    Ok((page, has_more))
}

fn a_page_is_the_stretch_of_the_list_that_its_cursors_mark(place: &Place) {
    let cases = (
        proptest::collection::vec(any::<bool>(), 0..40),
        prop_oneof![Just(Order::Ascending), Just(Order::Descending)],
        proptest::option::of(0usize..42),
        proptest::option::of(0usize..42),
        0usize..45,
    );
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(64)
    });
    let result = runner.run(&cases, |(deleted, order, after, before, limit)| {
        let store = with_threads(place);
        for place in 0..deleted.len() {
            let id = format!("m{place}");
            store
                .commit(vec![
                    put("messages", Some(("threads", "t")), &id),
                    put("messages", Some(("threads", "u")), &format!("other{place}")),
                ])
                .unwrap();
        }
        let mut all = Vec::new();
        for (place, deleted) in deleted.iter().enumerate() {
            let id = format!("m{place}");
            if *deleted {
                store
                    .commit(vec![delete("messages", Some("t"), &id)])
                    .unwrap();
            } else {
                all.push(id);
            }
        }
        let (after, before) = (
            after.map(|n| format!("m{n}")),
            before.map(|n| format!("m{n}")),
        );
        let found = store.page(&PageQuery {
            family: "messages",
            parent: Some("t"),
            after: after.as_deref(),
            before: before.as_deref(),
            order,
            limit,
            filters: Vec::new(),
        });
        match naive(&all, order, after.as_deref(), before.as_deref(), limit) {
            Ok((page, has_more)) => {
                let found = found.unwrap();
                prop_assert_eq!(ids(&found), page);
                prop_assert_eq!(found.has_more, has_more);
            }
            Err(param) => prop_assert_eq!(found.unwrap_err().param, param),
        }
        Ok(())
    });
    result.unwrap();
}

fn a_filter_selects_before_the_limit_counts(place: &Place) {
    let store = open(place);
    for place in 0..10 {
        let mut record = record("runs", None, &format!("r{place}"));
        record.object = Arc::new(json!({"model": if place % 2 == 0 { "a" } else { "b" }}));
        store.commit(vec![Change::Put(record)]).unwrap();
    }
    let mut query = everything("runs", None);
    query.limit = 3;
    query.filters = vec![Filter {
        path: vec!["model".into()],
        equals: "b".into(),
    }];
    let page = store.page(&query).unwrap();
    assert_eq!(ids(&page), ["r1", "r3", "r5"]);
    assert!(page.has_more);
}

fn a_cursor_of_another_list_is_lost(place: &Place) {
    let store = with_threads(place);
    store
        .commit(vec![put("messages", Some(("threads", "u")), "elsewhere")])
        .unwrap();
    let mut query = everything("messages", Some("t"));
    query.after = Some("elsewhere");
    assert_eq!(
        store.page(&query),
        Err(LostCursor {
            param: "after",
            id: "elsewhere".into()
        })
    );
}

fn deleting_takes_the_whole_subtree_and_nothing_else(place: &Place) {
    let store = with_threads(place);
    store
        .commit(vec![
            put("runs", Some(("threads", "t")), "r"),
            put("steps", Some(("runs", "r")), "s"),
            put("runs", Some(("threads", "u")), "kept"),
            put("steps", Some(("runs", "kept")), "kept too"),
            // The same name in another family is another object.
            put("users", None, "t"),
            put("keys", Some(("users", "t")), "k"),
        ])
        .unwrap();
    store.commit(vec![delete("threads", None, "t")]).unwrap();
    assert!(store.find("runs", None, "r").is_none());
    assert!(store.find("steps", None, "s").is_none());
    assert!(store.find("steps", Some("kept"), "kept too").is_some());
    assert!(store.find("keys", Some("t"), "k").is_some());
    assert_eq!(store.count(), 5);
}

fn what_was_deleted_meanwhile_does_not_come_back(place: &Place) {
    let store = open(place);
    store
        .commit(vec![
            Change::Replace(record("threads", None, "t")),
            put("messages", Some(("threads", "t")), "m"),
        ])
        .unwrap();
    assert_eq!(store.count(), 0);
}

fn a_replaced_object_keeps_its_place(place: &Place) {
    let store = open(place);
    for id in ["a", "b", "c"] {
        store.commit(vec![put("runs", None, id)]).unwrap();
    }
    let mut changed = record("runs", None, "b");
    changed.object = Arc::new(json!({"id": "b", "new": true}));
    store.commit(vec![Change::Replace(changed)]).unwrap();
    let page = store.page(&everything("runs", None)).unwrap();
    assert_eq!(ids(&page), ["a", "b", "c"]);
    assert_eq!(page.records[1].object["new"], json!(true));
    assert_eq!(store.object("runs", "b").unwrap()["new"], json!(true));
}

fn an_item_may_stand_below_several_parents(place: &Place) {
    let store = with_threads(place);
    store
        .commit(vec![
            put("messages", Some(("threads", "t")), "m"),
            put("messages", Some(("threads", "u")), "m"),
        ])
        .unwrap();
    store.commit(vec![delete("threads", None, "u")]).unwrap();
    assert!(store.find("messages", Some("u"), "m").is_none());
    assert!(store.find("messages", Some("t"), "m").is_some());
    assert_eq!(store.children("messages", "t").len(), 1);
}

fn a_full_store_refuses_and_keeps_what_it_has(place: &Place) {
    let limits = StoreLimits {
        max_objects: 2,
        ..StoreLimits::default()
    };
    let store = place.open(limits);
    let put = |id| put("runs", None, id);
    store.commit(vec![put("a")]).unwrap();
    let error = store.commit(vec![put("b"), put("c")]).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("storage_limit_exceeded"));
    assert_eq!(store.count(), 1);
    store.commit(vec![put("b"), put("a")]).unwrap();
    assert!(store.room().is_err());
    store.commit(vec![delete("runs", None, "a")]).unwrap();
    assert!(store.room().is_ok());
}

fn bytes_are_given_back_when_objects_go(place: &Place) {
    let limits = StoreLimits {
        max_bytes: 400,
        ..StoreLimits::default()
    };
    let store = place.open(limits);
    let put = |id: &str| put("runs", None, id);
    let mut fitting = 0;
    while store.commit(vec![put(&format!("first{fitting}"))]).is_ok() {
        fitting += 1;
    }
    assert!((2..20).contains(&fitting), "{fitting} objects fit");
    for place in 0..fitting {
        let id = format!("first{place}");
        store.commit(vec![delete("runs", None, &id)]).unwrap();
    }
    for place in 0..fitting {
        store.commit(vec![put(&format!("again{place}"))]).unwrap();
    }
}

fn objects_expire_on_the_worlds_clock_with_all_below_them(place: &Place) {
    let clock = Arc::new(Hand::default());
    let limits = StoreLimits {
        retention: Some(Micros::from_seconds(60.0)),
        ..StoreLimits::default()
    };
    let store = place.open_at(limits, Arc::clone(&clock) as Arc<dyn Clock>);
    store
        .commit(vec![
            put("threads", None, "old"),
            put("messages", Some(("threads", "old")), "m"),
        ])
        .unwrap();
    let mut young = record("threads", None, "young");
    young.created = Micros::from_seconds(30.0);
    store.commit(vec![Change::Put(young)]).unwrap();
    clock.0.store(59_999_999, Ordering::Relaxed);
    assert_eq!(store.count(), 3);
    clock.0.store(60_000_000, Ordering::Relaxed);
    assert!(store.object("threads", "old").is_none());
    assert!(store.children("messages", "old").is_empty());
    assert!(store.object("threads", "young").is_some());
    clock.0.store(90_000_000, Ordering::Relaxed);
    assert_eq!(store.count(), 0);
}

/// A project's object.
fn of(project: &str, mut change: Change) -> Change {
    if let Change::Put(record) | Change::Replace(record) = &mut change {
        record.project = Some(Arc::from(project));
    }
    change
}

fn a_project_sees_its_own_and_what_is_the_organisations(place: &Place) {
    let store = open(place);
    store
        .commit(vec![
            put("threads", None, "everybody's"),
            of("p", put("threads", None, "t")),
            of("p", put("messages", Some(("threads", "t")), "m")),
            of("q", put("threads", None, "u")),
            of("q", put("messages", Some(("threads", "u")), "m")),
            put("organization.users", None, "user"),
        ])
        .unwrap();
    let (p, q, default) = (store.of("p"), store.of("q"), store.of(""));
    assert!(p.find("threads", None, "t").is_some());
    assert!(q.find("threads", None, "t").is_none());
    assert!(default.find("threads", None, "t").is_none());
    assert!(p.find("threads", None, "everybody's").is_none());
    // The same id below two parents: each finds its own, whichever is the newer.
    let parent = |found: Option<Arc<Record>>| found.unwrap().parent.clone().unwrap().id;
    assert_eq!(parent(p.find("messages", None, "m")), "t");
    assert_eq!(parent(q.find("messages", None, "m")), "u");
    assert_eq!(p.children("messages", "t").len(), 1);
    assert!(q.children("messages", "t").is_empty());
    let list = everything("threads", None);
    assert_eq!(ids(&p.page(&list).unwrap()), ["t"]);
    assert_eq!(ids(&default.page(&list).unwrap()), ["everybody's"]);
    let lost = q.page(&PageQuery {
        after: Some("t"),
        ..list
    });
    assert_eq!(lost.unwrap_err().id, "t");
    let below = everything("messages", Some("t"));
    assert!(q.page(&below).unwrap().records.is_empty());
    for objects in [p, q, default, Objects::everyones(&*store.store)] {
        assert!(objects.find("organization.users", None, "user").is_some());
        let users = objects.page(&everything("organization.users", None));
        assert_eq!(ids(&users.unwrap()), ["user"]);
    }
}

fn a_replaced_object_stays_its_projects(place: &Place) {
    let store = open(place);
    store.commit(vec![of("p", put("runs", None, "a"))]).unwrap();
    let mut changed = record("runs", None, "a");
    changed.object = Arc::new(json!({"id": "a", "new": true}));
    store
        .commit(vec![of("q", Change::Replace(changed.clone()))])
        .unwrap();
    store.commit(vec![Change::Put(changed)]).unwrap();
    assert!(store.of("q").find("runs", None, "a").is_none());
    assert!(store.find("runs", None, "a").is_none());
    let record = store.of("p").find("runs", None, "a").unwrap();
    assert_eq!(record.object["new"], json!(true));
    let page = store.of("p").page(&everything("runs", None)).unwrap();
    assert_eq!(page.records[0].object["new"], json!(true));
}
