//! The part of a run's history that is read from its files.

use std::sync::Arc;

use gan_tui_core::event::{Change, Frame, Metrics};
use gan_tui_store::run::{self, changes};

/// A part of a run's history, as its files have it.
#[derive(Debug, Clone, Default)]
pub struct HistoryChunk {
    pub metrics: Vec<Metrics>,
    /// The iterations that have a frame, rising.
    pub frames: Vec<u64>,
    /// The newest of them.
    pub frame: Option<Arc<Frame>>,
    pub changes: Vec<Change>,
    /// The newest checkpoint.
    pub saved: Option<u64>,
    /// Damage and other things worth knowing, a line each.
    pub notes: Vec<String>,
    /// Whether this is the whole history: it replaces what was known before.
    pub replaces: bool,
    /// Of a replay: the frame that has been reached, among those that are known already.
    pub at: Option<u64>,
    /// Of a replay: the last iteration of a record that does not grow.
    pub goal: Option<u64>,
}

impl HistoryChunk {
    /// Reads what the files hold up to and including an iteration.
    pub fn of(run: &run::Run, until: u64) -> Self {
        let upto = |iterations: &[u64]| {
            iterations.iter().copied().filter(|&iteration| iteration <= until).collect::<Vec<u64>>()
        };
        let frames = upto(run.frames());
        let mut notes = run.warnings();
        let changes = changes::read(run.dir()).unwrap_or_else(|error| {
            notes.push(error.to_string());
            Vec::new()
        });
        // The newest that can be read; that newer ones cannot is said once.
        let mut unreadable = None;
        let frame = frames.iter().rev().find_map(|&iteration| match run.frame(iteration) {
            Ok(frame) => Some(Arc::new(frame)),
            Err(error) => {
                unreadable.get_or_insert(error);
                None
            }
        });
        notes.extend(unreadable.map(|error| error.to_string()));
        Self {
            metrics: run.metrics().iter().filter(|row| row.iteration <= until).cloned().collect(),
            frame,
            frames,
            changes: changes.into_iter().filter(|change| change.iteration < until).collect(),
            saved: upto(run.checkpoints()).last().copied(),
            notes,
            replaces: false,
            at: None,
            goal: None,
        }
    }
}
