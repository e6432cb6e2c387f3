//! Responses that are made in the background: polled, followed, taken up again, cancelled.

use fakeai_server::config::ClockKind;
use serde_json::{Value, json};

use crate::client::{Event, Request};
use crate::house::House;

/// Ten seconds to the first token, and the clock jumps.
async fn paced() -> House {
    House::with(|config| {
        config.server.clock = ClockKind::Virtual;
        config.generation.ttft = Some("10000".parse().expect("a time"));
        config.generation.itl = Some("50".parse().expect("a time"));
    })
    .await
}

/// One token, and then none for an hour.
async fn stuck() -> House {
    House::with(|config| config.generation.itl = Some("3600000".parse().expect("a time"))).await
}

fn asked(stream: bool) -> Value {
    json!({"model": "gpt-4o", "input": "Name four planets.", "background": true,
        "stream": stream, "max_output_tokens": 24})
}

fn path(response: &Value) -> String {
    format!("/v1/responses/{}", response["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_response_is_begun_polled_and_completed() {
    let house = paced().await;
    let begun = house.post("/v1/responses", &asked(false)).await.ok();
    assert!(["queued", "in_progress"].contains(&begun["status"].as_str().expect("a status")));
    assert_eq!(begun["background"], true);
    assert_eq!(begun["usage"], Value::Null);
    let done = loop {
        let now = house.get(&path(&begun)).await.ok();
        if now["status"] != "queued" && now["status"] != "in_progress" {
            break now;
        }
    };
    assert!(done["usage"]["output_tokens"].as_u64() > Some(0), "{done}");
    assert!(["completed", "incomplete"].contains(&done["status"].as_str().expect("a status")));
    let text = &done["output"][0]["content"][0]["text"];
    let mut direct = asked(false);
    direct["background"] = json!(false);
    let direct = house.post("/v1/responses", &direct).await.ok();
    assert_eq!(*text, direct["output"][0]["content"][0]["text"]);
    let journal = house.journal("createResponse").await;
    assert!(journal.iter().any(|entry| entry["abandoned"] == false));
}

#[tokio::test]
async fn a_stream_is_taken_up_again_after_any_event() {
    let house = paced().await;
    let events = house
        .stream("/v1/responses", &asked(true))
        .await
        .events()
        .await;
    assert!(events.len() > 20, "{}", events.len());
    let response = events[0].json()["response"].clone();
    let resumed = |after: usize| {
        let target = format!("{}?stream=true&starting_after={after}", path(&response));
        let house = &house;
        async move {
            house
                .connect()
                .await
                .open(Request::get(&target))
                .await
                .events()
                .await
        }
    };
    let whole = format!("{}?stream=true", path(&response));
    let again = house
        .connect()
        .await
        .open(Request::get(&whole))
        .await
        .events()
        .await;
    assert_eq!(again, events);
    for after in [0, 1, events.len() / 2, events.len() - 2] {
        assert_eq!(resumed(after).await, events[after + 1..], "after {after}");
    }
    assert_eq!(resumed(events.len() - 1).await, Vec::<Event>::new());
}

#[tokio::test]
async fn a_client_that_hangs_up_misses_nothing() {
    let house = paced().await;
    let mut stream = house.stream("/v1/responses", &asked(true)).await;
    let mut seen = vec![stream.event().await.expect("an event")];
    let response = seen[0].json()["response"].clone();
    drop(stream);
    let target = format!("{}?stream=true&starting_after=0", path(&response));
    let rest = house
        .connect()
        .await
        .open(Request::get(&target))
        .await
        .events()
        .await;
    seen.extend(rest);
    for (number, event) in seen.iter().enumerate() {
        assert_eq!(event.json()["sequence_number"], json!(number));
    }
    let last = seen.last().expect("an event").json();
    let status = last["response"]["status"]
        .as_str()
        .expect("a status")
        .to_owned();
    assert!(
        ["completed", "incomplete"].contains(&status.as_str()),
        "{last}"
    );
    assert_eq!(house.get(&path(&response)).await.ok()["status"], status);
}

#[tokio::test]
async fn a_cancelled_response_stays_cancelled_and_its_stream_ends() {
    let house = stuck().await;
    let mut stream = house.stream("/v1/responses", &asked(true)).await;
    let response = stream.event().await.expect("an event").json()["response"].clone();
    let cancel = format!("{}/cancel", path(&response));
    assert_eq!(
        house.post(&cancel, &json!({})).await.ok()["status"],
        "cancelled"
    );
    stream.events().await;
    assert_eq!(
        house.get(&path(&response)).await.ok()["status"],
        "cancelled"
    );
    assert_eq!(
        house.post(&cancel, &json!({})).await.ok()["status"],
        "cancelled"
    );

    let direct = json!({"model": "gpt-4o", "input": "x", "max_output_tokens": 16});
    let fast = House::open().await;
    let direct = fast.post("/v1/responses", &direct).await.ok();
    fast.post(&format!("{}/cancel", path(&direct)), &json!({}))
        .await
        .error(400);
}

#[tokio::test]
async fn only_what_is_kept_can_be_followed() {
    let house = House::open().await;
    let direct = json!({"model": "gpt-4o", "input": "x"});
    let direct = house.post("/v1/responses", &direct).await.ok();
    house
        .get(&format!("{}?stream=true", path(&direct)))
        .await
        .error(400);
    house
        .get("/v1/responses/resp_none?stream=true")
        .await
        .error(404);
    let quiet = house.post("/v1/responses", &asked(false)).await.ok();
    let refused = house.get(&format!("{}?stream=true", path(&quiet))).await;
    let words = refused.error(400)["message"].to_string();
    assert!(words.contains("not created with stream=true"), "{words}");
    let unstored = json!({"model": "gpt-4o", "input": "x", "background": true, "store": false});
    house.post("/v1/responses", &unstored).await.error(400);
}

#[tokio::test]
async fn a_conversation_is_locked_while_an_answer_is_added_to_it() {
    let house = stuck().await;
    let conversation = house.post("/v1/conversations", &json!({})).await.ok();
    let mut ask = asked(true);
    ask["conversation"] = conversation["id"].clone();
    let running = house.stream("/v1/responses", &ask).await;
    let mut second = ask.clone();
    second["conversation"] = json!({"id": conversation["id"]});
    let error = house.post("/v1/responses", &second).await.error(400);
    assert_eq!(
        (&error["code"], &error["param"]),
        (&json!("conversation_locked"), &json!("conversation"))
    );
    let elsewhere = house.stream("/v1/responses", &asked(true)).await;
    assert_eq!(elsewhere.status, 200);

    let mut running = running;
    let response = running.event().await.expect("an event").json()["response"].clone();
    house
        .post(&format!("{}/cancel", path(&response)), &json!({}))
        .await
        .ok();
    running.events().await;
    let after = house.stream("/v1/responses", &second).await;
    assert_eq!(after.status, 200, "it is free again");
}
