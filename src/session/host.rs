//! A run in this process: its worker, what records it, and the socket it is reached by.

mod sink;

use std::{
    fs::File,
    mem,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use anyhow::Context;

use super::{
    exec::{ExecHook, ExecWaiter, Report},
    handover::{Phase, Step},
    log::RunLog,
    machine::MachineWatch,
    prepared::PreparedRun,
    signals::{self, RunSignal, Signal},
    socket::{Broadcaster, Server},
    stopping::Stopping,
};
use gan_tui_core::{
    event::{Command, Event, Outcome},
    sync::lock_unpoisoned,
    text::shown,
};
use gan_tui_engine::train::worker::Worker;
use gan_tui_monitor::Source;
use gan_tui_store::run::log::LogKind;
use sink::RecordingSink;

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
    log: RunLog,
    exec_waiter: Option<ExecWaiter>,
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
    stopping: Stopping,
    progress: Mutex<SaveProgress>,
}

/// How far the run is, and how far it is saved.
#[derive(Debug, Default, Clone, Copy)]
struct SaveProgress {
    iteration: u64,
    saved: u64,
    trained: Duration,
}

impl SaveProgress {
    /// Describes what is lost if nothing more can be saved.
    fn lost(self) -> String {
        match (self.iteration, self.saved) {
            (iteration, saved) if saved >= iteration => "nothing that was trained is lost".into(),
            (iteration, 0) => format!("nothing of its {iteration} iterations was saved"),
            (iteration, saved) => format!(
                "iterations {} to {iteration} were not saved; the newest checkpoint is that of \
                 iteration {saved}",
                saved + 1
            ),
        }
    }
}

impl SharedState {
    /// Sends a command to the run; a stop is noted, so that it is obeyed in any case.
    fn send(&self, commands: &mpsc::Sender<Command>, command: Command) {
        if command == Command::Stop {
            self.stopping.ask();
        }
        // A run that has ended ignores it.
        let _ = commands.send(command);
    }

    /// Takes a step of the hand-over and returns the phase after it.
    fn step(&self, step: Step) -> Phase {
        let mut phase = lock_unpoisoned(&self.handover);
        *phase = phase.after(step);
        *phase
    }
}

impl Host {
    /// Listens for monitors, and starts a run. If nobody can listen, `warn` is given the reason
    /// before training begins, and the run trains without. What was noted before goes into the
    /// run's log. `exec` is the user's command for what happens, and what is told of its failure.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn start(
        PreparedRun { job, recorder, warnings, notes }: PreparedRun,
        callback: EventCallback,
        warn: &dyn Fn(&str),
        exec: Option<(&str, Report)>,
    ) -> anyhow::Result<Arc<Self>> {
        let directory = recorder.dir().to_path_buf();
        let log = RunLog::start(&directory).context("cannot start the run's log")?;
        let exec = exec.map(|(command, report)| {
            let log = log.clone();
            let report = move |text: &str| {
                log.add(LogKind::Warning, text);
                report(text);
            };
            ExecHook::start(command, &directory, job.plan.preset(), Box::new(report))
        });
        let exec = exec.transpose().context("cannot start the thread of --exec")?;
        let exec_waiter = exec.as_ref().map(ExecHook::waiter);
        warnings.iter().for_each(|warning| log.add(LogKind::Warning, warning));
        notes.iter().for_each(|note| log.add(LogKind::Note, note));
        let shared = Arc::<SharedState>::default();
        let iteration = job.resume.as_ref().map_or(0, |resume| resume.snapshot.iteration);
        *lock_unpoisoned(&shared.progress) =
            SaveProgress { iteration, saved: iteration, trained: Duration::ZERO };
        let limit = job.time_limit;
        let sink = RecordingSink {
            recorder,
            callback,
            shared: shared.clone(),
            log: log.clone(),
            exec,
            watch: MachineWatch::start(),
            waited: job.waited.clone(),
            stalled: None,
            removed: None,
        };
        let (commands, received) = mpsc::channel();
        let (theirs, sender) = (shared.clone(), commands.clone());
        let send = move |command| theirs.send(&sender, command);
        match Server::bind(&directory, shared.broadcaster.clone(), Box::new(send), limit) {
            Ok(server) => *lock_unpoisoned(&shared.server) = Some(server),
            Err(error) => {
                let warning = format!("nobody can attach to this run: {error}");
                log.add(LogKind::Warning, &warning);
                warn(&warning);
            }
        }
        let worker = Worker::spawn(job, (commands.clone(), received), Box::new(sink))
            .context("cannot start training")?;
        let worker = Mutex::new(Some(worker));
        Ok(Arc::new(Self { directory, limit, commands, worker, shared, log, exec_waiter }))
    }

    /// Adds a note to the run's log.
    pub fn note(&self, text: &str) {
        self.log.add(LogKind::Note, text);
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
        self.shared.send(&self.commands, command);
    }

    /// Asks the run to save and stop, so that a successor can continue it. While nothing can be
    /// saved, the run waits: nothing is to be lost by leaving it to another process.
    pub fn hand_over(&self) {
        self.shared.step(Step::Requested);
        // A run that has ended ignores it.
        let _ = self.commands.send(Command::Stop);
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

    /// Returns whether the run has ended, or was to stop and its storage does not answer.
    pub fn is_finished(&self) -> bool {
        lock_unpoisoned(&self.worker).as_ref().is_none_or(Worker::is_finished)
            || self.shared.stopping.has_waited_enough()
    }

    /// Waits for the end and returns how the run ended.
    pub fn join(&self) -> Outcome {
        let Some(worker) = lock_unpoisoned(&self.worker).take() else { return Outcome::Stopped };
        while !worker.is_finished() {
            if self.shared.stopping.has_waited_enough() {
                // Its thread waits for the storage: dropping it would wait too.
                mem::forget(worker);
                return self.give_up();
            }
            thread::sleep(POLL_EVERY);
        }
        worker.join()
    }

    /// Ends a run whose storage does not answer.
    fn give_up(&self) -> Outcome {
        let progress = *lock_unpoisoned(&self.shared.progress);
        let outcome = Outcome::Failed(format!(
            "stopped, though {} does not answer: {}",
            shown(&self.directory),
            progress.lost()
        ));
        self.log.end(&outcome, progress.iteration, progress.trained);
        outcome
    }

    /// Waits for the commands of `--exec` that still run, and until what is wrong with them is
    /// noted.
    pub fn wait_for_commands(&self) {
        if let Some(commands) = &self.exec_waiter {
            commands.wait();
            self.log.flush();
        }
    }

    /// Waits for the end. The first signal that asks for it makes the run save and end, and is
    /// returned.
    pub fn wait(&self, signals: &signals::Receiver) -> (Outcome, Option<Signal>) {
        let mut first = None;
        while !self.is_finished() {
            match signals.next(POLL_EVERY) {
                Some(RunSignal::End(signal)) => {
                    self.note(&format!("asked to stop by {}", signal.name()));
                    self.send(Command::Stop);
                    first = Some(signal);
                }
                Some(RunSignal::Save) => self.send(Command::Save),
                None => {}
            }
        }
        let outcome = self.join();
        // These too are cut short by another signal alone.
        self.wait_for_commands();
        signals.run_has_ended();
        (outcome, first)
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
