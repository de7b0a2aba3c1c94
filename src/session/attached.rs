//! A run of another process as the monitor's source: follows it over its socket, also from one
//! process to the next.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    handover::{Follow, FollowStep},
    socket::{Address, Connection, Sender, protocol::Line},
};
use gan_tui_core::{
    event::{Command, Event, Outcome, RunState},
    sync::lock_unpoisoned,
    text::quoted,
};
use gan_tui_monitor::{HistoryChunk, Outbox, Source};
use gan_tui_store::run::Run;

/// Time between two tries to reach the run.
const RETRY_EVERY: Duration = Duration::from_millis(100);

/// A run in another process.
pub struct Remote(Arc<RemoteState>);

struct RemoteState {
    sender: Mutex<Sender>,
    ended: Mutex<Option<Outcome>>,
    is_finished: AtomicBool,
    /// The monitor was closed.
    left: AtomicBool,
}

impl Remote {
    /// Passes the run's events to the monitor, in a thread of its own.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn follow(
        directory: &Path,
        address: Address,
        read_only: bool,
        connection: Connection,
        sender: Sender,
        outbox: Outbox,
    ) -> io::Result<Self> {
        let shared = Arc::new(RemoteState {
            sender: Mutex::new(sender),
            ended: Mutex::new(None),
            is_finished: AtomicBool::new(false),
            left: AtomicBool::new(false),
        });
        let follower = Follower {
            directory: directory.to_path_buf(),
            address,
            read_only,
            outbox,
            shared: shared.clone(),
        };
        thread::Builder::new().name("attach".into()).spawn(move || follower.run(connection))?;
        Ok(Self(shared))
    }
}

impl Source for Remote {
    fn send(&self, command: Command) {
        lock_unpoisoned(&self.0.sender).send(&command);
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished.load(Ordering::SeqCst)
    }

    fn join(self: Box<Self>) -> Outcome {
        while !self.is_finished() {
            thread::sleep(RETRY_EVERY);
        }
        lock_unpoisoned(&self.0.ended).clone().unwrap_or(Outcome::Stopped)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.0.left.store(true, Ordering::SeqCst);
        lock_unpoisoned(&self.0.sender).hang_up();
    }
}

/// The thread that listens to the run.
struct Follower {
    directory: PathBuf,
    address: Address,
    read_only: bool,
    outbox: Outbox,
    shared: Arc<RemoteState>,
}

impl Follower {
    fn run(self, mut connection: Connection) {
        let mut state = Follow::Listening;
        let mut outcome = None;
        while state != Follow::Over {
            outcome = self.listen(&mut connection);
            state = state.after(outcome.as_ref().map_or(FollowStep::HungUp, |_| FollowStep::Ended));
            if state == Follow::Searching {
                let found;
                (state, found) = self.search();
                if let Some((next, sender)) = found {
                    *lock_unpoisoned(&self.shared.sender) = sender;
                    if let Ok(run) = Run::view(&self.directory) {
                        self.outbox.history(HistoryChunk {
                            notes: Vec::new(),
                            ..HistoryChunk::of(&run, u64::MAX)
                        });
                    }
                    connection = next;
                }
            }
        }
        *lock_unpoisoned(&self.shared.ended) =
            Some(outcome.unwrap_or_else(|| self.outcome_of_files()));
        self.shared.is_finished.store(true, Ordering::SeqCst);
    }

    /// Passes events on until the run has ended, or hung up (`None`).
    fn listen(&self, connection: &mut Connection) -> Option<Outcome> {
        let mut is_preparing = false;
        loop {
            match connection.read() {
                Ok(Some(Line::Event(event))) if event.is_sound() => {
                    match &event {
                        Event::Preparing(_) => is_preparing = true,
                        Event::Started(_) if is_preparing => {
                            is_preparing = false;
                            self.read_again();
                        }
                        _ => {}
                    }
                    let ended = if let Event::Ended(outcome) = &event {
                        Some(outcome.clone())
                    } else {
                        None
                    };
                    self.outbox.event(event);
                    if ended.is_some() {
                        return ended;
                    }
                }
                Ok(Some(Line::Event(_))) => {}
                Ok(Some(Line::Refused(reason))) => {
                    self.outbox.note(format!("refused by the run: {reason}"))
                }
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Replaces what was read before: a resumed run was cut back to its checkpoint when training
    /// began.
    fn read_again(&self) {
        match Run::view(&self.directory) {
            Ok(run) => self
                .outbox
                .history(HistoryChunk { replaces: true, ..HistoryChunk::of(&run, u64::MAX) }),
            Err(error) => self.outbox.note(error.to_string()),
        }
    }

    /// Searches for a process that continues the run; this one may also have been disconnected
    /// after a long sleep.
    fn search(&self) -> (Follow, Option<(Connection, Sender)>) {
        let start = Instant::now();
        let mut state = Follow::Searching;
        while state == Follow::Searching {
            if self.shared.left.load(Ordering::SeqCst) {
                return (state.after(FollowStep::Left), None);
            }
            if let Ok((_, connection, sender)) = Connection::open(&self.address, self.read_only) {
                return (state.after(FollowStep::Reached), Some((connection, sender)));
            }
            let may_be_running =
                Run::view(&self.directory).map_or(true, |run| run.owner().is_some());
            state = state.after(FollowStep::Missed { elapsed: start.elapsed(), may_be_running });
            if state == Follow::Searching {
                thread::sleep(RETRY_EVERY);
            }
        }
        (state, None)
    }

    /// Returns the run's end as its files have it.
    fn outcome_of_files(&self) -> Outcome {
        let shown = quoted(&self.directory);
        match Run::view(&self.directory).map(|run| run.state().clone()) {
            Ok(RunState::Ended(outcome)) => outcome,
            Ok(RunState::Running) => Outcome::Failed(format!(
                "connection lost; the run continues: gan-tui attach {shown}"
            )),
            Ok(_) => Outcome::Failed(format!(
                "its process has ended; resume from the latest checkpoint with gan-tui resume \
                {shown}"
            )),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}
