//! Runs of ours as feeds: their metrics, their frames, and what their files say of them.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{Content, Entry, Item, Place, rows::RowFile};
use crate::run::{Listing, RunError, paths, read_preset};
use gan_tui_core::{event::RunState, preset::Preset};

/// The tag of the images of the fixed latents.
const SAMPLES: &str = "samples";

/// What is known of a run of ours beside what it logs.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    pub preset: Option<Preset>,
    pub state: RunState,
    /// How many iterations it was to have.
    pub iterations: Option<u64>,
}

impl Own {
    /// Returns the images of an iteration.
    pub fn batch(&self) -> usize {
        self.preset.as_ref().map_or(1, |preset| preset.batch)
    }
}

/// A run of ours that is being read.
#[derive(Debug)]
pub struct OwnFiles {
    dir: PathBuf,
    rows: RowFile,
    frames: HashSet<u64>,
}

impl OwnFiles {
    pub fn new(dir: &Path) -> Self {
        let rows = RowFile::ours(dir.join(paths::METRICS));
        Self { dir: dir.to_path_buf(), rows, frames: HashSet::new() }
    }

    /// Reads what is new. Returns whether there is more.
    ///
    /// # Errors
    /// Returns an error if the metrics or the folder of frames cannot be read.
    pub fn poll(&mut self, budget: usize, items: &mut Vec<Item>) -> Result<bool, RunError> {
        let before = items.len();
        let read = self
            .rows
            .poll(budget, items)
            .map_err(RunError::io("read", &self.dir.join(paths::METRICS)))?;
        if items.get(before) == Some(&Item::Reset) {
            self.frames.clear();
        }
        let frames = paths::iterations(&self.dir.join(paths::FRAMES), "png")?;
        // A resumed run cuts its frames back.
        let there: HashSet<u64> = frames.iter().copied().collect();
        let gone = self.frames.iter().any(|frame| !there.contains(frame));
        for iteration in frames {
            if gone || !self.frames.contains(&iteration) {
                let path = paths::frame(&self.dir, iteration);
                let content = Content::Picture(Place::Frame(path.as_path().into()));
                let (tag, step) = (SAMPLES.into(), iteration as i64);
                // When it was drawn, the metrics tell.
                items.push(Item::Entry(Entry { tag, step, time: f64::NAN, source: 0, content }));
            }
        }
        self.frames = there;
        Ok(read > 0)
    }

    /// Returns what the files say of the run.
    pub fn own(&self) -> Own {
        let listing = Listing::of(&self.dir);
        let preset = read_preset(&self.dir).ok();
        Own { preset, state: listing.state, iterations: listing.iterations }
    }

    /// Returns what a person should know of how the files were read.
    pub fn problems(&self) -> Vec<String> {
        self.rows.problem().into_iter().collect()
    }
}
