//! A run without the monitor: in this process, or left to one in the background.

use std::path::Path;

use anyhow::{anyhow, bail};

use super::{
    background::{self, Terms},
    host::{Audience, Host},
    notify,
    progress::Progress,
    signals,
};
use crate::cli::{
    HeadlessOptions, OnHangup, Threads,
    output::print,
    report::{self, Exit},
};
use gan_tui_core::event::{Event, Outcome};
use gan_tui_engine::train::worker::Job;
use gan_tui_store::run::{Recorder, WithoutCheckpoints};

/// Does a job without the monitor, to its end, or until a signal comes.
///
/// # Errors
/// Where it cannot begin or could not go on: the reason.
pub fn run(job: Job, recorder: Recorder, options: HeadlessOptions) -> anyhow::Result<Exit> {
    let mut progress =
        Progress::new(options.quiet, job.plan.preset(), recorder.dir(), job.time_limit);
    let run = recorder.dir().display().to_string();
    let audience = move |event| {
        progress.show(&event);
        if let Event::Ended(outcome) = &event {
            notify::tell(options.end.notify, &run, outcome);
        }
    };
    attend(job, recorder, options.on_hangup, Box::new(audience))
}

/// Does a job, telling an audience.
///
/// # Errors
/// As [`run`].
pub fn attend(
    job: Job,
    recorder: Recorder,
    on_hangup: OnHangup,
    audience: Audience,
) -> anyhow::Result<Exit> {
    let signals = signals::watch(on_hangup == OnHangup::Stop)?;
    let host = Host::start(job, recorder, audience, &report::warn)?;
    match host.wait(&signals) {
        (Outcome::Failed(reason), _) => bail!(reason),
        (_, Some(signal)) => Ok(Exit(signal.status())),
        (Outcome::Finished | Outcome::Stopped, None) => Ok(Exit::DONE),
    }
}

/// Leaves a run that has just been laid out to a process in the background; tells how far that is.
///
/// # Errors
/// Where it cannot begin: the reason.
pub fn in_the_background(
    job: &Job,
    recorder: Recorder,
    threads: Threads,
    quiet: bool,
    without: WithoutCheckpoints,
) -> anyhow::Result<Exit> {
    let directory = recorder.dir().to_path_buf();
    let lock = recorder.share_lock()?;
    let mut progress = Progress::new(quiet, job.plan.preset(), &directory, job.time_limit);
    let is_new = recorder.is_new();
    recorder.leave();
    let elapsed = job.resume.as_ref().map_or_else(Default::default, |resume| resume.elapsed);
    let left = job.time_limit.map(|limit| limit.saturating_sub(elapsed));
    let iterations = Some(job.plan.preset().iterations);
    let terms = Terms {
        threads,
        left,
        paused: false,
        iterations,
        restart: without == WithoutCheckpoints::Restart,
        is_new,
    };
    let begun = background::go_on(&directory, lock, terms, &mut |event| {
        if matches!(event, Event::Preparing(_) | Event::Started(_)) {
            progress.show(event);
        }
    });
    progress.end();
    let process = begun.map_err(|error| anyhow!("{error:#}"))?;
    if !quiet {
        tell_left(&directory, process)?;
    }
    Ok(Exit::DONE)
}

/// Says where a run goes on, and how to come back to it.
///
/// # Errors
/// Where stdout is gone.
pub fn tell_left(directory: &Path, process: u32) -> anyhow::Result<()> {
    let shown = directory.display();
    print(format!(
        "goes on in the background, process {process}\ncome back: gan-tui attach {shown}\n"
    ))
}

/// Warns of what was worked around.
pub fn warn(warnings: &[String]) {
    warnings.iter().for_each(|warning| report::warn(warning));
}
