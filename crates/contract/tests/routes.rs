//! Paths lead to the operations that the document gives them.
#![allow(clippy::unwrap_used)]

use fakeai_contract::{Api, Below, Kind, Match, Method, Mount, openai};

fn found(method: Method, path: &str, beta: bool) -> (String, Vec<(String, String)>) {
    match openai().find(method, path, beta) {
        Match::Found { operation, params } => (
            operation.id.to_string(),
            params
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        ),
        other => panic!("{path}: {other:?}"),
    }
}

fn one(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

#[test]
fn every_operation_is_found_by_its_own_path_with_its_own_values() {
    for operation in openai().operations() {
        let path = operation.path.replace(['{', '}'], "");
        let matched = match operation.upgrade {
            true => openai().find_upgrade(&path),
            false => openai().find(operation.method, &path, operation.beta),
        };
        let Match::Found {
            operation: got,
            params,
        } = matched
        else {
            panic!("{path}")
        };
        assert_eq!(got.id, operation.id);
        for (name, value) in params.iter() {
            assert_eq!(name, value);
        }
    }
    assert_eq!(
        openai()
            .operations()
            .iter()
            .filter(|row| !row.upgrade)
            .count(),
        299
    );
}

#[test]
fn model_ids_may_hold_slashes_and_escapes() {
    let model = |path| found(Method::Get, path, false);
    assert_eq!(
        model("/models/gpt-4o"),
        ("retrieveModel".into(), one("model", "gpt-4o"))
    );
    let slashed = "meta-llama/Llama-3.1-8B";
    assert_eq!(
        model("/models/meta-llama/Llama-3.1-8B"),
        ("retrieveModel".into(), one("model", slashed))
    );
    assert_eq!(
        model("/models/meta-llama%2FLlama-3.1-8B"),
        ("retrieveModel".into(), one("model", slashed))
    );
    assert_eq!(
        model("/models/meta-llama/Llama-3.1-8B/capabilities"),
        ("retrieveModelCapabilities".into(), one("model", slashed))
    );
    assert_eq!(
        model("/models/ft:gpt-4o:org::abc%zz%"),
        (
            "retrieveModel".into(),
            one("model", "ft:gpt-4o:org::abc%zz%")
        )
    );
}

#[test]
fn literals_win_over_parameters_and_beta_over_plain() {
    assert_eq!(
        found(Method::Post, "/threads/runs", false).0,
        "createThreadAndRun"
    );
    assert_eq!(
        found(Method::Post, "/responses/compact", false).0,
        "Compactconversation"
    );
    let lost = openai().find(Method::Get, "/responses/compact", false);
    assert!(matches!(lost, Match::MethodNotAllowed { .. }));
    assert_eq!(
        found(Method::Post, "/responses", true).0,
        "beta_createResponse"
    );
    assert_eq!(found(Method::Post, "/responses", false).0, "createResponse");
    assert_eq!(
        found(Method::Post, "/chat/completions", true).0,
        "createChatCompletion"
    );
    assert_eq!(
        found(Method::Post, "/chat/completions/", false).0,
        "createChatCompletion"
    );
}

#[test]
fn wrong_methods_and_unknown_paths_are_told_apart() {
    match openai().find(Method::Delete, "/chat/completions", false) {
        Match::MethodNotAllowed { allow } => assert_eq!(allow, [Method::Get, Method::Post]),
        other => panic!("{other:?}"),
    }
    // The method exists elsewhere on this path, but as a WebSocket only.
    assert!(matches!(
        openai().find(Method::Get, "/responses", false),
        Match::MethodNotAllowed { allow } if allow == [Method::Post]
    ));
    for path in [
        "",
        "/",
        "/nothing",
        "/models/",
        "/chat",
        "/chat//completions",
        "/files//content",
    ] {
        let lost = openai().find(Method::Patch, path, false);
        assert!(!matches!(lost, Match::Found { .. }), "{path}: {lost:?}");
    }
    assert!(matches!(
        openai().find(Method::Get, "/files//content", false),
        Match::NotFound
    ));
}

#[test]
fn websockets_are_rows_of_their_own() {
    for (path, id) in [
        ("/responses", "connectResponses"),
        ("/realtime", "connectRealtime"),
    ] {
        let Match::Found { operation, .. } = openai().find_upgrade(path) else {
            panic!("{path}")
        };
        assert_eq!(&*operation.id, id);
        assert_eq!(operation.kind, Kind::Infer);
        assert!(operation.event.is_some());
    }
}

#[test]
fn the_rows_carry_what_the_document_says() {
    let count = |test: &dyn Fn(&fakeai_contract::Operation) -> bool| {
        openai().operations().iter().filter(|row| test(row)).count()
    };
    assert_eq!(
        count(&|row| row.security == fakeai_contract::Security::Admin),
        122
    );
    assert_eq!(count(&|row| row.deprecated), 15);
    assert_eq!(count(&|row| row.beta), 7);
    assert_eq!(openai().webhooks().len(), 16);
    let upload = openai().operation("addUploadPart").unwrap();
    assert_eq!(upload.body_limit, Some(65 << 20));
    assert!(upload.body("multipart/form-data; boundary=x").is_some());
    let call = openai().operation("create-realtime-call").unwrap();
    assert_eq!(call.success_status(), 201);
}

fn below(path: &str) -> Option<(&'static Mount, Below<'_>)> {
    let mut mounts = openai().mounts().iter();
    mounts.find_map(|mount| Some((mount, mount.below(path)?)))
}

#[test]
fn operations_stand_below_mounts_in_the_wire_of_others() {
    for mount in openai().mounts() {
        for id in &mount.operations {
            let operation = openai().operation(id).unwrap();
            let path = format!("{}/gpt%2D4o{}", mount.prefix, operation.path);
            let (found, rest) = below(&path).unwrap();
            assert!(found.has(operation) && found.prefix == mount.prefix);
            assert_eq!(
                (rest.path, rest.parameter.as_deref()),
                (&*operation.path, Some("gpt-4o"))
            );
        }
    }
    let (mount, rest) = below("/openai/v1/files/file-1").unwrap();
    assert_eq!(
        (rest.path, mount.api, mount.dated),
        ("/files/file-1", Api::Azure, false)
    );
    let (mount, rest) = below("/openai/files").unwrap();
    assert_eq!((rest.path, mount.dated), ("/files", true));
    assert!(below("/v1/files").is_none() && below("/openai").is_none());
}
