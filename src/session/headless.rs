//! A run without the monitor: in this process, or left to one in the background.

use std::path::Path;

use anyhow::{anyhow, bail};

use super::{
    background::{self, DetachOptions},
    host::{EventCallback, Host},
    notify,
    prepared::PreparedRun,
    progress::Progress,
    signals,
};
use crate::cli::{
    HeadlessOptions, OnHangup, Threads,
    output::print,
    report::{self, Exit},
};
use gan_tui_core::{
    event::{Event, Outcome},
    text::{quoted, shown},
};
use gan_tui_store::run::WithoutCheckpoints;

/// Trains to the run's end, or until a signal comes, and prints the progress.
///
/// # Errors
/// Returns an error if the run cannot begin or fails.
pub fn run(prepared: PreparedRun, options: HeadlessOptions) -> anyhow::Result<Exit> {
    prepared.print_notes();
    let PreparedRun { job, recorder, .. } = &prepared;
    let mut progress =
        Progress::new(options.quiet, job.plan.preset(), recorder.dir(), job.time_limit);
    let run = shown(recorder.dir());
    let callback = move |event| {
        progress.show(&event);
        if let Event::Ended(outcome) = &event {
            notify::print_sequence(options.end.notify, &run, outcome);
        }
    };
    run_with_callback(prepared, options.on_hangup, Box::new(callback))
}

/// Trains to the run's end, or until a signal comes, and gives its events to a callback.
///
/// # Errors
/// Returns an error if the run cannot begin or fails.
pub fn run_with_callback(
    prepared: PreparedRun,
    on_hangup: OnHangup,
    callback: EventCallback,
) -> anyhow::Result<Exit> {
    let signals = signals::watch(on_hangup == OnHangup::Stop)?;
    let host = Host::start(prepared.job, prepared.recorder, callback, &report::warn)?;
    wait(&host, &signals)
}

/// Waits for a run's end and returns the exit status that goes with it.
///
/// # Errors
/// Returns an error if the run fails.
pub fn wait(host: &Host, signals: &signals::Receiver) -> anyhow::Result<Exit> {
    match host.wait(signals) {
        (Outcome::Failed(reason), _) => bail!(reason),
        (_, Some(signal)) => Ok(Exit(signal.status())),
        (Outcome::Finished | Outcome::Stopped, None) => Ok(Exit::DONE),
    }
}

/// Leaves a run that has not begun to a process in the background, and prints the progress until
/// that trains.
///
/// # Errors
/// Returns an error if the run cannot begin.
pub fn detach(
    prepared: PreparedRun,
    threads: Threads,
    quiet: bool,
    without: WithoutCheckpoints,
) -> anyhow::Result<Exit> {
    prepared.print_notes();
    let PreparedRun { job, recorder, .. } = prepared;
    let directory = recorder.dir().to_path_buf();
    let lock = recorder.share_lock()?;
    let mut progress = Progress::new(quiet, job.plan.preset(), &directory, job.time_limit);
    let is_new = recorder.is_new();
    recorder.leave();
    let elapsed = job.resume.as_ref().map_or_else(Default::default, |resume| resume.elapsed);
    let options = DetachOptions {
        threads,
        time_left: job.time_limit.map(|limit| limit.saturating_sub(elapsed)),
        is_paused: false,
        iterations: Some(job.plan.preset().iterations),
        preset: (!is_new).then(|| job.plan.preset().clone()),
        restart: without == WithoutCheckpoints::Restart,
        is_new,
    };
    let started = background::start_successor(&directory, lock, options, &mut |event| {
        if matches!(event, Event::Preparing(_) | Event::Started(_)) {
            progress.show(event);
        }
    });
    progress.end();
    let process = started.map_err(|error| anyhow!("{error:#}"))?;
    if !quiet {
        print_detached(&directory, process)?;
    }
    Ok(Exit::DONE)
}

/// Prints which process continues a run, and how to attach to it.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn print_detached(directory: &Path, process: u32) -> anyhow::Result<()> {
    let shown = quoted(directory);
    print(format!(
        "continues in the background, process {process}\nreattach: gan-tui attach {shown}\n"
    ))
}
