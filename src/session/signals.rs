//! Signals: they ask a run to stop, and end other work between two writes.

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock, TryLockError, atomic::AtomicBool, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

pub use gan_tui_core::signals::Signal;
use gan_tui_core::{
    files::atomic,
    signals::{self, Request},
    sync::lock_unpoisoned,
    text::shown,
};

/// How long the last words of a run that has ended may take once a signal came: a terminal or a
/// pipe may take nothing.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long a write may take once a signal came. Files appear whole or not at all.
const LAST_WRITE: Duration = Duration::from_secs(5);
/// Time between two looks whether it is time to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a signal asks a run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunSignal {
    /// To save and end.
    End(Signal),
    /// To save and continue: a batch system's warning.
    Save,
}

/// The signals of a run, as they come.
#[derive(Debug)]
pub struct Receiver {
    signals: mpsc::Receiver<RunSignal>,
    run_ended: Arc<OnceLock<Instant>>,
}

impl Receiver {
    /// Waits for a signal, but no longer than `patience`.
    pub fn next(&self, patience: Duration) -> Option<RunSignal> {
        match self.signals.recv_timeout(patience) {
            Ok(signal) => Some(signal),
            Err(mpsc::RecvTimeoutError::Timeout) => None,
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                thread::sleep(patience);
                None
            }
        }
    }

    /// Says that the run has ended: what is left are its last words, which a signal cuts short.
    pub fn run_has_ended(&self) {
        let _ = self.run_ended.set(Instant::now());
    }
}

/// Makes a file that grows beyond the process's limit (SIGXFSZ) an error of its write instead of
/// the process's end.
///
/// # Errors
/// Returns an error if the system gives no handler.
pub fn survive_file_limits() -> anyhow::Result<()> {
    let seen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, seen)
        .context("cannot listen for signals")?;
    Ok(())
}

/// Listens from now on. The first signal that asks for the end is sent; a second one that shows
/// impatience ends the process, whose files are complete at any moment. A hangup stops the run only
/// if `stop_on_hangup`; otherwise the run outlives its terminal.
///
/// # Errors
/// Returns an error if the system gives no thread or no handler.
pub fn watch(stop_on_hangup: bool) -> anyhow::Result<Receiver> {
    let (sender, received) = mpsc::channel();
    let run_ended = Arc::<OnceLock<Instant>>::default();
    let ended = run_ended.clone();
    let mut first = None;
    let on = move |request| match request {
        Request::End(Signal::Hangup) if !stop_on_hangup => {}
        Request::End(signal) if first.is_none() => {
            first = Some(signal);
            // A run that has ended ignores it.
            let _ = sender.send(RunSignal::End(signal));
            end_last_words(signal, ended.clone());
        }
        Request::End(signal) if signal.is_impatient() => signals::exit(signal),
        Request::Save => {
            let _ = sender.send(RunSignal::Save);
        }
        Request::End(_) | Request::Suspend | Request::Continued | Request::Resized => {}
    };
    signals::listen(on).context("cannot listen for signals")?;
    Ok(Receiver { signals: received, run_ended })
}

/// Ends the process once its run has ended and its last words have had their time.
fn end_last_words(signal: Signal, run_ended: Arc<OnceLock<Instant>>) {
    let start = Instant::now();
    let run = move || {
        loop {
            if let Some(ended) = run_ended.get()
                && (*ended).max(start).elapsed() >= LAST_WORDS
            {
                signals::exit(signal);
            }
            thread::sleep(LOOK_EVERY);
        }
    };
    // Without it, only a terminal that takes nothing makes the process wait.
    let _ = thread::Builder::new().name("last words".into()).spawn(run);
}

/// Writes files that no signal separates: all of them, or none where one came before. A pipe may
/// have no reader, so that a signal ends what is written to one.
///
/// # Errors
/// Returns an error if one cannot be written.
pub fn write_uninterrupted(writing: &Mutex<()>, files: &[(&Path, &[u8])]) -> anyhow::Result<()> {
    let has_stream = files.iter().any(|(path, _)| atomic::is_stream(path));
    let _guard = (!has_stream).then(|| lock_unpoisoned(writing));
    for (path, bytes) in files {
        atomic::write(path, bytes).with_context(|| format!("cannot write {}", shown(path)))?;
    }
    Ok(())
}

/// Makes a signal end the program from now on, but not while the mutex returned is locked, unless
/// that lasts too long or an impatient signal follows. A hangup that was ignored when the program
/// started, as `nohup` has it, still is.
///
/// # Errors
/// Returns an error if the system gives no thread or no handler.
pub fn end_between_writes() -> anyhow::Result<Arc<Mutex<()>>> {
    let writing = Arc::new(Mutex::new(()));
    let guarded = writing.clone();
    let ignores_hangup = signals::hangup_is_ignored();
    let mut is_ending = false;
    let on = move |request| match request {
        Request::End(Signal::Hangup) if ignores_hangup => {}
        Request::End(signal) if is_ending && signal.is_impatient() => signals::exit(signal),
        Request::End(signal) if !is_ending => {
            is_ending = true;
            let guarded = guarded.clone();
            let end = thread::Builder::new().name("end".into());
            if end.spawn(move || end_after_write(signal, &guarded)).is_err() {
                signals::exit(signal);
            }
        }
        _ => {}
    };
    signals::listen(on).context("cannot listen for signals")?;
    Ok(writing)
}

fn end_after_write(signal: Signal, writing: &Mutex<()>) {
    let start = Instant::now();
    let _guard = loop {
        match writing.try_lock() {
            // Held until the process is gone: no other write begins.
            Ok(guard) => break Some(guard),
            Err(TryLockError::WouldBlock) if start.elapsed() < LAST_WRITE => {
                thread::sleep(LOOK_EVERY);
            }
            Err(_) => break None,
        }
    };
    atomic::remove_unfinished();
    signals::exit(signal)
}
