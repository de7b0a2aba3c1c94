//! `gan-tui resume`: goes on from a run's last checkpoint, or from an older one in a directory of
//! its own.

use std::{
    io::{IsTerminal, stdin, stdout},
    path::Path,
};

use anyhow::{Context, bail, ensure};

use super::{Status, background, monitor, output::print, train};
use crate::cli::{ResumeOptions, RunOptions, TrainOptions};
use gan_tui_core::preset::{Plan, Preset};
use gan_tui_engine::{
    nn::kernels,
    train::worker::{Job, Resume},
};
use gan_tui_store::run::{
    self, Recorder, Resumed, Run, RunError, Status as State, WithoutCheckpoints, checkpoint,
};

/// Goes on as if the run had never been interrupted; further than it was to go, where the command
/// line says so.
///
/// # Errors
/// Where there is no such run, nothing is left to do, another process owns it, or it could not go
/// on: the reason.
pub fn run(options: &ResumeOptions) -> anyhow::Result<Status> {
    let headless = options.headless || options.detach || monitor::terminal_is_dumb();
    let terminal = stdin().is_terminal() && stdout().is_terminal();
    ensure!(
        headless || terminal,
        "the monitor needs a terminal on standard input and output; --headless does without"
    );
    let lock = if options.background {
        Some(background::settle().context("cannot leave the terminal")?)
    } else {
        None
    };
    let without = without_checkpoints(options.restart);
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
        let iterations = options.iterations.unwrap_or(preset(&run, &mut Vec::new())?.iterations);
        ensure!(
            iteration < iterations,
            "a branch from iteration {iteration} has nothing to do until iteration {iterations}; --iterations N makes it longer"
        );
        warnings.extend(Recorder::branch(&run, iteration, out)?);
        run = Run::at(out)?;
    }
    warnings.extend(notes(&run));
    let plan = plan(&run, options.iterations, &mut warnings)?;
    let resumed = match lock {
        Some(lock) if options.is_new => Recorder::take_over_new(run.dir(), &plan, lock)?,
        Some(lock) => Recorder::take_over(run.dir(), &plan, lock, without)?,
        None => Recorder::resume_or(run.dir(), &plan, without)?,
    };
    if options.restart && !options.background {
        check_lost(&run, &resumed)?;
    }
    warnings.extend(
        resumed
            .warnings
            .iter()
            .filter(|warning| !warnings.contains(warning))
            .cloned()
            .collect::<Vec<_>>(),
    );
    warnings.extend(from_the_beginning(&run, &resumed));
    warnings.extend(other_kernels(&resumed));
    let new =
        RunOptions { threads: options.threads, minutes: options.minutes, ..RunOptions::default() };
    let (job, recorder) = job(&new, plan.clone(), resumed, options.paused);
    if options.background {
        train::warn(&warnings);
        return train::attend(job, recorder, options.without.on_hangup, background::audience());
    }
    if options.detach {
        train::warn(&warnings);
        return train::in_the_background(
            &job,
            recorder,
            options.threads,
            options.without.quiet,
            without,
        );
    }
    if headless {
        train::warn(&warnings);
        return train::headless(job, recorder, options.without);
    }
    monitor::sit(
        plan,
        new,
        &options.screen,
        options.without,
        Some(monitor::Begun { job, recorder, notes: warnings }),
    )
}

/// Whether a directory holds a run; one that was killed before it was laid out is none yet.
///
/// # Errors
/// Returns an error if that cannot be told, or a part of the run cannot be read.
pub fn holds_run(directory: &Path) -> anyhow::Result<bool> {
    if !run::paths::is_run(directory)? {
        return Ok(false);
    }
    let run = Run::at(directory)?;
    Ok(run.preset().is_some() || run.manifest().is_some() || run.last_iteration() > 0)
}

fn without_checkpoints(restart: bool) -> WithoutCheckpoints {
    if restart { WithoutCheckpoints::Restart } else { WithoutCheckpoints::Refuse }
}

