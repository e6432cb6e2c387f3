//! ZeroMQ's wire protocol as far as a PUB and a ROUTER socket need it: the greeting, the NULL
//! mechanism, frames. Version 3.0 is offered, so that subscriptions come as messages.
//! <https://rfc.zeromq.org/spec/23/>

use std::io::{Error, ErrorKind, Result};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;
/// Bytes of a frame that a peer may send: topics and numbers are short.
const LONGEST: u64 = 64 * 1024;
/// Frames of a message that a peer may send.
const FRAMES: usize = 16;
/// How long a peer may take to introduce itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// A frame that was read.
pub(super) struct Frame {
    is_command: bool,
    more: bool,
    body: Bytes,
}

/// Greets a peer and tells it which kind of socket this is.
pub(super) async fn shake<S>(stream: &mut S, kind: &str, peers: &[&str]) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let shaken = tokio::time::timeout(PATIENCE, introduce(stream, kind, peers)).await;
    shaken.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
}

async fn introduce<S>(stream: &mut S, kind: &str, peers: &[&str]) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut greeting = [0_u8; 64];
    (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
    greeting[12..16].copy_from_slice(b"NULL");
    stream.write_all(&greeting).await?;
    stream.flush().await?;
    let mut theirs = [0_u8; 64];
    stream.read_exact(&mut theirs).await?;
    if theirs[0] != 0xff || theirs[9] & 1 == 0 || theirs[10] < 3 {
        return Err(wrong("no peer of ZeroMQ's version 3"));
    }
    if !theirs[12..].starts_with(b"NULL\0") {
        return Err(wrong("another mechanism than NULL"));
    }
    let mut ready = BytesMut::new();
    name(&mut ready, b"READY");
    property(&mut ready, b"Socket-Type", kind.as_bytes());
    if kind == "ROUTER" {
        property(&mut ready, b"Identity", b"");
    }
    let mut out = BytesMut::new();
    frame(&mut out, COMMAND, &ready);
    stream.write_all(&out).await?;
    stream.flush().await?;
    let theirs = read_frame(stream).await?;
    let known = theirs.is_command && theirs.body.starts_with(b"\x05READY");
    match known.then(|| socket_type(&theirs.body[6..])).flatten() {
        Some(theirs) if peers.iter().any(|peer| peer.as_bytes() == theirs) => Ok(()),
        Some(_) | None => Err(wrong("a peer of another kind")),
    }
}

fn socket_type(mut properties: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, rest) = properties.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let (value, rest) = rest.split_at_checked(length)?;
        if name.eq_ignore_ascii_case(b"Socket-Type") {
            return Some(value);
        }
        properties = rest;
    }
}

fn name(out: &mut BytesMut, name: &[u8]) {
    out.put_u8(name.len() as u8);
    out.extend_from_slice(name);
}

fn property(out: &mut BytesMut, key: &[u8], value: &[u8]) {
    name(out, key);
    out.put_u32(value.len() as u32);
    out.extend_from_slice(value);
}

fn frame(out: &mut BytesMut, flags: u8, body: &[u8]) {
    match u8::try_from(body.len()) {
        Ok(length) => out.extend_from_slice(&[flags, length]),
        Err(_) => {
            out.put_u8(flags | LONG);
            out.put_u64(body.len() as u64);
        }
    }
    out.extend_from_slice(body);
}

/// A message of these frames, as bytes.
pub(super) fn message(frames: &[&[u8]]) -> BytesMut {
    let mut out = BytesMut::new();
    for (place, body) in frames.iter().enumerate() {
        let flags = if place + 1 < frames.len() { MORE } else { 0 };
        frame(&mut out, flags, body);
    }
    out
}

/// The next message; commands between messages are passed over.
pub(super) async fn read_message<S>(stream: &mut S) -> Result<Vec<Bytes>>
where
    S: AsyncRead + Unpin,
{
    let mut frames = Vec::new();
    loop {
        let frame = read_frame(stream).await?;
        if frame.is_command {
            continue;
        }
        frames.push(frame.body);
        if !frame.more {
            return Ok(frames);
        }
        if frames.len() >= FRAMES {
            return Err(wrong("a message of too many frames"));
        }
    }
}

async fn read_frame<S>(stream: &mut S) -> Result<Frame>
where
    S: AsyncRead + Unpin,
{
    let flags = stream.read_u8().await?;
    let length = match flags & LONG {
        0 => u64::from(stream.read_u8().await?),
        _ => stream.read_u64().await?,
    };
    if length > LONGEST {
        return Err(wrong("a frame that is too long"));
    }
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body).await?;
    Ok(Frame {
        is_command: flags & COMMAND != 0,
        more: flags & MORE != 0,
        body: Bytes::from(body),
    })
}

fn wrong(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}
