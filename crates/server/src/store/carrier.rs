//! A thread of its own for work with a network, which whoever asks waits for where it stands, on
//! whatever runtime or none.

use std::future::Future;
use std::io;

use futures_executor::block_on;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::tasks;

/// The thread.
pub(super) struct Carrier {
    /// There until the carrier goes.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Carrier {
    /// A thread of that name.
    pub(super) fn new(name: &str) -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder
            .worker_threads(1)
            .thread_name(name)
            .enable_all()
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    /// Where further work of it may be started.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Does the work there and waits for it.
    ///
    /// # Errors
    /// The work panicked, or the thread ended under it.
    pub(super) fn run<F>(&self, work: F) -> Result<F::Output, String>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        block_on(tasks::start_on(&self.handle, work)).map_err(|error| error.to_string())
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        // Waiting for its thread is not allowed everywhere, and nothing is left to wait for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
