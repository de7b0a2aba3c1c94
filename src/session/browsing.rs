//! The work behind the list of runs: finds them, looks at them, those on the screen first, and does
//! what the list is asked for. In a thread of its own, so that a slow disk holds up no key.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs::{self, Metadata},
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant, SystemTime},
};

use anyhow::Context;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    resume,
    socket::{self, Address, Connection, protocol::Line},
};
use gan_tui_core::{
    event::{Command, Event, RunState, Series},
    files,
    text::shown,
};
use gan_tui_monitor::{
    NewsSender,
    browse::{Facts, News, Request},
};
use gan_tui_store::run::{self, Listing, Notes, Removal, Run, metrics::Sample, paths};

/// How often the folder is read, and what is on the screen is looked at.
const SCAN: Duration = Duration::from_secs(2);
/// How often runs elsewhere on this machine are searched for.
const DISCOVER: Duration = Duration::from_secs(5);
/// Runs beside those on the screen that are looked at for changes at each scan.
const CHECKED: usize = 256;
/// What is known is reported after so many runs, or so much time.
const BATCH: usize = 64;
const REPORT: Duration = Duration::from_millis(40);
/// Values of a sparkline.
const CURVE: u64 = 12;

/// Starts the work for a list of the runs in `folder`. Returns what takes its requests.
pub fn start(folder: &Path, news: NewsSender<News>) -> Box<dyn FnMut(Request)> {
    let (sender, requests) = mpsc::channel();
    let browser = Browser {
        folder: folder.to_path_buf(),
        news: news.clone(),
        runs: Vec::new(),
        elsewhere: Vec::new(),
        visible: Vec::new(),
        stamps: HashMap::new(),
        queue: VecDeque::new(),
        next: 0,
        found: Vec::new(),
        reported: Instant::now(),
    };
    if let Err(error) =
        thread::Builder::new().name("browse".into()).spawn(move || browser.run(&requests))
    {
        // Nobody waits for news before the view is drawn.
        thread::spawn(move || news.send(News::Failed(error.to_string())));
    }
    // Once the thread has ended, nothing is left to ask for.
    Box::new(move |request| drop(sender.send(request)))
}

/// What tells that a run has changed: when its files were written last, and how long they are.
#[derive(Debug, Clone, PartialEq)]
struct Stamp {
    files: [Option<(SystemTime, u64)>; 4],
    /// A run that trains may be killed without any trace in its files.
    is_active: bool,
}

impl Stamp {
    fn of(dir: &Path, is_active: bool) -> Self {
        let stamp = |found: Metadata| Some((found.modified().ok()?, found.len()));
        let files = [paths::METRICS, paths::MANIFEST, paths::NOTES, paths::LOCK]
            .map(|name| fs::metadata(dir.join(name)).ok().and_then(stamp));
        Self { files, is_active }
    }
}

struct Browser {
    folder: PathBuf,
    news: NewsSender<News>,
    /// In the order of the folder.
    runs: Vec<PathBuf>,
    /// Runs that train elsewhere on this machine.
    elsewhere: Vec<PathBuf>,
    visible: Vec<PathBuf>,
    stamps: HashMap<PathBuf, Stamp>,
    /// What is to be looked at.
    queue: VecDeque<PathBuf>,
    /// Which run beside those on the screen is checked next.
    next: usize,
    found: Vec<(PathBuf, Facts)>,
    reported: Instant,
}

impl Browser {
    fn run(mut self, requests: &Receiver<Request>) {
        let (mut scan, mut discover) = (Instant::now(), Instant::now());
        loop {
            let now = Instant::now();
            if now >= scan {
                if !self.scan() {
                    return;
                }
                scan = Instant::now() + SCAN;
            }
            let request = if self.queue.is_empty() {
                if !self.report() {
                    return;
                }
                if now >= discover {
                    self.discover();
                    discover = Instant::now() + DISCOVER;
                }
                requests.recv_timeout(scan.saturating_duration_since(Instant::now()))
            } else {
                requests.try_recv().map_err(|error| match error {
                    mpsc::TryRecvError::Empty => RecvTimeoutError::Timeout,
                    mpsc::TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                })
            };
            match request {
                Ok(request) => self.take(request),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if !self.look_at_next() {
                return;
            }
        }
    }

    /// Reads the folder. Returns whether anybody wants to know.
    fn scan(&mut self) -> bool {
        let mut runs = match run::directories(&self.folder) {
            Ok(runs) => runs,
            Err(error) => return self.news.send(News::Failed(error.to_string())),
        };
        runs.sort();
        self.add_elsewhere(&mut runs);
        if runs != self.runs {
            let known: HashSet<&PathBuf> = self.runs.iter().collect();
            // The newest runs have the latest names.
            let new: Vec<PathBuf> =
                runs.iter().rev().filter(|path| !known.contains(path)).cloned().collect();
            self.queue.extend(new);
            self.runs.clone_from(&runs);
            if !self.news.send(News::Runs(runs)) {
                return false;
            }
        }
        let count = self.runs.len();
        let others = (0..count.min(CHECKED)).map(|at| (self.next + at) % count);
        let others: Vec<PathBuf> = others.map(|at| self.runs[at].clone()).collect();
        self.next = (self.next + CHECKED) % count.max(1);
        for path in self.visible.clone().into_iter().chain(others) {
            let is_stale = self
                .stamps
                .get(&path)
                .is_some_and(|stamp| stamp.is_active || *stamp != Stamp::of(&path, false));
            if is_stale && !self.queue.contains(&path) {
                self.queue.push_front(path);
            }
        }
        true
    }

    fn add_elsewhere(&self, runs: &mut Vec<PathBuf>) {
        if self.elsewhere.is_empty() {
            return;
        }
        let there: HashSet<PathBuf> =
            runs.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
        runs.extend(self.elsewhere.iter().filter(|path| !there.contains(*path)).cloned());
    }

    fn discover(&mut self) {
        let found = socket::discover();
        self.elsewhere = found.runs.iter().map(|hello| PathBuf::from(&hello.run)).collect();
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Visible(paths) => {
                // What is on the screen is looked at before everything else.
                let unknown: Vec<PathBuf> =
                    paths.iter().filter(|path| !self.stamps.contains_key(*path)).cloned().collect();
                if !unknown.is_empty() {
                    let wanted: HashSet<&PathBuf> = unknown.iter().collect();
                    self.queue.retain(|path| !wanted.contains(path));
                    unknown.iter().rev().for_each(|path| self.queue.push_front(path.clone()));
                }
                self.visible = paths;
            }
            Request::Stop(path) => stop(&path, self.news.clone()),
            Request::Remove(paths) => {
                let count = paths.len();
                let kept: Vec<anyhow::Result<Vec<PathBuf>>> =
                    paths.iter().map(|path| remove(path)).collect();
                self.news.send(told(count, kept));
                self.runs.clear();
                // The list is read again at once.
                self.scan();
            }
            Request::Note(path, notes) => {
                if let Err(error) = notes.write(&path) {
                    self.news.send(News::Failed(error.to_string()));
                }
                self.queue.push_front(path);
            }
        }
    }

