//! Writes a run directory from the events of a run.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    Manifest, RunError, changes, checkpoint,
    event_file::EventFile,
    frames,
    layout::{check_empty, create_dir, remove_new_files, write_preset_and_manifest},
    lock::Lock,
    metrics, paths, retention,
    rewind::{self, Rewind},
    unique_dir,
};
use gan_tui_core::{
    event::{Event, Outcome, Snapshot, Started, Weights},
    files,
    preset::{Plan, Preset},
};

/// Time between two looks whether the directory is still at its place.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The one writer of a run directory.
///
/// [`Recorder::record`] is called on the training thread: metrics wait up to half a second in
/// memory, everything else is on disk when it returns. After an error of the storage it may be
/// called again with the same event.
#[derive(Debug)]
pub struct Recorder {
    dir: PathBuf,
    preset: Preset,
    manifest: Manifest,
    /// Open unless the run is still to be resumed.
    metrics: Option<metrics::MetricsWriter>,
    /// Open while the run trains, if the preset asks for it.
    events: Option<EventFile>,
    state: RecorderState,
    /// Whether what was cut for this run is still there.
    has_set_aside: bool,
    /// When the directory was last found at its place.
    checked: Instant,
    // Last, so that everything is written when it is let go.
    lock: Lock,
}

/// How far a run has come.
#[derive(Debug)]
pub(super) enum RecorderState {
    /// Laid out, and nothing trained: it is removed again if it ends before training begins, its
    /// folder too where that was made for it.
    New {
        made_folder: bool,
    },
    /// Found good to resume, and nothing of it changed: that is done when training begins, and not
    /// at all if the run ends before.
    ToResume(Rewind),
    Training,
}

impl Recorder {
    /// Lays out the directory of a new run, which nobody but its owner may enter, and takes its
    /// lock.
    ///
    /// # Errors
    /// Returns an error if `dir` is there and not empty, is owned by another process, or cannot be
    /// written.
    pub fn create(dir: &Path, plan: &Plan) -> Result<Self, RunError> {
        check_empty(dir)?;
        let made_folder = create_dir(dir)?;
        Self::create_in_place(dir, plan, made_folder)
    }

    /// The same in a new directory of `folder` that is named after the preset and the time.
    ///
    /// # Errors
    /// Returns an error if the directory cannot be made or written.
    pub fn create_in(folder: &Path, plan: &Plan) -> Result<Self, RunError> {
        let dir = unique_dir::create(folder, &plan.preset().name)?;
        Self::create_in_place(&dir, plan, true)
    }

    fn create_in_place(dir: &Path, plan: &Plan, made_folder: bool) -> Result<Self, RunError> {
        let lock = Lock::acquire(dir).inspect_err(|_| {
            if made_folder {
                // It stays if another process has begun there.
                let _ = fs::remove_dir(dir);
            }
        })?;
        // Another run may have begun here between the look and the lock.
        check_empty(dir)?;
        let laid = Self::create_layout(
            dir,
            plan.preset(),
            Manifest::new(plan.preset()),
            RecorderState::New { made_folder },
            lock,
        );
        if laid.is_err() {
            // So that the same command may be given again.
            remove_new_files(dir);
            if made_folder {
                let _ = fs::remove_dir(dir);
            }
        }
        laid
    }

    /// Writes the files that say what a run is which has trained nothing yet.
    pub(super) fn create_layout(
        dir: &Path,
        preset: &Preset,
        manifest: Manifest,
        state: RecorderState,
        mut lock: Lock,
    ) -> Result<Self, RunError> {
        write_preset_and_manifest(dir, preset, &manifest)?;
        let metrics = Some(metrics::MetricsWriter::open(dir, 0)?);
        lock.keep();
        Ok(Self {
            dir: dir.to_path_buf(),
            preset: preset.clone(),
            manifest,
            metrics,
            events: None,
            state,
            has_set_aside: false,
            checked: Instant::now(),
            lock,
        })
    }

    /// For a run that is good to resume. Nothing is written yet.
    pub(super) fn to_resume(
        dir: &Path,
        preset: &Preset,
        manifest: Manifest,
        rewind: Rewind,
        lock: Lock,
    ) -> Self {
        let state = RecorderState::ToResume(rewind);
        Self {
            dir: dir.to_path_buf(),
            preset: preset.clone(),
            manifest,
            metrics: None,
            events: None,
            state,
            has_set_aside: false,
            checked: Instant::now(),
            lock,
        }
    }

    /// The run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What `run.json` says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The lock of the run, to be given to the process that continues it: it is held until both
    /// have let go.
    ///
    /// # Errors
    /// Returns an error if the system has no more open files.
    pub fn share_lock(&self) -> Result<File, RunError> {
        self.lock.share(&self.dir)
    }

    /// Returns a warning if the file system has no locks, so that nothing keeps another process
    /// from writing to the run.
    pub fn lock_warning(&self) -> Option<String> {
        self.lock.warning()
    }

