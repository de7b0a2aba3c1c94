//! `gan-tui train`: a run without the monitor.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use anyhow::{Context, bail};

use super::{
    Status, directory,
    progress::Progress,
    signals::{self, Signal},
};
use crate::{
    cli::{OnHangup, TrainOptions},
    event::{Command, Outcome},
    run::Recorder,
    train::worker::Worker,
};

/// How often the end of a run is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Trains to the end, or until a signal comes.
///
/// # Errors
/// Where the run cannot begin or could not go on: the reason.
pub fn run(options: &TrainOptions) -> anyhow::Result<Status> {
    let plan = options.run.plan()?;
    let directory = directory::of(options.run.out.as_deref(), &plan.preset().name);
    let signals = signals::watch(options.on_hangup == OnHangup::Stop)?;
    let mut recorder = Recorder::create(&directory, &plan)?;
    let limit = options.run.time_limit();
    let mut progress = Progress::new(options.quiet, plan.preset(), &directory, limit);

    let sink = move |event| {
        recorder.record(&event).map_err(|error| error.to_string())?;
        progress.show(&event);
        Ok(())
    };
    let worker = Worker::spawn(options.run.job(plan), Box::new(sink)).context("cannot start training")?;
    let signal = wait(&worker, &signals);
    conclude(worker.join(), signal)
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
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK_EVERY),
        }
    }
    first
}

fn conclude(outcome: Outcome, signal: Option<Signal>) -> anyhow::Result<Status> {
    match (outcome, signal) {
        (Outcome::Failed(reason), _) => bail!(reason),
        (_, Some(signal)) => Ok(Status(signal.status())),
        (Outcome::Finished | Outcome::Stopped, None) => Ok(Status::DONE),
    }
}
