//! The only file that starts tasks.

use std::future::Future;

use tokio::task::JoinHandle;

/// Starts a task on the current runtime.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the file that starts tasks"
)]
pub(crate) fn start<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}
