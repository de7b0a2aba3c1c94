//! A run that is continued: what is read and checked before, and the prepared run that continues
//! it.

use std::{fs::File, path::Path};

use anyhow::{Context, bail, ensure};

use super::{
    background::DetachOptions,
    headless,
    prepared::{self, PreparedRun},
    result, socket,
};
use crate::cli::{
    RunOptions, TrainOptions,
    output::print,
    report::{Exit, Usage},
};
use gan_tui_core::{
    event::{Outcome, RunState},
    names::alternatives,
    preset::{Difference, EarlyStop, Plan, Preset, Setting},
    text::{quoted, shown},
};
use gan_tui_engine::train::{Threads, worker::ResumePoint};
use gan_tui_store::run::{self, Recorder, Resumed, Run, RunError, WithoutCheckpoints, checkpoint};

/// How the lock of a resumed run is taken, and what happens if the run has lost its checkpoints.
pub struct Takeover {
    pub lock: LockSource,
    pub without: WithoutCheckpoints,
    /// Whether it is an error that the run has not lost its checkpoints.
    pub must_be_lost: bool,
}

/// Where the lock of a resumed run comes from.
pub enum LockSource {
    /// It is free.
    Free,
    /// The host gave it to this successor.
    Inherited(File),
    /// The host gave it to this successor, and the run has trained nothing yet.
    InheritedNew(File),
}

/// Returns whether a directory holds a run; one whose process was killed while it created the files
/// does not.
///
/// # Errors
/// Returns an error if the directory, or a part of the run, cannot be read.
pub fn holds_run(directory: &Path) -> anyhow::Result<bool> {
    if !run::paths::is_run(directory)? {
        return Ok(false);
    }
    let run = Run::at(directory)?;
    Ok(run.preset().is_some() || run.manifest().is_some() || run.last_iteration() > 0)
}

/// Returns what is done with a run that has lost its checkpoints.
pub fn without_checkpoints(restart: bool) -> WithoutCheckpoints {
    if restart { WithoutCheckpoints::Restart } else { WithoutCheckpoints::Refuse }
}

/// Copies a run up to the checkpoint of an iteration, by default the newest, to a new directory.
///
/// # Errors
/// Returns an error if there is no such checkpoint, the branch would have nothing to do, or the
/// directory cannot be written.
pub fn branch(
    run: &Run,
    from: Option<u64>,
    iterations: Option<u64>,
    settings: &[Setting],
    out: &Path,
    notes: &mut Vec<String>,
) -> anyhow::Result<Run> {
    let iteration = match from {
        Some(iteration) => iteration,
        None => {
            let (snapshot, passed_over) = checkpoint::latest(run.dir())?;
            notes.extend(passed_over);
            snapshot.iteration
        }
    };
    // Checked first: a preset that breaks a rule leaves no branch.
    let preset = with_settings(preset(run, &mut Vec::new())?, settings, &mut Vec::new())?;
    let iterations = iterations.unwrap_or(preset.iterations);
    ensure!(
        iteration < iterations,
        "a branch from iteration {iteration} has nothing to do until iteration {iterations}; \
        --iterations N makes it longer"
    );
    notes.extend(Recorder::branch(run, iteration, out)?);
    Ok(Run::at(out)?)
}

