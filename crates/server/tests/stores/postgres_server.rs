//! A real Postgres in a folder of its own, reached by a socket in it. It goes when the test does.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::places::Folder;

/// A server.
pub(crate) struct PostgresServer {
    process: Option<Child>,
    folder: Folder,
    programs: PathBuf,
}

impl PostgresServer {
    /// Starts one; none where the machine has none, which is said aloud.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!(
                "SKIPPED: this machine has no `initdb` and `postgres`, so nothing was tested \
                 against Postgres"
            );
            return None;
        };
        let folder = Folder::new();
        own(&folder.0);
        let data = folder.0.join("data");
        let made = as_nobody(&programs.join("initdb"))
            .args(["--username=fakeai", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(made.status.success(), "{words}");
        let mut server = Self {
            process: None,
            folder,
            programs,
        };
        server.run();
        Some(server)
    }

    /// Runs the server and waits until it answers.
    pub(crate) fn run(&mut self) {
        let process = as_nobody(&self.programs.join("postgres"))
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-D"])
            .arg(self.folder.0.join("data"))
            .arg("-k")
            .arg(&self.folder.0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(process.unwrap());
        for _ in 0..600 {
            let ready = Command::new(self.programs.join("pg_isready"))
                .arg("-q")
                .arg("-h")
                .arg(&self.folder.0)
                .status();
            if ready.unwrap().success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("Postgres does not come up");
    }

    /// Ends the server, as an administrator would who is in a hurry.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let pid = process.id().to_string();
            let told = Command::new("kill").args(["-INT", &pid]).status();
            if !told.is_ok_and(|told| told.success()) {
                let _ = process.kill();
            }
            let _ = process.wait();
        }
    }

    /// How to reach it.
    pub(crate) fn url(&self) -> String {
        let folder = self.folder.0.display();
        format!("postgres://fakeai@localhost/postgres?host={folder}")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder of the newest Postgres's programs.
fn programs() -> Option<PathBuf> {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&search).collect::<Vec<_>>();
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut versions = versions
        .flatten()
        .map(|entry| entry.path())
        .collect::<Vec<_>>();
    versions.sort();
    folders.extend(versions.iter().rev().map(|version| version.join("bin")));
    let has = |folder: &Path| {
        let wanted = ["initdb", "postgres", "pg_isready"];
        wanted.iter().all(|program| folder.join(program).is_file())
    };
    folders.into_iter().find(|folder| has(folder))
}

/// Postgres does not run for the superuser.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn as_nobody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"])
        .arg(program);
    command
}

fn own(folder: &Path) {
    if is_root() {
        let owned = Command::new("chown")
            .arg("nobody:nogroup")
            .arg(folder)
            .status();
        assert!(owned.unwrap().success());
    }
}
