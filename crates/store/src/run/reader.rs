//! Reads a run directory: finished, still growing, copied from elsewhere or damaged, as far as it
//! is readable.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use super::{
    Manifest, Owner, RunError, Target, checkpoint, frames, lock,
    metrics::{self, MetricsLog},
    paths, resolve, unfinished,
};
use gan_tui_core::{
    event::{Frame, Metrics, RunState, Snapshot},
    files,
    preset::Preset,
    text::{escaped, shown},
};

/// No preset comes near this many bytes.
const MOST_PRESET_BYTES: u64 = 1 << 20;

/// How a run stands, and the process that works at it, if one does.
pub(super) fn standing(
    dir: &Path,
    manifest: Option<&Manifest>,
) -> Result<(RunState, Option<Owner>), RunError> {
    if let Some(owner) = lock::owner(dir)? {
        return Ok((RunState::Running, Some(owner)));
    }
    Ok((manifest.map_or(RunState::Unknown, Manifest::state), None))
}

/// What becomes of a part of a run that the system refuses to have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// It is an error.
    Strict,
    /// It is told, and the rest is read.
    Lenient,
}

/// What a run directory holds. Pictures and weights are read when they are asked for.
#[derive(Debug, Clone)]
pub struct Run {
    dir: PathBuf,
    state: RunState,
    owner: Option<Owner>,
    manifest: Option<Manifest>,
    preset: Option<Preset>,
    /// Read when it is asked for: it may be long.
    log: OnceLock<MetricsLog>,
    /// The last iteration in it.
    last_row: Option<u64>,
    frames: Vec<u64>,
    checkpoints: Vec<u64>,
    damage: Vec<String>,
}

impl Run {
    /// Reads a run directory, given by its path or by its name in `runs/`.
    ///
    /// # Errors
    /// Returns an error if there is no run, or if the system refuses any part of it. What is
    /// damaged or missing is told by [`Run::warnings`].
    pub fn open(path: &Path) -> Result<Self, RunError> {
        Self::at(&directory(path)?)
    }

    /// The same of this very directory.
    ///
    /// # Errors
    /// As [`Run::open`].
    pub fn at(dir: &Path) -> Result<Self, RunError> {
        let mut run = Self::unread(dir.to_path_buf());
        run.read(Strictness::Strict)?;
        Ok(run)
    }

    /// Reads a run directory in order to show it: what the system refuses is told by
    /// [`Run::warnings`] too, and the rest is shown.
    ///
    /// # Errors
    /// Returns an error if there is no run, or if its metrics cannot be read.
    pub fn view(path: &Path) -> Result<Self, RunError> {
        let mut run = Self::unread(directory(path)?);
        run.refresh()?;
        Ok(run)
    }

    fn unread(dir: PathBuf) -> Self {
        Self {
            dir,
            state: RunState::Unknown,
            owner: None,
            manifest: None,
            preset: None,
            log: OnceLock::new(),
            last_row: None,
            frames: Vec::new(),
            checkpoints: Vec::new(),
            damage: Vec::new(),
        }
    }

    /// Looks again: what was appended to the metrics, new frames and checkpoints, the state. What
    /// cannot be read any more is told by [`Run::warnings`].
    ///
    /// # Errors
    /// Returns an error if the metrics can no longer be read.
    pub fn refresh(&mut self) -> Result<(), RunError> {
        self.read(Strictness::Lenient)
    }

    fn read(&mut self, strictness: Strictness) -> Result<(), RunError> {
        self.damage.clear();
        self.manifest = self.or_damage(Manifest::read(&self.dir), strictness)?;
        self.preset = self.or_damage(read_preset(&self.dir), strictness)?;
        self.last_row = metrics::last_row(&self.dir)?.map(|row| row.iteration);
        if let Some(log) = self.log.get_mut() {
            log.refresh(&self.dir)?;
        }
        let (frames, checkpoints) =
            (self.dir.join(paths::FRAMES), self.dir.join(paths::CHECKPOINTS));
        self.frames =
            self.or_damage(paths::iterations(&frames, "png"), strictness)?.unwrap_or_default();
        self.checkpoints = self
            .or_damage(paths::iterations(&checkpoints, "safetensors"), strictness)?
            .unwrap_or_default();
        let standing = standing(&self.dir, self.manifest.as_ref());
        (self.state, self.owner) =
            self.or_damage(standing, strictness)?.unwrap_or((RunState::Unknown, None));
        Ok(())
    }

