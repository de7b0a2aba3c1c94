//! What the next run begins with: the preset's file as it changes, and weights kept from this run.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use crate::cli::RunOptions;
use gan_tui_core::{
    event::Snapshot,
    preset::{EarlyStop, Plan, library},
    sync::lock_unpoisoned,
};
use gan_tui_engine::train::worker::{Job, ResumePoint};
use gan_tui_monitor as monitor;
use gan_tui_store::run::{Recorder, RunError, checkpoint, paths};

/// The run and the iteration whose weights the next run begins with.
pub type KeptWeights = Arc<Mutex<Option<(PathBuf, u64)>>>;

/// Identifies one state of a file: when it was modified, and its length.
type Stamp = (SystemTime, u64);

/// Reads the preset's file again when it has changed, for the monitor.
pub struct PresetFileWatcher {
    options: RunOptions,
    /// The preset's file, if it is not built in; its state when it was last read, and when it was
    /// last looked at.
    file: Option<(PathBuf, Option<Stamp>, Option<Stamp>)>,
    weights: KeptWeights,
}

impl PresetFileWatcher {
    /// Watches the preset that `options` name. Weights to begin with are put into `weights`.
    pub fn new(options: RunOptions, weights: KeptWeights) -> Self {
        let built_in = |name: &str| library::BUILT_IN.iter().any(|built_in| built_in.name == name);
        let file = options
            .preset
            .as_deref()
            .filter(|name| !built_in(name))
            .map(PathBuf::from)
            .filter(|path| path.is_file());
        let file = file.map(|file| {
            let stamp = stamp(&file);
            (file, stamp, stamp)
        });
        Self { options, file, weights }
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let found = fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}

impl monitor::PresetWatcher for PresetFileWatcher {
    fn changed(&mut self) -> Option<Result<Plan, String>> {
        let (file, read, seen) = self.file.as_mut()?;
        let now = stamp(file)?;
        // It may be being written: a file that has not changed between two looks is complete.
        if seen.replace(now) != Some(now) || *read == Some(now) {
            return None;
        }
        *read = Some(now);
        Some(self.options.plan().map_err(|error| format!("{error:#}")))
    }

    fn keep_weights(&mut self, directory: &Path, iteration: u64) {
        *lock_unpoisoned(&self.weights) = Some((directory.to_path_buf(), iteration));
    }
}

/// Makes a new run begin with the weights that were kept, if any were: both networks, running
/// statistics and optimisers. They are its checkpoint of iteration 0, so that it can be resumed
/// whenever it is interrupted.
///
/// # Errors
/// Returns the reason if the checkpoint cannot be read or written.
pub fn start_from_kept_weights(
    job: &mut Job,
    recorder: &mut Recorder,
    weights: &KeptWeights,
) -> Result<(), String> {
    let Some((directory, iteration)) = lock_unpoisoned(weights).take() else {
        return Ok(());
    };
    let text = |error: RunError| error.to_string();
    let kept = checkpoint::load(&paths::checkpoint(&directory, iteration)).map_err(text)?;
    let preset = job.plan.preset();
    let snapshot =
        Arc::new(Snapshot { iteration: 0, seed: preset.seed, preset: preset.recorded(), ..kept });
    recorder.save(&gan_tui_core::event::Weights::Checkpoint(snapshot.clone())).map_err(text)?;
    job.resume = Some(ResumePoint {
        snapshot,
        elapsed: Duration::ZERO,
        best: None,
        early: EarlyStop::of(preset),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use gan_tui_monitor::PresetWatcher as _;

    #[test]
    fn a_changed_file_is_told_once_and_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.ron");
        fs::write(&path, "(batch: 8)").unwrap();
        let options = RunOptions {
            preset: Some(path.to_str().unwrap().into()),
            seed: Some(7),
            ..RunOptions::default()
        };
        let mut watcher = PresetFileWatcher::new(options, KeptWeights::default());
        assert!(watcher.changed().is_none());
        fs::write(&path, "(batch: 1").unwrap();
        assert!(watcher.changed().is_none(), "perhaps it is still being written");
        fs::write(&path, "(batch: 160)").unwrap();
        assert!(watcher.changed().is_none());
        let plan = watcher.changed().unwrap().unwrap();
        assert_eq!(
            (plan.preset().batch, plan.preset().seed),
            (160, 7),
            "the command line still holds"
        );
        assert!(watcher.changed().is_none());
        fs::write(&path, "(batch: 0)").unwrap();
        assert!(watcher.changed().is_none());
        assert!(watcher.changed().unwrap().unwrap_err().contains("mine.ron:1:"));
        let built_in = RunOptions { preset: Some("dcgan".into()), ..RunOptions::default() };
        assert!(PresetFileWatcher::new(built_in, KeptWeights::default()).file.is_none());
    }
}
