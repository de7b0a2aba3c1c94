//! `gan-tui resume`: goes on from a run's last checkpoint, or from an older one in a directory of its own.

use std::{
    io::{IsTerminal, stdin, stdout},
    path::Path,
};

use anyhow::{Context, bail, ensure};

use super::{Status, background, monitor, output::print, train};
use crate::{
    cli::{ResumeOptions, RunOptions, TrainOptions},
    nn::kernels,
    preset::{Plan, Preset},
    run::{Recorder, Resumed, Run, Status as State, checkpoint},
    train::worker::{Job, Resume},
};

/// Goes on as if the run had never been interrupted; further than it was to go, where the command line says so.
///
/// # Errors
/// Where there is no such run, nothing is left to do, another process owns it, or it could not go on: the reason.
pub fn run(options: &ResumeOptions) -> anyhow::Result<Status> {
    let headless = options.headless || options.detach || monitor::terminal_is_dumb();
    let terminal = stdin().is_terminal() && stdout().is_terminal();
    ensure!(headless || terminal, "the monitor needs a terminal on standard input and output; --headless does without");
    let lock = if options.background { Some(background::settle().context("cannot leave the terminal")?) } else { None };
    let mut run = Run::open(&options.run)?;
    let mut warnings = Vec::new();
    if let Some(out) = &options.out {
        let iteration = match options.from {
            Some(iteration) => iteration,
            None => checkpoint::latest(run.dir())?.0.iteration,
        };
        warnings = Recorder::branch(&run, iteration, out)?;
        run = Run::open(out)?;
    }
    warnings.extend(notes(&run));
    let plan = plan(&run, options.iterations, &mut warnings)?;
    let resumed = match lock {
        Some(lock) => Recorder::take_over(run.dir(), &plan, lock)?,
        None => Recorder::resume(run.dir(), &plan)?,
    };
    warnings.extend(resumed.warnings.iter().filter(|warning| !warnings.contains(warning)).cloned().collect::<Vec<_>>());
    warnings.extend(other_kernels(&resumed));
    let new = RunOptions { threads: options.threads, minutes: options.minutes, ..RunOptions::default() };
    let (job, recorder) = job(&new, plan.clone(), resumed, options.paused);
    if options.background {
        train::warn(&warnings);
        return train::attend(job, recorder, options.without.on_hangup, background::audience());
    }
    if options.detach {
        train::warn(&warnings);
        return train::in_the_background(&job, recorder, options.threads, options.without.quiet);
    }
    if headless {
        train::warn(&warnings);
        return train::headless(job, recorder, options.without);
    }
    monitor::sit(plan, new, &options.screen, options.without, Some(monitor::Begun { job, recorder, notes: warnings }))
}

/// Whether a directory holds a run; one that was killed before it was laid out is none yet.
pub fn holds_run(directory: &Path) -> bool {
    Run::open(directory).is_ok_and(|run| run.preset().is_some() || run.manifest().is_some() || run.last_iteration() > 0)
}

/// What a requeued job does: goes on where an earlier one stopped, and ends well where that had come to its end.
///
/// # Errors
/// Where the run there is another experiment than the command line's, or as [`run`].
pub fn automatically(options: &TrainOptions, directory: &Path, asked: &Plan) -> anyhow::Result<Status> {
    let run = Run::open(directory)?;
    let mut warnings = notes(&run);
    let found = preset(&run, &mut warnings)?;
    let asked = asked.preset();
    ensure!(
        asked.recorded() == found.recorded(),
        "{} holds another experiment than the one asked for: {}; another --out starts anew",
        directory.display(),
        difference(asked, &found)
    );
    let iterations = asked.iterations;
    let finished = matches!(run.status(), State::Finished) && options.run.minutes.is_some();
    let done = done(&run, iterations);
    if finished || done >= iterations {
        if !options.headless.quiet {
            print(format!("run {} is at its end, iteration {done}: nothing is left to do\n", run.name()))?;
        }
        return Ok(Status::DONE);
    }
    let plan = Plan::try_from(Preset { iterations, ..found })?;
    let resumed = Recorder::resume(run.dir(), &plan)?;
    warnings.extend(resumed.warnings.iter().filter(|warning| !warnings.contains(warning)).cloned().collect::<Vec<_>>());
    warnings.extend(other_kernels(&resumed));
    train::warn(&warnings);
    let (mut job, recorder) = job(&options.run, plan, resumed, false);
    // The minutes are those of the whole run, however often it is begun.
    job.time_limit = options.run.time_limit();
    if options.detach {
        return train::in_the_background(&job, recorder, options.run.threads, options.headless.quiet);
    }
    train::headless(job, recorder, options.headless)
}

