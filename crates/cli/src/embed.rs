//! A server inside another program, most of all inside its tests.

use std::net::SocketAddr;

use fakeai_canon::Mode;
use fakeai_server::config::Config;
use fakeai_server::{Running, StartError};

/// A server that runs on the runtime that started it. Dropped without [`Server::shutdown`] it
/// runs on until the runtime ends.
pub struct Server {
    running: Running,
    tls: bool,
}

/// How to start a [`Server`].
#[derive(Clone, Debug)]
pub struct Builder {
    config: Config,
}

impl Server {
    /// A server with the default settings, on any free port of the loopback address. No file and
    /// no environment is read.
    pub fn builder() -> Builder {
        let mut config = Config::default();
        config.server.port = 0;
        Builder { config }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// What to give a client as its base URL: `http://127.0.0.1:41234/v1`.
    pub fn base_url(&self) -> String {
        format!("{}/v1", origin(self.tls, self.address()))
    }

    /// Ends open streams, closes all connections, and waits for both.
    pub async fn shutdown(mut self) {
        self.running.shutdown();
        self.running.join().await;
    }
}

impl Builder {
    /// The port, in place of any that is free.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.config.server.port = port;
        self
    }

    /// The seed: the same seed and request give the same answer.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.server.seed = seed;
        self
    }

    /// Realistic or mock.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.config.server.mode = mode;
        self
    }

    /// A key that opens it; with one or more of them every call needs one.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.config.auth.api_keys.0.push(key.into());
        self
    }

    /// Any other setting.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// An address or a certificate that can't be used.
    pub async fn start(self) -> Result<Server, StartError> {
        let tls = self.config.server.tls_cert.is_some();
        Ok(Server {
            running: fakeai_server::start(self.config).await?,
            tls,
        })
    }
}

/// Scheme, host and port as a client on this machine writes them.
pub(crate) fn origin(tls: bool, address: SocketAddr) -> String {
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{}", reachable(address))
}

/// An address that can be called: one that stands for all addresses becomes the loopback one.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
