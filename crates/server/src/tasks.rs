//! The only file that starts tasks, and lets those wait that are not made for it.

use std::future::Future;

use tokio::runtime::{Handle, RuntimeFlavor};
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

/// Starts a task on a runtime of one's own.
pub(crate) fn start_on<F>(runtime: &Handle, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    runtime.spawn(future)
}

/// Does what may wait for a disk or a network while other tasks of the thread go on elsewhere. On
/// a runtime of one thread they have to wait too.
pub(crate) fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        Ok(_) | Err(_) => work(),
    }
}

/// Does work aside where it may wait, and here where it never does.
pub(crate) fn aside_where<T>(blocks: bool, work: impl FnOnce() -> T) -> T {
    if blocks { aside(work) } else { work() }
}
