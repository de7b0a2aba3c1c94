//! Writes a run directory from the events of a run.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{Manifest, RunError, atomic, changes, checkpoint, frames, lock::Lock, metrics, paths};
use crate::{
    event::{Change, Event, Outcome, Snapshot, Started},
    preset::{Plan, Preset},
};

/// The one writer of a run directory.
///
/// [`Recorder::record`] is called on the training thread: metrics wait up to half a second in memory, everything else is on disk when it returns. After
/// an error of the storage it may be called again with the same event.
#[derive(Debug)]
pub struct Recorder {
    dir: PathBuf,
    keep: usize,
    manifest: Manifest,
    metrics: metrics::Writer,
    /// What is to be removed again if the run ends before training begins.
    unstarted: Option<Unstarted>,
    // Last, so that everything is written when it is let go.
    _lock: Lock,
}

/// A run that has trained nothing yet.
#[derive(Debug)]
struct Unstarted {
    made_folder: bool,
}

/// A run that goes on.
#[derive(Debug)]
pub struct Resumed {
    pub recorder: Recorder,
    /// Where to go on from; `None` where the run ended before its first checkpoint: then it begins again.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Training time up to there.
    pub elapsed: Duration,
    /// What a person changed while it ran, to be made again.
    pub changes: Vec<Change>,
    /// Damaged checkpoints that were passed over.
    pub warnings: Vec<String>,
}

impl Recorder {
    /// Lays out the directory of a new run and takes its lock.
    ///
    /// # Errors
    /// Where `dir` is there and not empty, is owned by another process, or cannot be written.
    pub fn create(dir: &Path, plan: &Plan) -> Result<Self, RunError> {
        check_empty(dir)?;
        let made_folder = !dir.exists();
        fs::create_dir_all(dir).map_err(RunError::io("create", dir))?;
        let lock = Lock::acquire(dir)?;
        // Another run may have begun here between the look and the lock.
        check_empty(dir)?;
        let manifest = Manifest::new(plan.preset());
        let unstarted = Some(Unstarted { made_folder });
        Self::lay_out(dir, plan.preset(), manifest, 0, unstarted, lock)
    }

    /// Takes the lock of a run directory, cuts metrics and frames back to the newest checkpoint that can be read and goes on from there. Damaged newer
    /// checkpoints stay, with `.damaged` after their names.
    ///
    /// # Errors
    /// Where another process owns the run, its files cannot be read or written, no checkpoint can be read though there are some, or the checkpoint
    /// belongs to another seed or model than the plan.
    pub fn resume(dir: &Path, plan: &Plan) -> Result<Resumed, RunError> {
        if !paths::is_run(dir) {
            return Err(RunError::NoRun { path: dir.to_path_buf() });
        }
        let lock = Lock::acquire(dir)?;
        let preset = plan.preset();
        let mut manifest = Manifest::read(dir)?;
        let (snapshot, warnings) = match checkpoint::latest(dir) {
            Ok((snapshot, warnings)) => (Some(snapshot), warnings),
            Err(RunError::NoCheckpoint { .. }) => (None, Vec::new()),
            Err(error) => return Err(error),
        };
        let iteration = snapshot.as_ref().map_or(0, |snapshot| snapshot.iteration);
        if let Some(snapshot) = &snapshot {
            check_fits(dir, snapshot, preset)?;
        }
        let last = metrics::cut(dir, iteration)?;
        cut_files(dir, iteration, snapshot.is_some())?;
        manifest.resume(preset, iteration);
        let recorder = Self::lay_out(dir, preset, manifest, iteration, None, lock)?;
        let elapsed = last.and_then(|row| Duration::try_from_secs_f64(row.elapsed_s).ok()).unwrap_or_default();
        let changes = changes::read(dir)?;
        Ok(Resumed { recorder, snapshot: snapshot.map(Arc::new), elapsed, changes, warnings })
    }

    /// Writes the files that say what the run is.
    fn lay_out(
        dir: &Path,
        preset: &Preset,
        manifest: Manifest,
        iteration: u64,
        unstarted: Option<Unstarted>,
        lock: Lock,
    ) -> Result<Self, RunError> {
        for folder in [dir.to_path_buf(), dir.join(paths::FRAMES), dir.join(paths::CHECKPOINTS)] {
            fs::create_dir_all(&folder).map_err(RunError::io("create", &folder))?;
            atomic::clean(&folder);
        }
        let path = dir.join(paths::PRESET);
        atomic::write(&path, preset.to_ron().as_bytes()).map_err(RunError::io("write", &path))?;
        manifest.write(dir)?;
        let metrics = metrics::Writer::open(dir, iteration)?;
        Ok(Self { dir: dir.to_path_buf(), keep: preset.keep_checkpoints.max(1), manifest, metrics, unstarted, _lock: lock })
    }