/// That a run begins again only if it has lost what it could continue from. Nothing of it has been
/// changed yet.
fn check_lost(run: &Run, resumed: &Resumed) -> Result<(), RunError> {
    match &resumed.snapshot {
        Some(snapshot) => Err(RunError::NothingLost {
            path: run.dir().to_path_buf(),
            iteration: snapshot.iteration,
        }),
        None => Ok(()),
    }
}

/// What a requeued job does: goes on where an earlier one stopped, and ends well where that had
/// come to its end.
///
/// # Errors
/// Where the run there is another experiment than the command line's, or as [`run`].
pub fn automatically(
    options: &TrainOptions,
    directory: &Path,
    asked: &Plan,
) -> anyhow::Result<Status> {
    let run = Run::at(directory)?;
    let mut warnings = notes(&run);
    let asked = asked.preset();
    let found = match preset(&run, &mut warnings) {
        // What no file tells any more is what the command line says.
        Err(_)
            if options.restart
                && checkpoint::latest(directory).is_err_and(|error| !error.is_storage()) =>
        {
            asked.clone()
        }
        found => found?,
    };
    ensure!(
        asked.recorded() == found.recorded(),
        "{} holds another experiment than the one asked for: {}; another --out starts anew",
        directory.display(),
        difference(asked, &found)
    );
    let iterations = asked.iterations;
    let finished = matches!(run.status(), State::Finished) && options.run.minutes.is_some();
    let done = done(&run, iterations)?;
    if finished && done > 0 || (done >= iterations && !lacks_its_end(&run, done, iterations)) {
        if !options.headless.quiet {
            print(format!(
                "run {} is at its end, iteration {done}: nothing is left to do\n",
                run.name()
            ))?;
        }
        return Ok(Status::DONE);
    }
    let plan = Plan::try_from(Preset { iterations, ..found })?;
    let without = without_checkpoints(options.restart);
    let resumed = Recorder::resume_or(run.dir(), &plan, without)?;
    if !options.resume_auto {
        check_lost(&run, &resumed)?;
    }
    warnings.extend(
        resumed
            .warnings
            .iter()
            .filter(|warning| !warnings.contains(warning))
            .cloned()
            .collect::<Vec<_>>(),
    );
    warnings.extend(from_the_beginning(&run, &resumed));
    warnings.extend(other_kernels(&resumed));
    train::warn(&warnings);
    let (mut job, recorder) = job(&options.run, plan, resumed, false);
    // The minutes are those of the whole run, however often it is begun.
    job.time_limit = options.run.time_limit();
    if options.detach {
        return train::in_the_background(
            &job,
            recorder,
            options.run.threads,
            options.headless.quiet,
            without,
        );
    }
    train::headless(job, recorder, options.headless)
}

/// What a worker needs to go on.
fn job(options: &RunOptions, plan: Plan, resumed: Resumed, paused: bool) -> (Job, Recorder) {
    let mut job = options.job(plan);
    // The minutes asked for come after those of before.
    job.time_limit = job.time_limit.map(|limit| limit + resumed.elapsed);
    job.resume = resumed.snapshot.map(|snapshot| Resume {
        snapshot,
        elapsed: resumed.elapsed,
        best: resumed.best,
    });
    // Also where there is no checkpoint: a run that starts again is what it would have been.
    job.changes = resumed.changes;
    job.paused = paused;
    (job, resumed.recorder)
}

/// What is damaged or missing in a run; one that another process works at is left to it to tell.
fn notes(run: &Run) -> Vec<String> {
    if matches!(run.status(), State::Running(_)) { Vec::new() } else { run.warnings() }
}

/// What there was is trained once more.
fn from_the_beginning(run: &Run, resumed: &Resumed) -> Option<String> {
    let is_lost = run.last_iteration() > 0 && resumed.snapshot.is_none();
    is_lost.then(|| format!("run {} has no checkpoint: it starts again at iteration 1, and its old files are put aside", run.name()))
}