    /// Whether the run was laid out here and has trained nothing yet.
    pub fn is_new(&self) -> bool {
        matches!(self.state, RecorderState::New { .. })
    }

    /// Whether the run directory was removed by somebody while the run trains.
    pub fn is_removed(&self) -> bool {
        self.lock.is_removed()
    }

    /// Whether the folder of a run that has trained nothing yet was made for it.
    pub fn made_folder(&self) -> bool {
        matches!(self.state, RecorderState::New { made_folder: true })
    }

    /// Leaves the run to another process, which was given its lock.
    pub fn leave(self) {
        match self.state {
            RecorderState::ToResume(_) => self.lock.take_back(),
            RecorderState::New { .. } | RecorderState::Training => {}
        }
    }

    /// Writes what an event brings.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written ([`RunError::is_storage`]), or a resumed run
    /// finds another dataset than it began with.
    pub fn record(&mut self, event: &Event) -> Result<(), RunError> {
        let recorded = self.write(event);
        self.recover_from(recorded)
    }

    /// Writes weights: a checkpoint, or the networks with the best score.
    ///
    /// # Errors
    /// As [`Recorder::record`].
    pub fn save(&mut self, weights: &Weights) -> Result<(), RunError> {
        let saved = match weights {
            Weights::Checkpoint(snapshot) => self.checkpoint(snapshot),
            Weights::Best(snapshot) => self.best(snapshot),
        };
        self.recover_from(saved)
    }

    fn best(&mut self, snapshot: &Snapshot) -> Result<(), RunError> {
        self.metrics()?.sync()?;
        if self.manifest.final_score == Some(snapshot.iteration) {
            rewind::keep_best(&self.dir)?;
        }
        checkpoint::save(&paths::best(&self.dir), snapshot)
    }

    fn recover_from(&mut self, recorded: Result<(), RunError>) -> Result<(), RunError> {
        if recorded.as_ref().is_err_and(RunError::is_storage) {
            self.recover();
        }
        recorded
    }

    /// After an error of the storage: makes what is gone again, so that the next try may do better.
    /// A run directory that was removed is laid out again once there is an empty folder of its
    /// name.
    fn recover(&mut self) {
        if let RecorderState::ToResume(_) = self.state {
            // Nothing was made that could be gone.
        } else if self.lock.is_there(&self.dir).unwrap_or(false) {
            for folder in [paths::FRAMES, paths::CHECKPOINTS] {
                // The next try tells whether that was enough.
                let _ = fs::create_dir(self.dir.join(folder));
            }
            self.reopen_metrics();
        } else if files::is_folder(&self.dir).unwrap_or(false) && check_empty(&self.dir).is_ok() {
            let Ok(lock) = Lock::acquire(&self.dir) else { return };
            match Self::create_layout(
                &self.dir,
                &self.preset,
                self.manifest.clone(),
                RecorderState::Training,
                lock,
            ) {
                Ok(new) => {
                    self.lock = new.lock;
                    self.reopen_metrics();
                }
                // So that it is an empty folder again for the next try.
                Err(_) => remove_new_files(&self.dir),
            }
        }
    }

    fn reopen_metrics(&mut self) {
        if let Some(metrics) = &mut self.metrics {
            metrics.reopen();
        }
    }

    /// The metrics, which are open once training has begun.
    fn metrics(&mut self) -> Result<&mut metrics::MetricsWriter, RunError> {
        let dir = &self.dir;
        self.metrics
            .as_mut()
            .ok_or_else(|| RunError::damaged(dir, "nothing can be recorded before training begins"))
    }

    fn write(&mut self, event: &Event) -> Result<(), RunError> {
        match event {
            Event::Preparing(_)
            | Event::Machine(_)
            | Event::Pictures(_)
            | Event::NotDrawn { .. }
            | Event::Storage(_)
            | Event::Saving(_)
            | Event::Saved(_)
            | Event::Best(_)
            | Event::Note(_)
            | Event::HandedOver => Ok(()),
            Event::Changed(change) => {
                changes::add(&self.dir, change)?;
                self.events.iter_mut().for_each(|events| events.changed(change));
                Ok(())
            }
            Event::Started(started) => self.started(started),
            Event::Metrics(metrics) => {
                self.check_place()?;
                let on_schedule = metrics.iteration.is_multiple_of(self.preset.score_every.max(1));
                if metrics.score.is_some() && !on_schedule {
                    self.manifest.final_score = Some(metrics.iteration);
                }
                self.metrics()?.push(metrics)?;
                self.events.as_mut().map_or(Ok(()), |events| events.metrics(metrics))
            }
            Event::Frame(frame) => {
                let (grid, png) = frames::save(&self.dir, frame)?;
                if let Some(events) = &mut self.events {
                    events.frame(frame.iteration, &grid, png)?;
                }
                self.flush()
            }
            Event::Paused(_) => self.flush(),
            Event::Ended(outcome) => self.ended(outcome),
        }
    }

