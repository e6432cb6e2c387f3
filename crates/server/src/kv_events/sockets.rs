//! The sockets of a publisher: subscribers that come or that it goes to, and those that ask for
//! batches again.

use std::future::Future;
use std::io::{Error, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;

use super::publisher::{Numbered, Publisher};
use super::zmtp;
use crate::config::{Endpoint, KvEventsConfig};
use crate::tasks;

/// Connections to one socket.
const CONNECTIONS: usize = 1_000;
/// How long to wait before an address is tried again.
const AGAIN: Duration = Duration::from_millis(200);
/// What ends the batches that are given again: the number −1.
const END: [u8; 8] = [0xff; 8];

/// Sockets that are open, until this goes.
#[derive(Default)]
pub(crate) struct Sockets {
    /// Where they listen: of each replica, PUB before ROUTER.
    pub(crate) addresses: Vec<SocketAddr>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Sockets {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Sockets {
    /// Opens those of a replica.
    ///
    /// # Errors
    /// An address that is not to be had, and what the system says.
    pub(super) async fn open(
        &mut self,
        publisher: &Arc<Publisher>,
        config: &KvEventsConfig,
        rank: u16,
    ) -> std::result::Result<(), (String, Error)> {
        let endpoint = config.endpoint.of_rank(rank);
        if endpoint.is_bound() {
            self.listen(&endpoint, publisher, publish).await?;
        } else {
            let task = connect(endpoint, Arc::clone(publisher));
            self.tasks.push(tasks::start(task));
        }
        if let Some(endpoint) = &config.replay {
            self.listen(&endpoint.of_rank(rank), publisher, replay)
                .await?;
        }
        Ok(())
    }

    async fn listen<F>(
        &mut self,
        endpoint: &Endpoint,
        publisher: &Arc<Publisher>,
        serve: fn(Arc<Publisher>, TcpStream) -> F,
    ) -> std::result::Result<(), (String, Error)>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (host, port) = endpoint.socket();
        let bind = |source| (format!("{host}:{port}"), source);
        let listener = TcpListener::bind((host.as_str(), port)).await;
        let listener = listener.map_err(bind)?;
        self.addresses.push(listener.local_addr().map_err(bind)?);
        let task = accept(listener, Arc::clone(publisher), serve);
        self.tasks.push(tasks::start(task));
        Ok(())
    }
}

/// Serves whoever comes; all of them end with this.
async fn accept<F>(
    listener: TcpListener,
    publisher: Arc<Publisher>,
    serve: fn(Arc<Publisher>, TcpStream) -> F,
) where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let mut peers = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some(ended) = peers.next() => note(ended),
            accepted = listener.accept(), if peers.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => peers.push(serve(Arc::clone(&publisher), stream)),
                Err(error) => {
                    tracing::warn!("can't accept a connection: {error}");
                    tokio::time::sleep(AGAIN).await;
                }
            },
        }
    }
}

/// Goes to a subscriber, again and again.
async fn connect(endpoint: Endpoint, publisher: Arc<Publisher>) {
    let (host, port) = endpoint.socket();
    loop {
        if let Ok(stream) = TcpStream::connect((host.as_str(), port)).await {
            note(publish(Arc::clone(&publisher), stream).await);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

fn note(ended: Result<()>) {
    if let Err(error) = ended {
        tracing::debug!("a peer of the cache's events has left: {error}");
    }
}

/// Serves one subscriber until it leaves.
async fn publish(publisher: Arc<Publisher>, stream: TcpStream) -> Result<()> {
    // Without it the last batch of a burst waits for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let (read, write) = stream.into_split();
    let mut stream = tokio::io::join(BufReader::new(read), write);
    zmtp::shake(&mut stream, "PUB", &["SUB", "XSUB"]).await?;
    let (mut read, mut write) = stream.into_inner();
    let (id, batches) = publisher.join();
    tokio::select! {
        ended = hear(&publisher, id, &mut read) => ended,
        ended = tell(&publisher, batches, &mut write) => ended,
    }
}

/// Takes subscriptions: a byte that says on or off, and the topic.
async fn hear(publisher: &Publisher, id: u64, read: &mut (impl AsyncRead + Unpin)) -> Result<()> {
    loop {
        for frame in zmtp::read_message(read).await? {
            match frame.split_first() {
                Some((1, topic)) => publisher.subscribe(id, topic),
                Some((0, topic)) => publisher.unsubscribe(id, topic),
                Some(_) | None => {}
            }
        }
    }
}

async fn tell(
    publisher: &Publisher,
    mut batches: Receiver<Numbered>,
    write: &mut (impl AsyncWrite + Unpin),
) -> Result<()> {
    while let Some(batch) = batches.recv().await {
        let number = batch.number.to_be_bytes();
        let message = zmtp::message(&[&publisher.topic, &number, &batch.payload]);
        write.write_all(&message).await?;
        write.flush().await?;
    }
    Ok(())
}

/// Gives batches again, from the number that is asked for: an empty frame, the number, the batch.
async fn replay(publisher: Arc<Publisher>, stream: TcpStream) -> Result<()> {
    let _ = stream.set_nodelay(true);
    let (read, write) = stream.into_split();
    let mut stream = tokio::io::join(BufReader::new(read), write);
    zmtp::shake(&mut stream, "ROUTER", &["REQ", "DEALER", "ROUTER"]).await?;
    loop {
        let frames = zmtp::read_message(&mut stream).await?;
        let [empty, from] = frames.as_slice() else {
            continue;
        };
        let Ok(from) = <[u8; 8]>::try_from(&**from) else {
            continue;
        };
        if !empty.is_empty() {
            continue;
        }
        for batch in publisher.since(u64::from_be_bytes(from)) {
            let number = batch.number.to_be_bytes();
            let message = zmtp::message(&[b"", &number, &batch.payload]);
            stream.write_all(&message).await?;
        }
        stream.write_all(&zmtp::message(&[b"", &END, b""])).await?;
        stream.flush().await?;
    }
}
