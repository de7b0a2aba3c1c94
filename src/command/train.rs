//! `gan-tui train`: a run without the monitor.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context, bail};

use super::{
    Status, directory, notify,
    progress::Progress,
    signals::{self, Signal},
};
use crate::{
    cli::{HeadlessOptions, OnHangup, TrainOptions},
    event::{Command, Outcome},
    run::Recorder,
    train::worker::{Job, Worker},
};

/// How often the end of a run is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Trains a new run to its end, or until a signal comes.
///
/// # Errors
/// Where the run cannot begin or could not go on: the reason.
pub fn run(options: &TrainOptions) -> anyhow::Result<Status> {
    let plan = options.run.plan()?;
    let directory = directory::of(options.run.out.as_deref(), &plan.preset().name);
    let recorder = Recorder::create(&directory, &plan)?;
    headless(options.run.job(plan), recorder, options.headless)
}

/// Does a job without the monitor, to its end, or until a signal comes.
///
/// # Errors
/// Where it cannot begin or could not go on: the reason.
pub fn headless(job: Job, mut recorder: Recorder, options: HeadlessOptions) -> anyhow::Result<Status> {
    let signals = signals::watch(options.on_hangup == OnHangup::Stop)?;
    let mut progress = Progress::new(options.quiet, job.plan.preset(), recorder.dir(), job.time_limit);
    let run = recorder.dir().display().to_string();
    let sink = move |event| {
        recorder.record(&event).map_err(|error| error.to_string())?;
        progress.show(&event);
        Ok(())
    };
    let worker = Worker::spawn(job, Box::new(sink)).context("cannot start training")?;
    let signal = wait(&worker, &signals);
    let outcome = worker.join();
    notify::tell(options.notify, &run, &outcome);
    match (outcome, signal) {
        (Outcome::Failed(reason), _) => bail!(reason),
        (_, Some(signal)) => Ok(Status(signal.status())),
        (Outcome::Finished | Outcome::Stopped, None) => Ok(Status::DONE),
    }
}

/// Waits for the end of a run; the first signal asks it to save and end.
fn wait(worker: &Worker, signals: &Receiver<Signal>) -> Option<Signal> {
    let mut first = None;
    while !worker.is_finished() {
        match signals.recv_timeout(LOOK_EVERY) {
            Ok(signal) => {
                worker.tell(Command::Stop);
                first = Some(signal);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(LOOK_EVERY),
        }
    }
    first
}
