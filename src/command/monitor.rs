//! `gan-tui` without a command: the monitor.

use std::{env, path::PathBuf};

use anyhow::bail;

use super::{Status, directory, output::print, train};
use crate::{
    cli::{HeadlessOptions, MonitorOptions, RunOptions, ScreenOptions, TrainOptions},
    event::Outcome,
    monitor::{self, Limits, Open, Opened, Outbox},
    preset::Plan,
    run::Recorder,
    train::worker::{Job, Worker},
};

/// A run that was begun before the monitor: what to do, and what records it.
pub type Begun = (Job, Recorder);

/// Trains a new run and shows it; plain lines on a terminal that cannot move its cursor.
///
/// # Errors
/// Where there is no terminal, or the run cannot begin or could not go on: the reason.
pub fn run(options: MonitorOptions) -> anyhow::Result<Status> {
    if terminal_is_dumb() {
        return train::run(&TrainOptions { run: options.run, headless: HeadlessOptions::default() });
    }
    let plan = options.run.plan()?;
    sit(plan, options.run, &options.screen, None)
}

/// Whether the terminal cannot move its cursor.
pub fn terminal_is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Sits before the monitor, at first with the run that was begun, if one was.
///
/// # Errors
/// As [`run`].
pub fn sit(plan: Plan, options: RunOptions, screen: &ScreenOptions, begun: Option<Begun>) -> anyhow::Result<Status> {
    let summary = monitor::run(monitor::Options {
        presets: options.choices(&plan)?,
        limit: begun.as_ref().map_or(options.time_limit(), |(job, _)| job.time_limit),
        capabilities: screen.look.capabilities(),
        limits: Limits { fps: screen.fps, rate: screen.rate },
        read_only: screen.read_only,
        open: opener(options, begun),
        plan,
    })?;
    print(summary.to_string())?;
    match &summary.outcome {
        Some(Outcome::Failed(reason)) => bail!("{reason}"),
        _ => Ok(Status(summary.status())),
    }
}

/// Begins runs: the first is the one begun already, or goes to the directory asked for, if there is one; every other to a new one.
fn opener(options: RunOptions, mut begun: Option<Begun>) -> Open {
    let mut out: Option<PathBuf> = options.out.clone();
    Box::new(move |plan: &Plan, outbox| match begun.take() {
        Some(begun) => open(begun, outbox),
        None => {
            let directory = directory::of(out.take().as_deref(), &plan.preset().name);
            let recorder = Recorder::create(&directory, plan).map_err(|error| error.to_string())?;
            open((options.job(plan.clone()), recorder), outbox)
        }
    })
}

fn open((job, mut recorder): Begun, outbox: Outbox) -> Result<Opened, String> {
    let directory = recorder.dir().to_path_buf();
    let sink = outbox.sink(move |event| recorder.record(event).map_err(|error| error.to_string()));
    let worker = Worker::spawn(job, sink).map_err(|error| format!("cannot start training: {error}"))?;
    Ok(Opened { source: Box::new(worker), directory })
}
