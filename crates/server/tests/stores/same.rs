//! The same changes on the store in memory and on a lasting one leave the same objects, pages,
//! deadlines and refusals behind.

use std::sync::Arc;

use fakeai_canon::Micros;
use fakeai_resources::{Change, Filter, Objects, Order, PageQuery, Parent, Record, Whose};
use fakeai_server::store::StoreLimits;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::places::{Opened, Place};

/// Families by how deep they lie.
const FAMILIES: [&str; 3] = ["threads", "messages", "files"];

/// The default project and two others.
const PROJECTS: [&str; 3] = ["", "proj_a", "proj_ö'"];

#[test]
fn sqlite_is_the_same_as_memory() {
    compare(&Place::sqlite(), 150);
}

#[test]
fn postgres_is_the_same_as_memory() {
    if let Some(place) = Place::postgres() {
        compare(&place, 40);
    }
}

fn compare(place: &Place, cases: u32) {
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    });
    let commits = proptest::collection::vec(proptest::collection::vec(change(), 1..4), 1..25);
    let limits = prop_oneof![
        Just(StoreLimits::default()),
        (1_usize..12, 200_usize..1500).prop_map(|(max_objects, max_bytes)| StoreLimits {
            max_objects,
            max_bytes,
            retention: None,
        }),
    ];
    let result = runner.run(&(commits, limits), |(commits, limits)| {
        let (model, store) = (Place::Memory.open(limits), place.open(limits));
        for changes in commits {
            let (expected, done) = (model.commit(changes.clone()), store.commit(changes));
            prop_assert_eq!(done, expected);
        }
        same(&model, &store)
    });
    result.unwrap();
}

fn same(model: &Opened, store: &Opened) -> Result<(), TestCaseError> {
    prop_assert_eq!(store.count(), model.count());
    prop_assert_eq!(store.room(), model.room());
    prop_assert_eq!(store.next_due(), model.next_due());
    prop_assert_eq!(store.due(Micros(5), 3), model.due(Micros(5), 3));
    for family in FAMILIES {
        for parent in [None, Some("a"), Some("b"), Some("c"), Some("ö\0\"'%")] {
            for id in ["a", "b", "c", "d"] {
                let whose = Whose::Anyones;
                prop_assert_eq!(
                    store.store.find(whose, family, parent, id),
                    model.store.find(whose, family, parent, id)
                );
            }
            for project in PROJECTS {
                same_in(model.of(project), store.of(project), family, parent)?;
            }
        }
    }
    Ok(())
}

fn same_in(
    model: Objects<'_>,
    store: Objects<'_>,
    family: &'static str,
    parent: Option<&str>,
) -> Result<(), TestCaseError> {
    if let Some(parent) = parent {
        prop_assert_eq!(
            store.children(family, parent),
            model.children(family, parent)
        );
    }
    for id in ["a", "b", "c", "d"] {
        prop_assert_eq!(
            store.find(family, parent, id),
            model.find(family, parent, id)
        );
        for query in queries(family, parent, id) {
            prop_assert_eq!(store.page(&query), model.page(&query), "{:?}", query);
        }
    }
    Ok(())
}

fn queries<'a>(
    family: &'static str,
    parent: Option<&'a str>,
    id: &'a str,
) -> impl Iterator<Item = PageQuery<'a>> {
    let filters = [
        vec![],
        vec![Filter {
            path: vec!["metadata".to_owned(), "kind".to_owned()],
            equals: "1".to_owned(),
        }],
        vec![Filter {
            path: vec!["odd \"name\"".to_owned()],
            equals: "1".to_owned(),
        }],
    ];
    let cursors = [
        (None, None),
        (Some(id), None),
        (None, Some(id)),
        (Some(id), Some("b")),
    ];
    filters.into_iter().flat_map(move |filters| {
        cursors.into_iter().flat_map(move |(after, before)| {
            let filters = filters.clone();
            [Order::Ascending, Order::Descending].map(|order| PageQuery {
                family,
                parent,
                after,
                before,
                order,
                limit: 2,
                filters: filters.clone(),
            })
        })
    })
}

fn change() -> impl Strategy<Value = Change> {
    let id = prop_oneof![Just("a"), Just("b"), Just("c"), Just("d")];
    (
        0_usize..6,
        0_usize..FAMILIES.len(),
        id.clone(),
        id,
        object(),
        0_u64..12,
        0_usize..PROJECTS.len(),
    )
        .prop_map(|(kind, depth, id, parent, object, number, project)| {
            let family = FAMILIES[depth];
            let parent = depth.checked_sub(1).map(|above| Parent {
                family: FAMILIES[above],
                id: parent.to_owned(),
            });
            if kind == 0 {
                return Change::Delete {
                    family,
                    parent: parent.map(|parent| parent.id),
                    id: id.to_owned(),
                };
            }
            let project = Some(PROJECTS[project]).filter(|project| !project.is_empty());
            let record = Record {
                family,
                project: project.map(Arc::from),
                id: id.to_owned(),
                parent,
                created: Micros(number),
                private: if number % 2 == 0 {
                    Value::Null
                } else {
                    json!({"n": number})
                },
                due: (number > 6).then_some(Micros(number)),
                blob: None,
                object: Arc::new(object),
            };
            if kind == 1 {
                Change::Replace(record)
            } else {
                Change::Put(record)
            }
        })
}

/// Objects whose texts, numbers and names databases might take for something else.
fn object() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        Just(json!("1")),
        Just(json!(1)),
        Just(json!(true)),
        Just(json!(["1"])),
        Just(json!("ö\u{0}\"'%\u{1F980}")),
    ];
    (kind, any::<bool>()).prop_map(|(kind, odd)| {
        json!({"z": 1.5, "metadata": {"kind": kind}, "odd \"name\"": if odd { "1" } else { "2" }, "a": null})
    })
}
