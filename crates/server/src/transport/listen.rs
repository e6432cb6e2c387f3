//! Listening, accepting, stopping.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::connection::Speech;
use super::cors::Cors;
use super::drive;
use super::serve::{HeadLimit, House};
use super::streams::OpenStreams;
use super::tls;
use crate::clock;
use crate::config::{ClockKind, Config};
use crate::gateway::Gateway;
use crate::kv_events::Sockets;
use crate::store::OpenError;
use crate::tasks;
use crate::wiring;

/// Why a server could not start.
#[derive(Debug)]
pub enum StartError {
    /// The address is not to be had.
    Bind {
        /// The address.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The storage is no use.
    Storage(OpenError),
    /// A certificate or key is no good.
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { address, source } => write!(f, "can't listen on {address}: {source}"),
            Self::Storage(error) => error.fmt(f),
            Self::Tls { path, why } => write!(f, "can't use {}: {why}", path.display()),
        }
    }
}

impl std::error::Error for StartError {}

/// A server that runs.
pub struct Running {
    address: SocketAddr,
    gateway: Arc<Gateway>,
    streams: Arc<OpenStreams>,
    kv_addresses: Vec<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// The address that it listens on, with the port it was given.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its hall.
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Where it is told over ZeroMQ what becomes of the cache's blocks: of each replica the address
    /// that publishes, and the one that gives batches again, where they are set to listen.
    pub fn kv_events_addresses(&self) -> &[SocketAddr] {
        &self.kv_addresses
    }

    /// Streams that are open now.
    pub fn open_streams(&self) -> usize {
        self.streams.count()
    }

    /// Tells it to stop: no more connections, and every open stream ends with an error event.
    pub fn shutdown(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A server that has ended already has nobody to tell.
            let _ = stop.send(());
        }
    }

    /// Waits until it has stopped.
    pub async fn join(self) {
        // The task does not panic; if it did, it has ended all the same.
        let _ = self.task.await;
    }
}

/// Starts a server on the current runtime.
///
/// # Errors
/// An address, a certificate or a storage that can't be used.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let tls = match (&config.server.tls_cert, &config.server.tls_key) {
        (Some(chain), Some(key)) => Some(tls::acceptor(chain, key)?),
        (Some(_) | None, _) => None,
    };
    let server = &config.server;
    let bind = |source| StartError::Bind {
        address: format!("{}:{}", server.host, server.port),
        source,
    };
    let listener = TcpListener::bind((server.host.as_str(), server.port))
        .await
        .map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    // What is launched needs the hall, and the hall launches it.
    let hall = Arc::new(OnceLock::<Weak<Gateway>>::new());
    let launcher = Arc::clone(&hall);
    let launch = Box::new(move |run| {
        if let Some(gateway) = launcher.get().and_then(Weak::upgrade) {
            drop(tasks::start(drive::background(gateway, run)));
        }
    });
    let gateway = Arc::new(wiring::build(&config, launch).map_err(StartError::Storage)?);
    let _ = hall.set(Arc::downgrade(&gateway));
    let told = match &gateway.kv_events {
        Some(told) => {
            let open = told.open().await;
            open.map_err(|(address, source)| StartError::Bind { address, source })?
        }
        None => Sockets::default(),
    };
    let kv_addresses = told.addresses.clone();
    gateway.take_up();
    let streams = Arc::new(OpenStreams::new(server.max_open_streams as usize));
    let door = Door::new(&config, tls, &gateway, &streams);
    let (stop, stopped) = oneshot::channel();
    let jumper = (server.clock == ClockKind::Virtual)
        .then(|| tasks::start(clock::jump_when_idle(Arc::clone(&gateway))));
    let task = tasks::start(async move {
        door.keep(listener, stopped).await;
        if let Some(jumper) = jumper {
            jumper.abort();
        }
        drop(told);
    });
    Ok(Running {
        address,
        gateway,
        streams,
        kv_addresses,
        stop: Some(stop),
        task,
    })
}

/// How long clients get to read the last words of what was ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Lets connections in.
struct Door {
    house: Arc<House>,
    streams: Arc<OpenStreams>,
    speech: Arc<Speech>,
    tls: Option<TlsAcceptor>,
    room: Arc<Semaphore>,
    handshake: Duration,
    grace: Duration,
}

impl Door {
    fn new(
        config: &Config,
        tls: Option<TlsAcceptor>,
        gateway: &Arc<Gateway>,
        streams: &Arc<OpenStreams>,
    ) -> Self {
        let security = &config.security;
        let head_limit = HeadLimit {
            bytes: usize::try_from(security.max_header_bytes.0).unwrap_or(usize::MAX),
            lines: usize::from(security.max_headers),
        };
        let house = House {
            gateway: Arc::clone(gateway),
            streams: Arc::clone(streams),
            cors: Cors::new(config),
            body_timeout: security.body_timeout,
            head_limit,
            stop: watch::Sender::new(false),
        };
        Self {
            house: Arc::new(house),
            streams: Arc::clone(streams),
            speech: Arc::new(Speech::new(head_limit, security.header_timeout)),
            tls,
            room: Arc::new(Semaphore::new(config.server.max_connections as usize)),
            handshake: security.header_timeout,
            grace: config.server.shutdown_grace,
        }
    }

    /// Accepts until told to stop, then gives what is open its grace.
    async fn keep(self, listener: TcpListener, stopped: oneshot::Receiver<()>) {
        let leave = watch::Sender::new(false);
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                socket = self.admit(&listener) => {
                    if let Some((socket, place)) = socket {
                        tasks::start(self.serve(socket, leave.subscribe(), place));
                    }
                }
            }
        }
        drop(listener);
        leave.send_replace(true);
        // A WebSocket on which nothing is answered ends at once, others when they have.
        self.house.stop.send_replace(true);
        // A connection that became a WebSocket is no longer among those that leave.
        let ended = async { tokio::join!(leave.closed(), self.house.stop.closed()) };
        tokio::pin!(ended);
        if tokio::time::timeout(self.grace, &mut ended).await.is_ok() {
            return;
        }
        tracing::warn!("what is still open at the end of the grace is told to end");
        self.streams.shut();
        if tokio::time::timeout(LAST_WORDS, ended).await.is_err() {
            tracing::warn!("connections were cut");
        }
    }

    async fn admit(
        &self,
        listener: &TcpListener,
    ) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.room).acquire_owned().await.ok()?;
        match listener.accept().await {
            Ok((socket, _)) => {
                // Without it the last frame of a burst waits for an acknowledgement.
                let _ = socket.set_nodelay(true);
                Some((socket, place))
            }
            Err(error) => {
                tracing::warn!("can't accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                None
            }
        }
    }

    fn serve(
        &self,
        socket: TcpStream,
        leave: watch::Receiver<bool>,
        place: tokio::sync::OwnedSemaphorePermit,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (speech, house) = (Arc::clone(&self.speech), Arc::clone(&self.house));
        let (tls, handshake) = (self.tls.clone(), self.handshake);
        async move {
            let _place = place;
            match tls {
                None => speech.serve(socket, house, leave).await,
                // Elsewhere, so that a connection without it need not have room for it.
                Some(tls) => {
                    Box::pin(async move {
                        match tokio::time::timeout(handshake, tls.accept(socket)).await {
                            Ok(Ok(socket)) => speech.serve_either(socket, house, leave).await,
                            Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
                            Err(_) => tracing::debug!("a TLS handshake took too long"),
                        }
                    })
                    .await
                }
            }
        }
    }
}
