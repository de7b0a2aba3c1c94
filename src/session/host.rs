//! A run in this process: its worker, what records it, and the socket it is reached by.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

use super::{
    signals::{Heard, Signal},
    socket::{Hub, Server},
};
use gan_tui_core::{
    event::{Command, Event, EventListener, Outcome, Storage, Weights},
    files,
};
use gan_tui_engine::train::worker::{Job, Worker};
use gan_tui_monitor::Source;
use gan_tui_store::run::{Recorder, RunError};

/// Time between two tries to save what could not be saved.
const AGAIN: Duration = Duration::from_millis(500);
/// How often the end of a run is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Takes what is told, on the training thread.
pub type Audience = Box<dyn FnMut(Event) + Send>;

/// A run in this process. Dropping it stops the run and waits for its end.
pub struct Host {
    directory: PathBuf,
    commands: mpsc::Sender<Command>,
    worker: Mutex<Option<Worker>>,
    desk: Arc<Desk>,
}

/// What the host and the training thread have in common.
#[derive(Default)]
struct Desk {
    hub: Hub,
    /// Taken away once the run has ended.
    server: Mutex<Option<Server>>,
    handing_over: AtomicBool,
    /// The run's lock, for the process that goes on with it.
    lock: Mutex<Option<File>>,
    paused: AtomicBool,
}

impl Host {
    /// Begins a run, and listens for those who want to look on; that this cannot be done is told by
    /// `warn`, and no reason not to train.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        job: Job,
        recorder: Recorder,
        audience: Audience,
        warn: &dyn Fn(&str),
    ) -> anyhow::Result<Arc<Self>> {
        let directory = recorder.dir().to_path_buf();
        let desk = Arc::<Desk>::default();
        let limit = job.time_limit;
        let keeper = Keeper {
            recorder,
            audience,
            desk: desk.clone(),
            waited: job.waited.clone(),
            refused: None,
        };
        let worker = Worker::spawn(job, Box::new(keeper)).context("cannot start training")?;
        let commands = worker.commands();
        match Server::bind(&directory, desk.hub.clone(), commands.clone(), limit) {
            Ok(server) => *held(&desk.server) = Some(server),
            // One that ended at once has taken its directory with it: it says why itself.
            Err(_) if !files::exists(&directory).unwrap_or(true) => {}
            Err(error) => warn(&format!("nobody can attach to this run: {error}")),
        }
        if worker.is_finished() {
            drop(held(&desk.server).take());
        }
        Ok(Arc::new(Self { directory, commands, worker: Mutex::new(Some(worker)), desk }))
    }

    /// The run directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Tells the run something; one that has ended hears nothing.
    pub fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// Says that another process will go on with the run, and tells it to save and stop.
    pub fn hand_over(&self) {
        self.desk.handing_over.store(true, Ordering::SeqCst);
        self.desk.hub.hand_over();
        self.tell(Command::Stop);
    }

    /// After a handover: the run's lock, which is held until the file is closed, and whether the
    /// run was paused.
    pub fn handed_over(&self) -> Option<(File, bool)> {
        Some((held(&self.desk.lock).take()?, self.desk.paused.load(Ordering::SeqCst)))
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        held(&self.worker).as_ref().is_none_or(Worker::is_finished)
    }

    /// Waits for the end and tells how it was.
    pub fn join(&self) -> Outcome {
        let worker = held(&self.worker).take();
        worker.map_or(Outcome::Stopped, Worker::join)
    }

    /// Waits for the end. The first signal that asks for it makes the run save and end, and is
    /// given back.
    pub fn wait(&self, signals: &mpsc::Receiver<Heard>) -> (Outcome, Option<Signal>) {
        let mut first = None;
        while !self.is_finished() {
            match signals.recv_timeout(LOOK_EVERY) {
                Ok(Heard::End(signal)) => {
                    self.tell(Command::Stop);
                    first = Some(signal);
                }
                Ok(Heard::Save) => self.tell(Command::Save),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(LOOK_EVERY),
            }
        }
        (self.join(), first)
    }
}

/// A run in this process as the monitor's source.
pub struct LocalSource(pub Arc<Host>);

impl Source for LocalSource {
    fn tell(&self, command: Command) {
        self.0.tell(command);
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

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The training thread's end: records every event before anybody hears of it, and waits where that
/// cannot be done.
struct Keeper {
    recorder: Recorder,
    audience: Audience,
    desk: Arc<Desk>,
    waited: Arc<AtomicU64>,
    /// Why the storage took nothing when it was last tried.
    refused: Option<String>,
}

impl EventListener for Keeper {
    fn event(&mut self, event: Event) -> Result<(), String> {
        if let Event::Paused(paused) = &event {
            self.desk.paused.store(*paused, Ordering::SeqCst);
        }
        let ended = matches!(event, Event::Ended(_));
        // Before training begins there is nothing to be kept in memory, and a person, or a
        // scheduler, to hear of it.
        let waits = !matches!(event, Event::Started(_));
        let recorded = self.persist(waits, |recorder| recorder.record(&event));
        // What could not be recorded has not happened; that it ended is heard in any case.
        if recorded.is_ok() || ended {
            self.tell(event);
        }
        if ended {
            self.close();
        }
        recorded
    }

    fn save(&mut self, weights: Weights) -> Result<(), String> {
        let saved = match &weights {
            Weights::Checkpoint(snapshot) => {
                self.tell(Event::Saving(snapshot.iteration));
                Event::Saved(snapshot.iteration)
            }
            Weights::Best(snapshot) => Event::Best(snapshot.iteration),
        };
        self.persist(true, |recorder| recorder.save(&weights))?;
        self.tell(saved);
        Ok(())
    }
}

impl Keeper {
    /// Writes something. While the storage refuses it, and it may wait, nothing is trained: it
    /// stays in memory, somebody is told, and it is tried again.
    fn persist(
        &mut self,
        waits: bool,
        mut write: impl FnMut(&mut Recorder) -> Result<(), RunError>,
    ) -> Result<(), String> {
        let start = Instant::now();
        loop {
            match write(&mut self.recorder) {
                Ok(()) => break,
                Err(error) if error.is_storage() && waits => self.refuse(&error),
                Err(error) => return Err(error.to_string()),
            }
            thread::sleep(AGAIN);
        }
        if self.refused.take().is_some() {
            self.waited.fetch_add(start.elapsed().as_millis() as u64, Ordering::Relaxed);
            self.tell(Event::Storage(Storage::Recovered));
        }
        Ok(())
    }

    fn refuse(&mut self, error: &RunError) {
        let text = format!("{error}; training waits, keeps what it has in memory, and tries again");
        if self.refused.as_ref() != Some(&text) {
            self.tell(Event::Storage(Storage::Stalled(text.clone())));
            self.refused = Some(text);
        }
    }

    fn tell(&mut self, event: Event) {
        self.desk.hub.publish(event.clone());
        (self.audience)(event);
    }

    /// The run has ended: nobody can come any more, and the lock goes to whoever goes on.
    fn close(&mut self) {
        if self.desk.handing_over.load(Ordering::SeqCst) {
            *held(&self.desk.lock) = self.recorder.share_lock().ok();
        }
        drop(held(&self.desk.server).take());
    }
}
