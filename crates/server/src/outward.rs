//! HTTP to the outside, for who calls others: one kind of client, which trusts what the machine
//! trusts. What is said is their own matter.

use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use hyper::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(30);
/// Connections to one host that are kept while nobody uses them.
const KEPT: usize = 8;

/// A client for `http://` and `https://`.
pub(crate) type Outward<B> = Client<HttpsConnector<HttpConnector>, B>;

/// A client that sends such bodies.
///
/// # Errors
/// The TLS of this program can't be set up.
pub(crate) fn client<B>() -> Result<Outward<B>, rustls::Error>
where
    B: Body + Send,
    B::Data: Buf + Send,
{
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(trusting()?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(KEPT)
        .build(connector))
}

/// TLS with the roots of this machine, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
fn trusting() -> Result<ClientConfig, rustls::Error> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!("certificates of this machine can't be read: {error}");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
