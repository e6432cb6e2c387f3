//! A server process under measurement: its address, its processor time, its memory.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A server process; it ends with this value.
pub(crate) struct Process {
    child: Child,
    /// `host:port`.
    pub(crate) address: String,
    /// From the start to the line that tells its address.
    pub(crate) startup: Duration,
}

/// Now, on the machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "a measurement looks at the clock"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Processor time that this thread has used so far, in nanoseconds.
pub(crate) fn thread_nanoseconds() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let on_cpu = stat.split_whitespace().next().unwrap_or_default();
    Ok(on_cpu.parse()?)
}

impl Process {
    /// Starts a program that prints its address.
    pub(crate) async fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let begun = now();
        let mut child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("can't start {}", program.display()))?;
        let stdout = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = loop {
            let Some(line) = lines.next_line().await? else {
                bail!("the server told no address")
            };
            if let Some(start) = line.find("http://") {
                let rest = &line[start + 7..];
                let end = rest.find(|c: char| c == '/' || c.is_whitespace());
                break rest[..end.unwrap_or(rest.len())].to_owned();
            }
        };
        let startup = begun.elapsed();
        drain(lines);
        Ok(Self {
            child,
            address,
            startup,
        })
    }

    /// Processor time used so far, user and system, in microseconds.
    pub(crate) fn cpu_micros(&self) -> Result<u64> {
        let id = self.child.id().context("the server has ended")?;
        let text = std::fs::read_to_string(format!("/proc/{id}/schedstat"));
        // Threads are summed: the file of the process tells its first thread only.
        let mut total = 0u64;
        for task in std::fs::read_dir(format!("/proc/{id}/task"))? {
            let stat = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let on_cpu = stat.split_whitespace().next().unwrap_or_default();
            total += on_cpu.parse::<u64>().unwrap_or_default();
        }
        text?;
        Ok(total / 1_000)
    }

    /// Resident memory in kilobytes.
    pub(crate) fn resident_kilobytes(&self) -> Result<u64> {
        self.kilobytes("VmRSS:")
    }

    /// The most resident memory in kilobytes, since the start or since it was forgotten.
    pub(crate) fn peak_kilobytes(&self) -> Result<u64> {
        self.kilobytes("VmHWM:")
    }

    /// Lets the peak begin anew.
    pub(crate) fn forget_peak(&self) -> Result<()> {
        let id = self.child.id().context("the server has ended")?;
        Ok(std::fs::write(format!("/proc/{id}/clear_refs"), "5")?)
    }

    fn kilobytes(&self, name: &str) -> Result<u64> {
        let id = self.child.id().context("the server has ended")?;
        let text = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = text
            .lines()
            .find(|line| line.starts_with(name))
            .context("no such line")?;
        let digits = line.split_whitespace().nth(1).unwrap_or_default();
        Ok(digits.parse()?)
    }
}

#[expect(clippy::disallowed_methods, reason = "a pipe has to be kept empty")]
fn drain(mut lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>) {
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
}
