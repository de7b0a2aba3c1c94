//! Resumes a run. Everything is looked at and tried first; what was recorded after the checkpoint
//! is cut only when training begins.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{
    Manifest, Recorder, RunError, changes, checkpoint, event_file,
    lock::Lock,
    manifest::Origin,
    metrics::{self, TruncatedLog},
    paths, reader,
    recorder::RecorderState,
    rewind::Rewind,
    unfinished,
};
use gan_tui_core::{
    event::{Change, Snapshot},
    files::{self, atomic},
    preset::{EarlyStop, Plan, Preset},
    text::shown,
};

/// A run that continues.
#[derive(Debug)]
pub struct Resumed {
    pub recorder: Recorder,
    /// Where to continue from; `None` where the run ended before its first checkpoint, or has lost
    /// them: then it begins again.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Training time up to there.
    pub elapsed: Duration,
    /// The least Fréchet distance scored up to there.
    pub best: Option<f32>,
    /// Whether the run is to end early, by the metrics up to there.
    pub early: EarlyStop,
    /// What a person changed while it ran, to be made again.
    pub changes: Vec<Change>,
    /// What was damaged and worked around.
    pub warnings: Vec<String>,
}

/// What becomes of a run that has lost its checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutCheckpoints {
    /// It is not resumed.
    Refuse,
    /// It begins again, with its old files put aside.
    Restart,
}

impl Recorder {
    /// Takes the lock of a run directory, finds its newest checkpoint and makes ready to continue
    /// after it. Nothing is changed before training begins: then metrics and frames are cut back to
    /// the checkpoint, and what is cut is put aside until a new one is saved. Damaged newer
    /// checkpoints stay, with `.damaged` after their names; so does a `run.json` or `preset.ron`
    /// whose content is wrong and that is rewritten.
    ///
    /// # Errors
    /// Returns an error, and leaves the run as it is, if another process owns it, a file of it
    /// cannot be read, its folders cannot be written, there is no room for a checkpoint, it has
    /// lost its checkpoints, or the newest belongs to another seed or model than the plan.
    pub fn resume(dir: &Path, plan: &Plan) -> Result<Resumed, RunError> {
        Self::resume_or(dir, plan, WithoutCheckpoints::Refuse)
    }

    /// The same, with a say in what becomes of a run that has lost its checkpoints.
    ///
    /// # Errors
    /// As [`Recorder::resume`].
    pub fn resume_or(
        dir: &Path,
        plan: &Plan,
        without: WithoutCheckpoints,
    ) -> Result<Resumed, RunError> {
        check_run(dir)?;
        resume(dir, plan, Lock::acquire(dir)?, without)
    }

    /// The same with the lock that another process has taken and given to this one.
    ///
    /// # Errors
    /// As [`Recorder::resume`], and if the file is not the run's lock.
    pub fn take_over(
        dir: &Path,
        plan: &Plan,
        lock: File,
        without: WithoutCheckpoints,
    ) -> Result<Resumed, RunError> {
        check_run(dir)?;
        resume(dir, plan, Lock::inherit(dir, lock)?, without)
    }

    /// Takes over a run that the process which gives the lock has laid out and nobody has begun: it
    /// begins as a new one does.
    ///
    /// # Errors
    /// Returns an error if the file is not the run's lock, or the directory cannot be written.
    pub fn take_over_new(dir: &Path, plan: &Plan, lock: File) -> Result<Resumed, RunError> {
        check_run(dir)?;
        let lock = Lock::inherit(dir, lock)?;
        let recorder = Self::create_layout(
            dir,
            plan.preset(),
            Manifest::new(plan.preset()),
            RecorderState::New { made_folder: false },
            lock,
        )?;
        Ok(Resumed {
            recorder,
            snapshot: None,
            elapsed: Duration::ZERO,
            best: None,
            early: EarlyStop::of(plan.preset()),
            changes: Vec::new(),
            warnings: Vec::new(),
        })
    }
}

fn check_run(dir: &Path) -> Result<(), RunError> {
    if paths::is_run(dir)? { Ok(()) } else { Err(RunError::NoRun { path: dir.to_path_buf() }) }
}

