//! `gan-tui train`: a run without the monitor.

use std::fs;

use anyhow::Context;

use crate::{
    cli::{TrainOptions, report::Exit},
    session::{directory, headless, prepared::PreparedRun, resume},
};
use gan_tui_core::{files, text::shown};
use gan_tui_store::run::{WithoutCheckpoints, paths};

/// Trains a new run to its end, or until a signal comes; or leaves it in the background.
///
/// # Errors
/// Returns an error if the run cannot begin or fails.
pub fn run(options: &TrainOptions) -> anyhow::Result<Exit> {
    let plan = options.run.plan()?;
    let directory = directory::of(options.run.out.as_deref(), &plan.preset().name);
    if (options.resume_auto || options.restart) && resume::holds_run(&directory)? {
        return resume::continue_existing(options, &directory, &plan);
    }
    let is_new =
        !files::exists(&directory).with_context(|| format!("cannot read {}", shown(&directory)))?;
    let prepared = PreparedRun::create(&options.run, plan, &directory)?;
    if !options.detach {
        return headless::run(prepared, options.headless);
    }
    let (threads, quiet) = (options.run.threads, options.headless.quiet);
    let detached = headless::detach(prepared, threads, quiet, WithoutCheckpoints::Refuse);
    if detached.is_err() && is_new {
        // A run that never began leaves nothing; a folder that holds something else stays.
        let _ = fs::remove_file(directory.join(paths::LOG));
        let _ = fs::remove_dir(&directory);
    }
    detached
}
