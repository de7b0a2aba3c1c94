//! `gan-tui attach`: the monitor on a run that goes on in another process.

use std::{
    io::{self, BufRead, IsTerminal, Write, stdin, stdout},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};

use super::{Status, notify, output::print};
use crate::{
    cli::AttachOptions,
    link::{Address, Connection, Found, LinkError, Sender, found, protocol::Line},
};
use gan_tui_core::{
    event::{Command, Event, Outcome},
    preset::{Plan, Preset},
};
use gan_tui_monitor::{self as monitor, Limits, Opened, Outbox, Past, Seat, Source};
use gan_tui_store::run::{Run, Status as State};

/// How long a run that is handed from one process to another may be out of reach.
const HANDOVER: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(100);

/// Shows a run of another process until it ends or is left.
///
/// # Errors
/// Where there is no terminal, no such run, nobody works at it here, or it does not let us in.
pub fn run(options: &AttachOptions) -> anyhow::Result<Status> {
    ensure!(
        stdin().is_terminal() && stdout().is_terminal(),
        "the monitor needs a terminal on standard input and output"
    );
    let directory = match &options.run {
        Some(path) => Run::view(path)?.dir().to_path_buf(),
        None => choose(&found()?)?,
    };
    let read_only = options.screen.read_only;
    let address = Address::of(&directory)?;
    let (hello, connection, sender) = match Connection::open(&address, read_only) {
        Err(LinkError::Silent { .. }) => bail!("{}", silent(&directory)),
        opened => opened.with_context(|| format!("cannot attach to {}", directory.display()))?,
    };
    let run = Run::view(&directory)?;
    let limit = hello.limit_s.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let mut link = Some((connection, sender));
    let open = move |_: &Plan, outbox: Outbox| {
        let (connection, sender) = link.take().ok_or("the run has ended")?;
        outbox.past(Past::of(&run, u64::MAX));
        let remote =
            Remote::follow(run.dir(), address.clone(), read_only, connection, sender, outbox)
                .map_err(|error| error.to_string())?;
        Ok(Opened { source: Box::new(remote), directory: run.dir().to_path_buf() })
    };
    let summary = monitor::run(monitor::Options {
        plan: plan(&directory)?,
        presets: Vec::new(),
        limit,
        capabilities: options.screen.look.capabilities(),
        limits: Limits { fps: options.screen.fps, rate: options.screen.rate },
        read_only,
        ahead: None,
        on_end: notify::teller(options.end.notify),
        seat: Seat::Elsewhere,
        open: Box::new(open),
    })?;
    print(summary.to_string())?;
    match &summary.outcome {
        Some(Outcome::Failed(reason)) => bail!("{reason}"),
        _ => Ok(Status(summary.status())),
    }
}

/// The run's preset; where its file is damaged, one that has its name.
///
/// # Errors
/// Where the file breaks a rule.
pub fn plan(directory: &Path) -> anyhow::Result<Plan> {
    let run = Run::view(directory)?;
    let preset = run.preset().cloned().unwrap_or_else(|| {
        let name = run.manifest().map_or_else(|| run.name(), |manifest| manifest.preset.clone());
        let iterations = run
            .manifest()
            .map_or_else(|| run.last_iteration(), |manifest| manifest.iterations)
            .max(1);
        Preset { name, iterations, ..Preset::default() }
    });
    Plan::try_from(preset).with_context(|| directory.join("preset.ron").display().to_string())
}

/// The only run there is, or the one that a person chooses.
fn choose(found: &[Found]) -> anyhow::Result<PathBuf> {
    match found {
        [] => bail!("no run goes on on this machine; `gan-tui runs` lists those of a folder"),
        [only] => Ok(PathBuf::from(&only.hello.run)),
        several => {
            let line = |(number, found): (usize, &Found)| {
                format!(
                    "{}  {}  since {}, process {}\n",
                    number + 1,
                    found.hello.run,
                    found.hello.since,
                    found.hello.process
                )
            };
            print(several.iter().enumerate().map(line).collect::<String>())?;
            let mut out = stdout();
            write!(out, "which? ")?;
            out.flush()?;
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer)?;
            let chosen = answer
                .trim()
                .parse::<usize>()
                .ok()
                .and_then(|number| several.get(number.wrapping_sub(1)));
            let chosen = chosen.with_context(|| {
                format!("expected a number from 1 to {}, found `{}`", several.len(), answer.trim())
            })?;
            Ok(PathBuf::from(&chosen.hello.run))
        }
    }
}

/// Why nobody answers for a run.
fn silent(directory: &Path) -> String {
    let shown = directory.display();
    let state = Run::view(directory).map(|run| run.status().clone());
    match state {
        Ok(State::Running(owner)) if owner.is_elsewhere() => {
            format!(
                "{shown} is being written by {owner}: attach there, or `gan-tui replay {shown}` follows its files from here"
            )
        }
        Ok(State::Running(owner)) => {
            format!("{shown} is being written by {owner}, which cannot be attached to")
        }
        Ok(state) => format!(
            "{shown} is {state}: `gan-tui resume {shown}` goes on with it, `gan-tui replay {shown}` shows it"
        ),
        Err(error) => error.to_string(),
    }
}

/// A run in another process.
struct Remote(Arc<Shared>);

struct Shared {
    sender: Mutex<Sender>,
    ended: Mutex<Option<Outcome>>,
    is_finished: AtomicBool,
    /// Nobody looks on any more.
    left: AtomicBool,
}

impl Remote {
    /// Hands on what the run reports, in a thread of its own.
    fn follow(
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
            let goes_on = Run::view(&self.directory)
                .map_or(true, |run| matches!(run.status(), State::Running(_)));
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
        match Run::view(&self.directory).map(|run| run.status().clone()) {
            Ok(State::Finished) => Outcome::Finished,
            Ok(State::Stopped) => Outcome::Stopped,
            Ok(State::Failed(reason)) => Outcome::Failed(reason),
            Ok(State::Running(_)) => Outcome::Failed(format!(
                "the connection is lost, the run goes on: gan-tui attach {shown}"
            )),
            Ok(State::Interrupted | State::Unknown) => Outcome::Failed(format!(
                "its process is gone: gan-tui resume {shown} goes on from the last checkpoint"
            )),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}