fn resume(
    dir: &Path,
    plan: &Plan,
    lock: Lock,
    without: WithoutCheckpoints,
) -> Result<Resumed, RunError> {
    let preset = plan.preset();
    let mut warnings = Vec::new();
    let mut damaged = Vec::new();
    let manifest = manifest(dir, &mut warnings, &mut damaged)?;
    let frame_every = match reader::read_preset(dir) {
        Ok(earlier) => earlier.frame_every,
        Err(error) if error.is_damage() => {
            damaged.push(dir.join(paths::PRESET));
            preset.frame_every
        }
        Err(error) if error.is_missing() => preset.frame_every,
        Err(error) => return Err(error),
    };
    let (snapshot, missing) = match checkpoint::newest(dir) {
        Ok((snapshot, wrong)) => {
            warnings.extend(
                wrong.iter().map(|error| checkpoint::passed_over(error, snapshot.iteration)),
            );
            damaged.extend(wrong.iter().filter_map(RunError::damaged_path));
            (Some(snapshot), None)
        }
        Err(error @ (RunError::NoCheckpoint { .. } | RunError::Damaged { .. })) => {
            (None, Some(error))
        }
        Err(error) => return Err(error),
    };
    let iteration = snapshot.as_ref().map_or(0, |snapshot| snapshot.iteration);
    let extends = iteration < preset.iterations;
    let final_score = manifest.as_ref().and_then(|manifest| manifest.final_score);
    let final_score = final_score.filter(|_| extends);
    let kept = metrics::truncated(dir, iteration, final_score)?;
    let lost = match &missing {
        Some(missing) => lost_checkpoints(dir, preset, manifest.as_ref(), &kept, missing)?,
        None => None,
    };
    match (lost, without) {
        (Some(lost), WithoutCheckpoints::Refuse) => return Err(lost),
        (Some(_), WithoutCheckpoints::Restart) => return restart(dir, preset, &kept, lock),
        (None, _) => {}
    }
    if let Some(snapshot) = &snapshot {
        check_fits(dir, snapshot, preset)?;
    }
    let changes = changes::read(dir)?;
    warnings.extend(event_file::damage(dir)?);
    let best_is_there = has_best(dir)?;
    let rewind = Rewind::to(snapshot.as_ref().map(|snapshot| snapshot.iteration), damaged);
    let rewind = if extends { rewind.extending(final_score) } else { rewind };
    check_resumable(dir, snapshot.is_some().then_some(iteration), &kept, &rewind)?;
    let begun =
        snapshot.is_some() || manifest.as_ref().is_some_and(|manifest| manifest.dataset.is_some());
    let mut manifest = manifest.unwrap_or_else(|| Manifest::new(preset));
    if begun {
        manifest.resume(preset, iteration);
        if frame_every != preset.frame_every {
            manifest.change_frame_every(preset.frame_every);
        }
    }
    let recorder = Recorder::to_resume(dir, preset, manifest, rewind, lock);
    let elapsed = kept
        .last
        .as_ref()
        .and_then(|row| Duration::try_from_secs_f64(row.elapsed_s).ok())
        .unwrap_or_default();
    // A score whose networks were not kept is none to be beaten.
    let best = kept.best.filter(|_| best_is_there);
    let mut early = EarlyStop::of(preset);
    kept.scored.iter().chain(&kept.last).for_each(|row| early.observe(row));
    let snapshot = snapshot.map(Arc::new);
    Ok(Resumed { recorder, snapshot, elapsed, best, early, changes, warnings })
}

