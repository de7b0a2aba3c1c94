//! A run that is continued: what is read and checked before, and the job that continues it.

use std::path::Path;

use anyhow::{Context, bail, ensure};

use super::headless;
use crate::cli::{RunOptions, TrainOptions, output::print, report::Exit};
use gan_tui_core::{
    event::{Outcome, RunState},
    preset::{Plan, Preset},
};
use gan_tui_engine::{
    nn::kernels,
    train::worker::{Job, ResumePoint},
};
use gan_tui_store::run::{self, Recorder, Resumed, Run, RunError, WithoutCheckpoints, checkpoint};

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

pub fn without_checkpoints(restart: bool) -> WithoutCheckpoints {
    if restart { WithoutCheckpoints::Restart } else { WithoutCheckpoints::Refuse }
}

/// That a run begins again only if it has lost what it could continue from. Nothing of it has been
/// changed yet.
pub fn check_lost(run: &Run, resumed: &Resumed) -> Result<(), RunError> {
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
/// Where the run there is another experiment than the command line's, or as `gan-tui resume`.
pub fn automatically(
    options: &TrainOptions,
    directory: &Path,
    asked: &Plan,
) -> anyhow::Result<Exit> {
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
    let finished =
        *run.state() == RunState::Ended(Outcome::Finished) && options.run.minutes.is_some();
    let done = done(&run, iterations)?;
    if finished && done > 0 || (done >= iterations && !lacks_its_end(&run, done, iterations)) {
        if !options.headless.quiet {
            print(format!(
                "run {} is at its end, iteration {done}: nothing is left to do\n",
                run.name()
            ))?;
        }
        return Ok(Exit::DONE);
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
    headless::warn(&warnings);
    let (mut job, recorder) = job(&options.run, plan, resumed, false);
    // The minutes are those of the whole run, however often it is begun.
    job.time_limit = options.run.time_limit();
    if options.detach {
        return headless::in_the_background(
            &job,
            recorder,
            options.run.threads,
            options.headless.quiet,
            without,
        );
    }
    headless::run(job, recorder, options.headless)
}

/// What a worker needs to go on.
pub fn job(options: &RunOptions, plan: Plan, resumed: Resumed, paused: bool) -> (Job, Recorder) {
    let mut job = options.job(plan);
    // The minutes asked for come after those of before.
    job.time_limit = job.time_limit.map(|limit| limit + resumed.elapsed);
    job.resume = resumed.snapshot.map(|snapshot| ResumePoint {
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
pub fn notes(run: &Run) -> Vec<String> {
    if run.owner().is_some() { Vec::new() } else { run.warnings() }
}

/// What there was is trained once more.
pub fn from_the_beginning(run: &Run, resumed: &Resumed) -> Option<String> {
    let is_lost = run.last_iteration() > 0 && resumed.snapshot.is_none();
    is_lost.then(|| format!("run {} has no checkpoint: it starts again at iteration 1, and its old files are put aside", run.name()))
}

/// Another kernel path adds in another order: the last bits of what comes may differ.
pub fn other_kernels(resumed: &Resumed) -> Option<String> {
    let (before, now) =
        (resumed.recorder.manifest().last_kernels()?.to_owned(), kernels::active().name());
    (before != now).then(|| {
        format!("the run was trained with the {before} kernels and goes on with {now}: equal but for the last bits; GAN_TUI_KERNELS={before} asks for the others")
    })
}

/// The preset of a run: its file's, or where that is damaged, what its newest checkpoint remembers.
pub fn preset(run: &Run, warnings: &mut Vec<String>) -> anyhow::Result<Preset> {
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
    done == iterations && *run.state() == RunState::Interrupted
}

/// What the run was to do, or more.
pub fn plan(
    run: &Run,
    iterations: Option<u64>,
    warnings: &mut Vec<String>,
) -> anyhow::Result<Plan> {
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
