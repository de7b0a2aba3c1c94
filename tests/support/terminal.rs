//! A pseudo-terminal with a program in it, and what it shows.

use std::{
    io::{Read, Write},
    num::NonZero,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::{PATIENCE, Place};

pub struct Terminal {
    screen: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// gan-tui with these words, in a terminal of its own.
    pub fn start(place: &Place, words: &[&str]) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize { rows: 30, cols: 100, ..PtySize::default() })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gan-tui"));
        command.args(words);
        command.cwd(place.path());
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HOME"] {
            command.env(name, place.path());
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for variable in ["NO_COLOR", "SSH_CONNECTION"] {
            command.env_remove(variable);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let cells = |count: u16| NonZero::new(count).unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(30), cells(100), 0)));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shown = screen.clone();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..count]);
            }
        });
        Self { screen, keys: pair.master.take_writer().unwrap(), child, _master: pair.master }
    }

    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// The iteration that the header shows.
    pub fn iteration(&self) -> u64 {
        let text = self.text();
        let after = text.split("iteration ").nth(1).unwrap_or_default();
        after.split(" /").next().unwrap_or_default().replace(',', "").parse().unwrap_or(0)
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until the screen shows what is looked for.
    #[track_caller]
    pub fn wait(&self, what: &str, shown: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !shown(self) {
            assert!(start.elapsed() < PATIENCE, "never saw {what}:\n{}", self.text());
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.wait(text, |terminal| terminal.text().contains(text));
    }

    /// Waits for the end; the exit status.
    #[track_caller]
    pub fn end(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "never ended:\n{}", self.text());
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// The window is closed: what runs there is hung up, and nobody reads what it writes.
    pub fn close(&mut self) {
        super::signal(self.process(), "HUP");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