/// Takes a run's lock and returns what continues it. `known` is what is known of its damage.
///
/// # Errors
/// Returns an error if another process has the lock, or the run cannot be resumed.
pub fn prepare(
    run: &Run,
    plan: Plan,
    options: &RunOptions,
    takeover: Takeover,
    known: Vec<String>,
) -> anyhow::Result<PreparedRun> {
    let without = takeover.without;
    let resumed = match takeover.lock {
        LockSource::InheritedNew(lock) => Recorder::take_over_new(run.dir(), &plan, lock)?,
        LockSource::Inherited(lock) => Recorder::take_over(run.dir(), &plan, lock, without)?,
        LockSource::Free => Recorder::resume_or(run.dir(), &plan, without)?,
    };
    check_alone(run.dir(), resumed.recorder.lock_warning().is_some())?;
    if takeover.must_be_lost {
        check_lost(run, &resumed)?;
    }
    let (mut job, choices) = prepared::job(options, plan, run.dir());
    let mut warnings = merged(known, &resumed.warnings);
    warnings.extend(restart_note(run, &resumed));
    warnings.extend(kernels_note(&resumed));
    warnings.extend(resumed.recorder.lock_warning());
    warnings.extend(choices);
    let notes = threads_note(&resumed, job.threads).into_iter().collect();
    // The minutes asked for are added to those trained before.
    job.time_limit = job.time_limit.map(|limit| limit + resumed.elapsed);
    job.resume = resumed.snapshot.map(|snapshot| ResumePoint {
        snapshot,
        elapsed: resumed.elapsed,
        best: resumed.best,
        early: resumed.early,
    });
    // Also without a checkpoint: a run that starts again repeats the changes made to it.
    job.changes = resumed.changes;
    Ok(PreparedRun { job, recorder: resumed.recorder, warnings, notes })
}

/// Checks that no process of this machine answers for a run whose file system has no locks, which
/// would have told.
///
/// # Errors
/// Returns an error if one does.
pub fn check_alone(directory: &Path, is_unlocked: bool) -> anyhow::Result<()> {
    if is_unlocked && let Some(process) = socket::answering(directory) {
        bail!("{} is being written by process {process}", shown(directory));
    }
    Ok(())
}

/// Returns what is known of a run's damage with what was found when it was resumed, which may
/// say the same and what was done about it.
fn merged(mut known: Vec<String>, found: &[String]) -> Vec<String> {
    known.retain(|warning| !found.iter().any(|found| found.starts_with(warning.as_str())));
    known.extend_from_slice(found);
    known
}

/// Checks that a run has lost its checkpoints. Nothing of it has been changed yet.
fn check_lost(run: &Run, resumed: &Resumed) -> Result<(), RunError> {
    match &resumed.snapshot {
        Some(snapshot) => Err(RunError::NothingLost {
            path: run.dir().to_path_buf(),
            iteration: snapshot.iteration,
        }),
        None => Ok(()),
    }
}

/// Does what a requeued job does: continues where an earlier one stopped, and succeeds at once if
/// that one finished.
///
/// # Errors
/// Returns an error if the run is another experiment than the one asked for, or cannot be resumed.
pub fn continue_existing(
    options: &TrainOptions,
    directory: &Path,
    asked: &Plan,
) -> anyhow::Result<Exit> {
    let run = Run::at(directory)?;
    let mut notes = damage_notes(&run);
    let mut asked = asked.clone();
    match preset(&run, &mut notes) {
        // If no file has the preset any more, the command line's is taken.
        Err(_)
            if options.restart
                && checkpoint::latest(directory).is_err_and(|error| !error.is_storage()) =>
        {
            asked = prepared::for_new_run(asked)?;
        }
        found => {
            let found = found?;
            // Where none is named, the data chose the preset when the run began.
            asked = match options.run.preset {
                Some(_) => asked.for_run_of(&found),
                None => options.run.plan_of(&found)?,
            };
            notes.extend(changes_since(directory, asked.preset(), &found)?);
        }
    }
    if let Some(done) = finished_iteration(&run, options, asked.preset())? {
        if options.headless.json {
            result::print(directory)?;
        } else if !options.headless.quiet {
            print(format!("run {} is complete ({done} iterations)\n", run.name()))?;
        }
        return Ok(Exit::DONE);
    }
    let without = without_checkpoints(options.restart);
    let takeover = Takeover { lock: LockSource::Free, without, must_be_lost: !options.resume_auto };
    let mut prepared = prepare(&run, asked, &options.run, takeover, notes)?;
    // The minutes are those of the whole run, however often it is requeued.
    prepared.job.time_limit = options.run.time_limit();
    if options.detach {
        let detached = DetachOptions {
            restart: options.restart,
            ..DetachOptions::new(options.run.threads, &options.headless)
        };
        return headless::detach(prepared, detached, &options.headless);
    }
    headless::run(prepared, &options.headless)
}

