//! Pages for people and probes.

use fakeai_contract::openai;

use crate::house::House;

#[tokio::test]
async fn health_says_that_it_is_healthy() {
    let house = House::open().await;
    let health = house.get("/health").await.ok();
    assert_eq!(health["status"], "healthy");
    let timestamp = health["timestamp"].as_str().expect("a time");
    assert!(
        timestamp.ends_with('Z') && timestamp.contains('T'),
        "{timestamp}"
    );
    assert_eq!(house.get("/w/blue/health").await.ok()["world"], "blue");
}

#[tokio::test]
async fn the_documentation_works_without_a_network() {
    let house = House::open().await;
    let page = house.get("/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let text = page.text();
    for fetched in [
        "src=\"http",
        "src='http",
        "src=\"//",
        "<link",
        "@import",
        "url(http",
        "import(",
    ] {
        assert!(!text.contains(fetched), "it fetches by {fetched}");
    }
    assert!(text.contains("<script") && text.contains("openapi.json"));
}

#[tokio::test]
async fn the_openapi_document_lists_every_operation() {
    let house = House::open().await;
    let document = house.get("/openapi.json").await.ok();
    assert!(
        document["openapi"]
            .as_str()
            .expect("a version")
            .starts_with("3.")
    );
    let mut missing = Vec::new();
    // A WebSocket is no operation of an OpenAPI document.
    for operation in openai().operations().iter().filter(|row| !row.upgrade) {
        let method = operation.method.as_str().to_lowercase();
        let path = &document["paths"][&*operation.path];
        // A twin under `?beta=true` shares the path and method of an ordinary operation.
        let known = if operation.beta {
            path.is_object()
        } else {
            path[&method]["operationId"] == *operation.id
        };
        if !known {
            missing.push(operation.id.clone());
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn the_documentation_can_be_turned_off() {
    let house = House::with(|config| config.features.docs = false).await;
    house.get("/docs").await.error(404);
    house.get("/openapi.json").await.error(404);
    house.get("/health").await.ok();
}