/// Whether the networks are there that have scored best on schedule.
fn has_best(dir: &Path) -> Result<bool, RunError> {
    for path in [paths::best(dir), paths::best_on_schedule(dir)] {
        if files::is_file(&path).map_err(RunError::io("read", &path))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `run.json`; `None` where it is not there, or its content is wrong: then it is among what is
/// damaged.
fn manifest(
    dir: &Path,
    warnings: &mut Vec<String>,
    damaged: &mut Vec<PathBuf>,
) -> Result<Option<Manifest>, RunError> {
    let error = match Manifest::read(dir) {
        Ok(manifest) => return Ok(Some(manifest)),
        Err(error) => error,
    };
    if error.is_damage() {
        damaged.push(dir.join(paths::MANIFEST));
    } else if !error.is_missing() {
        return Err(error);
    }
    warnings.push(format!("{error}; a new file is started"));
    Ok(None)
}

/// Why a run without a checkpoint must have had one, if so. One that was interrupted before its
/// first is no such run: what it trained comes again.
fn lost_checkpoints(
    dir: &Path,
    preset: &Preset,
    manifest: Option<&Manifest>,
    kept: &TruncatedLog,
    missing: &RunError,
) -> Result<Option<RunError>, RunError> {
    let metrics = Some((kept.reached, paths::METRICS));
    if let Some(manifest) = manifest
        && let Some(origin) = unfinished::origin(dir, manifest)?
    {
        let Origin { run: origin, iteration } = origin.clone();
        return Ok(Some(RunError::Unfinished { path: dir.to_path_buf(), origin, iteration }));
    }
    let told = match manifest {
        // The first checkpoint on schedule is saved before anything is recorded of what follows.
        Some(manifest) if kept.reached <= preset.checkpoint_every => {
            manifest.last_saved().map(|saved| (saved, paths::MANIFEST))
        }
        Some(_) => metrics,
        None if kept.reached > 0 => metrics,
        None => {
            let frames = paths::iterations(&dir.join(paths::FRAMES), "png")?;
            frames.last().filter(|&&frame| frame > 0).map(|&frame| (frame, paths::FRAMES))
        }
    };
    let is_damaged = missing.is_damage();
    let told = match told {
        Some((iteration, file)) => format!("iteration {iteration} ({file})"),
        None if is_damaged => "a checkpoint".into(),
        None => return Ok(None),
    };
    let folder = dir.join(paths::CHECKPOINTS);
    let is_there = files::exists(&folder).map_err(RunError::io("read", &folder))?;
    let found = match missing {
        _ if is_damaged => missing.to_string(),
        _ if is_there => format!("{} contains no checkpoint", shown(&folder)),
        _ => format!("{} is not there", shown(&folder)),
    };
    Ok(Some(RunError::LostCheckpoints { path: dir.to_path_buf(), told, found }))
}

/// A run that begins again at 1, once it is sure that it can.
fn restart(
    dir: &Path,
    preset: &Preset,
    kept: &TruncatedLog,
    lock: Lock,
) -> Result<Resumed, RunError> {
    let rewind = Rewind::restart(dir)?;
    check_resumable(dir, None, kept, &rewind)?;
    let recorder = Recorder::to_resume(dir, preset, Manifest::new(preset), rewind, lock);
    Ok(Resumed {
        recorder,
        snapshot: None,
        elapsed: Duration::ZERO,
        best: None,
        early: EarlyStop::of(preset),
        changes: Vec::new(),
        warnings: Vec::new(),
    })
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

/// Whether all that training will do to the run's files can be done: folders read and written, what
/// is in the way moved, the log opened, room for what is cut and for a checkpoint as large as the
/// one of `checkpoint`.
fn check_resumable(
    dir: &Path,
    checkpoint: Option<u64>,
    kept: &TruncatedLog,
    rewind: &Rewind,
) -> Result<(), RunError> {
    let (frames, checkpoints) = (dir.join(paths::FRAMES), dir.join(paths::CHECKPOINTS));
    paths::iterations(&frames, "png")?;
    paths::iterations(&checkpoints, "safetensors")?;
    // Several files are written into one folder, which is tried once.
    let mut tried = BTreeSet::new();
    for folder in [dir.to_path_buf(), frames, checkpoints.clone()]
        .into_iter()
        .chain(rewind.check(dir, kept.is_cut())?)
    {
        if files::exists(&folder).map_err(RunError::io("read", &folder))?
            && tried.insert(fs::canonicalize(&folder).map_err(RunError::io("read", &folder))?)
        {
            atomic::trial(&folder).map_err(RunError::io("write into", &folder))?;
        }
    }
    let log = dir.join(paths::METRICS);
    if files::exists(&log).map_err(RunError::io("read", &log))? {
        File::options().append(true).open(&log).map_err(RunError::io("write", &log))?;
    }
    let Some(iteration) = checkpoint else { return Ok(()) };
    let newest = paths::checkpoint(dir, iteration);
    let size = files::metadata(&newest)
        .map_err(RunError::io("read", &newest))?
        .map_or(0, |found| found.len());
    let needed = kept.bytes() + size;
    check_room(dir, needed)?;
    check_room(&checkpoints, needed)
}

/// Whether so many bytes find room in a folder, as far as its file system tells.
fn check_room(folder: &Path, needed: u64) -> Result<(), RunError> {
    let Ok(found) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    // Some that are not on a disk tell nothing at all.
    if found.f_blocks > 0 && free < needed {
        return Err(RunError::NoRoom { path: folder.to_path_buf(), free, needed });
    }
    Ok(())
}
