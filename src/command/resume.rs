//! `gan-tui resume`: goes on from a run's last checkpoint, or from an older one in a directory of
//! its own.

use anyhow::{Context, ensure};

use crate::{
    cli::{ResumeOptions, RunOptions, report::Exit, terminal},
    session::{background, headless, monitored, resume},
};
use gan_tui_store::run::{Recorder, Run, checkpoint};

/// Goes on as if the run had never been interrupted; further than it was to go, where the command
/// line says so.
///
/// # Errors
/// Where there is no such run, nothing is left to do, another process owns it, or it could not go
/// on: the reason.
pub fn run(options: &ResumeOptions) -> anyhow::Result<Exit> {
    let headless = options.headless || options.detach || terminal::is_dumb();
    ensure!(
        headless || terminal::is_interactive(),
        "the monitor needs a terminal on standard input and output; --headless does without"
    );
    let lock = if options.background {
        Some(background::settle().context("cannot leave the terminal")?)
    } else {
        None
    };
    let without = resume::without_checkpoints(options.restart);
    let mut run = Run::open(&options.run)?;
    let mut warnings = Vec::new();
    if let Some(out) = &options.out {
        let iteration = match options.from {
            Some(iteration) => iteration,
            None => {
                let (snapshot, passed_over) = checkpoint::latest(run.dir())?;
                warnings.extend(passed_over);
                snapshot.iteration
            }
        };
        // What makes no plan leaves no branch.
        let iterations =
            options.iterations.unwrap_or(resume::preset(&run, &mut Vec::new())?.iterations);
        ensure!(
            iteration < iterations,
            "a branch from iteration {iteration} has nothing to do until iteration {iterations}; --iterations N makes it longer"
        );
        warnings.extend(Recorder::branch(&run, iteration, out)?);
        run = Run::at(out)?;
    }
    warnings.extend(resume::notes(&run));
    let plan = resume::plan(&run, options.iterations, &mut warnings)?;
    let resumed = match lock {
        Some(lock) if options.is_new => Recorder::take_over_new(run.dir(), &plan, lock)?,
        Some(lock) => Recorder::take_over(run.dir(), &plan, lock, without)?,
        None => Recorder::resume_or(run.dir(), &plan, without)?,
    };
    if options.restart && !options.background {
        resume::check_lost(&run, &resumed)?;
    }
    warnings.extend(
        resumed
            .warnings
            .iter()
            .filter(|warning| !warnings.contains(warning))
            .cloned()
            .collect::<Vec<_>>(),
    );
    warnings.extend(resume::from_the_beginning(&run, &resumed));
    warnings.extend(resume::other_kernels(&resumed));
    let new =
        RunOptions { threads: options.threads, minutes: options.minutes, ..RunOptions::default() };
    let (job, recorder) = resume::job(&new, plan.clone(), resumed, options.paused);
    if options.background {
        headless::warn(&warnings);
        return headless::attend(job, recorder, options.without.on_hangup, background::audience());
    }
    if options.detach {
        headless::warn(&warnings);
        return headless::in_the_background(
            &job,
            recorder,
            options.threads,
            options.without.quiet,
            without,
        );
    }
    if headless {
        headless::warn(&warnings);
        return headless::run(job, recorder, options.without);
    }
    monitored::sit(
        plan,
        new,
        &options.screen,
        options.without,
        Some(monitored::Begun { job, recorder, notes: warnings }),
    )
}
