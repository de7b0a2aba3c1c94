//! A run that is ready to train: what a command makes of its options before it starts a worker.

use std::{path::Path, sync::Arc};

use crate::cli::RunOptions;
use gan_tui_core::preset::Plan;
use gan_tui_engine::{dataset, train::worker::Job};
use gan_tui_store::run::{Recorder, RunError};

/// A run that is ready to train.
pub struct PreparedRun {
    pub job: Job,
    pub recorder: Recorder,
    /// What was worked around, to be printed or shown in the monitor's log.
    pub notes: Vec<String>,
}

impl PreparedRun {
    /// Creates a new run in a directory.
    ///
    /// # Errors
    /// Returns an error if the directory holds something or cannot be written.
    pub fn create(options: &RunOptions, plan: Plan, directory: &Path) -> Result<Self, RunError> {
        let recorder = Recorder::create(directory, &plan)?;
        Ok(Self { job: job(options, plan), recorder, notes: Vec::new() })
    }
}

/// Returns what a worker needs to train a plan from its beginning.
pub fn job(options: &RunOptions, plan: Plan) -> Job {
    let data = plan.preset().data.clone();
    Job {
        plan,
        load: Box::new(move |progress| {
            dataset::load(&data, progress).map_err(|error| error.to_string())
        }),
        threads: options.threads.count(),
        resume: None,
        changes: Vec::new(),
        time_limit: options.time_limit(),
        paused: false,
        waited: Arc::default(),
    }
}
