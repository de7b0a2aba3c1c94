//! A new run from an older checkpoint of another one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Manifest, Recorder, Run, RunError, changes, checkpoint, event_file, lock::Lock,
    manifest::Origin, metrics, paths, unfinished,
};
use gan_tui_core::{
    event::{Change, Snapshot},
    files::{self, atomic},
};

/// Whether a directory is nothing yet, or a copy of the same that was killed.
fn check_free(out: &Path, run: &Run, iteration: u64) -> Result<(), RunError> {
    if paths::is_run(out)? {
        match Manifest::read(out) {
            Ok(manifest)
                if unfinished::origin(out, &manifest)? == Some(&Origin::of(run, iteration)) =>
            {
                return Ok(());
            }
            Err(error) if error.is_storage() && !error.is_missing() => return Err(error),
            _ => {}
        }
    }
    super::layout::check_empty(out)
}

/// All that a branch takes from its run, found readable; frames are copied when it is made.
struct BranchSource<'a> {
    run: &'a Run,
    iteration: u64,
    snapshot: Snapshot,
    preset: Vec<u8>,
    has_metrics: bool,
    changes: Vec<Change>,
    frames: Vec<PathBuf>,
    best: Option<Snapshot>,
    /// The best on schedule, if that is another one.
    best_on_schedule: Option<Snapshot>,
    manifest: Option<Manifest>,
}

impl Recorder {
    /// Copies a run up to a checkpoint into a new directory, which a run can continue from as the
    /// first one did from there. The first one stays as it is, and may be training. Returns what
    /// had to be left out, for its content is wrong.
    ///
    /// # Errors
    /// Returns an error if the run has no such checkpoint, a file of it cannot be read, or `out` is
    /// there and not empty, or cannot be written. What had been copied by then is removed again.
    pub fn branch(run: &Run, iteration: u64, out: &Path) -> Result<Vec<String>, RunError> {
        check_free(out, run, iteration)?;
        if !run.checkpoints().contains(&iteration) {
            return Err(RunError::NoSuchCheckpoint {
                path: run.dir().into(),
                iteration,
                there: listed(run.checkpoints()),
            });
        }
        let (source, left_out) = BranchSource::of(run, iteration)?;
        let is_new = super::layout::create_dir(out)?;
        let lock = Lock::acquire(out)?;
        // Another process may have begun here between the look and the lock.
        check_free(out, run, iteration)?;
        let copied = source.copy_to(out);
        if copied.is_err() {
            source.remove_from(out);
        }
        drop(lock);
        if copied.is_err() && is_new {
            let _ = fs::remove_dir(out);
        }
        copied.map(|()| left_out)
    }
}

impl Origin {
    fn of(run: &Run, iteration: u64) -> Self {
        let whole = fs::canonicalize(run.dir()).unwrap_or_else(|_| run.dir().into());
        Self { run: whole.to_string_lossy().into_owned(), iteration }
    }
}

