//! What the tests share. A [`Sandbox`] is a folder in which the program runs with a small preset
//! and a few images; a [`Terminal`] is a pseudo-terminal with a program in it; a [`Connection`]
//! speaks the protocol of a run's socket. [`need!`] skips a test that needs something absent and
//! records its name for the list at the end of `cargo test`.
//!
//! It depends on no other crate of this workspace, so that all of them can use it.

// A helper that fails makes its test fail.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]
#![forbid(unsafe_code)]

mod connection;
mod faults;
pub mod idx;
pub mod needs;
mod recorded;
mod sandbox;
mod skips;
mod sshd;
mod terminal;
mod tmux;
mod user;

use std::{
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

pub use connection::{Connection, socket};
pub use faults::{
    EACCES, EDQUOT, EINTR, EINVAL, EIO, ENOLCK, ENOSPC, ENOSYS, EOPNOTSUPP, EROFS, ESTALE, Effect,
    Fault, Faults,
};
pub use recorded::{assert_same, newest_frame, recorded};
pub use sandbox::Sandbox;
pub use skips::{Skipped, note, take, test_name};
pub use sshd::Sshd;
pub use terminal::{Answers, Terminal};
pub use tmux::Tmux;
pub use user::OtherUser;

/// The time-out of every wait: far more than anything here takes, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The built program.
pub fn program() -> PathBuf {
    assert_cmd::cargo::cargo_bin("gan-tui")
}

/// Waits until a condition holds.
#[track_caller]
pub fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal, by its name without `SIG`, to a process.
#[track_caller]
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status();
    assert!(sent.unwrap().success(), "no SIG{name} for process {process}");
}

/// Sets or clears an attribute of a file, as `chattr` does. See [`needs::attributes`].
#[track_caller]
pub fn change_attribute(change: &str, path: &Path) {
    let changed = Command::new("chattr").arg(change).arg(path).status();
    assert!(changed.unwrap().success(), "chattr {change} {}", path.display());
}