/// What a worker needs to go on.
fn job(options: &RunOptions, plan: Plan, resumed: Resumed, paused: bool) -> (Job, Recorder) {
    let mut job = options.job(plan);
    // The minutes asked for come after those of before.
    job.time_limit = job.time_limit.map(|limit| limit + resumed.elapsed);
    job.resume =
        resumed.snapshot.map(|snapshot| Resume { snapshot, elapsed: resumed.elapsed, best: resumed.best, changes: resumed.changes });
    job.paused = paused;
    (job, resumed.recorder)
}

/// What is damaged or missing in a run; one that another process works at is left to it to tell.
fn notes(run: &Run) -> Vec<String> {
    if matches!(run.status(), State::Running(_)) { Vec::new() } else { run.warnings() }
}

/// Another kernel path adds in another order: the last bits of what comes may differ.
fn other_kernels(resumed: &Resumed) -> Option<String> {
    let (before, now) = (resumed.recorder.manifest().last_kernels()?.to_owned(), kernels::active().name());
    (before != now).then(|| {
        format!("the run was trained with the {before} kernels and goes on with {now}: equal but for the last bits; GAN_TUI_KERNELS={before} asks for the others")
    })
}

/// The preset of a run: its file's, or where that is damaged, what its newest checkpoint remembers.
fn preset(run: &Run, warnings: &mut Vec<String>) -> anyhow::Result<Preset> {
    if let Some(preset) = run.preset() {
        return Ok(preset.clone());
    }
    let damage = run.warnings().into_iter().find(|warning| warning.contains("preset.ron"));
    let damage = damage.unwrap_or_else(|| format!("run {} has no preset.ron", run.name()));
    let Ok((snapshot, _)) = checkpoint::latest(run.dir()) else { bail!("{damage}") };
    let iterations = run.manifest().map_or(snapshot.iteration.max(1), |manifest| manifest.iterations);
    match Preset::from_recorded(&snapshot.preset, iterations) {
        Ok(preset) => {
            warnings.retain(|warning| *warning != damage);
            warnings.push(format!("{damage}; the preset is taken from the checkpoint of iteration {}", snapshot.iteration));
            Ok(preset)
        }
        Err(_) => bail!("{damage}"),
    }
}

/// The iteration that the run can be gone on with from. Whether the newest checkpoint can be read is looked at only where nothing would be left to do.
fn done(run: &Run, iterations: u64) -> u64 {
    let by_name = run.checkpoints().last().copied().unwrap_or(0);
    if by_name < iterations { by_name } else { checkpoint::latest(run.dir()).map_or(by_name, |(snapshot, _)| snapshot.iteration) }
}

/// What the run was to do, or more.
fn plan(run: &Run, iterations: Option<u64>, warnings: &mut Vec<String>) -> anyhow::Result<Plan> {
    let mut preset = preset(run, warnings)?;
    let done = done(run, iterations.unwrap_or(preset.iterations));
    preset.iterations = iterations.unwrap_or(preset.iterations);
    ensure!(
        done < preset.iterations,
        "run {} is at iteration {done} of {}: nothing is left to do; --iterations N makes it longer",
        run.name(),
        preset.iterations
    );
    Plan::try_from(preset).with_context(|| run.dir().join("preset.ron").display().to_string())
}

/// The first line in which two presets differ.
fn difference(asked: &Preset, found: &Preset) -> String {
    let (asked, found) = (asked.to_ron(), Preset { iterations: asked.iterations, ..found.clone() }.to_ron());
    let pair = asked.lines().zip(found.lines()).find(|(asked, found)| asked != found);
    pair.map_or_else(String::new, |(asked, found)| {
        format!("expected {}, found {}", asked.trim().trim_end_matches(','), found.trim().trim_end_matches(','))
    })
}