    /// Looks at the next run. Returns whether anybody wants to know.
    fn look_at_next(&mut self) -> bool {
        let Some(path) = self.queue.pop_front() else { return true };
        // Before it is read: what changes meanwhile is seen again.
        let mut stamp = Stamp::of(&path, false);
        let facts = facts(&path);
        stamp.is_active = matches!(facts.state, RunState::Running);
        self.stamps.insert(path.clone(), stamp);
        self.found.push((path, facts));
        if self.found.len() >= BATCH || self.reported.elapsed() >= REPORT {
            return self.report();
        }
        true
    }

    fn report(&mut self) -> bool {
        self.reported = Instant::now();
        let found = std::mem::take(&mut self.found);
        found.is_empty() || self.news.send(News::Facts(found))
    }
}

/// Looks at a run's files.
fn facts(dir: &Path) -> Facts {
    let listing = Listing::of(dir);
    let sample = Sample::of(dir, CURVE).unwrap_or_default();
    let started = listing.start_time.as_ref().and_then(|time| {
        OffsetDateTime::parse(time, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
    });
    Facts {
        state: listing.state,
        preset: listing.preset,
        iteration: listing.iteration,
        iterations: listing.iterations,
        score: sample.score,
        started,
        bytes: listing.bytes,
        curve: sample.rows.iter().map(|row| row.value(Series::G_LOSS)).collect(),
        notes: Notes::read(dir),
        problem: listing.problem,
    }
}

/// Asks a run to save and stop, and reports its end.
fn stop(dir: &Path, news: NewsSender<News>) {
    let dir = dir.to_path_buf();
    let name = shown(&dir);
    let work = move || {
        let opened = Address::of(&dir).and_then(|address| Connection::open(&address, false));
        let told = match opened {
            Err(error) => News::Failed(format!("cannot stop {name}: {error}")),
            Ok((_, mut connection, sender)) => {
                sender.send(&Command::Stop);
                loop {
                    match connection.read() {
                        Ok(Some(Line::Refused(reason))) => {
                            break News::Failed(format!("{name} refuses to stop: {reason}"));
                        }
                        Ok(Some(Line::Event(Event::Ended(_)))) | Ok(None) | Err(_) => {
                            break News::Done(format!("{name} is saved and stopped"));
                        }
                        Ok(Some(_)) => {}
                    }
                }
            }
        };
        news.send(told);
    };
    // Without a thread it does not stop, which the list shows.
    let _ = thread::Builder::new().name("stop".into()).spawn(work);
}

/// Removes a run; returns what stays because it is not of the run.
fn remove(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let run = Run::at(dir)?;
    let removal = Removal::of(&run)?;
    resume::check_alone(run.dir(), removal.is_unlocked())?;
    removal.remove().with_context(|| format!("cannot remove {}", shown(dir)))
}

fn told(count: usize, kept: Vec<anyhow::Result<Vec<PathBuf>>>) -> News {
    let mut others = Vec::new();
    for kept in kept {
        match kept {
            Ok(mut kept) => others.append(&mut kept),
            Err(error) => {
                let cause = error.chain().nth(1).map(|cause| files::reason_in(&cause.to_string()));
                let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
                return News::Failed(format!("{error}{cause}"));
            }
        }
    }
    let what = if count == 1 { "the run is".into() } else { format!("{count} runs are") };
    match others.first() {
        None => News::Done(format!("{what} removed")),
        Some(first) => {
            let more = if others.len() > 1 { " and more" } else { "" };
            News::Done(format!(
                "{what} removed; {}{more} stays: it is not of the run",
                shown(first)
            ))
        }
    }
}
