//! A pseudo-terminal with a program in it, and what it shows.

use std::{
    ffi::OsStr,
    io::{Read, Write},
    mem,
    num::NonZero,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
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

/// What the environment of the tests may say of another terminal.
const FOREIGN_VARIABLES: [&str; 8] =
    ["NO_COLOR", "COLORTERM", "COLORFGBG", "LC_ALL", "SSH_CONNECTION", "SSH_TTY", "TMUX", "STY"];

const COLUMNS: u16 = 100;
const ROWS: u16 = 30;

/// What a terminal answers when it is asked where its cursor is, and more.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers {
    /// Whether it answers nothing at all.
    pub silent: bool,
    /// How long each answer takes.
    pub delay: Duration,
    /// The colour of its background, such as `rgb:ffff/ffff/ffff`, if it tells.
    pub background: Option<&'static str>,
    /// Whether it shows a character two cells wide that may be one.
    pub is_wide: bool,
    /// What it answers when it is asked for its name (XTVERSION), and for its attributes (DA1).
    pub pixels: Option<(&'static str, &'static str)>,
}

/// Answers that are to be given.
struct Answering {
    answers: Answers,
    due: Vec<u8>,
}

impl vt100::Callbacks for Answering {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        last: char,
    ) {
        if !self.answers.silent && first.is_none() && last == 'n' && matches!(parameters, [[6]]) {
            let (row, column) = screen.cursor_position();
            let more = u16::from(self.answers.is_wide && (row, column) == (0, 1));
            self.due.extend(format!("\x1b[{};{}R", row + 1, column + 1 + more).bytes());
        }
        if let Some((name, attributes)) = self.answers.pixels {
            match (first, last) {
                (Some(b'>'), 'q') => self.due.extend(name.bytes()),
                (None, 'c') => self.due.extend(attributes.bytes()),
                _ => {}
            }
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, parameters: &[&[u8]]) {
        if let (false, Some(colour), [b"11", b"?"]) =
            (self.answers.silent, self.answers.background, parameters)
        {
            self.due.extend(format!("\x1b]11;{colour}\x1b\\").bytes());
        }
    }
}

/// Where keys and answers are written to; `None` once the terminal is closed.
type Input = Arc<Mutex<Option<Box<dyn Write + Send>>>>;

/// A pseudo-terminal of 100x30, all of whose output is read by a thread, and which answers
/// questions.
pub struct Terminal {
    output: Arc<Output>,
    input: Input,
    master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
    reading_stopped: Arc<AtomicBool>,
    /// Milliseconds between two reads of what the program writes.
    pause: Arc<AtomicU64>,
    /// The terminal's modes before the program started.
    modes: String,
}

struct Output {
    state: Mutex<OutputState>,
    arrived: Condvar,
}

struct OutputState {
    parser: vt100::Parser<Answering>,
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
        Self::start_answering(sandbox, program, arguments, environment, Answers::default())
    }

    /// Starts any program in a terminal that answers so.
    pub fn start_answering(
        sandbox: &Sandbox,
        program: impl AsRef<OsStr>,
        arguments: &[&str],
        environment: &[(&str, &str)],
        answers: Answers,
    ) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(sandbox.path());
        for name in HOME_VARIABLES {
            command.env(name, sandbox.path());
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for name in FOREIGN_VARIABLES.iter().chain(&THREAD_VARIABLES) {
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

        let answering = Answering { answers, due: Vec::new() };
        let parser = vt100::Parser::new_with_callbacks(cells(ROWS), cells(COLUMNS), 0, answering);
        let output = Arc::new(Output {
            state: Mutex::new(OutputState { parser, bytes: Vec::new(), ended: false }),
            arrived: Condvar::new(),
        });
        let input: Input = Arc::new(Mutex::new(Some(pair.master.take_writer().unwrap())));
        let (reading_stopped, pause) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let terminal =
            Self { output, input, child, reading_stopped, pause, modes, master: Some(pair.master) };
        terminal.start_reading(answers.delay);
        terminal
    }

    /// Reads what the program writes, and answers, on threads of their own.
    fn start_reading(&self, delay: Duration) {
        let mut reader = self.master.as_ref().unwrap().try_clone_reader().unwrap();
        let (shared, stopped) = (self.output.clone(), self.reading_stopped.clone());
        let (pause, input) = (self.pause.clone(), self.input.clone());
        let (sender, answers) = mpsc::channel::<(Instant, Vec<u8>)>();
        thread::spawn(move || {
            for (due, answer) in answers {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if let Some(input) = input.lock().unwrap().as_mut() {
                    // The program may have ended.
                    let _ = input.write_all(&answer).and_then(|()| input.flush());
                }
            }
        });
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let mut state = shared.state.lock().unwrap();
                state.parser.process(&bytes[..count]);
                let due = mem::take(&mut state.parser.callbacks_mut().due);
                state.bytes.extend_from_slice(&bytes[..count]);
                shared.arrived.notify_all();
                drop(state);
                if !due.is_empty() {
                    sender.send((Instant::now() + delay, due)).unwrap();
                }
                thread::sleep(Duration::from_millis(pause.load(Ordering::SeqCst)));
            }
            shared.state.lock().unwrap().ended = true;
            shared.arrived.notify_all();
        });
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
        self.send(keys.as_bytes());
    }

    /// Writes any bytes, at once, as what the program reads.
    pub fn send(&mut self, bytes: &[u8]) {
        let mut input = self.input.lock().unwrap();
        let input = input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.claim_size(columns, rows);
        let mut state = self.output.state.lock().unwrap();
        state.parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// Tells the program a size that the screen does not have.
    pub fn claim_size(&self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, ..PtySize::default() };
        self.master.as_ref().unwrap().resize(size).unwrap();
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

    /// Pauses after each read of what the program writes, 4 kB at most.
    pub fn read_slowly(&self, pause: Duration) {
        self.pause.store(pause.as_millis() as u64, Ordering::SeqCst);
    }

    /// Reads nothing more of what the program writes; the terminal stays open.
    pub fn stop_reading(&self) {
        self.reading_stopped.store(true, Ordering::SeqCst);
    }

    /// Closes the terminal.
    pub fn close(&mut self) {
        self.stop_reading();
        self.master = None;
        *self.input.lock().unwrap() = None;
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