/// Returns a note for each field in which the preset asked for differs from a run's own. They only
/// concern what is recorded from now on.
///
/// # Errors
/// Returns an error if a field differs that has an effect on what is trained.
fn changes_since(directory: &Path, asked: &Preset, found: &Preset) -> anyhow::Result<Vec<String>> {
    let changes = asked.changes_since(found);
    if let Some(Difference { field, values: [asked, found], .. }) =
        changes.iter().find(|change| !change.recording_only)
    {
        bail!(
            "{} holds another experiment than the one asked for: expected {field}: {asked}, found \
            {field}: {found}; another --out starts a new run",
            shown(directory)
        );
    }
    Ok(changes.iter().map(changed_note).collect())
}

/// Returns the note of a field that is different from now on.
fn changed_note(Difference { field, values: [now, before], .. }: &Difference) -> String {
    format!("{field} is {now} from now on; it was {before}")
}

/// Returns the iteration at which a run has finished what a requeued job asks for, if it has.
fn finished_iteration(
    run: &Run,
    options: &TrainOptions,
    asked: &Preset,
) -> anyhow::Result<Option<u64>> {
    let iterations = asked.iterations;
    let finished = *run.state() == RunState::Ended(Outcome::Finished)
        && (options.run.minutes.is_some() || early_end(run, asked).is_some());
    let done = resumable_iteration(run, iterations)?;
    let is_done =
        finished && done > 0 || (done >= iterations && !lacks_its_end(run, done, iterations));
    Ok(is_done.then_some(done))
}

/// Returns what is damaged or missing in a run; nothing if a process works at it, which reports
/// that itself.
pub fn damage_notes(run: &Run) -> Vec<String> {
    if run.owner().is_some() { Vec::new() } else { run.warnings() }
}

/// Returns a note if a run that had trained begins again.
fn restart_note(run: &Run, resumed: &Resumed) -> Option<String> {
    let is_lost = run.last_iteration() > 0 && resumed.snapshot.is_none();
    is_lost.then(|| {
        format!(
            "run {} has no checkpoint: it starts again at iteration 1, and its \
            old files are put aside",
            run.name()
        )
    })
}

/// Returns a note if a run is continued with other kernels: they add in another order, so the last
/// bits of the results may differ.
fn kernels_note(resumed: &Resumed) -> Option<String> {
    let (before, revision) = resumed.recorder.manifest().last_kernels()?;
    let now = gan_tui_kernels::active().name();
    if revision != gan_tui_kernels::REVISION {
        return Some(
            "the run was trained by another version of the program, whose kernels add in another \
            order: results differ in the last bits"
                .into(),
        );
    }
    (before != now).then(|| {
        format!(
            "the run was trained with the {before} kernels and continues with {now}: results \
        differ in the last bits; set GAN_TUI_KERNELS={before} to keep them identical"
        )
    })
}

/// Returns a note if a run is continued with another number of threads, which changes its pace
/// alone.
fn threads_note(resumed: &Resumed, now: Threads) -> Option<String> {
    let before = resumed.recorder.manifest().last_threads()?;
    (before != now.count).then(|| format!("continues with {now}; it had {before} before"))
}

