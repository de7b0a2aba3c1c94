//! Reads a run directory: finished, still growing, copied from elsewhere or damaged, as far as it is readable.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use super::{Manifest, Owner, RunError, State, Target, checkpoint, frames, lock, metrics::Log, paths, resolve};
use crate::{
    event::{Frame, Metrics, Snapshot},
    preset::Preset,
};

/// How it stands with a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// A process works at it.
    Running(Owner),
    /// It did not end, and no process works at it.
    Interrupted,
    Finished,
    Stopped,
    /// With the reason.
    Failed(String),
    /// `run.json` cannot be read.
    Unknown,
}

impl Status {
    pub(super) fn of(dir: &Path, manifest: Option<&Manifest>) -> Self {
        if let Some(owner) = lock::owner(dir) {
            return Self::Running(owner);
        }
        manifest.map_or(Self::Unknown, |manifest| match manifest.state {
            State::Running => Self::Interrupted,
            State::Finished => Self::Finished,
            State::Stopped => Self::Stopped,
            State::Failed => Self::Failed(manifest.reason.clone().unwrap_or_default()),
        })
    }

    /// In one word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Running(_) => "running",
            Self::Interrupted => "interrupted",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed(_) => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a run directory holds. Pictures and weights are read when they are asked for.
#[derive(Debug, Clone)]
pub struct Run {
    dir: PathBuf,
    status: Status,
    manifest: Option<Manifest>,
    preset: Option<Preset>,
    log: Log,
    frames: Vec<u64>,
    checkpoints: Vec<u64>,
    damage: Vec<String>,
}

impl Run {
    /// Reads a run directory, given by its path or by its name in `runs/`.
    ///
    /// # Errors
    /// Where there is no run. What is damaged or missing in one is told by [`Run::warnings`].
    pub fn open(path: &Path) -> Result<Self, RunError> {
        match resolve(path)? {
            Target::Run(dir) => {
                let mut run = Self {
                    dir,
                    status: Status::Unknown,
                    manifest: None,
                    preset: None,
                    log: Log::default(),
                    frames: Vec::new(),
                    checkpoints: Vec::new(),
                    damage: Vec::new(),
                };
                run.refresh()?;
                Ok(run)
            }
            Target::Checkpoint(path) => {
                Err(RunError::Mismatch { path, expected: "the folder of a run".into(), found: "a checkpoint file".into() })
            }
        }
    }

    /// Looks again: what was appended to the metrics, new frames and checkpoints, the state.
    ///
    /// # Errors
    /// Where the metrics can no longer be read.
    pub fn refresh(&mut self) -> Result<(), RunError> {
        self.damage.clear();
        self.manifest = self.or_damage(Manifest::read(&self.dir));
        self.preset = self.or_damage(read_preset(&self.dir));
        self.log.refresh(&self.dir)?;
        self.frames = paths::iterations(&self.dir.join(paths::FRAMES), "png");
        self.checkpoints = paths::iterations(&self.dir.join(paths::CHECKPOINTS), "safetensors");
        self.status = Status::of(&self.dir, self.manifest.as_ref());
        Ok(())
    }

    fn or_damage<T>(&mut self, read: Result<T, RunError>) -> Option<T> {
        read.map_err(|error| self.damage.push(error.to_string())).ok()
    }

    /// The run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory's own name.
    pub fn name(&self) -> String {
        name(&self.dir)
    }

    pub fn status(&self) -> &Status {
        &self.status
    }

    /// `run.json`, where it is readable.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// `preset.ron`, where it is readable.
    pub fn preset(&self) -> Option<&Preset> {
        self.preset.as_ref()
    }

    /// The readable rows of `metrics.jsonl`, iterations rising.
    pub fn metrics(&self) -> &[Metrics] {
        &self.log.rows
    }

    /// The iterations that have a frame, rising.
    pub fn frames(&self) -> &[u64] {
        &self.frames
    }

    /// The iterations that have a checkpoint, rising.
    pub fn checkpoints(&self) -> &[u64] {
        &self.checkpoints
    }

    /// The last iteration that left anything.
    pub fn last_iteration(&self) -> u64 {
        let metrics = self.metrics().last().map(|row| row.iteration);
        [metrics, self.frames.last().copied(), self.checkpoints.last().copied()].into_iter().flatten().max().unwrap_or(0)
    }

    /// The pictures of one frame.
    ///
    /// # Errors
    /// Where there is none of that iteration, or it is no grid of 28x28 pictures.
    pub fn frame(&self, iteration: u64) -> Result<Frame, RunError> {
        if !self.frames.contains(&iteration) {
            return Err(RunError::NoFrame { path: self.dir.clone(), iteration });
        }
        frames::load(&self.dir, iteration)
    }

    /// The checkpoint of one iteration.
    ///
    /// # Errors
    /// Where it cannot be read, with the reason.
    pub fn checkpoint(&self, iteration: u64) -> Result<Snapshot, RunError> {
        checkpoint::load_of(&self.dir, iteration)
    }

    /// The iteration of the checkpoint nearest to an iteration, the earlier of two.
    pub fn nearest_checkpoint(&self, iteration: u64) -> Option<u64> {
        self.checkpoints.iter().copied().min_by_key(|checkpoint| checkpoint.abs_diff(iteration))
    }

    /// What is damaged or missing, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let growing = matches!(self.status, Status::Running(_));
        let missing = self.missing_frames();
        let frames = (missing > 0).then(|| match missing {
            1 => format!("{}: one frame is missing", paths::FRAMES),
            missing => format!("{}: {missing} frames are missing", paths::FRAMES),
        });
        self.damage.iter().cloned().chain(self.log.warning(growing)).chain(frames).collect()
    }

    /// How many frames the preset promises up to the last one that are not there.
    fn missing_frames(&self) -> usize {
        let (Some(preset), Some(&last)) = (&self.preset, self.frames.last()) else { return 0 };
        let every = preset.frame_every.max(1);
        let due = |iteration: &&u64| **iteration <= 1 || iteration.is_multiple_of(every);
        let found = self.frames.iter().filter(due).count() as u64;
        let promised = 1 + last / every + u64::from(every > 1 && last >= 1);
        promised.saturating_sub(found) as usize
    }
}

pub(super) fn read_preset(dir: &Path) -> Result<Preset, RunError> {
    let path = dir.join(paths::PRESET);
    let text = fs::read_to_string(&path).map_err(RunError::io("read", &path))?;
    Ok(Preset::parse(&text, &path.to_string_lossy())?)
}

pub(super) fn name(dir: &Path) -> String {
    let whole = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_path_buf());
    whole.file_name().map_or_else(|| dir.display().to_string(), |name| name.to_string_lossy().into_owned())
}
