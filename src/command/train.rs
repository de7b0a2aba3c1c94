//! `gan-tui train`: a run without the monitor.

use std::{fs, path::Path};

use anyhow::{Context, anyhow, bail};

use super::{
    Status,
    background::{self, Terms},
    directory,
    host::{Audience, Host},
    notify,
    output::print,
    progress::Progress,
    report, resume, signals,
};
use crate::cli::{HeadlessOptions, OnHangup, TrainOptions};
use gan_tui_core::{
    event::{Event, Outcome},
    files,
};
use gan_tui_engine::train::worker::Job;
use gan_tui_store::run::{Recorder, WithoutCheckpoints};

/// Trains a new run to its end, or until a signal comes; or leaves it in the background.
///
/// # Errors
/// Where the run cannot begin or could not go on: the reason.
pub fn run(options: &TrainOptions) -> anyhow::Result<Status> {
    let plan = options.run.plan()?;
    let directory = directory::of(options.run.out.as_deref(), &plan.preset().name);
    if (options.resume_auto || options.restart) && resume::holds_run(&directory)? {
        return resume::automatically(options, &directory, &plan);
    }
    let is_new = !files::exists(&directory)
        .with_context(|| format!("cannot read {}", directory.display()))?;
    let recorder = Recorder::create(&directory, &plan)?;
    let job = options.run.job(plan);
    if !options.detach {
        return headless(job, recorder, options.headless);
    }
    let left = in_the_background(
        &job,
        recorder,
        options.run.threads,
        options.headless.quiet,
        WithoutCheckpoints::Refuse,
    );
    if left.is_err() && is_new {
        // What never began leaves nothing; a folder that holds something stays.
        let _ = fs::remove_file(directory.join(gan_tui_store::run::paths::LOG));
        let _ = fs::remove_dir(&directory);
    }
    left
}

/// Does a job without the monitor, to its end, or until a signal comes.
///
/// # Errors
/// Where it cannot begin or could not go on: the reason.
pub fn headless(job: Job, recorder: Recorder, options: HeadlessOptions) -> anyhow::Result<Status> {
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
/// As [`headless`].
pub fn attend(
    job: Job,
    recorder: Recorder,
    on_hangup: OnHangup,
    audience: Audience,
) -> anyhow::Result<Status> {
    let signals = signals::watch(on_hangup == OnHangup::Stop)?;
    let host = Host::start(job, recorder, audience, &report::warn)?;
    match host.wait(&signals) {
        (Outcome::Failed(reason), _) => bail!(reason),
        (_, Some(signal)) => Ok(Status(signal.status())),
        (Outcome::Finished | Outcome::Stopped, None) => Ok(Status::DONE),
    }
}

/// Leaves a run that has just been laid out to a process in the background; tells how far that is.
///
/// # Errors
/// Where it cannot begin: the reason.
pub fn in_the_background(
    job: &Job,
    recorder: Recorder,
    threads: Option<usize>,
    quiet: bool,
    without: WithoutCheckpoints,
) -> anyhow::Result<Status> {
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
    Ok(Status::DONE)
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