    /// Keeps what is wrong with a part of the run, unless it is to be an error.
    fn or_damage<T>(
        &mut self,
        read: Result<T, RunError>,
        strictness: Strictness,
    ) -> Result<Option<T>, RunError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error)
                if strictness == Strictness::Strict
                    && error.is_storage()
                    && !error.is_missing() =>
            {
                Err(error)
            }
            Err(error) => {
                self.damage.push(error.to_string());
                Ok(None)
            }
        }
    }

    /// That this is no branch whose copying was interrupted.
    ///
    /// # Errors
    /// Returns an error if it is one, or that cannot be told.
    pub fn check_whole(&self) -> Result<(), RunError> {
        match self
            .manifest
            .as_ref()
            .map(|manifest| unfinished::origin(&self.dir, manifest))
            .transpose()?
            .flatten()
        {
            Some(origin) => {
                let (origin, iteration) = (origin.run.clone(), origin.iteration);
                Err(RunError::Unfinished { path: self.dir.clone(), origin, iteration })
            }
            None => Ok(()),
        }
    }

    /// The run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory's own name, as it is shown.
    pub fn name(&self) -> String {
        escaped(&name(&self.dir)).into_owned()
    }

    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// The process that works at it, if one does.
    pub fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }

    /// `run.json`, where it is readable.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// `preset.ron`, where it is readable.
    pub fn preset(&self) -> Option<&Preset> {
        self.preset.as_ref()
    }

    /// Reads `metrics.jsonl`, which may take a while; `go_on` is told how much is done, from 0 to
    /// 1, and ends it by `false`.
    ///
    /// # Errors
    /// Returns an error if it cannot be read.
    pub fn read_metrics(&mut self, go_on: &mut dyn FnMut(f32) -> bool) -> Result<(), RunError> {
        let path = self.dir.join(paths::METRICS);
        let size = files::metadata(&path).map_err(RunError::io("read", &path))?;
        let size = size.map_or(0, |found| found.len()).max(1) as f32;
        let mut log = MetricsLog::default();
        log.refresh_until(&self.dir, &mut |done| go_on(done as f32 / size))?;
        self.log = OnceLock::from(log);
        Ok(())
    }

    /// What the log holds; one that cannot be read holds nothing.
    fn log(&self) -> &MetricsLog {
        self.log.get_or_init(|| {
            MetricsLog::read(&self.dir).unwrap_or_else(|error| MetricsLog::unreadable(&error))
        })
    }

    /// The readable rows of `metrics.jsonl`, iterations rising; of a very long one a part, with the
    /// extremes.
    pub fn metrics(&self) -> &[Metrics] {
        &self.log().rows
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
        [self.last_row, self.frames.last().copied(), self.checkpoints.last().copied()]
            .into_iter()
            .flatten()
            .max()
            .unwrap_or(0)
    }

    /// The pictures of one frame.
    ///
    /// # Errors
    /// Returns an error if there is none of that iteration, or it is no grid of pictures.
    pub fn frame(&self, iteration: u64) -> Result<Frame, RunError> {
        if !self.frames.contains(&iteration) {
            return Err(RunError::NoFrame { path: self.dir.clone(), iteration });
        }
        frames::load(&self.dir, iteration)
    }

    /// The checkpoint of one iteration.
    ///
    /// # Errors
    /// Returns an error if it cannot be read, with the reason.
    pub fn checkpoint(&self, iteration: u64) -> Result<Snapshot, RunError> {
        checkpoint::load_of(&self.dir, iteration)
    }

    /// Returns the newest checkpoint up to an iteration; before the first, the first.
    pub fn checkpoint_until(&self, iteration: u64) -> Option<u64> {
        let until = self.checkpoints.iter().rfind(|checkpoint| **checkpoint <= iteration);
        until.or_else(|| self.checkpoints.first()).copied()
    }

    /// What is damaged or missing, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let growing = self.owner.is_some();
        let missing = self.missing_frames();
        let frames = (missing > 0).then(|| match missing {
            1 => format!("{}: one frame is missing", paths::FRAMES),
            missing => format!("{}: {missing} frames are missing", paths::FRAMES),
        });
        self.damage.iter().cloned().chain(self.log().warning(growing)).chain(frames).collect()
    }

    /// How many frames the preset promises up to the last one that are not there.
    fn missing_frames(&self) -> usize {
        let (Some(preset), Some(&last)) = (&self.preset, self.frames.last()) else { return 0 };
        let every = preset.frame_every.max(1);
        // Before that, frames were recorded at another interval.
        let since = self.manifest.as_ref().map_or(0, Manifest::frames_changed_at);
        let first = |iteration: u64| since == 0 && iteration <= 1;
        let due = |iteration: &&u64| {
            first(**iteration) || (**iteration > since && iteration.is_multiple_of(every))
        };
        let found = self.frames.iter().filter(due).count() as u64;
        let started = if since == 0 { 1 + u64::from(every > 1 && last >= 1) } else { 0 };
        let promised = started + (last / every).saturating_sub(since / every);
        promised.saturating_sub(found) as usize
    }
}

/// The directory of a run that a person named.
fn directory(path: &Path) -> Result<PathBuf, RunError> {
    match resolve(path)? {
        Target::Run(dir) => Ok(dir),
        Target::Checkpoint(path) => Err(RunError::Mismatch {
            path,
            expected: "the folder of a run".into(),
            found: "a checkpoint file".into(),
        }),
    }
}

pub(crate) fn read_preset(dir: &Path) -> Result<Preset, RunError> {
    let path = dir.join(paths::PRESET);
    let text = super::small_text(&path, MOST_PRESET_BYTES)?;
    Ok(Preset::parse(&text, &shown(&path))?)
}

pub(super) fn name(dir: &Path) -> String {
    let whole = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_path_buf());
    whole
        .file_name()
        .map_or_else(|| dir.to_string_lossy(), |name| name.to_string_lossy())
        .into_owned()
}
