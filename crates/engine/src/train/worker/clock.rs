//! Training time, without pauses.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Measures training time, without pauses.
pub struct Clock {
    /// Time counted before the last pause.
    before: Duration,
    /// When it was last started; `None` while it is paused.
    since: Option<Instant>,
    /// Milliseconds spent waiting for storage, which are not counted.
    waited: Arc<AtomicU64>,
}

impl Clock {
    /// Starts a clock at `before`; `waited` counts milliseconds that are not training time.
    pub fn start(before: Duration, waited: Arc<AtomicU64>) -> Self {
        Self { before, since: Some(Instant::now()), waited }
    }

    /// Returns the training time so far.
    pub fn elapsed(&self) -> Duration {
        let waited = Duration::from_millis(self.waited.load(Ordering::Relaxed));
        (self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed()))
            .saturating_sub(waited)
    }

    /// Stops counting, if it is not paused already.
    pub fn pause(&mut self) {
        self.before += self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
    }

    /// Counts again after a pause.
    pub fn resume(&mut self) {
        self.pause();
        self.since = Some(Instant::now());
    }
}
