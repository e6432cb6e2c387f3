//! A client's end of a WebSocket.

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Response};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::tcp;
use crate::house::House;

/// An open socket.
pub(crate) struct Talk(pub(crate) WebSocketStream<TcpStream>);

impl Talk {
    /// Opens one.
    pub(crate) async fn open(house: &House, target: &str) -> Self {
        let (talk, _) = Self::with(house, target, &[]).await.expect("it opens");
        talk
    }

    /// Opens one with headers of the test's own, if that is allowed.
    pub(crate) async fn with(
        house: &House,
        target: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<(Self, Response<Option<Vec<u8>>>), Error> {
        let address = house.running.address();
        let target = format!("ws://{address}{target}");
        let mut request = target.into_client_request().expect("an address");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a header");
            request.headers_mut().insert(*name, value);
        }
        let (socket, response) = client_async(request, tcp(address).await).await?;
        Ok((Self(socket), response))
    }

    /// Sends an event.
    pub(crate) async fn say(&mut self, event: &Value) {
        let message = Message::text(event.to_string());
        self.0.send(message).await.expect("it is sent");
    }

    /// The next event.
    pub(crate) async fn hear(&mut self) -> Value {
        match self.0.next().await.expect("a message").expect("a message") {
            Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("{other:?}"),
        }
    }

    /// The next event of that kind; an error is a failure.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        loop {
            let event = self.hear().await;
            if event["type"] == kind {
                return event;
            }
            assert_ne!(event["type"], "error", "{event}");
        }
    }
}
