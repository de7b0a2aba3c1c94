//! tmux as a terminal.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{PATIENCE, Sandbox};

/// A tmux server with one session of 100x30, which ends with the test.
pub struct Tmux<'a>(&'a Sandbox);

impl<'a> Tmux<'a> {
    /// Starts a shell command in a session.
    pub fn start(sandbox: &'a Sandbox, command: &str) -> Self {
        let tmux = Self(sandbox);
        let folder = sandbox.path().to_str().unwrap();
        let session = ["new-session", "-d", "-x", "100", "-y", "30", "-c", folder, command];
        tmux.run(&[&["-f", "/dev/null"], &session[..]].concat());
        tmux
    }

    /// Runs a tmux command and returns what it prints.
    pub fn run(&self, arguments: &[&str]) -> String {
        let mut command = self.0.program("tmux");
        let output = command
            .arg("-S")
            .arg(self.0.join("tmux"))
            .args(arguments)
            .env("LANG", "C.UTF-8")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub fn wait(&self, what: &str, is_shown: impl Fn(&str) -> bool) {
        let start = Instant::now();
        loop {
            let text = self.run(&["capture-pane", "-p"]);
            if is_shown(&text) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "never saw {what}:\n{text}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}
