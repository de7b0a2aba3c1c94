//! Both sides of a process in the background: the host starts it and follows it until it trains;
//! the
//! successor leaves the terminal's session, so that no logout ends it, and reports how it begins.

use std::{
    env,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufReader, Write},
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{
    handover::{Phase, Step},
    host::EventCallback,
    notify,
    socket::protocol,
};
use crate::cli::{HeadlessOptions, Notify, OnHangup, Threads};
use gan_tui_core::{
    event::{Event, Outcome},
    text::shown,
};
use gan_tui_store::run::log;

/// The first file descriptor that is no standard stream.
const BEYOND_STDERR: i32 = 3;

/// How the successor is to continue the run.
#[derive(Debug, Clone)]
pub struct DetachOptions {
    pub threads: Threads,
    pub on_hangup: OnHangup,
    /// How the end is announced, and at which terminal.
    pub notify: Option<(Notify, PathBuf)>,
    /// The command for what happens to the run.
    pub exec: Option<String>,
    /// Training time that is left.
    pub time_left: Option<Duration>,
    pub is_paused: bool,
    /// How many iterations the run is to have; overrides its preset.
    pub iterations: Option<u64>,
    /// The preset to train, as text; overrides the run's, which may not have been written yet.
    pub preset: Option<String>,
    /// Whether it starts again if it has lost its checkpoints.
    pub restart: bool,
    /// Whether it was just created: then it is removed if it ends before training begins.
    pub is_new: bool,
}

impl DetachOptions {
    /// Returns the options of a run that is left to the background with the options of one without
    /// the monitor. Its end is announced at this process's terminal, if it has one.
    pub fn new(threads: Threads, without: &HeadlessOptions) -> Self {
        Self {
            threads,
            on_hangup: without.on_hangup,
            exec: without.exec.command.clone(),
            notify: without.end.notify.and_then(|how| Some((how, notify::terminal()?))),
            time_left: None,
            is_paused: false,
            iterations: None,
            preset: None,
            restart: false,
            is_new: false,
        }
    }

    /// Returns the command line of the successor that stands for these options.
    fn to_args(&self) -> Vec<OsString> {
        let mut args: Vec<OsString> = Vec::new();
        if self.on_hangup == OnHangup::Stop {
            args.extend(["--on-hangup", "stop"].map(OsString::from));
        }
        if let Some((how, terminal)) = &self.notify {
            let name =
                how.to_possible_value().map_or_else(String::new, |how| how.get_name().into());
            args.push(format!("--notify={name}").into());
            args.extend(["--notify-terminal".into(), terminal.clone().into_os_string()]);
        }
        if let Some(command) = &self.exec {
            args.push(format!("--exec={command}").into());
        }
        if let Some(threads) = self.threads.threads {
            args.extend(["--threads".into(), threads.to_string().into()]);
        }
        if let Some(left) = self.time_left {
            let minutes = (left.as_secs_f64() / 60.0).max(1e-9);
            args.extend(["--minutes".into(), minutes.to_string().into()]);
        }
        if self.is_paused {
            args.push("--paused".into());
        }
        if let Some(iterations) = self.iterations {
            args.extend(["--iterations".into(), iterations.to_string().into()]);
        }
        if let Some(preset) = &self.preset {
            args.extend(["--preset-text".into(), preset.into()]);
        }
        if self.restart {
            args.push("--restart".into());
        }
        if self.is_new {
            args.push("--is-new".into());
        }
        args
    }
}

/// A successor that trains.
#[derive(Debug)]
pub struct Successor {
    pub process: u32,
    /// It waits for a person to resume it.
    pub is_paused: bool,
    /// Why nobody can attach to the run, if so.
    pub warnings: Vec<String>,
}

/// A line of the successor's standard output.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Report {
    Warning { warning: String },
    Event(Event),
}

/// Starts the successor of a released run, a process that is given the run's lock, and waits until
/// it trains; until then `on_event` gets what it reports.
///
/// # Errors
/// Returns an error if the process cannot be started, or the run cannot begin.
pub fn start_successor(
    directory: &Path,
    lock: File,
    options: &DetachOptions,
    on_event: &mut dyn FnMut(&Event),
) -> anyhow::Result<Successor> {
    let mut command = Command::new(program());
    command.arg("resume").arg(directory).args(["--headless", "--background"]);
    command.args(options.to_args());
    command.stdin(lock).stdout(Stdio::piped()).stderr(log(directory)?);
    // The successor does not inherit what else this process was given open: a lock or a pipe would
    // be held for as long as the run lasts.
    close_fds::set_fds_cloexec_threadsafe(BEYOND_STDERR, &[]);
    let mut child = command.spawn().context("cannot start a process in the background")?;
    let mut warnings = Vec::new();
    match follow(&mut child, on_event, &mut warnings) {
        (Phase::Continued, _) => {
            Ok(Successor { process: child.id(), is_paused: options.is_paused, warnings })
        }
        (_, Some(reason)) => {
            // It ends by itself after its last event.
            let _ = child.wait();
            bail!(reason)
        }
        (_, None) => {
            let status =
                child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
            bail!("the process in the background ended ({status}){}", last_log_line(directory))
        }
    }
}

