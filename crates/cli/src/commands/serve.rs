//! `fakeai server`: the server, until it is told to stop.

use std::io::{self, Write};
use std::net::SocketAddr;

use fakeai_server::config::{ClockKind, Config, Value};

use super::Failure;
use crate::embed::origin;
use crate::logs;

pub(super) fn serve(config: Config, out: &mut dyn Write) -> Result<(), Failure> {
    logs::start(&config.server);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if config.server.worker_threads > 0 {
        runtime.worker_threads(usize::from(config.server.worker_threads));
    }
    runtime
        .enable_all()
        .build()?
        .block_on(until_told(config, out))
}

async fn until_told(config: Config, out: &mut dyn Write) -> Result<(), Failure> {
    // Signals are heard from before the first line on, so that whoever waits for it may stop the
    // server at once.
    let mut signals = Signals::listen()?;
    let words = |error: fakeai_server::StartError| Failure::Words(error.to_string());
    let mut running = fakeai_server::start(config.clone()).await.map_err(words)?;
    write!(out, "{}", banner(&config, running.address()))?;
    out.flush()?;
    signals.stop().await;
    tracing::info!("stopping: open streams are told to end");
    running.shutdown();
    running.join().await;
    Ok(())
}

/// What a person wants to know first.
fn banner(config: &Config, address: SocketAddr) -> String {
    let origin = origin(config.server.tls_cert.is_some(), address);
    let clock = match config.server.clock {
        ClockKind::Virtual => "virtual".to_owned(),
        ClockKind::Real if config.server.time_scale == 1.0 => "real".to_owned(),
        ClockKind::Real => format!("{} times real", config.server.time_scale),
    };
    let keys = match (config.auth.is_required(), config.auth.api_keys.0.len()) {
        (false, _) => "not needed".to_owned(),
        (true, 0) => "needed, any will do".to_owned(),
        (true, 1) => "needed, one is known".to_owned(),
        (true, count) => format!("needed, {count} are known"),
    };
    format!(
        "FakeAI {version} listens on {origin}\n\
         \x20 base URL   {origin}/v1   (export OPENAI_BASE_URL={origin}/v1)\n\
         \x20 mode       {mode}, seed {seed}, clock {clock}\n\
         \x20 pace       {pace}\n\
         \x20 API key    {keys}\n",
        version = env!("CARGO_PKG_VERSION"),
        mode = config.server.mode.show().line().unwrap_or_default(),
        seed = config.server.seed,
        pace = pace(config),
    )
}

/// What the answers' times come from.
fn pace(config: &Config) -> String {
    let serving = &config.serving;
    match serving.engine {
        Some(engine) => format!(
            "{} with {} on {}, simulated",
            engine.word(),
            serving.served_model,
            serving.gpu
        ),
        None => config.generation.pace().word().to_owned(),
    }
}

/// What tells the program to stop.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn stop(&mut self) {
        // Without signals there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
