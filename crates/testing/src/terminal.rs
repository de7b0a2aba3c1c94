//! A pseudo-terminal with a program in it, and what it shows.

use std::{
    ffi::OsStr,
    io::{Read, Write},
    num::NonZero,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::{
    PATIENCE, Sandbox, program,
    sandbox::{HOME_VARIABLES, THREAD_VARIABLES},
    signal, wait,
};

const COLUMNS: u16 = 100;
const ROWS: u16 = 30;

/// A pseudo-terminal of 100x30, all of whose output is read by a thread.
pub struct Terminal {
    output: Arc<Output>,
    /// Where keys are written to; `None` once the terminal is closed.
    input: Option<Box<dyn Write + Send>>,
    master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
    reading_stopped: Arc<AtomicBool>,
    /// The terminal's modes before the program started.
    modes: String,
}

struct Output {
    state: Mutex<OutputState>,
    arrived: Condvar,
}

struct OutputState {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    /// Whether nothing more will be read.
    ended: bool,
}

impl Terminal {
    /// Starts gan-tui.
    pub fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        Self::start_with(sandbox, arguments, &[])
    }

    /// Starts gan-tui with further environment variables.
    pub fn start_with(sandbox: &Sandbox, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_program(sandbox, program().as_os_str(), arguments, environment)
    }

    /// Starts any program.
    pub fn start_program(
        sandbox: &Sandbox,
        program: impl AsRef<OsStr>,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(sandbox.path());
        for name in HOME_VARIABLES {
            command.env(name, sandbox.path());
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for name in THREAD_VARIABLES {
            command.env_remove(name);
        }
        for name in ["NO_COLOR", "COLORTERM", "LC_ALL", "SSH_CONNECTION", "SSH_TTY"] {
            command.env_remove(name);
        }
        for (name, value) in environment {
            command.env(name, value);
        }
        let size = PtySize { rows: ROWS, cols: COLUMNS, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let modes = format!("{:?}", pair.master.get_termios().unwrap());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);

        let parser = vt100::Parser::new(cells(ROWS), cells(COLUMNS), 0);
        let output = Arc::new(Output {
            state: Mutex::new(OutputState { parser, bytes: Vec::new(), ended: false }),
            arrived: Condvar::new(),
        });
        let reading_stopped = Arc::<AtomicBool>::default();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (shared, stopped) = (output.clone(), reading_stopped.clone());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let mut state = shared.state.lock().unwrap();
                state.parser.process(&bytes[..count]);
                state.bytes.extend_from_slice(&bytes[..count]);
                shared.arrived.notify_all();
            }
            shared.state.lock().unwrap().ended = true;
            shared.arrived.notify_all();
        });
        let input = Some(pair.master.take_writer().unwrap());
        Self { output, input, master: Some(pair.master), child, reading_stopped, modes }
    }

    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Returns the text on the screen.
    pub fn text(&self) -> String {
        self.output.state.lock().unwrap().parser.screen().contents()
    }

    /// Returns everything that was written to the terminal, with escape sequences.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.output.state.lock().unwrap().bytes).into_owned()
    }

    /// Returns the iteration in the header.
    pub fn iteration(&self) -> u64 {
        let text = self.text();
        let after = text.split("iteration ").nth(1).unwrap_or_default();
        after.split(" /").next().unwrap_or_default().replace(',', "").parse().unwrap_or(0)
    }

    pub fn press(&mut self, keys: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(keys.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, ..PtySize::default() };
        self.master.as_ref().unwrap().resize(size).unwrap();
        let mut state = self.output.state.lock().unwrap();
        state.parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// Waits until the screen is as it should be, and returns its text.
    #[track_caller]
    pub fn wait(&self, what: &str, is_shown: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let state = self.output.state.lock().unwrap();
            let seen = state.bytes.len();
            drop(state);
            let text = self.text();
            if is_shown(&text) {
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "never saw {what}:\n{text}");
            // A terminal that writes nothing more may still have been given another size.
            let second = Duration::from_secs(1);
            let state = self.output.state.lock().unwrap();
            let nothing_new = |state: &mut OutputState| state.bytes.len() == seen;
            drop(self.output.arrived.wait_timeout_while(state, second, nothing_new).unwrap());
        }
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.wait(text, |shown| shown.contains(text));
    }

    /// Waits until the header shows an iteration for which a condition holds.
    #[track_caller]
    pub fn wait_iteration(&self, what: &str, holds: impl Fn(u64) -> bool) {
        self.wait(what, |_| holds(self.iteration()));
    }

    /// Waits for the program's end, and until what it wrote was read. Returns its exit status.
    #[track_caller]
    pub fn end(&mut self) -> u32 {
        let mut status = None;
        wait("the program's end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        // Another process may have the terminal open, which then does not end.
        let second = Duration::from_secs(1);
        let state = self.output.state.lock().unwrap();
        drop(self.output.arrived.wait_timeout_while(state, second, |state| !state.ended).unwrap());
        status.unwrap().exit_code()
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Reads nothing more of what the program writes; the terminal stays open.
    pub fn stop_reading(&self) {
        self.reading_stopped.store(true, Ordering::SeqCst);
    }

    /// Closes the terminal.
    pub fn close(&mut self) {
        self.stop_reading();
        (self.master, self.input) = (None, None);
    }

    /// Sends SIGHUP to the program, as a terminal's window does that is closed.
    pub fn hang_up(&self) {
        signal(self.process(), "HUP");
    }

    /// Asserts that the terminal's modes, the normal screen and the cursor were restored.
    #[track_caller]
    pub fn assert_restored(&self) {
        let modes = format!("{:?}", self.master.as_ref().unwrap().get_termios().unwrap());
        assert_eq!(modes, self.modes, "the modes are restored");
        // Some of it may not have been read yet.
        wait("the normal screen and the cursor", || {
            let written = self.written();
            let last = |sequence: &str| written.rfind(sequence);
            last("\x1b[?1049l") > last("\x1b[?1049h") && last("\x1b[?25h") > last("\x1b[?25l")
        });
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}