    /// Checks now and then that the run directory is still at its place: what is appended to an
    /// open file does not tell.
    fn check_place(&mut self) -> Result<(), RunError> {
        if self.checked.elapsed() < CHECK_EVERY {
            return Ok(());
        }
        if !self.lock.is_there(&self.dir)? {
            return Err(RunError::io("write into", &self.dir)(files::not_found()));
        }
        self.checked = Instant::now();
        Ok(())
    }

    /// Writes metrics that still wait in memory.
    ///
    /// # Errors
    /// Returns an error if they cannot be written; they keep waiting.
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.metrics.as_mut().map_or(Ok(()), metrics::MetricsWriter::flush)?;
        self.events.as_mut().map_or(Ok(()), EventFile::flush)
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
        if !self.lock.is_there(&self.dir)? {
            return Err(RunError::io("write into", &self.dir)(files::not_found()));
        }
        self.manifest.started(started);
        match &mut self.state {
            RecorderState::ToResume(rewind) => {
                let rewind_to = rewind.iteration();
                // First what takes nothing away. After an error the run can be resumed as before:
                // each step can be done again.
                rewind.set_aside_replaced(&self.dir)?;
                write_preset_and_manifest(&self.dir, &self.preset, &self.manifest)?;
                rewind.cut(&self.dir)?;
                if rewind.extends() {
                    self.manifest.final_score = None;
                    self.manifest.write(&self.dir)?;
                }
                self.metrics = Some(metrics::MetricsWriter::open(&self.dir, rewind.iteration())?);
                self.lock.keep();
                self.has_set_aside = true;
                self.remove_outdated(rewind_to);
            }
            RecorderState::New { .. } | RecorderState::Training => {
                self.manifest.write(&self.dir)?
            }
        }
        self.events = match self.preset.tensorboard {
            true => Some(EventFile::open(&self.dir, &self.preset)?),
            false => None,
        };
        self.state = RecorderState::Training;
        Ok(())
    }

    /// Metrics first: a checkpoint on disk promises that all rows up to it are there too.
    fn checkpoint(&mut self, snapshot: &Snapshot) -> Result<(), RunError> {
        let last = self.metrics()?;
        last.sync()?;
        let last = last.last();
        self.events.as_mut().map_or(Ok(()), EventFile::sync)?;
        checkpoint::save(&paths::checkpoint(&self.dir, snapshot.iteration), snapshot)?;
        self.remove_outdated(snapshot.iteration);
        self.manifest.interim =
            self.manifest.interim.filter(|&interim| interim == snapshot.iteration);
        self.manifest.saved = Some(snapshot.iteration);
        self.manifest.last_iteration = snapshot.iteration.max(last);
        self.manifest.write(&self.dir)?;
        if self.has_set_aside && snapshot.iteration > 0 {
            // The run continues from here, whatever becomes of this process. Some of it left behind
            // is no reason to end a run.
            self.has_set_aside = rewind::remove_set_aside(&self.dir).is_err();
        }
        Ok(())
    }

    /// Removes the checkpoints that may go now that the one of `newest` is safe.
    fn remove_outdated(&self, newest: u64) {
        // Those that cannot be listed stay, and one too many is no reason to end a run.
        let saved = paths::iterations(&self.dir.join(paths::CHECKPOINTS), "safetensors")
            .unwrap_or_default();
        for old in retention::outdated(&saved, &self.preset, newest, self.manifest.interim) {
            let _ = fs::remove_file(paths::checkpoint(&self.dir, old));
        }
    }

    fn ended(&mut self, outcome: &Outcome) -> Result<(), RunError> {
        match self.state {
            RecorderState::New { made_folder } => {
                self.state = RecorderState::Training;
                remove_new_files(&self.dir);
                let _ = fs::remove_file(self.dir.join(paths::LOCK));
                if made_folder {
                    let _ = fs::remove_dir(&self.dir);
                }
                return Ok(());
            }
            // It stays as it was found.
            RecorderState::ToResume(_) => return Ok(()),
            RecorderState::Training => {}
        }
        let metrics = self.metrics()?;
        metrics.sync()?;
        let last = metrics.last();
        self.events.as_mut().map_or(Ok(()), EventFile::sync)?;
        self.manifest.last_iteration = self.manifest.last_iteration.max(last);
        let on_schedule =
            |iteration: &u64| iteration.is_multiple_of(self.preset.checkpoint_every.max(1));
        self.manifest.interim = self.manifest.saved.filter(|iteration| !on_schedule(iteration));
        if self.has_set_aside && *outcome == Outcome::Finished {
            // Only where the last checkpoint was saved before the run was interrupted.
            self.has_set_aside = rewind::remove_set_aside(&self.dir).is_err();
        }
        self.manifest.ended(outcome);
        self.manifest.write(&self.dir)
    }
}
