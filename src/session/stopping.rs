//! A stop that is obeyed though nothing can be saved: when it was asked for, and how long the
//! storage has not answered.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use gan_tui_core::sync::lock_unpoisoned;

/// How long a run that was asked to stop tries to save what the storage refuses.
const REFUSED: Duration = Duration::from_secs(5);
/// How long it waits for a storage that does not answer at all.
const SILENT: Duration = Duration::from_secs(7);

/// Whether a run was asked to stop, and what it waits for.
#[derive(Debug, Default)]
pub struct Stopping {
    asked: Mutex<Option<Instant>>,
    /// When the storage was last given something that it has not taken.
    call: Mutex<Option<Instant>>,
}

/// The storage is given something, until dropped.
pub struct StorageCall<'a>(&'a Stopping);

impl Stopping {
    /// The run was asked to stop.
    pub fn ask(&self) {
        lock_unpoisoned(&self.asked).get_or_insert_with(Instant::now);
    }

    /// The storage is given something.
    pub fn storage_call(&self) -> StorageCall<'_> {
        *lock_unpoisoned(&self.call) = Some(Instant::now());
        StorageCall(self)
    }

    /// Whether what the storage refuses is no longer tried again.
    pub fn has_tried_enough(&self) -> bool {
        lock_unpoisoned(&self.asked).is_some_and(|asked| asked.elapsed() >= REFUSED)
    }

    /// Whether the storage does not answer and is no longer waited for.
    pub fn has_waited_enough(&self) -> bool {
        let (asked, call) = (*lock_unpoisoned(&self.asked), *lock_unpoisoned(&self.call));
        asked.zip(call).is_some_and(|(asked, call)| asked.max(call).elapsed() >= SILENT)
    }
}

impl Drop for StorageCall<'_> {
    fn drop(&mut self) {
        *lock_unpoisoned(&self.0.call) = None;
    }
}
