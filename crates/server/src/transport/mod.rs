//! Bytes in, calls out, replies back: HTTP/1.1, HTTP/2, server-sent events, WebSockets, TLS.
//! Nothing here knows what a call means.

mod body;
mod connection;
mod cors;
mod drive;
mod incoming;
mod listen;
mod realtime;
mod serve;
mod streams;
mod tls;
mod websocket;

pub use listen::{Running, StartError, start};
