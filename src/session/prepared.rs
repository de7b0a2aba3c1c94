//! A run that is ready to train: what a command makes of its options before it starts a worker.

use std::{path::Path, sync::Arc};

use crate::cli::RunOptions;
use gan_tui_core::{
    files::{self, atomic, reason},
    preset::Plan,
    text::shown,
};
use gan_tui_data::{DataError, DatasetRequest, ReadReport};
use gan_tui_engine::train::worker::Job;
use gan_tui_store::run::{self, Recorder};

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
    /// Returns an error if the directory holds something or cannot be written, or the data cannot
    /// be looked at.
    pub fn create(options: &RunOptions, plan: Plan, out: Option<&Path>) -> anyhow::Result<Self> {
        let plan = for_new_run(plan)?;
        let recorder = match out {
            Some(directory) => Recorder::create(directory, &plan)?,
            None => Recorder::create_in(Path::new(run::paths::RUNS), &plan)?,
        };
        let (job, mut warnings) = job(options, plan, recorder.dir());
        warnings.extend(recorder.lock_warning());
        Ok(Self { job, recorder, warnings, notes: Vec::new() })
    }
}

/// Returns the plan as a new run records it: with the version of the reader if that decides its
/// pixels.
///
/// # Errors
/// Returns an error if the data cannot be looked at.
pub fn for_new_run(plan: Plan) -> Result<Plan, DataError> {
    Ok(match gan_tui_data::are_pictures(&plan.preset().data)? {
        true => plan.for_new_run(),
        false => plan,
    })
}

/// Returns what a worker needs to train a plan from its beginning in a run directory, and warnings.
pub fn job(options: &RunOptions, plan: Plan, dir: &Path) -> (Job, Vec<String>) {
    let request = DatasetRequest::of(plan.preset());
    let dir = dir.to_path_buf();
    let (threads, warnings) = options.threads.choose();
    let job = Job {
        plan,
        load: Box::new(move |progress| {
            let dataset =
                gan_tui_data::load(&request, progress).map_err(|error| error.to_string())?;
            list_skipped(dataset.report(), &dir)?;
            Ok(dataset)
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

/// Writes the list of what was passed over of a dataset, or removes that of an earlier time.
///
/// # Errors
/// Returns the reason if it cannot be written.
fn list_skipped(report: &ReadReport, dir: &Path) -> Result<(), String> {
    let path = dir.join(run::paths::SKIPPED);
    let written = match report.has_skipped() {
        true => atomic::write(&path, report.skipped_text().as_bytes()),
        false => files::remove(&path),
    };
    written.map_err(|error| format!("cannot write {}: {}", shown(&path), reason(&error)))
}
