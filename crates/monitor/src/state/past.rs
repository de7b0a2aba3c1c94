//! What a run left in its files before somebody looked on.

use std::sync::Arc;

use crate::state::app::Run;
use gan_tui_core::event::{Change, Frame, Metrics, RunState};
use gan_tui_store::run::{self, changes};

/// What a run left in its files.
#[derive(Debug, Clone, Default)]
pub struct Past {
    pub metrics: Vec<Metrics>,
    /// The iterations that have a frame, rising.
    pub frames: Vec<u64>,
    /// The newest of them.
    pub frame: Option<Arc<Frame>>,
    pub changes: Vec<Change>,
    /// The newest checkpoint.
    pub saved: Option<u64>,
    /// What is damaged or otherwise worth knowing.
    pub notes: Vec<String>,
    /// Whether this is all there is: what was known before is forgotten.
    pub anew: bool,
    /// Of a replay: the frame that has been reached, among those that are known already.
    pub at: Option<u64>,
}

impl Past {
    /// What the files hold, up to and with an iteration.
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
            anew: false,
            at: None,
        }
    }
}

impl Run {
    /// Takes in what was before.
    pub fn recall(&mut self, past: Past) {
        if past.anew {
            let known = Self::new(self.preset.clone(), self.directory.clone(), self.limit);
            let state = if self.has_ended() { RunState::Running } else { self.state.clone() };
            *self = Self {
                started: self.started.take(),
                state,
                wants_pause: self.wants_pause,
                ..known
            };
        }
        past.metrics.iter().for_each(|metrics| self.history.push(metrics));
        self.film.recall(&past.frames);
        if let Some(frame) = past.frame {
            self.spread = Some(crate::state::health::spread(&frame.images));
            self.film.push(frame);
        }
        if let Some(at) = past.at {
            self.film.place(at);
        }
        for change in &past.changes {
            self.rates.apply(change);
            self.journal.note(
                change.iteration,
                format!("{} from {} to {}", change.field, change.old, change.new),
            );
        }
        self.saved = self.saved.max(past.saved);
        let iteration = self.iteration();
        past.notes.into_iter().for_each(|note| self.journal.note(iteration, note));
    }
}
