//! Goes on with a run: takes its lock, finds where to go on from, and cuts back what lies after that.

use std::{
    fs::{self, File},
    path::Path,
    sync::Arc,
    time::Duration,
};

use super::{Manifest, Recorder, RunError, changes, checkpoint, lock::Lock, metrics, paths, recorder::Unstarted};
use crate::{
    event::{Change, Snapshot},
    preset::{Plan, Preset},
};

/// A run that goes on.
#[derive(Debug)]
pub struct Resumed {
    pub recorder: Recorder,
    /// Where to go on from; `None` where the run ended before its first checkpoint: then it begins again.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Training time up to there.
    pub elapsed: Duration,
    /// The least Fréchet distance scored up to there.
    pub best: Option<f32>,
    /// What a person changed while it ran, to be made again.
    pub changes: Vec<Change>,
    /// What was damaged and worked around.
    pub warnings: Vec<String>,
}

impl Recorder {
    /// Takes the lock of a run directory, cuts metrics and frames back to the newest checkpoint that can be read and goes on from there. Damaged newer
    /// checkpoints stay, with `.damaged` after their names; a `run.json` that cannot be read is begun anew.
    ///
    /// # Errors
    /// Where another process owns the run, its files cannot be read or written, no checkpoint can be read though there are some, or the checkpoint
    /// belongs to another seed or model than the plan.
    pub fn resume(dir: &Path, plan: &Plan) -> Result<Resumed, RunError> {
        check_run(dir)?;
        resume(dir, plan, Lock::acquire(dir)?, false)
    }

    /// The same with the lock that another process has taken and given to this one. A run that trained nothing yet begins as a new one does.
    ///
    /// # Errors
    /// As [`Recorder::resume`], and where the file is not the run's lock.
    pub fn take_over(dir: &Path, plan: &Plan, lock: File) -> Result<Resumed, RunError> {
        check_run(dir)?;
        resume(dir, plan, Lock::inherit(dir, lock)?, true)
    }
}

fn check_run(dir: &Path) -> Result<(), RunError> {
    if paths::is_run(dir) { Ok(()) } else { Err(RunError::NoRun { path: dir.to_path_buf() }) }
}

fn resume(dir: &Path, plan: &Plan, lock: Lock, handed_over: bool) -> Result<Resumed, RunError> {
    let preset = plan.preset();
    let mut warnings = Vec::new();
    let mut manifest = match Manifest::read(dir) {
        Err(error @ (RunError::Damaged { .. } | RunError::Io { .. })) => {
            warnings.push(format!("{error}; it is begun anew"));
            Manifest::new(preset)
        }
        manifest => manifest?,
    };
    let snapshot = match checkpoint::latest(dir) {
        Ok((snapshot, damaged)) => {
            warnings.extend(damaged);
            Some(snapshot)
        }
        Err(RunError::NoCheckpoint { .. }) => None,
        Err(error) => return Err(error),
    };
    let iteration = snapshot.as_ref().map_or(0, |snapshot| snapshot.iteration);
    if let Some(snapshot) = &snapshot {
        check_fits(dir, snapshot, preset)?;
    }
    let (last, best) = metrics::cut(dir, iteration)?;
    // A score whose networks were not kept is none to be beaten.
    let best = best.filter(|_| paths::best(dir).is_file());
    cut_files(dir, iteration, snapshot.is_some())?;
    let begun = snapshot.is_some() || manifest.dataset.is_some();
    if begun {
        manifest.resume(preset, iteration);
    }
    let unstarted = (handed_over && !begun).then_some(Unstarted { made_folder: false });
    let recorder = Recorder::lay_out(dir, preset, manifest, iteration, unstarted, lock)?;
    let elapsed = last.and_then(|row| Duration::try_from_secs_f64(row.elapsed_s).ok()).unwrap_or_default();
    let changes = changes::read(dir)?;
    Ok(Resumed { recorder, snapshot: snapshot.map(Arc::new), elapsed, best, changes, warnings })
}

fn check_fits(dir: &Path, snapshot: &Snapshot, preset: &Preset) -> Result<(), RunError> {
    let pairs = [
        ("model", preset.model.name().to_string(), snapshot.model.clone()),
        ("latent", preset.latent.to_string(), snapshot.latent.to_string()),
        ("seed", preset.seed.to_string(), snapshot.seed.to_string()),
    ];
    match pairs.into_iter().find(|(_, expected, found)| expected != found) {
        None => Ok(()),
        Some((field, expected, found)) => Err(RunError::Mismatch {
            path: paths::checkpoint(dir, snapshot.iteration),
            expected: format!("{field} {expected} as in the preset"),
            found: format!("{field} {found}"),
        }),
    }
}

/// Frames after `iteration` are drawn again, all of them where the run begins again; checkpoints after it are damaged.
fn cut_files(dir: &Path, iteration: u64, goes_on: bool) -> Result<(), RunError> {
    for frame in paths::iterations(&dir.join(paths::FRAMES), "png").into_iter().filter(|&frame| frame > iteration || !goes_on) {
        let path = paths::frame(dir, frame);
        fs::remove_file(&path).map_err(RunError::io("remove", &path))?;
    }
    for damaged in paths::iterations(&dir.join(paths::CHECKPOINTS), "safetensors").into_iter().filter(|&damaged| damaged > iteration) {
        let path = paths::checkpoint(dir, damaged);
        fs::rename(&path, path.with_extension("safetensors.damaged")).map_err(RunError::io("rename", &path))?;
    }
    Ok(())
}