/// Reads what the successor reports until it trains or ends. Returns the phase of the hand-over
/// then, and why the run failed if the successor reported that.
fn follow(
    child: &mut Child,
    on_event: &mut dyn FnMut(&Event),
    warnings: &mut Vec<String>,
) -> (Phase, Option<String>) {
    let mut phase = Phase::Released.after(Step::Spawned);
    let Some(stdout) = child.stdout.take() else { return (phase.after(Step::Lost), None) };
    let mut reader = BufReader::new(stdout);
    let mut buffer = Vec::new();
    while phase == Phase::Starting {
        match protocol::read::<Report>(&mut reader, protocol::MOST_BYTES, &mut buffer) {
            Ok(Some(Report::Warning { warning })) => warnings.push(warning),
            Ok(Some(Report::Event(event))) => {
                on_event(&event);
                phase = phase.after(Step::Reported(&event));
                if let Event::Ended(Outcome::Failed(reason)) = event {
                    return (phase, Some(reason));
                }
            }
            // A line of a newer program, whose file took the place of this one's.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
            Ok(None) | Err(_) => phase = phase.after(Step::Lost),
        }
    }
    (phase, None)
}

/// Returns the path of this program; if its file was replaced meanwhile, that of the running one.
fn program() -> PathBuf {
    match env::current_exe() {
        Ok(path) if path.is_file() => path,
        _ => PathBuf::from("/proc/self/exe"),
    }
}

fn log(directory: &Path) -> anyhow::Result<File> {
    let path = log::path(directory);
    log::open(&path).with_context(|| format!("cannot write {}", shown(&path)))
}

/// Returns the last line of the run's log, for a message.
fn last_log_line(directory: &Path) -> String {
    let text = fs::read_to_string(log::path(directory)).unwrap_or_default();
    text.lines()
        .last()
        .map_or_else(String::new, |line| format!(": {}", line.trim_start_matches("error: ")))
}

/// Takes this process, which [`start_successor`] started, out of the terminal's session, and
/// returns the lock it was given. Its standard input is empty from now on.
///
/// # Errors
/// Returns an error if the lock cannot be duplicated or standard input cannot be replaced.
pub fn daemonize() -> io::Result<File> {
    // This fails if the process leads a group, which a shell may have made it.
    let _ = rustix::process::setsid();
    let lock = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(lock)
}

/// Sends what this process prints to the run's log from now on, as its terminal may be gone.
///
/// # Errors
/// Returns an error if the log cannot be written.
pub fn redirect_to_log(directory: &Path) -> anyhow::Result<()> {
    let log = log(directory)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(&log)?;
    rustix::stdio::dup2_stderr(&log)?;
    Ok(())
}

/// Warns the host, on standard output. This is for the time before training begins: the host reads
/// no further.
pub fn warn_host(warning: &str) {
    let mut out = io::stdout();
    // A host that is gone misses it.
    let _ = protocol::write(&mut out, &Report::Warning { warning: warning.into() })
        .and_then(|()| out.flush());
}

/// Returns the successor's callback: it reports to the host, on standard output, until training
/// begins; the run's end it announces at a terminal.
pub fn report_to_host(notify: Option<(Notify, PathBuf)>, run: &Path) -> EventCallback {
    let run = shown(run);
    let mut is_followed = true;
    Box::new(move |event| {
        if let (Event::Ended(outcome), Some((how, terminal))) = (&event, &notify) {
            notify::write_to(terminal, *how, &run, outcome);
        }
        let is_last = matches!(event, Event::Started(_) | Event::Ended(_));
        if !is_followed || !(is_last || matches!(event, Event::Preparing(_))) {
            return;
        }
        let mut out = io::stdout();
        let written = protocol::write(&mut out, &event).and_then(|()| out.flush());
        if is_last || written.is_err() {
            is_followed = false;
            // The host reads no further, and ends once the pipe is closed.
            if let Ok(null) = OpenOptions::new().write(true).open("/dev/null") {
                let _ = rustix::stdio::dup2_stdout(null);
            }
        }
    })
}
