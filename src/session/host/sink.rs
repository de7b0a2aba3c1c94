//! What records a run's events on the training thread, and reports them.

use std::{
    io::{self, IsTerminal},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    super::{
        exec::ExecHook,
        handover::{Holder, Phase, Step},
        log::RunLog,
        machine::MachineWatch,
    },
    EventCallback, SharedState,
};
use gan_tui_core::{
    event::{Event, EventListener, Storage, Weights},
    sync::lock_unpoisoned,
    text::shown,
};
use gan_tui_store::run::{Recorder, RunError};

/// Time between two tries to save what could not be saved.
const RETRY_EVERY: Duration = Duration::from_millis(500);
/// A run whose directory was removed, and that nobody looks at, ends after this time.
const REMOVED: Duration = Duration::from_secs(5);

/// The worker's listener: records every event before anybody gets it, and waits while the storage
/// takes nothing.
pub(super) struct RecordingSink {
    pub(super) recorder: Recorder,
    pub(super) callback: EventCallback,
    pub(super) shared: Arc<SharedState>,
    pub(super) log: RunLog,
    pub(super) exec: Option<ExecHook>,
    pub(super) watch: MachineWatch,
    pub(super) waited: Arc<AtomicU64>,
    /// Why the storage took nothing when it was last tried.
    pub(super) stalled: Option<String>,
    /// Since when the run directory has been known to be removed.
    pub(super) removed: Option<Instant>,
}

impl EventListener for RecordingSink {
    fn event(&mut self, mut event: Event) -> Result<(), String> {
        match &mut event {
            Event::Machine(machine) => machine.load = self.watch.load(self.recorder.dir()),
            Event::Paused(paused) => self.shared.is_paused.store(*paused, Ordering::SeqCst),
            Event::Metrics(metrics) => {
                let mut progress = lock_unpoisoned(&self.shared.progress);
                progress.iteration = metrics.iteration;
                progress.trained =
                    Duration::try_from_secs_f64(metrics.elapsed_s).unwrap_or_default();
            }
            _ => {}
        }
        // Before training begins there is nothing to be kept in memory, and a person, or a
        // scheduler, to read the error.
        let waits = !matches!(event, Event::Started(_));
        let recorded = self.persist(waits, |recorder| recorder.record(&event));
        if let Event::Ended(outcome) = &event {
            let phase = self.shared.step(Step::Ended(outcome));
            let progress = *lock_unpoisoned(&self.shared.progress);
            self.log.end(outcome, progress.iteration, progress.trained);
            // The end is reported even if it could not be recorded.
            self.report(event);
            self.close(phase);
        } else if recorded.is_ok() {
            self.report(event);
        }
        recorded
    }

    fn save(&mut self, weights: Weights) -> Result<(), String> {
        let saved = match &weights {
            Weights::Checkpoint(snapshot) => {
                self.report(Event::Saving(snapshot.iteration));
                Event::Saved(snapshot.iteration)
            }
            Weights::Best(snapshot) => Event::Best(snapshot.iteration),
        };
        self.persist(true, |recorder| recorder.save(&weights))?;
        if let Event::Saved(iteration) = saved {
            lock_unpoisoned(&self.shared.progress).saved = iteration;
        }
        self.report(saved);
        Ok(())
    }
}

impl RecordingSink {
    /// Writes something. If the storage does not take it, and it may wait, nothing is trained: it
    /// stays in memory, listeners get the reason, and it is tried again, unless the run is to stop
    /// or has lost its directory.
    fn persist(
        &mut self,
        waits: bool,
        mut write: impl FnMut(&mut Recorder) -> Result<(), RunError>,
    ) -> Result<(), String> {
        let start = Instant::now();
        let shared = self.shared.clone();
        loop {
            let call = shared.stopping.storage_call();
            let written = write(&mut self.recorder);
            drop(call);
            match written {
                Ok(()) => break,
                Err(error) if error.is_storage() && waits => self.wait_for_storage(&error)?,
                Err(error) => return Err(error.to_string()),
            }
            thread::sleep(RETRY_EVERY);
        }
        self.removed = None;
        if self.stalled.take().is_some() {
            self.waited.fetch_add(start.elapsed().as_millis() as u64, Ordering::Relaxed);
            self.report(Event::Storage(Storage::Recovered));
        }
        Ok(())
    }

    /// Reports why the storage takes nothing. An error ends the run.
    fn wait_for_storage(&mut self, error: &RunError) -> Result<(), String> {
        let lost = || lock_unpoisoned(&self.shared.progress).lost();
        if self.shared.stopping.has_tried_enough() {
            return Err(format!("stopped without saving, because {error}: {}", lost()));
        }
        if self.recorder.is_removed() {
            let since = *self.removed.get_or_insert_with(Instant::now);
            if since.elapsed() >= REMOVED && !self.is_looked_at() {
                let dir = shown(self.recorder.dir());
                return Err(format!("{dir} was removed while the run trained: {}", lost()));
            }
        }
        let text = format!(
            "{error}; training suspended, unsaved data kept in memory; retrying every 0.5 s"
        );
        if self.stalled.as_ref() != Some(&text) {
            self.report(Event::Storage(Storage::Stalled(text.clone())));
            self.stalled = Some(text);
        }
        Ok(())
    }

    /// Whether a person may see what the run reports.
    fn is_looked_at(&self) -> bool {
        let here = io::stdout().is_terminal() || io::stderr().is_terminal();
        here || self.shared.broadcaster.has_clients()
    }

    /// Gives an event to the log, the attached monitors and the callback of this process.
    fn report(&mut self, event: Event) {
        self.log.event(&event);
        if lock_unpoisoned(&self.shared.handover).is_sent(&event) {
            self.exec.iter_mut().for_each(|exec| exec.event(&event));
            self.shared.broadcaster.publish(event.clone());
        }
        (self.callback)(event);
    }

    /// Closes the socket after the end, and keeps the lock for a successor.
    fn close(&self, phase: Phase) {
        if phase.lock() == Holder::Host {
            *lock_unpoisoned(&self.shared.lock) = self.recorder.share_lock().ok();
        }
        if let Some(server) = lock_unpoisoned(&self.shared.server).take() {
            server.close(phase.last_event());
        }
    }
}
