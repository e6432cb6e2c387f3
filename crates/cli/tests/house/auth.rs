//! Keys: needed where they are set, and never shown whole.

use crate::client::Request;
use crate::house::House;

async fn locked() -> House {
    House::with(|config| config.auth.api_keys.0 = vec!["sk-right-key-0001".to_owned()]).await
}

#[tokio::test]
async fn a_call_needs_one_of_the_keys() {
    let house = locked().await;
    let with = |header: &str| Request::get("/v1/models").header("authorization", header);
    assert_eq!(
        house.send(with("Bearer sk-right-key-0001")).await.status,
        200
    );
    assert_eq!(
        house.send(with("bearer sk-right-key-0001")).await.status,
        200
    );

    let wrong = house
        .send(with("Bearer sk-wrong-abcdefghijklmnop-9876"))
        .await;
    let error = wrong.error(401);
    let words = error["message"].as_str().expect("words");
    assert!(
        words.contains("Incorrect API key provided: sk-wrong"),
        "{words}"
    );
    assert!(words.contains("****") && words.contains("9876"), "{words}");
    assert!(!words.contains("abcdefgh"), "it shows the key: {words}");
    assert_eq!(error["code"], "invalid_api_key");
    assert_eq!(error["type"], "invalid_request_error");

    for header in ["Basic c2s6", "Bearer", "Bearer ", "sk-right-key-0001"] {
        let error = house.send(with(header)).await.error(401);
        let words = error["message"].as_str().expect("words");
        assert!(words.contains("You didn't provide an API key"), "{words}");
    }
    house.get("/v1/models").await.error(401);
    house.get("/_fakeai/journal").await.error(401);
}

#[tokio::test]
async fn pages_for_probes_and_browsers_are_open() {
    let house = locked().await;
    for path in ["/health", "/metrics", "/docs", "/openapi.json", "/"] {
        assert_eq!(house.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn without_keys_every_call_is_let_in() {
    let house = House::open().await;
    assert_eq!(house.get("/v1/models").await.status, 200);
    let any = Request::get("/v1/models").header("authorization", "Bearer whatever");
    assert_eq!(house.send(any).await.status, 200);
}