    /// The run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What `run.json` says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Writes what an event brings.
    ///
    /// # Errors
    /// Where a file cannot be written ([`RunError::is_storage`]), or a resumed run finds another dataset than it began with.
    pub fn record(&mut self, event: &Event) -> Result<(), RunError> {
        match event {
            Event::Preparing(_) | Event::Pictures(_) => Ok(()),
            Event::Changed(change) => changes::add(&self.dir, change),
            Event::Started(started) => self.started(started),
            Event::Metrics(metrics) => self.metrics.push(metrics),
            Event::Frame(frame) => {
                frames::save(&self.dir, frame)?;
                self.metrics.flush()
            }
            Event::Checkpoint(snapshot) => self.checkpoint(snapshot),
            Event::Paused(_) => self.metrics.flush(),
            Event::Ended(outcome) => self.ended(outcome),
        }
    }

    /// Writes metrics that still wait in memory.
    ///
    /// # Errors
    /// Where they cannot be written; they go on waiting.
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.metrics.flush()
    }

    fn started(&mut self, started: &Started) -> Result<(), RunError> {
        if let Some(dataset) = &self.manifest.dataset
            && dataset.sha256 != started.dataset.sha256
        {
            return Err(RunError::Mismatch {
                path: self.dir.join(paths::MANIFEST),
                expected: format!("dataset {} with SHA-256 {}", dataset.name, dataset.sha256),
                found: format!("{} with {}", started.dataset.name, started.dataset.sha256),
            });
        }
        self.unstarted = None;
        self.manifest.started(started);
        self.manifest.write(&self.dir)
    }

    /// Metrics first: a checkpoint on disk promises that all rows up to it are there too.
    fn checkpoint(&mut self, snapshot: &Snapshot) -> Result<(), RunError> {
        self.metrics.sync()?;
        checkpoint::save(&paths::checkpoint(&self.dir, snapshot.iteration), snapshot)?;
        let saved = paths::iterations(&self.dir.join(paths::CHECKPOINTS), "safetensors");
        for &old in &saved[..saved.len().saturating_sub(self.keep)] {
            // One checkpoint too many is no reason to end a run.
            let _ = fs::remove_file(paths::checkpoint(&self.dir, old));
        }
        self.manifest.last_iteration = snapshot.iteration.max(self.metrics.last());
        self.manifest.write(&self.dir)
    }

    fn ended(&mut self, outcome: &Outcome) -> Result<(), RunError> {
        if let Some(unstarted) = self.unstarted.take() {
            self.remove(&unstarted);
            return Ok(());
        }
        self.metrics.sync()?;
        self.manifest.last_iteration = self.manifest.last_iteration.max(self.metrics.last());
        self.manifest.ended(outcome);
        self.manifest.write(&self.dir)
    }

    /// A run that never began leaves nothing, so that the same command may be given again. Only what was laid out here goes.
    fn remove(&self, unstarted: &Unstarted) {
        for name in [paths::PRESET, paths::MANIFEST, paths::METRICS, paths::CHANGES, paths::LOCK] {
            // What cannot be removed is no worse than what was there.
            let _ = fs::remove_file(self.dir.join(name));
        }
        for name in [paths::FRAMES, paths::CHECKPOINTS] {
            let _ = fs::remove_dir(self.dir.join(name));
        }
        if unstarted.made_folder {
            let _ = fs::remove_dir(&self.dir);
        }
    }
}

/// A folder for a new run is not there or empty, but for a lock and a log.
fn check_empty(dir: &Path) -> Result<(), RunError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let (expected, found) = ("a folder for the run".into(), "a file".into());
            return Err(RunError::Mismatch { path: dir.to_path_buf(), expected, found });
        }
        entries => entries.map_err(RunError::io("read", dir))?,
    };
    let mut names = entries.flatten().map(|entry| entry.file_name());
    if names.all(|name| name == paths::LOCK || name == paths::LOG) {
        return Ok(());
    }
    let path = dir.to_path_buf();
    Err(if paths::is_run(dir) { RunError::HoldsRun { path } } else { RunError::Occupied { path } })
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
