//! `gan-tui` without a command: the monitor.

use std::{env, path::PathBuf};

use anyhow::bail;

use super::{Status, directory, output::print, train};
use crate::{
    cli::{MonitorOptions, OnHangup, RunOptions, TrainOptions},
    event::Outcome,
    monitor::{self, Open, Opened},
    preset::Plan,
    run::Recorder,
    train::worker::Worker,
};

/// Trains and shows it; plain lines on a terminal that cannot move its cursor.
///
/// # Errors
/// Where there is no terminal, or the run cannot begin or could not go on: the reason.
pub fn run(options: MonitorOptions) -> anyhow::Result<Status> {
    if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return train::run(&TrainOptions { run: options.run, quiet: false, on_hangup: OnHangup::Continue });
    }
    let plan = options.run.plan()?;
    let summary = monitor::run(monitor::Options {
        presets: options.run.choices(&plan)?,
        limit: options.run.time_limit(),
        capabilities: options.look.capabilities(),
        fps: options.fps,
        open: opener(options.run),
        plan,
    })?;
    print(summary.to_string())?;
    match &summary.outcome {
        Some(Outcome::Failed(reason)) => bail!("{reason}"),
        _ => Ok(Status(summary.status())),
    }
}

/// Begins runs: the first in the directory asked for, if one was, every other in a new one.
fn opener(options: RunOptions) -> Open {
    let mut out: Option<PathBuf> = options.out.clone();
    Box::new(move |plan: &Plan, outbox| {
        let directory = directory::of(out.take().as_deref(), &plan.preset().name);
        let mut recorder = Recorder::create(&directory, plan).map_err(|error| error.to_string())?;
        let sink = outbox.sink(move |event| recorder.record(event).map_err(|error| error.to_string()));
        let worker = Worker::spawn(options.job(plan.clone()), sink).map_err(|error| format!("cannot start training: {error}"))?;
        Ok(Opened { source: Box::new(worker), directory })
    })
}
