//! Writes a run directory from the events of a run.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use super::{Manifest, RunError, atomic, changes, checkpoint, frames, lock::Lock, metrics, paths, retention};
use crate::{
    event::{Event, Outcome, Snapshot, Started},
    preset::{Plan, Preset},
};

/// The one writer of a run directory.
///
/// [`Recorder::record`] is called on the training thread: metrics wait up to half a second in memory, everything else is on disk when it returns. After
/// an error of the storage it may be called again with the same event.
#[derive(Debug)]
pub struct Recorder {
    dir: PathBuf,
    preset: Preset,
    manifest: Manifest,
    metrics: metrics::Writer,
    /// What is to be removed again if the run ends before training begins.
    unstarted: Option<Unstarted>,
    // Last, so that everything is written when it is let go.
    lock: Lock,
}

/// A run that has trained nothing yet.
#[derive(Debug)]
pub(super) struct Unstarted {
    pub made_folder: bool,
}

impl Recorder {
    /// Lays out the directory of a new run, which nobody but its owner may enter, and takes its lock.
    ///
    /// # Errors
    /// Where `dir` is there and not empty, is owned by another process, or cannot be written.
    pub fn create(dir: &Path, plan: &Plan) -> Result<Self, RunError> {
        check_empty(dir)?;
        let made_folder = !dir.exists();
        make_folder(dir)?;
        let lock = Lock::acquire(dir)?;
        // Another run may have begun here between the look and the lock.
        check_empty(dir)?;
        let manifest = Manifest::new(plan.preset());
        let unstarted = Some(Unstarted { made_folder });
        Self::lay_out(dir, plan.preset(), manifest, 0, unstarted, lock)
    }

    /// Writes the files that say what the run is.
    pub(super) fn lay_out(
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
            // Better now than after an hour of training.
            atomic::trial(&folder).map_err(RunError::io("write into", &folder))?;
        }
        let path = dir.join(paths::PRESET);
        atomic::write(&path, preset.to_ron().as_bytes()).map_err(RunError::io("write", &path))?;
        manifest.write(dir)?;
        let metrics = metrics::Writer::open(dir, iteration)?;
        Ok(Self { dir: dir.to_path_buf(), preset: preset.clone(), manifest, metrics, unstarted, lock })
    }

    /// The run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What `run.json` says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The lock of the run, to be given to the process that goes on with it: it is held until both have let go.
    ///
    /// # Errors
    /// Where the system has no more open files.
    pub fn share_lock(&self) -> Result<File, RunError> {
        self.lock.share(&self.dir)
    }

    /// Leaves the run to another process, which was given its lock.
    pub fn leave(mut self) {
        self.unstarted = None;
    }

    /// Writes what an event brings.
    ///
    /// # Errors
    /// Where a file cannot be written ([`RunError::is_storage`]), or a resumed run finds another dataset than it began with.
    pub fn record(&mut self, event: &Event) -> Result<(), RunError> {
        let recorded = self.take(event);
        if recorded.as_ref().is_err_and(RunError::is_storage) {
            self.mend();
        }
        recorded
    }

    /// After an error of the storage: makes anew what is gone, so that the next try may do better. A run directory that was removed is laid out again
    /// once there is an empty folder of its name.
    fn mend(&mut self) {
        if self.lock.is_there(&self.dir) {
            for folder in [paths::FRAMES, paths::CHECKPOINTS] {
                // The next try tells whether that was enough.
                let _ = fs::create_dir(self.dir.join(folder));
            }
            self.metrics.reopen();
        } else if self.dir.is_dir() && check_empty(&self.dir).is_ok() {
            let Ok(lock) = Lock::acquire(&self.dir) else { return };
            let laid = Self::lay_out(&self.dir, &self.preset, self.manifest.clone(), 0, None, lock);
            if let Ok(new) = laid {
                self.lock = new.lock;
                self.metrics.reopen();
            }
        }
    }

    fn take(&mut self, event: &Event) -> Result<(), RunError> {
        match event {
            Event::Preparing(_) | Event::Pictures(_) | Event::Trouble(_) => Ok(()),
            Event::Changed(change) => changes::add(&self.dir, change),
            Event::Started(started) => self.started(started),
            Event::Metrics(metrics) => self.metrics.push(metrics),
            Event::Frame(frame) => {
                frames::save(&self.dir, frame)?;
                self.metrics.flush()
            }
            Event::Checkpoint(snapshot) => self.checkpoint(snapshot),
            Event::Best(snapshot) => {
                self.metrics.sync()?;
                checkpoint::save(&paths::best(&self.dir), snapshot)
            }
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
        for old in retention::outdated(&saved, &self.preset, snapshot.iteration, self.manifest.interim) {
            // One checkpoint too many is no reason to end a run.
            let _ = fs::remove_file(paths::checkpoint(&self.dir, old));
        }
        self.manifest.interim = self.manifest.interim.filter(|&interim| interim == snapshot.iteration);
        self.manifest.saved = Some(snapshot.iteration);
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
        let on_schedule = |iteration: &u64| iteration.is_multiple_of(self.preset.checkpoint_every.max(1));
        self.manifest.interim = self.manifest.saved.filter(|iteration| !on_schedule(iteration));
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

/// What an interrupted write leaves.
fn is_left_over(entry: fs::DirEntry) -> bool {
    entry.file_name().to_str().is_some_and(atomic::is_temporary)
}

/// The folder of a run; what is above it is made as any folder is.
pub(super) fn make_folder(dir: &Path) -> Result<(), RunError> {
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), fs::create_dir_all).map_err(RunError::io("create", dir))?;
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(RunError::io("create", dir)),
    }
}

/// A folder for a new run is not there or empty, but for what one leaves that was killed before it was laid out.
pub(super) fn check_empty(dir: &Path) -> Result<(), RunError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let (expected, found) = ("a folder for the run".into(), "a file".into());
            return Err(RunError::Mismatch { path: dir.to_path_buf(), expected, found });
        }
        entries => entries.map_err(RunError::io("read", dir))?,
    };
    let is_nothing = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let is_folder = name == paths::FRAMES || name == paths::CHECKPOINTS;
        let is_blank = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(is_left_over)));
        name == paths::LOCK || name == paths::LOG || (is_folder && is_blank(&entry.path())) || is_left_over(entry)
    };
    if entries.flatten().all(is_nothing) {
        return Ok(());
    }
    let path = dir.to_path_buf();
    Err(if paths::is_run(dir) { RunError::HoldsRun { path } } else { RunError::Occupied { path } })
}
