//! The section `server`: where it listens, its worlds' clock and seed, and its logs.

use std::path::PathBuf;
use std::time::Duration;

use fakeai_canon::Mode;

use super::choice::{ClockKind, LogFormat, LogLevel};
use super::value::ByteCount;

section! {
    /// Where the server listens, what time it keeps and what it logs.
    server: Server {
        /// The address or host name to listen on. `0.0.0.0` opens the server to the network.
        host: String = "127.0.0.1".to_owned();
        /// The port to listen on; `0` takes any that is free.
        port: u16 = 8000;
        /// Logs every request, as `log_level` `debug` does.
        debug: bool = false;
        /// The seed of the default world: the same seed and request give the same answer.
        seed: u64 = 0;
        /// `realistic` keeps state and checks meaning as the provider does; `mock` takes any key,
        /// any model and any id, and checks requests against the contract alone.
        mode: Mode = Mode::Realistic;
        /// `real` keeps the time of day; `virtual` jumps to the next thing that is due, so that
        /// nobody waits and the same history gives the same bytes.
        clock: ClockKind = ClockKind::Real;
        /// How many times faster than the wall clock a real clock runs.
        time_scale: f64 = 1.0, from 0.001 to 1000000;
        /// How log lines look.
        log_format: LogFormat = LogFormat::Text;
        /// How much is logged.
        log_level: LogLevel = LogLevel::Info;
        /// The certificate chain in PEM form. With it and `tls_key` the server speaks HTTPS.
        tls_cert: Option<PathBuf> = None, also ["ssl_certfile"];
        /// The private key of the certificate in PEM form.
        tls_key: Option<PathBuf> = None, also ["ssl_keyfile"];
        /// Threads that serve requests; `0` takes one for each processor.
        worker_threads: u16 = 0, from 0 to 1024, also ["workers"];
        /// Connections that may be open at once. Further ones wait to be accepted.
        max_connections: u32 = 65536, from 1 to 1000000;
        /// Answers that may be streamed at once. Further ones are refused with status 503.
        max_open_streams: u32 = 50000, from 1 to 1000000;
        /// Seconds that a realtime session lasts.
        realtime_session: Duration = Duration::from_secs(3600), from 1 to 86400;
        /// Bytes of sound that a realtime session keeps: what is in its buffer, and what belongs to
        /// items. Further sound is refused.
        realtime_audio: ByteCount = ByteCount(64 << 20), from 1024 to 1073741824;
        /// Items that the conversation of a realtime session may have.
        realtime_items: u32 = 10000, from 1 to 1000000;
        /// Seconds that open streams get to end when the server is told to stop.
        shutdown_grace: Duration = Duration::from_secs(10), from 0 to 3600;
    }
}
