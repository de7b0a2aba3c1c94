//! A run without the monitor: in this process, or left to one in the background.

use std::{fs, path::Path};

use anyhow::{Context, anyhow, bail};

use super::{
    background::{self, DetachOptions, Successor},
    exec::Report,
    host::{EventCallback, Host},
    prepared::PreparedRun,
    progress::{Channel, Printer, Progress},
    result, signals,
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
pub fn run(prepared: PreparedRun, options: &HeadlessOptions) -> anyhow::Result<Exit> {
    let signals = signals::watch(options.on_hangup == OnHangup::Stop)?;
    let progress = start_progress(&prepared, options)?;
    let dir = prepared.recorder.dir().to_path_buf();
    let (sender, run, notify) = (progress.sender(), shown(&dir), options.end.notify);
    let (warnings, notes) = (sender.clone(), sender.clone());
    let callback = move |event| {
        sender.event(&event);
        if let (Event::Ended(outcome), Some(how)) = (&event, notify) {
            sender.notify(how, &run, outcome);
        }
    };
    let exec = options.exec.command.as_deref();
    let exec =
        exec.map(|command| (command, Box::new(move |note: &str| notes.note(note)) as Report));
    let host = Host::start(prepared, Box::new(callback), &|warning| warnings.warn(warning), exec)?;
    let ended = wait(&host, &signals);
    // A terminal that takes nothing is waited for until a signal comes.
    progress.finish();
    if options.json {
        result::print(&dir)?;
    }
    ended
}

/// Trains to the run's end, or until a signal comes, in a process that nobody sees: what would be
/// printed is in the run's log.
///
/// # Errors
/// Returns an error if the run cannot begin or fails.
pub fn run_in_background(
    prepared: PreparedRun,
    options: &HeadlessOptions,
    callback: EventCallback,
) -> anyhow::Result<Exit> {
    let signals = signals::watch(options.on_hangup == OnHangup::Stop)?;
    // What is to be told of a command is in the log.
    let exec = options.exec.command.as_deref();
    let exec = exec.map(|command| (command, Box::new(|_: &str| {}) as Report));
    let host = Host::start(prepared, callback, &background::warn_host, exec)?;
    wait(&host, &signals)
}

/// Starts to print what is trained and the notes on it.
fn start_progress(prepared: &PreparedRun, options: &HeadlessOptions) -> anyhow::Result<Progress> {
    let PreparedRun { job, recorder, warnings, notes } = prepared;
    let channel = match (options.quiet, options.json) {
        (true, _) => Channel::None,
        (false, true) => Channel::Stderr,
        (false, false) => Channel::Stdout,
    };
    let printer = Printer::new(channel, job.plan.preset(), recorder.dir(), job.time_limit);
    let progress = Progress::start(printer).context("cannot print the progress")?;
    let sender = progress.sender();
    warnings.iter().for_each(|warning| sender.warn(warning));
    notes.iter().for_each(|note| sender.note(note));
    Ok(progress)
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
    options: DetachOptions,
    without: &HeadlessOptions,
) -> anyhow::Result<Exit> {
    let progress = start_progress(&prepared, without)?;
    let sender = progress.sender();
    let PreparedRun { job, recorder, .. } = prepared;
    let directory = recorder.dir().to_path_buf();
    let lock = recorder.share_lock()?;
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
            sender.event(event);
        }
    });
    progress.finish();
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
    print_detached(&directory, &successor, without.quiet)?;
    Ok(Exit::DONE)
}

/// Prints which process continues a run, and how to attach to it or why nobody can.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn print_detached(directory: &Path, successor: &Successor, quiet: bool) -> anyhow::Result<()> {
    let Successor { process, is_paused, warnings } = successor;
    warnings.iter().for_each(|warning| report::warn(warning));
    if quiet {
        return Ok(());
    }
    let next = if warnings.is_empty() {
        format!("reattach: gan-tui attach {}", quoted(directory))
    } else {
        format!("stop it: kill {process}")
    };
    let state = if *is_paused { "waits, paused," } else { "continues" };
    print(format!("{state} in the background, process {process}\n{next}\n"))
}
