//! A run that is ready to train: what a command makes of its options before it starts a worker.

use std::{path::Path, sync::Arc};

use crate::cli::RunOptions;
use gan_tui_core::preset::Plan;
use gan_tui_data::DatasetRequest;
use gan_tui_engine::train::worker::Job;
use gan_tui_store::run::{self, Recorder, RunError};

/// A run that is ready to train.
pub struct PreparedRun {
    pub job: Job,
    pub recorder: Recorder,
    /// What was worked around, to be printed or shown in the monitor's log.
    pub warnings: Vec<String>,
    /// What is different than before, and does no harm.
    pub notes: Vec<String>,
}

impl PreparedRun {
    /// Creates a new run in the directory `out`, or else in a new one under `runs`.
    ///
    /// # Errors
    /// Returns an error if the directory holds something or cannot be written.
    pub fn create(options: &RunOptions, plan: Plan, out: Option<&Path>) -> Result<Self, RunError> {
        let recorder = match out {
            Some(directory) => Recorder::create(directory, &plan)?,
            None => Recorder::create_in(Path::new(run::paths::RUNS), &plan)?,
        };
        let (job, mut warnings) = job(options, plan);
        warnings.extend(recorder.lock_warning());
        Ok(Self { job, recorder, warnings, notes: Vec::new() })
    }
}

/// Returns what a worker needs to train a plan from its beginning, and warnings.
pub fn job(options: &RunOptions, plan: Plan) -> (Job, Vec<String>) {
    let request = DatasetRequest::of(plan.preset());
    let (threads, warnings) = options.threads.choose();
    let job = Job {
        plan,
        load: Box::new(move |progress| {
            gan_tui_data::load(&request, progress).map_err(|error| error.to_string())
        }),
        threads,
        resume: None,
        changes: Vec::new(),
        time_limit: options.time_limit(),
        paused: false,
        waited: Arc::default(),
    };
    (job, warnings)
}
