//! Faults on purpose.

use serde_json::json;

use crate::client::Request;
use crate::house::House;

#[tokio::test]
async fn a_call_can_ask_for_its_own_fault() {
    let house = House::open().await;
    let chat = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
    let chat = Request::post("/v1/chat/completions").json(&chat);
    let limited = house
        .send(
            chat.clone()
                .header("x-fakeai-fault", "429; retry-after=2.5"),
        )
        .await;
    assert_eq!(limited.error(429)["code"], "rate_limit_exceeded");
    assert_eq!(limited.header("retry-after"), "3");
    assert_eq!(limited.header("retry-after-ms"), "2500");
    house
        .send(chat.clone().header("x-fakeai-fault", "500"))
        .await
        .error(500);
    house
        .send(chat.clone().header("x-fakeai-fault", "teapot"))
        .await
        .error(400);
    house.send(chat).await.ok();
    let faults = house.get("/metrics").await.ok()["worlds"][0]["total"]["faults"].clone();
    assert_eq!(faults, 2);
}

async fn fates(seed: u64) -> Vec<u16> {
    let house = House::with(|config| {
        config.server.seed = seed;
        config.features.fault_rate = 0.4;
        config.features.fault_status = 502;
    })
    .await;
    let connection = house.connect().await;
    let mut fates = Vec::new();
    for _ in 0..60 {
        fates.push(connection.send(Request::get("/v1/models")).await.status);
    }
    assert_eq!(connection.send(Request::get("/health")).await.status, 200);
    fates
}

#[tokio::test]
async fn faults_by_rate_follow_the_seed() {
    let first = fates(5).await;
    let failed = first.iter().filter(|status| **status == 502).count();
    assert!(
        (10..40).contains(&failed),
        "{failed} of 60 at a rate of 0.4"
    );
    assert!(first.iter().all(|status| [200, 502].contains(status)));
    assert_eq!(first, fates(5).await);
    assert_ne!(first, fates(6).await);
}
