//! Webhooks: events arrive at a receiver, signed, and come again until they are taken.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fakeai_server::config::{ApiKeys, Config};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::house::House;

/// Tells all events to this receiver, again at once where it refuses them.
fn told(config: &mut Config, receiver: &TcpListener) {
    let address = receiver.local_addr().expect("an address");
    let webhooks = &mut config.webhooks;
    webhooks.webhook_urls = vec![format!("http://{address}/hooks?from=house")];
    webhooks.webhook_secrets = ApiKeys(vec!["whsec_c2VjcmV0IGtleQ==".to_owned()]);
    webhooks.webhook_retry_after = std::time::Duration::ZERO;
}

/// Takes one request and answers it: its head in lower case, and its body.
async fn receive(receiver: &TcpListener, status: &str) -> (String, Value) {
    let (stream, _) = receiver.accept().await.expect("a connection");
    answer(stream, status).await
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, status: &str) -> (String, Value) {
    let mut read = Vec::new();
    let (head, body) = loop {
        let mut piece = [0; 4_096];
        let count = stream.read(&mut piece).await.expect("bytes");
        read.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        if let Ok(body) = serde_json::from_str(body) {
            break (head.to_lowercase(), body);
        }
    };
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
    stream
        .write_all(answer.as_bytes())
        .await
        .expect("it is read");
    (head, body)
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let lines = head.lines();
    let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    values.next().unwrap_or_default()
}

/// The deliveries once the newest is no longer under way.
async fn settled(house: &House) -> Value {
    loop {
        let list = house.get("/_fakeai/webhooks").await.ok();
        if list["data"][0]["status"] != "pending" {
            return list;
        }
    }
}

#[tokio::test]
async fn an_event_comes_again_until_it_is_taken() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let house = House::with(|config| told(config, &receiver)).await;
    let body = json!({"model": "gpt-4o", "input": "hi", "background": true});
    let response = house.post("/v1/responses", &body).await.ok();
    let (first, event) = receive(&receiver, "503 Service Unavailable").await;
    assert!(
        first.starts_with("post /hooks?from=house http/1.1"),
        "{first}"
    );
    assert_eq!(event["type"], "response.completed");
    assert_eq!(event["object"], "event");
    assert_eq!(event["data"], json!({"id": response["id"]}));
    let (second, again) = receive(&receiver, "204 No Content").await;
    assert_eq!(again, event);
    assert_eq!(
        header(&second, "webhook-id"),
        event["id"].as_str().expect("an id")
    );
    assert!(header(&second, "webhook-signature").starts_with("v1,"));
    assert!(!header(&second, "webhook-timestamp").is_empty());

    let list = settled(&house).await;
    let delivery = &list["data"][0];
    assert_eq!(delivery["status"], "delivered", "{list}");
    assert_eq!(delivery["attempts"], 2);
    assert_eq!(delivery["last_status"], 204);
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_is_given_up() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let house = House::with(|config| {
        told(config, &receiver);
        config.webhooks.webhook_attempts = 3;
        config.webhooks.webhook_events = vec!["response.completed".to_owned()];
    })
    .await;
    let body = json!({"model": "gpt-4o", "input": "hi", "background": true});
    house.post("/v1/responses", &body).await.ok();
    for _ in 0..3 {
        receive(&receiver, "500 Internal Server Error").await;
    }
    let list = settled(&house).await;
    assert_eq!(list["data"][0]["status"], "failed", "{list}");
    assert_eq!(list["data"][0]["attempts"], 3);
}

/// A receiver's TLS, with a certificate that an authority of its own has signed, and that authority
/// in a file.
fn identity() -> (TlsAcceptor, PathBuf) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let shown = authority.self_signed(&authority_key).expect("an authority");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("authority-{}.pem", std::process::id()));
    std::fs::write(&file, shown.pem()).expect("a file");

    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    let issuer = Issuer::new(authority, authority_key);
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let secret = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], secret)
        .expect("a certificate and its key");
    (TlsAcceptor::from(Arc::new(config)), file)
}

#[tokio::test]
async fn a_receiver_behind_tls_is_told_where_its_authority_is_trusted() {
    let (acceptor, file) = identity();
    for trusted in [true, false] {
        let receiver = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let house = House::with(|config| {
            told(config, &receiver);
            let webhooks = &mut config.webhooks;
            webhooks.webhook_urls[0] = webhooks.webhook_urls[0].replace("http:", "https:");
            webhooks.webhook_ca_file = trusted.then(|| file.clone());
            webhooks.webhook_attempts = 1;
        })
        .await;
        let body = json!({"model": "gpt-4o", "input": "hi", "background": true});
        let response = house.post("/v1/responses", &body).await.ok();
        let (stream, _) = receiver.accept().await.expect("a connection");
        match acceptor.accept(stream).await {
            Ok(stream) => {
                assert!(trusted);
                let (head, event) = answer(stream, "200 OK").await;
                assert!(
                    head.starts_with("post /hooks?from=house http/1.1"),
                    "{head}"
                );
                assert_eq!(event["data"], json!({"id": response["id"]}));
            }
            Err(_) => assert!(!trusted),
        }
        let list = settled(&house).await;
        let delivery = &list["data"][0];
        let status = if trusted { "delivered" } else { "failed" };
        assert_eq!(delivery["status"], status, "{delivery}");
        let error = delivery["last_error"].as_str().unwrap_or_default();
        assert_eq!(error.contains("UnknownIssuer"), !trusted, "{delivery}");
    }
    // What is left of a test in the build folder harms nobody.
    let _ = std::fs::remove_file(&file);
}

#[test]
fn addresses_and_secrets_that_cannot_be_used_stop_the_start() {
    let refused = |urls: &str, secret: &str, event: &str| {
        let mut config = Config::default();
        config.webhooks.webhook_urls = vec![urls.to_owned()];
        config.webhooks.webhook_secrets = ApiKeys(vec![secret.to_owned()]);
        config.webhooks.webhook_events = vec![event.to_owned()];
        config.check().err().map(|conflict| conflict.setting)
    };
    let (url, secret, event) = ("http://here:1/", "whsec_c2VjcmV0", "batch.completed");
    assert_eq!(refused(url, secret, event), None);
    assert_eq!(refused("https://here/", secret, event), None);
    assert_eq!(
        refused("ftp://here/", secret, event),
        Some("webhooks.webhook_urls")
    );
    assert_eq!(
        refused("here", secret, event),
        Some("webhooks.webhook_urls")
    );
    assert_eq!(
        refused(url, "whsec_%", event),
        Some("webhooks.webhook_secrets")
    );
    assert_eq!(
        refused(url, secret, "batch.done"),
        Some("webhooks.webhook_events")
    );
}
