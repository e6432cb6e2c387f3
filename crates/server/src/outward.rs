//! HTTP to the outside, for who calls others: one kind of client, which trusts what the machine
//! trusts. What is said is their own matter.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use hyper::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(30);
/// A client for `http://` and `https://`.
pub(crate) type Outward<B> = Client<HttpsConnector<HttpConnector>, B>;

/// A client that sends such bodies, keeps so many connections to one host while nobody uses them,
/// and also trusts the authorities in a PEM file.
///
/// # Errors
/// The file is no use, or the TLS of this program can't be set up; in words.
pub(crate) fn client<B>(kept: usize, authorities: Option<&Path>) -> Result<Outward<B>, String>
where
    B: Body + Send,
    B::Data: Buf + Send,
{
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(trusting(authorities)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(kept)
        .build(connector))
}

/// TLS with the roots of this machine, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`, and with those of a
/// file.
fn trusting(authorities: Option<&Path>) -> Result<ClientConfig, String> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!("certificates of this machine can't be read: {error}");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    for authority in authorities
        .map(certificates)
        .transpose()?
        .unwrap_or_default()
    {
        roots.add(authority).map_err(|error| error.to_string())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| error.to_string())?;
    match certificates.is_empty() {
        true => Err("it holds no certificate".to_owned()),
        false => Ok(certificates),
    }
}
