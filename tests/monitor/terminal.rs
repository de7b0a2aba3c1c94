//! A terminal that tests look into.

use std::{
    io::{Read, Write},
    num::NonZero,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

pub fn size(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap()
}

/// Far more than anything here takes, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The program in a terminal of its own, and what that terminal shows.
pub struct Terminal {
    pub screen: Arc<Mutex<vt100::Parser>>,
    pub raw: Arc<Mutex<Vec<u8>>>,
    keys: Option<Box<dyn Write + Send>>,
    pub child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    /// Whether nothing more is read.
    deaf: Arc<AtomicBool>,
    /// The terminal's modes before the program began.
    modes: String,
}

impl Terminal {
    /// The monitor in a terminal of 100x30.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::within(folder, arguments, &[])
    }

    /// The same, with other variables in the environment.
    pub fn within(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gan-tui"));
        command.args(arguments);
        Self::run(folder, command, environment)
    }

    /// Any program.
    pub fn run(folder: &Path, mut command: CommandBuilder, environment: &[(&str, &str)]) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize { rows: 30, cols: 100, ..PtySize::default() })
            .unwrap();
        let modes = format!("{:?}", pair.master.get_termios().unwrap());
        command.cwd(folder);
        command.env("HOME", folder);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for variable in [
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
            "NO_COLOR",
            "COLORTERM",
            "LC_ALL",
            "SSH_CONNECTION",
            "SSH_TTY",
        ] {
            command.env_remove(variable);
        }
        for (variable, value) in environment {
            command.env(variable, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(size(30), size(100), 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let deaf = Arc::<AtomicBool>::default();
        let (shown, kept, stop) = (screen.clone(), raw.clone(), deaf.clone());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                shown.lock().unwrap().process(&bytes[..count]);
                kept.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
        });
        let keys = Some(pair.master.take_writer().unwrap());
        Self { screen, raw, keys, child, master: Some(pair.master), deaf, modes }
    }

    /// The terminal has another size now.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.master
            .as_ref()
            .unwrap()
            .resize(PtySize { rows, cols: columns, ..PtySize::default() })
            .unwrap();
        self.screen.lock().unwrap().screen_mut().set_size(size(rows), size(columns));
    }

    /// Reads nothing more; the terminal stays open.
    pub fn stop_reading(&self) {
        self.deaf.store(true, Ordering::SeqCst);
    }

    /// Closes the terminal.
    pub fn hang_up(&mut self) {
        self.stop_reading();
        (self.master, self.keys) = (None, None);
    }

    /// Everything that came, with the escape sequences.
    pub fn raw_text(&self) -> String {
        String::from_utf8_lossy(&self.raw.lock().unwrap()).into_owned()
    }

    pub fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    pub fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Waits until the screen shows what is looked for.
    pub fn wait(&self, what: &str, shown: impl Fn(&str) -> bool) -> String {
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

    /// The terminal is as it was: its modes, the normal screen, the cursor.
    pub fn assert_restored(&self) {
        assert_eq!(
            format!("{:?}", self.master.as_ref().unwrap().get_termios().unwrap()),
            self.modes,
            "the modes come back"
        );
        let raw = self.raw_text();
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
