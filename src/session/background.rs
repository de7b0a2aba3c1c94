//! Runs in the background: a process of its own session, that no terminal holds and no logout hangs
//! up.

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

use super::{host::Audience, socket::protocol};
use crate::cli::{Threads, report};
use gan_tui_core::event::{Event, Outcome, Storage};
use gan_tui_store::run::paths;

/// The first file descriptor that is no standard stream.
const BEYOND_STDERR: i32 = 3;

/// How the run is to go on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms {
    pub threads: Threads,
    /// Training time that is left.
    pub left: Option<Duration>,
    pub paused: bool,
    /// How many iterations it is to have, in place of what its preset says as long as that has not
    /// been written.
    pub iterations: Option<u64>,
    /// Whether it begins again if it has lost its checkpoints.
    pub restart: bool,
    /// Whether it has just been laid out: then it is removed if it ends before training begins.
    pub is_new: bool,
}

/// Goes on with a run in the background, in a process that is given the run's lock. Returns its id
/// once training has begun; until then `follow` is told what it reports.
///
/// # Errors
/// Where the process cannot be started, or the run cannot begin: the reason.
pub fn go_on(
    directory: &Path,
    lock: File,
    terms: Terms,
    follow: &mut dyn FnMut(&Event),
) -> anyhow::Result<u32> {
    let mut command = Command::new(program());
    command.arg("resume").arg(directory).args(["--headless", "--background"]).args(words(terms));
    command.stdin(lock).stdout(Stdio::piped()).stderr(log(directory)?);
    // What this process was given open by whoever started it is nobody's business there: a lock or
    // a pipe would be held for as long as the run goes on.
    close_fds::set_fds_cloexec_threadsafe(BEYOND_STDERR, &[]);
    let mut child = command.spawn().context("cannot start a process in the background")?;
    match begun(&mut child, follow) {
        Some(Ok(())) => Ok(child.id()),
        Some(Err(reason)) => {
            // It has said its last word and ends by itself.
            let _ = child.wait();
            bail!(reason)
        }
        None => {
            let status =
                child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
            bail!("the process in the background ended ({status}){}", last_word(directory))
        }
    }
}

/// Hears the process until training begins or ends; `None` where it went without a word.
fn begun(child: &mut Child, follow: &mut dyn FnMut(&Event)) -> Option<Result<(), String>> {
    let mut reader = BufReader::new(child.stdout.take()?);
    let mut buffer = Vec::new();
    while let Ok(Some(event)) =
        protocol::read::<Event>(&mut reader, protocol::MOST_BYTES, &mut buffer)
    {
        follow(&event);
        match event {
            Event::Started(_) => return Some(Ok(())),
            Event::Ended(Outcome::Failed(reason)) => return Some(Err(reason)),
            Event::Ended(_) => return Some(Ok(())),
            _ => {}
        }
    }
    None
}

/// This program. Where its file was replaced meanwhile, the one that runs.
fn program() -> PathBuf {
    match env::current_exe() {
        Ok(path) if path.is_file() => path,
        _ => PathBuf::from("/proc/self/exe"),
    }
}

fn words(terms: Terms) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    if let Some(threads) = terms.threads.threads {
        words.extend(["--threads".into(), threads.to_string().into()]);
    }
    if let Some(left) = terms.left {
        words
            .extend(["--minutes".into(), (left.as_secs_f64() / 60.0).max(1e-9).to_string().into()]);
    }
    if terms.paused {
        words.push("--paused".into());
    }
    if let Some(iterations) = terms.iterations {
        words.extend(["--iterations".into(), iterations.to_string().into()]);
    }
    if terms.restart {
        words.push("--restart".into());
    }
    if terms.is_new {
        words.push("--is-new".into());
    }
    words
}

fn log(directory: &Path) -> anyhow::Result<File> {
    let path = directory.join(paths::LOG);
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The last line of the run's log, for a message.
fn last_word(directory: &Path) -> String {
    let text = fs::read_to_string(directory.join(paths::LOG)).unwrap_or_default();
    text.lines()
        .last()
        .map_or_else(String::new, |line| format!(": {}", line.trim_start_matches("error: ")))
}

/// Makes this process, started by [`go_on`], one that no terminal holds, and gives back the lock it
/// was given. Its standard input is empty from now on.
///
/// # Errors
/// Where the system refuses.
pub fn settle() -> io::Result<File> {
    // Where a shell has made it the leader of a group, it is in a session of its own already.
    let _ = rustix::process::setsid();
    let lock = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(lock)
}

/// From now on, what this process says goes to the run's log, and nothing to a terminal that may be
/// gone.
///
/// # Errors
/// Where the log cannot be written.
pub fn let_go_of_terminal(directory: &Path) -> anyhow::Result<()> {
    let log = log(directory)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(&log)?;
    rustix::stdio::dup2_stderr(&log)?;
    Ok(())
}

/// Tells the process that has started this one how it begins, and lets go of it then.
pub fn audience() -> Audience {
    let mut listening = true;
    Box::new(move |event| {
        if let Event::Storage(Storage::Stalled(reason)) = &event {
            // To the run's log.
            report::warn(reason);
        }
        if !listening {
            return;
        }
        let last = matches!(event, Event::Started(_) | Event::Ended(_));
        if !matches!(event, Event::Preparing(_)) && !last {
            return;
        }
        let mut out = io::stdout();
        let told = protocol::write(&mut out, &event).and_then(|()| out.flush());
        if last || told.is_err() {
            listening = false;
            // Whoever reads there has what it waits for.
            if let Ok(nothing) = OpenOptions::new().write(true).open("/dev/null") {
                let _ = rustix::stdio::dup2_stdout(nothing);
            }
        }
    })
}
