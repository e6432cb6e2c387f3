//! A server that is told to stop ends what is open, and then it is gone.

use serde_json::json;
use tokio::net::TcpStream;

use crate::house::House;

#[tokio::test]
async fn an_open_stream_ends_with_an_error_and_the_server_is_gone() {
    let mut house = House::with(|config| {
        config.generation.itl = Some("3600000".parse().expect("a time"));
        config.server.shutdown_grace = std::time::Duration::ZERO;
    })
    .await;
    let address = house.running.address();
    let chat = json!({"model": "gpt-4o", "stream": true,
        "messages": [{"role": "user", "content": "Tell me a long story."}]});
    let mut chat = house.stream("/v1/chat/completions", &chat).await;
    let response = json!({"model": "gpt-4o", "stream": true, "input": "Tell me a long story."});
    let mut response = house.stream("/v1/responses", &response).await;
    assert!(chat.event().await.is_some() && response.event().await.is_some());
    house.running.shutdown();

    let chat = chat.events().await;
    let last = chat.last().expect("an event").json();
    assert!(last["error"]["message"].is_string(), "{last}");
    let response = response.events().await;
    let last = response.last().expect("an event");
    assert!(
        ["error", "response.failed"].contains(&last.name.as_str()),
        "{last:?}"
    );
    house.until(|running| running.open_streams() == 0).await;
    house.running.join().await;
    assert!(TcpStream::connect(address).await.is_err(), "it listens on");
}