impl<'a> BranchSource<'a> {
    fn of(run: &'a Run, iteration: u64) -> Result<(Self, Vec<String>), RunError> {
        let snapshot = run.checkpoint(iteration)?;
        let path = run.dir().join(paths::PRESET);
        let preset = fs::read(&path).map_err(RunError::io("read", &path))?;
        let log = run.dir().join(paths::METRICS);
        let has_metrics = files::open(&log).map_err(RunError::io("read", &log))?.is_some();
        let changes = changes::read(run.dir())?
            .into_iter()
            .filter(|change| change.iteration < iteration)
            .collect();
        let frames: Vec<PathBuf> = run
            .frames()
            .iter()
            .filter(|&&frame| frame <= iteration)
            .map(|&frame| paths::frame(run.dir(), frame))
            .collect();
        for frame in &frames {
            files::open(frame).map_err(RunError::io("read", frame))?;
        }
        let mut left_out = Vec::new();
        let manifest = match Manifest::read(run.dir()) {
            Ok(manifest) => Some(manifest),
            Err(error) if error.is_missing() || error.is_damage() => {
                left_out.push(format!("the branch does not record its origin: {error}"));
                None
            }
            Err(error) => return Err(error),
        };
        let mut best_of = |path: PathBuf| match checkpoint::load(&path) {
            Ok(best) => Ok(Some(best).filter(|best| best.iteration <= iteration)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) if error.is_damage() => {
                left_out.push(format!("the best-scoring checkpoint is left out: {error}"));
                Ok(None)
            }
            Err(error) => Err(error),
        };
        let mut best = best_of(paths::best(run.dir()))?;
        let mut best_on_schedule = best_of(paths::best_on_schedule(run.dir()))?;
        if best.is_none() {
            // The best is that of the last iteration, which the branch does not come to.
            best = best_on_schedule.take();
        }
        let source = Self {
            run,
            iteration,
            snapshot,
            preset,
            has_metrics,
            changes,
            frames,
            best,
            best_on_schedule,
            manifest,
        };
        Ok((source, left_out))
    }

    /// First what tells of a checkpoint, and the checkpoint last: what is there of a copy that was
    /// killed cannot be resumed by mistake.
    fn copy_to(&self, out: &Path) -> Result<(), RunError> {
        for folder in [paths::FRAMES, paths::CHECKPOINTS] {
            let folder = out.join(folder);
            files::create_folders(&folder).map_err(RunError::io("create", &folder))?;
        }
        if let Some(manifest) = &self.manifest {
            let origin = Origin::of(self.run, self.iteration);
            Manifest {
                branched_from: Some(origin),
                saved: Some(self.iteration),
                interim: None,
                final_score: manifest.final_score.filter(|&last| last == self.iteration),
                ..manifest.clone()
            }
            .write(out)?;
        }
        write(&out.join(paths::PRESET), &self.preset)?;
        if self.has_metrics {
            metrics::copy_truncated(self.run.dir(), out, self.iteration)?;
        }
        event_file::copy_cut(self.run.dir(), out, Some(self.iteration), None)?;
        for change in &self.changes {
            changes::add(out, change)?;
        }
        for frame in &self.frames {
            if let Some(name) = frame.file_name() {
                copy(frame, &out.join(paths::FRAMES).join(name))?;
            }
        }
        for (best, path) in
            [(&self.best, paths::best(out)), (&self.best_on_schedule, paths::best_on_schedule(out))]
        {
            if let Some(best) = best {
                checkpoint::save(&path, best)?;
            }
        }
        checkpoint::save(&paths::checkpoint(out, self.iteration), &self.snapshot)
    }

    /// Removes what [`Self::copy_to`] may have written; what cannot be removed is no worse than the
    /// error that is told.
    fn remove_from(&self, out: &Path) {
        let names = [paths::PRESET, paths::METRICS, paths::EVENTS, paths::CHANGES, paths::MANIFEST]
            .map(|name| out.join(name));
        let frames = self
            .frames
            .iter()
            .filter_map(|frame| Some(out.join(paths::FRAMES).join(frame.file_name()?)));
        for path in names.into_iter().chain(frames).chain([
            paths::best(out),
            paths::best_on_schedule(out),
            paths::checkpoint(out, self.iteration),
        ]) {
            let _ = fs::remove_file(path);
        }
        for folder in [paths::FRAMES, paths::CHECKPOINTS] {
            let _ = fs::remove_dir(out.join(folder));
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), RunError> {
    write(to, &fs::read(from).map_err(RunError::io("read", from))?)
}

fn write(to: &Path, bytes: &[u8]) -> Result<(), RunError> {
    atomic::write(to, bytes).map_err(RunError::io("write", to))
}

fn listed(checkpoints: &[u64]) -> String {
    if checkpoints.is_empty() {
        "none".into()
    } else {
        checkpoints.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
    }
}
