//! A run without the monitor: in this process, or left to one in the background.

use std::{fs, path::Path};

use anyhow::{anyhow, bail};

use super::{
    background::{self, DetachOptions, Successor},
    host::{EventCallback, Host},
    notify,
    prepared::PreparedRun,
    progress::Progress,
    signals,
};
use crate::cli::{
    HeadlessOptions, OnHangup,
    output::print,
    report::{self, Exit},
};
use gan_tui_core::{
    event::{Event, Outcome},
    text::{quoted, shown},
};
use gan_tui_store::run::{self, paths};

/// Trains to the run's end, or until a signal comes, and prints the progress.
///
/// # Errors
/// Returns an error if the run cannot begin or fails.
pub fn run(prepared: PreparedRun, options: HeadlessOptions) -> anyhow::Result<Exit> {
    prepared.print_notes(options.quiet);
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
    run_with_callback(prepared, options.on_hangup, Box::new(callback), &report::warn)
}

/// Trains to the run's end, or until a signal comes, and gives its events to a callback. `warn` is
/// given why nobody can attach to the run, if so, before training begins.
///
/// # Errors
/// Returns an error if the run cannot begin or fails.
pub fn run_with_callback(
    prepared: PreparedRun,
    on_hangup: OnHangup,
    callback: EventCallback,
    warn: &dyn Fn(&str),
) -> anyhow::Result<Exit> {
    let signals = signals::watch(on_hangup == OnHangup::Stop)?;
    let host = Host::start(prepared.job, prepared.recorder, callback, warn)?;
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
pub fn detach(prepared: PreparedRun, options: DetachOptions, quiet: bool) -> anyhow::Result<Exit> {
    prepared.print_notes(quiet);
    let PreparedRun { job, recorder, .. } = prepared;
    let directory = recorder.dir().to_path_buf();
    let lock = recorder.share_lock()?;
    let mut progress = Progress::new(quiet, job.plan.preset(), &directory, job.time_limit);
    let is_new = recorder.is_new();
    let made_folder = recorder.made_folder();
    // A new run stays this process's too until it has begun.
    let new = if is_new {
        Some(recorder)
    } else {
        recorder.leave();
        None
    };
    let elapsed = job.resume.as_ref().map_or_else(Default::default, |resume| resume.elapsed);
    let options = DetachOptions {
        time_left: job.time_limit.map(|limit| limit.saturating_sub(elapsed)),
        iterations: Some(job.plan.preset().iterations),
        preset: (options.restart || !is_new).then(|| job.plan.preset().to_ron()),
        is_new,
        ..options
    };
    let started = background::start_successor(&directory, lock, &options, &mut |event| {
        if matches!(event, Event::Preparing(_) | Event::Started(_)) {
            progress.show(event);
        }
    });
    progress.end();
    let successor = started.map_err(|error| {
        run::remove_unkept(&directory);
        if made_folder {
            let _ = fs::remove_file(directory.join(paths::LOG));
        }
        // A run that never began leaves nothing; a folder that holds something else stays.
        if let Some(mut new) = new {
            let _ = new.record(&Event::Ended(Outcome::Stopped));
        }
        anyhow!("{error:#}")
    })?;
    print_detached(&directory, &successor, quiet)?;
    Ok(Exit::DONE)
}

/// Prints which process continues a run, and how to attach to it or why nobody can.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn print_detached(directory: &Path, successor: &Successor, quiet: bool) -> anyhow::Result<()> {
    let Successor { process, warnings } = successor;
    warnings.iter().for_each(|warning| report::warn(warning));
    if quiet {
        return Ok(());
    }
    let next = if warnings.is_empty() {
        format!("reattach: gan-tui attach {}", quoted(directory))
    } else {
        format!("stop it: kill {process}")
    };
    print(format!("continues in the background, process {process}\n{next}\n"))
}
