//! Signals: they ask a run to stop, and end other work between two writes.

use std::{
    io,
    path::Path,
    process,
    sync::{Arc, Mutex, atomic::AtomicBool, mpsc},
    thread,
};

use anyhow::Context;
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{self, SignalKind, signal},
};

use gan_tui_core::{files::atomic, sync::lock_unpoisoned, text::shown};
pub use gan_tui_monitor::Signal;

/// What a signal asks a run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunSignal {
    /// To save and end.
    End(Signal),
    /// To save and continue: a batch system's warning.
    Save,
}

/// The signals of a run, as they come.
pub type Receiver = mpsc::Receiver<RunSignal>;

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

/// The signals that ask a program to end.
struct Listener {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
}

impl Listener {
    /// Listens from now on; returns also the runtime it needs.
    fn new() -> io::Result<(Self, Runtime)> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let context = runtime.enter();
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        drop(context);
        Ok((Self { interrupt: interrupt?, terminate: terminate?, hangup: hangup? }, runtime))
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.hangup.recv() => Signal::Hangup,
        }
    }
}

/// Listens from now on, in a thread of its own. The first signal is sent; a second one ends the
/// process, whose files are complete at any moment. A hangup stops the run only if
/// `stop_on_hangup`; otherwise the run outlives its terminal. SIGUSR1 asks for a checkpoint.
///
/// # Errors
/// Returns an error if the system gives no thread or no handler.
pub fn watch(stop_on_hangup: bool) -> anyhow::Result<Receiver> {
    let (sender, receiver) = mpsc::channel();
    let (mut signals, runtime) = Listener::new().context("cannot listen for signals")?;
    let context = runtime.enter();
    let mut save = signal(SignalKind::user_defined1()).context("cannot listen for signals")?;
    drop(context);
    let listen = async move {
        let mut sent = false;
        loop {
            let signal = tokio::select! {
                signal = signals.next() => signal,
                _ = save.recv() => {
                    // A run that has ended ignores it.
                    let _ = sender.send(RunSignal::Save);
                    continue;
                }
            };
            if signal == Signal::Hangup && !stop_on_hangup {
                continue;
            }
            if sent {
                process::exit(signal.status().into());
            }
            sent = true;
            // A run that has ended ignores it.
            let _ = sender.send(RunSignal::End(signal));
        }
    };
    let run = move || runtime.block_on(listen);
    thread::Builder::new()
        .name("signals".into())
        .spawn(run)
        .context("cannot listen for signals")?;
    Ok(receiver)
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

/// Makes a signal end the program from now on, but not while the mutex returned is locked.
///
/// # Errors
/// Returns an error if the system gives no thread or no handler.
pub fn end_between_writes() -> anyhow::Result<Arc<Mutex<()>>> {
    let writing = Arc::new(Mutex::new(()));
    let guarded = writing.clone();
    let (mut signals, runtime) = Listener::new().context("cannot listen for signals")?;
    let run = move || {
        let signal = runtime.block_on(signals.next());
        let _guard = lock_unpoisoned(&guarded);
        atomic::remove_unfinished();
        process::exit(signal.status().into());
    };
    thread::Builder::new()
        .name("signals".into())
        .spawn(run)
        .context("cannot listen for signals")?;
    Ok(writing)
}
