//! The real program in a pseudo-terminal: what a person sees and does, and how the terminal is left.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::{
    io::{Read, Write},
    num::NonZero,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

fn size(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap()
}

/// Far more than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// The program in a terminal of its own, and what that terminal shows.
struct Terminal {
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// The terminal's modes before the program began.
    modes: String,
}

impl Terminal {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows: 30, cols: 100, ..PtySize::default() }).unwrap();
        let modes = format!("{:?}", pair.master.get_termios().unwrap());
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gan-tui"));
        command.args(arguments);
        command.cwd(folder);
        command.env("HOME", folder);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for variable in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "NO_COLOR", "SSH_CONNECTION"] {
            command.env_remove(variable);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(size(30), size(100), 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (shown, kept) = (screen.clone(), raw.clone());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..count]);
                kept.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { screen, raw, keys, child, master: pair.master, modes }
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until the screen shows what is looked for.
    fn wait(&self, what: &str, shown: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let text = self.text();
            if shown(&text) {
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "never saw {what}:\n{text}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end; the exit status.
    fn end(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "never ended:\n{}", self.text());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The terminal is as it was: its modes, the normal screen, the cursor.
    fn assert_restored(&self) {
        assert_eq!(format!("{:?}", self.master.get_termios().unwrap()), self.modes, "the modes come back");
        let raw = String::from_utf8_lossy(&self.raw.lock().unwrap()).into_owned();
        let last = |sequence: &str| raw.rfind(sequence);
        assert!(last("\x1b[?1049l") > last("\x1b[?1049h"), "the normal screen comes back");
        assert!(last("\x1b[?25h") > last("\x1b[?25l"), "the cursor comes back");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

const SMALL: [&str; 10] = ["--preset", "quick", "--data", "synthetic", "--batch", "2", "--iterations", "100000", "--out", "first"];

#[test]
fn a_person_watches_pauses_exports_switches_and_quits() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), &SMALL);
    terminal.wait("the preset before the first iteration", |text| text.contains("quick"));
    terminal.wait("training", |text| text.contains("training") && text.contains("iteration"));
    terminal.press(" ");
    terminal.wait("the pause", |text| text.contains("paused"));
    terminal.press("e");
    terminal.wait("where the frame went", |text| text.contains("exports"));
    let mut endings: Vec<_> = std::fs::read_dir(folder.path().join("first/exports"))
        .unwrap()
        .map(|entry| entry.unwrap().path().extension().unwrap().to_string_lossy().into_owned())
        .collect();
    endings.sort();
    assert_eq!(endings, ["ans", "png", "txt"]);
    terminal.master.resize(PtySize { rows: 24, cols: 80, ..PtySize::default() }).unwrap();
    terminal.screen.lock().unwrap().screen_mut().set_size(size(24), size(80));
    terminal.press(" ");
    terminal.wait("training again, on the smaller screen", |text| text.contains("training") && text.lines().count() <= 24);
    // The presets are listed with the reference first.
    terminal.press("p");
    terminal.wait("the list of presets", |text| text.contains("dcgan") && text.contains("quick"));
    terminal.press("gk\r");
    terminal.wait("a run of the other preset", |text| text.contains("dcgan ·") && text.contains("training"));
    terminal.press("q");
    terminal.wait("the question", |text| text.to_lowercase().contains("quit"));
    terminal.press("y");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    let kept = |run: &Path| run.join("checkpoints").read_dir().is_ok_and(|mut files| files.next().is_some());
    assert!(kept(&folder.path().join("first")), "the first run ended with a checkpoint");
    let second = folder.path().join("runs").read_dir().unwrap().next().unwrap().unwrap().path();
    assert!(kept(&second), "and so did the second");
}

#[test]
fn sigterm_saves_and_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), &SMALL);
    terminal.wait("training", |text| text.contains("training") && text.contains("iteration"));
    let id = terminal.child.process_id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(terminal.end(), 143);
    terminal.assert_restored();
    assert!(folder.path().join("first/checkpoints").read_dir().unwrap().next().is_some());
}

#[test]
fn ctrl_c_twice_leaves_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), &SMALL);
    terminal.wait("training", |text| text.contains("training") && text.contains("iteration"));
    terminal.press("\x03");
    terminal.wait("the question", |text| text.to_lowercase().contains("quit"));
    terminal.press("\x03");
    assert_eq!(terminal.end(), 130);
    terminal.assert_restored();
}
