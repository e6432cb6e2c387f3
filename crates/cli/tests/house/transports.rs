//! Every way in: HTTP/1.1, HTTP/2 with prior knowledge, TLS with either, and pages of other
//! origins.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::Method;
use rcgen::CertifiedKey;
use serde_json::json;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::client::{Connection, Request, tcp};
use crate::house::House;

fn chat(stream: bool) -> Request {
    Request::post("/v1/chat/completions").json(&json!({
        "model": "gpt-4o", "stream": stream,
        "messages": [{"role": "user", "content": "Name three rivers."}],
    }))
}

#[tokio::test]
async fn http_1_and_http_2_give_the_same_answers_on_one_port() {
    let house = House::open().await;
    let address = house.running.address();
    let mut said = Vec::new();
    for connection in [
        Connection::http1(address).await,
        Connection::http2(address).await,
    ] {
        let whole = connection.send(chat(false)).await;
        assert!(whole.header("x-request-id").starts_with("req_"));
        assert_eq!(whole.header("openai-version"), "2020-10-01");
        assert!(whole.header("openai-processing-ms").parse::<u64>().is_ok());
        assert_eq!(whole.header("content-type"), "application/json");
        let streamed = connection.open(chat(true)).await;
        assert_eq!(
            streamed.headers["content-type"],
            "text/event-stream; charset=utf-8"
        );
        let chunks = streamed.chunks().await;
        let text: String = chunks
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
            .collect();
        said.push((whole.ok()["choices"].clone(), text));
    }
    assert_eq!(said[0], said[1]);
    assert_eq!(said[0].0[0]["message"]["content"], json!(said[0].1));
}

/// A certificate and its key in files of a test's own.
struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    der: CertificateDer<'static>,
}

impl Identity {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let identity = Self {
            certificate: folder.join(format!("{name}-{}.pem", std::process::id())),
            key: folder.join(format!("{name}-{}.key", std::process::id())),
            der: cert.der().clone(),
        };
        std::fs::write(&identity.certificate, cert.pem()).expect("a file");
        std::fs::write(&identity.key, signing_key.serialize_pem()).expect("a file");
        identity
    }

    fn connector(&self, protocol: &str) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).expect("a root");
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        TlsConnector::from(Arc::new(config))
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        for file in [&self.certificate, &self.key] {
            // What is left of a test in the build folder harms nobody.
            let _ = std::fs::remove_file(file);
        }
    }
}

#[tokio::test]
async fn tls_offers_both_protocols() {
    let identity = Identity::new("both");
    let house = House::with(|config| {
        config.server.tls_cert = Some(identity.certificate.clone());
        config.server.tls_key = Some(identity.key.clone());
    })
    .await;
    let address = house.running.address();
    for protocol in ["h2", "http/1.1"] {
        let name = ServerName::try_from("localhost").expect("a name");
        let socket = identity
            .connector(protocol)
            .connect(name, tcp(address).await)
            .await
            .expect("a handshake");
        let agreed = socket.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        assert_eq!(agreed.as_deref(), Some(protocol.as_bytes()));
        let connection = if protocol == "h2" {
            Connection::http2_over(socket, address).await
        } else {
            Connection::http1_over(socket, address).await
        };
        connection.send(chat(false)).await.ok();
        assert!(connection.open(chat(true)).await.chunks().await.len() > 2);
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_ask_and_read() {
    let house = House::open().await;
    let preflight = Request::new(Method::OPTIONS, "/v1/chat/completions")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let answer = house.send(preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(
        answer
            .header("access-control-allow-methods")
            .contains("POST")
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "authorization,content-type"
    );
    let answer = house
        .send(chat(false).header("origin", "https://app.example"))
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("x-request-id")
    );
    assert!(
        house
            .send(chat(false))
            .await
            .headers
            .get("access-control-allow-origin")
            .is_none()
    );

    let closed = House::with(|config| {
        config.security.cors_allowed_origins = vec!["https://mine.example".to_owned()];
    })
    .await;
    let answer = closed
        .send(chat(false).header("origin", "https://app.example"))
        .await;
    assert!(answer.headers.get("access-control-allow-origin").is_none());
    let answer = closed
        .send(chat(false).header("origin", "https://mine.example"))
        .await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://mine.example"
    );
}

#[tokio::test]
async fn head_is_a_get_without_its_body_and_options_names_the_methods() {
    let house = House::open().await;
    for path in ["/health", "/v1/models", "/v1/models/gpt-4o"] {
        let head = house.send(Request::new(Method::HEAD, path)).await;
        let get = house.get(path).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    assert_eq!(
        house
            .send(Request::new(Method::HEAD, "/v1/nothing"))
            .await
            .status,
        404
    );
    let options = house
        .send(Request::new(Method::OPTIONS, "/v1/chat/completions"))
        .await;
    options.error(405);
    assert_eq!(options.header("allow"), "GET, POST");
    house
        .send(Request::new(Method::OPTIONS, "/v1/nothing"))
        .await
        .error(404);
}