/// Another kernel path adds in another order: the last bits of what comes may differ.
fn other_kernels(resumed: &Resumed) -> Option<String> {
    let (before, now) =
        (resumed.recorder.manifest().last_kernels()?.to_owned(), kernels::active().name());
    (before != now).then(|| {
        format!("the run was trained with the {before} kernels and goes on with {now}: equal but for the last bits; GAN_TUI_KERNELS={before} asks for the others")
    })
}

/// The preset of a run: its file's, or where that is damaged, what its newest checkpoint remembers.
fn preset(run: &Run, warnings: &mut Vec<String>) -> anyhow::Result<Preset> {
    if let Some(preset) = run.preset() {
        return Ok(preset.clone());
    }
    run.check_whole()?;
    let damage = run.warnings().into_iter().find(|warning| warning.contains("preset.ron"));
    let damage = damage.unwrap_or_else(|| format!("run {} has no preset.ron", run.name()));
    let (snapshot, _) = match checkpoint::latest(run.dir()) {
        Err(error) if error.is_storage() => return Err(error.into()),
        Err(_) => bail!(
            "{damage}; gan-tui train --preset PRESET --out {} --restart starts it again",
            run.dir().display()
        ),
        Ok(found) => found,
    };
    let iterations =
        run.manifest().map_or(snapshot.iteration.max(1), |manifest| manifest.iterations);
    match Preset::from_recorded(&snapshot.preset, iterations) {
        Ok(preset) => {
            warnings.retain(|warning| *warning != damage);
            warnings.push(format!(
                "{damage}; the preset is taken from the checkpoint of iteration {}",
                snapshot.iteration
            ));
            Ok(preset)
        }
        Err(_) => bail!("{damage}"),
    }
}

/// The iteration that the run can be resumed from. Whether the newest checkpoint is good is looked
/// at only where nothing would be left to do.
fn done(run: &Run, iterations: u64) -> anyhow::Result<u64> {
    let by_name = run.checkpoints().last().copied().unwrap_or(0);
    if by_name < iterations {
        return Ok(by_name);
    }
    match checkpoint::latest(run.dir()) {
        Ok((snapshot, _)) => Ok(snapshot.iteration),
        // That all are damaged is told by what resumes the run.
        Err(error) if error.is_damage() => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Whether a run was interrupted after its last checkpoint and before its files said that it was
/// finished: resuming it does what is left of that.
fn lacks_its_end(run: &Run, done: u64, iterations: u64) -> bool {
    done == iterations && matches!(run.status(), State::Interrupted)
}

/// What the run was to do, or more.
fn plan(run: &Run, iterations: Option<u64>, warnings: &mut Vec<String>) -> anyhow::Result<Plan> {
    let mut preset = preset(run, warnings)?;
    let done = done(run, iterations.unwrap_or(preset.iterations))?;
    preset.iterations = iterations.unwrap_or(preset.iterations);
    ensure!(
        done < preset.iterations || lacks_its_end(run, done, preset.iterations),
        "run {} is at iteration {done} of {}: nothing is left to do; --iterations N makes it longer",
        run.name(),
        preset.iterations
    );
    Plan::try_from(preset).with_context(|| run.dir().join("preset.ron").display().to_string())
}

/// The first line in which two presets differ.
fn difference(asked: &Preset, found: &Preset) -> String {
    let (asked, found) =
        (asked.to_ron(), Preset { iterations: asked.iterations, ..found.clone() }.to_ron());
    let pair = asked.lines().zip(found.lines()).find(|(asked, found)| asked != found);
    pair.map_or_else(String::new, |(asked, found)| {
        format!(
            "expected {}, found {}",
            asked.trim().trim_end_matches(','),
            found.trim().trim_end_matches(',')
        )
    })
}
