//! `gan-tui train`: a run without the monitor.

use std::fs;

use anyhow::Context;

use crate::{
    cli::{TrainOptions, report::Exit},
    session::{directory, headless, resume},
};
use gan_tui_core::files;
use gan_tui_store::run::{Recorder, WithoutCheckpoints, paths};

/// Trains a new run to its end, or until a signal comes; or leaves it in the background.
///
/// # Errors
/// Where the run cannot begin or could not go on: the reason.
pub fn run(options: &TrainOptions) -> anyhow::Result<Exit> {
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
        return headless::run(job, recorder, options.headless);
    }
    let left = headless::in_the_background(
        &job,
        recorder,
        options.run.threads,
        options.headless.quiet,
        WithoutCheckpoints::Refuse,
    );
    if left.is_err() && is_new {
        // What never began leaves nothing; a folder that holds something stays.
        let _ = fs::remove_file(directory.join(paths::LOG));
        let _ = fs::remove_dir(&directory);
    }
    left
}
