//! `gan-tui train`: a run without the monitor.

use crate::{
    cli::{TrainOptions, report::Exit},
    session::{background::DetachOptions, headless, prepared::PreparedRun, resume},
};

/// Trains a new run to its end, or until a signal comes; or leaves it in the background.
///
/// # Errors
/// Returns an error if the run cannot begin or fails.
pub fn run(options: &TrainOptions) -> anyhow::Result<Exit> {
    let plan = options.run.plan()?;
    let out = options.run.out.as_deref();
    if let Some(directory) = out
        && (options.resume_auto || options.restart)
        && resume::holds_run(directory)?
    {
        return resume::continue_existing(options, directory, &plan);
    }
    let note = options.run.note_of_choice(&plan);
    let mut prepared = PreparedRun::create(&options.run, plan, out)?;
    prepared.notes.extend(note);
    if !options.detach {
        return headless::run(prepared, &options.headless);
    }
    let detached = DetachOptions::new(options.run.threads, &options.headless);
    headless::detach(prepared, detached, &options.headless)
}
