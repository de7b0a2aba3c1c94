//! A run in this process: its worker, what records it, and the socket it is reached by.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

use super::{
    handover::{Holder, Phase, Step},
    signals::{RunSignal, Signal},
    socket::{Broadcaster, Server},
};
use gan_tui_core::{
    event::{Command, Event, EventListener, Outcome, Storage, Weights},
    sync::lock_unpoisoned,
};
use gan_tui_engine::train::worker::{Job, Worker};
use gan_tui_monitor::Source;
use gan_tui_store::run::{Recorder, RunError};

/// Time between two tries to save what could not be saved.
const RETRY_EVERY: Duration = Duration::from_millis(500);
/// How often it is checked whether the run has ended.
const POLL_EVERY: Duration = Duration::from_millis(50);

/// Takes the events of a run in this process, on the training thread.
pub type EventCallback = Box<dyn FnMut(Event) + Send>;

/// A run in this process. Dropping it stops the run and waits for its end.
pub struct Host {
    directory: PathBuf,
    /// Training ends after so much time, if not before.
    limit: Option<Duration>,
    commands: mpsc::Sender<Command>,
    worker: Mutex<Option<Worker>>,
    shared: Arc<SharedState>,
}

/// What the host and the training thread share.
#[derive(Default)]
struct SharedState {
    broadcaster: Broadcaster,
    /// Taken away once the run has ended.
    server: Mutex<Option<Server>>,
    handover: Mutex<Phase>,
    /// The run's lock, for the successor.
    lock: Mutex<Option<File>>,
    is_paused: AtomicBool,
}

impl SharedState {
    /// Takes a step of the hand-over and returns the phase after it.
    fn step(&self, step: Step) -> Phase {
        let mut phase = lock_unpoisoned(&self.handover);
        *phase = phase.after(step);
        *phase
    }
}

impl Host {
    /// Listens for monitors, and starts a run. If nobody can listen, `warn` is given the reason
    /// before training begins, and the run trains without.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn start(
        job: Job,
        recorder: Recorder,
        callback: EventCallback,
        warn: &dyn Fn(&str),
    ) -> anyhow::Result<Arc<Self>> {
        let directory = recorder.dir().to_path_buf();
        let shared = Arc::<SharedState>::default();
        let limit = job.time_limit;
        let sink = RecordingSink {
            recorder,
            callback,
            shared: shared.clone(),
            waited: job.waited.clone(),
            stalled: None,
        };
        let (commands, received) = mpsc::channel();
        match Server::bind(&directory, shared.broadcaster.clone(), commands.clone(), limit) {
            Ok(server) => *lock_unpoisoned(&shared.server) = Some(server),
            Err(error) => warn(&format!("nobody can attach to this run: {error}")),
        }
        let worker = Worker::spawn(job, (commands.clone(), received), Box::new(sink))
            .context("cannot start training")?;
        Ok(Arc::new(Self { directory, limit, commands, worker: Mutex::new(Some(worker)), shared }))
    }

    /// Returns the run directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the training time after which the run ends, if not before.
    pub fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Sends the run a command; one that has ended ignores it. Whoever asks for a checkpoint also
    /// gets a socket that somebody has removed.
    pub fn send(&self, command: Command) {
        if command == Command::Save
            && let Some(server) = &*lock_unpoisoned(&self.shared.server)
        {
            server.renew();
        }
        let _ = self.commands.send(command);
    }

    /// Asks the run to save and stop, so that a successor can continue it.
    pub fn hand_over(&self) {
        self.shared.step(Step::Requested);
        self.send(Command::Stop);
    }

    /// Returns the run's lock if the run was released to a successor. It is held until the file is
    /// closed.
    pub fn take_released_lock(&self) -> Option<File> {
        lock_unpoisoned(&self.shared.lock).take()
    }

    /// Returns whether training is, or was last, paused.
    pub fn is_paused(&self) -> bool {
        self.shared.is_paused.load(Ordering::SeqCst)
    }

    /// Returns whether the run has ended.
    pub fn is_finished(&self) -> bool {
        lock_unpoisoned(&self.worker).as_ref().is_none_or(Worker::is_finished)
    }

    /// Waits for the end and returns how the run ended.
    pub fn join(&self) -> Outcome {
        let worker = lock_unpoisoned(&self.worker).take();
        worker.map_or(Outcome::Stopped, Worker::join)
    }

    /// Waits for the end. The first signal that asks for it makes the run save and end, and is
    /// returned.
    pub fn wait(&self, signals: &mpsc::Receiver<RunSignal>) -> (Outcome, Option<Signal>) {
        let mut first = None;
        while !self.is_finished() {
            match signals.recv_timeout(POLL_EVERY) {
                Ok(RunSignal::End(signal)) => {
                    self.send(Command::Stop);
                    first = Some(signal);
                }
                Ok(RunSignal::Save) => self.send(Command::Save),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(POLL_EVERY),
            }
        }
        (self.join(), first)
    }
}

/// A run in this process as the monitor's source.
pub struct LocalSource(pub Arc<Host>);

impl Source for LocalSource {
    fn send(&self, command: Command) {
        self.0.send(command);
    }

    fn hand_over(&self) {
        self.0.hand_over();
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    fn join(self: Box<Self>) -> Outcome {
        self.0.join()
    }
}

/// The worker's listener: records every event before anybody gets it, and waits while the storage
/// takes nothing.
struct RecordingSink {
    recorder: Recorder,
    callback: EventCallback,
    shared: Arc<SharedState>,
    waited: Arc<AtomicU64>,
    /// Why the storage took nothing when it was last tried.
    stalled: Option<String>,
}

impl EventListener for RecordingSink {
    fn event(&mut self, event: Event) -> Result<(), String> {
        if let Event::Paused(paused) = &event {
            self.shared.is_paused.store(*paused, Ordering::SeqCst);
        }
        // Before training begins there is nothing to be kept in memory, and a person, or a
        // scheduler, to read the error.
        let waits = !matches!(event, Event::Started(_));
        let recorded = self.persist(waits, |recorder| recorder.record(&event));
        if let Event::Ended(outcome) = &event {
            let phase = self.shared.step(Step::Ended(outcome));
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
        self.report(saved);
        Ok(())
    }
}

impl RecordingSink {
    /// Writes something. If the storage does not take it, and it may wait, nothing is trained: it
    /// stays in memory, listeners get the reason, and it is tried again.
    fn persist(
        &mut self,
        waits: bool,
        mut write: impl FnMut(&mut Recorder) -> Result<(), RunError>,
    ) -> Result<(), String> {
        let start = Instant::now();
        loop {
            match write(&mut self.recorder) {
                Ok(()) => break,
                Err(error) if error.is_storage() && waits => self.report_stall(&error),
                Err(error) => return Err(error.to_string()),
            }
            thread::sleep(RETRY_EVERY);
        }
        if self.stalled.take().is_some() {
            self.waited.fetch_add(start.elapsed().as_millis() as u64, Ordering::Relaxed);
            self.report(Event::Storage(Storage::Recovered));
        }
        Ok(())
    }

    fn report_stall(&mut self, error: &RunError) {
        let text = format!(
            "{error}; training suspended, unsaved data kept in memory; retrying every 0.5 s"
        );
        if self.stalled.as_ref() != Some(&text) {
            self.report(Event::Storage(Storage::Stalled(text.clone())));
            self.stalled = Some(text);
        }
    }

    /// Gives an event to the attached monitors and to the callback of this process.
    fn report(&mut self, event: Event) {
        if lock_unpoisoned(&self.shared.handover).is_sent(&event) {
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