/// Returns the preset of a run: its file's, or if that is damaged, the one in its newest
/// checkpoint.
fn preset(run: &Run, notes: &mut Vec<String>) -> anyhow::Result<Preset> {
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
            quoted(run.dir())
        ),
        Ok(found) => found,
    };
    let iterations =
        run.manifest().map_or(snapshot.iteration.max(1), |manifest| manifest.iterations);
    match Preset::from_recorded(&snapshot.preset, iterations) {
        Ok(preset) => {
            notes.retain(|note| *note != damage);
            notes.push(format!(
                "{damage}; the preset is taken from the checkpoint of iteration {}",
                snapshot.iteration
            ));
            Ok(preset)
        }
        Err(_) => bail!("{damage}"),
    }
}

/// Returns the iteration that the run can be resumed from. The newest checkpoint is read only if
/// nothing would be left to do.
fn resumable_iteration(run: &Run, iterations: u64) -> anyhow::Result<u64> {
    let by_name = run.checkpoints().last().copied().unwrap_or(0);
    if by_name < iterations {
        return Ok(by_name);
    }
    match checkpoint::latest(run.dir()) {
        Ok((snapshot, _)) => Ok(snapshot.iteration),
        // If all are damaged, the error comes from what resumes the run.
        Err(error) if error.is_damage() => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Returns why a run has ended before its last iteration by the rules of a preset, if it has.
fn early_end(run: &Run, preset: &Preset) -> Option<String> {
    let mut early = EarlyStop::of(preset);
    if *run.state() == RunState::Ended(Outcome::Finished) {
        run.metrics().iter().for_each(|row| early.observe(row));
    }
    early.reason().map(str::to_owned)
}

/// Returns whether a run was interrupted after its last checkpoint and before its files recorded
/// that it was finished: resuming it records that.
fn lacks_its_end(run: &Run, done: u64, iterations: u64) -> bool {
    done == iterations && *run.state() == RunState::Interrupted
}

/// Returns a run's preset with fields set, and notes what is different from now on.
///
/// # Errors
/// Returns an error if a value is wrong, or a field decides what was trained.
fn with_settings(
    found: Preset,
    settings: &[Setting],
    notes: &mut Vec<String>,
) -> anyhow::Result<Preset> {
    let may_change = |name: &str| {
        name == "iterations"
            || Preset::FIELDS.iter().any(|field| field.name == name && field.recording_only)
    };
    for setting in settings {
        let field = setting.field();
        if Preset::FIELDS.iter().any(|known| known.name == field) && !may_change(field) {
            let fields = Preset::FIELDS.iter().map(|field| field.name);
            let open: Vec<&str> = fields.filter(|name| may_change(name)).collect();
            let expected = format!(
                "--set {setting}: a resumed run keeps its {field}; it can change {}",
                alternatives(&open)
            );
            return Err(Usage(expected).into());
        }
    }
    let preset = found.clone().with_settings(settings)?;
    notes.extend(preset.differences(&found).iter().map(changed_note));
    Ok(preset)
}

/// Returns the plan of a run, with fields set and another number of iterations if that is asked
/// for.
///
/// # Errors
/// Returns an error if the preset cannot be read or breaks a rule, a field that is set decides what
/// was trained, or nothing is left to do.
pub fn plan(
    run: &Run,
    iterations: Option<u64>,
    settings: &[Setting],
    notes: &mut Vec<String>,
) -> anyhow::Result<Plan> {
    let found = preset(run, notes)?;
    let mut preset = with_settings(found, settings, notes)?;
    let done = resumable_iteration(run, iterations.unwrap_or(preset.iterations))?;
    preset.iterations = iterations.unwrap_or(preset.iterations);
    ensure!(
        done < preset.iterations || lacks_its_end(run, done, preset.iterations),
        "run {} is complete ({done} of {} iterations); extend it with --iterations N",
        run.name(),
        preset.iterations
    );
    if let Some(reason) = early_end(run, &preset) {
        bail!(
            "run {} is complete ({done} of {} iterations), ended early: {reason}; extend it with \
             --set patience=0 or --set stop_at=Never",
            run.name(),
            preset.iterations
        );
    }
    Plan::try_from(preset).with_context(|| shown(&run.dir().join("preset.ron")))
}
