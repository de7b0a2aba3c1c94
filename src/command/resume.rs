//! `gan-tui resume`: goes on from a run's last checkpoint.

use std::io::{IsTerminal, stdin, stdout};

use anyhow::{Context, bail, ensure};

use super::{Status, monitor, report, train};
use crate::{
    cli::{ResumeOptions, RunOptions},
    preset::Plan,
    run::{Recorder, Run},
    train::worker::Resume,
};

/// Goes on as if the run had never been interrupted; further than it was to go, where the command line says so.
///
/// # Errors
/// Where there is no such run, nothing is left to do, another process owns it, or it could not go on: the reason.
pub fn run(options: &ResumeOptions) -> anyhow::Result<Status> {
    let headless = options.headless || monitor::terminal_is_dumb();
    let terminal = stdin().is_terminal() && stdout().is_terminal();
    ensure!(headless || terminal, "the monitor needs a terminal on standard input and output; --headless does without");
    let run = Run::open(&options.run)?;
    let plan = plan(&run, options.iterations)?;
    let resumed = Recorder::resume(run.dir(), &plan)?;
    resumed.warnings.iter().for_each(|warning| report::warn(warning));

    let new = RunOptions { threads: options.threads, minutes: options.minutes, ..RunOptions::default() };
    let mut job = new.job(plan.clone());
    // The minutes asked for come after those of before.
    job.time_limit = job.time_limit.map(|limit| limit + resumed.elapsed);
    job.resume = resumed.snapshot.map(|snapshot| Resume { snapshot, elapsed: resumed.elapsed, changes: resumed.changes });
    if headless {
        return train::headless(job, resumed.recorder, options.without);
    }
    monitor::sit(plan, new, &options.screen, Some((job, resumed.recorder)))
}

/// What the run was to do, or more.
fn plan(run: &Run, iterations: Option<u64>) -> anyhow::Result<Plan> {
    let mut preset = match run.preset() {
        Some(preset) => preset.clone(),
        None => bail!("{}", run.warnings().into_iter().next().unwrap_or_else(|| format!("run {} has no preset.ron", run.name()))),
    };
    let done = run.checkpoints().last().copied().unwrap_or(0);
    preset.iterations = iterations.unwrap_or(preset.iterations);
    ensure!(
        done < preset.iterations,
        "run {} is at iteration {done} of {}: nothing is left to do; --iterations N makes it longer",
        run.name(),
        preset.iterations
    );
    Plan::try_from(preset).with_context(|| run.dir().join("preset.ron").display().to_string())
}
