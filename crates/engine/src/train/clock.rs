//! The time that a run has trained.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Training time, pauses left out.
pub struct Clock {
    /// What was counted before it last stopped.
    before: Duration,
    /// Since when it runs.
    since: Option<Instant>,
    /// Milliseconds that were spent waiting for storage.
    waited: Arc<AtomicU64>,
}

impl Clock {
    /// Goes on from what was counted `before`; `waited` counts milliseconds that are no training.
    pub fn start(before: Duration, waited: Arc<AtomicU64>) -> Self {
        Self { before, since: Some(Instant::now()), waited }
    }

    /// Training time until now.
    pub fn elapsed(&self) -> Duration {
        let waited = Duration::from_millis(self.waited.load(Ordering::Relaxed));
        (self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed()))
            .saturating_sub(waited)
    }

    /// Pausing what is paused changes nothing.
    pub fn pause(&mut self) {
        self.before += self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
    }

    /// Counts again.
    pub fn go_on(&mut self) {
        self.pause();
        self.since = Some(Instant::now());
    }
}
