//! A run of another process as the monitor's source: follows it over its socket, also from one
//! process to the next.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::socket::{Address, Connection, Sender, protocol::Line};
use gan_tui_core::event::{Command, Event, Outcome, RunState};
use gan_tui_monitor::{Outbox, Past, Source};
use gan_tui_store::run::Run;

/// How long a run that is handed from one process to another may be out of reach.
const HANDOVER: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(100);

/// A run in another process.
pub struct Remote(Arc<Shared>);

struct Shared {
    sender: Mutex<Sender>,
    ended: Mutex<Option<Outcome>>,
    is_finished: AtomicBool,
    /// Nobody looks on any more.
    left: AtomicBool,
}

impl Remote {
    /// Hands on what the run reports, in a thread of its own.
    pub fn follow(
        directory: &Path,
        address: Address,
        read_only: bool,
        connection: Connection,
        sender: Sender,
        outbox: Outbox,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
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
    fn tell(&self, command: Command) {
        held(&self.0.sender).tell(&command);
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished.load(Ordering::SeqCst)
    }

    fn join(self: Box<Self>) -> Outcome {
        while !self.is_finished() {
            thread::sleep(AGAIN);
        }
        held(&self.0.ended).clone().unwrap_or(Outcome::Stopped)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.0.left.store(true, Ordering::SeqCst);
        held(&self.0.sender).hang_up();
    }
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that listens to the run.
struct Follower {
    directory: PathBuf,
    address: Address,
    read_only: bool,
    outbox: Outbox,
    shared: Arc<Shared>,
}

impl Follower {
    fn run(self, mut connection: Connection) {
        loop {
            let outcome = self.listen(&mut connection);
            let found = if outcome.is_none() { self.find_again() } else { None };
            let Some((next, sender)) = found else {
                *held(&self.shared.ended) =
                    Some(outcome.unwrap_or_else(|| self.what_became_of_it()));
                self.shared.is_finished.store(true, Ordering::SeqCst);
                return;
            };
            *held(&self.shared.sender) = sender;
            if let Ok(run) = Run::view(&self.directory) {
                self.outbox.past(Past { notes: Vec::new(), ..Past::of(&run, u64::MAX) });
            }
            connection = next;
        }
    }

    /// Hands on reports until the run has ended, or hung up (`None`).
    fn listen(&self, connection: &mut Connection) -> Option<Outcome> {
        let mut is_preparing = false;
        loop {
            match connection.hear() {
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
                    self.outbox.note(format!("the run refuses: {reason}"))
                }
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// A resumed run was cut back to its checkpoint as training began: what was read before is
    /// replaced.
    fn read_again(&self) {
        match Run::view(&self.directory) {
            Ok(run) => self.outbox.past(Past { anew: true, ..Past::of(&run, u64::MAX) }),
            Err(error) => self.outbox.note(error.to_string()),
        }
    }

    /// Another process may have gone on with the run, or this one was let go after a long sleep.
    fn find_again(&self) -> Option<(Connection, Sender)> {
        let start = Instant::now();
        while !self.shared.left.load(Ordering::SeqCst) && start.elapsed() < HANDOVER {
            if let Ok((_, connection, sender)) = Connection::open(&self.address, self.read_only) {
                return Some((connection, sender));
            }
            // One whose files cannot be read for the moment may be at work.
            let goes_on = Run::view(&self.directory).map_or(true, |run| run.owner().is_some());
            if !goes_on && start.elapsed() > AGAIN * 20 {
                return None;
            }
            thread::sleep(AGAIN);
        }
        None
    }

    /// What the run's files say of its end.
    fn what_became_of_it(&self) -> Outcome {
        let shown = self.directory.display();
        match Run::view(&self.directory).map(|run| run.state().clone()) {
            Ok(RunState::Ended(outcome)) => outcome,
            Ok(RunState::Running) => Outcome::Failed(format!(
                "the connection is lost, the run goes on: gan-tui attach {shown}"
            )),
            Ok(_) => Outcome::Failed(format!(
                "its process is gone: gan-tui resume {shown} goes on from the last checkpoint"
            )),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}
