//! What is noted in a run's `log.txt`, written by a thread of its own: neither a full disk nor one
//! that hangs holds up training.

use std::{
    env,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

use gan_tui_core::{
    event::{Event, Outcome, Started, Storage},
    panics,
    sync::lock_unpoisoned,
    text::{escaped, quoted, shown},
};
use gan_tui_store::run::log::{self, LogKind, LogSummary, LogWriter};

use crate::cli::{
    output::{counted, duration, grouped},
    report,
};

/// How long the end of a run, or a panic, waits until its entries are written.
const FLUSH_PATIENCE: Duration = Duration::from_secs(1);

/// The log of the run that this process trains, for panics of any thread.
static CURRENT: Mutex<Option<RunLog>> = Mutex::new(None);

/// The log of a run. Entries wait in memory until training begins: a run that never did leaves no
/// file.
#[derive(Debug, Clone)]
pub struct RunLog {
    entries: Sender<Entry>,
    path: PathBuf,
}

#[derive(Debug)]
enum Entry {
    /// From now on entries are written.
    Open,
    Line(LogKind, String),
    /// Everything before is written.
    Flush(Sender<()>),
}

impl RunLog {
    /// Starts the log of a run directory; panics of any thread go there from now on.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn start(dir: &Path) -> io::Result<Self> {
        let (entries, received) = mpsc::channel();
        let folder = dir.to_path_buf();
        thread::Builder::new().name("log".into()).spawn(move || write(&folder, &received))?;
        let log = Self { entries, path: log::path(dir) };
        log.add(LogKind::Start, &start_text());
        log.add(LogKind::Note, &machine());
        *lock_unpoisoned(&CURRENT) = Some(log.clone());
        Ok(log)
    }

    /// Adds an entry.
    pub fn add(&self, kind: LogKind, text: &str) {
        // A thread that has ended cannot be told anything.
        let _ = self.entries.send(Entry::Line(kind, text.to_owned()));
    }

    /// Adds what an event of the run says that a person may want to read later.
    pub fn event(&self, event: &Event) {
        match event {
            Event::Started(started) => {
                let _ = self.entries.send(Entry::Open);
                self.add(LogKind::Note, &started_text(started));
                for note in &started.dataset.notes {
                    let data = escaped(&started.dataset.name);
                    self.add(LogKind::Note, &format!("data {data}: {}", escaped(note)));
                }
                started.notes.iter().for_each(|note| self.add(LogKind::Note, note));
            }
            Event::Storage(Storage::Stalled(reason)) => self.add(LogKind::Warning, reason),
            Event::Storage(Storage::Recovered) => {
                self.add(LogKind::Note, "pending data saved; training resumed");
            }
            Event::Paused(paused) => {
                self.add(LogKind::Note, if *paused { "paused" } else { "resumed" });
            }
            Event::Changed(change) => {
                let (field, iteration) = (&change.field, change.iteration);
                let text = format!(
                    "{field} from {} to {} after iteration {iteration}",
                    change.old, change.new
                );
                self.add(LogKind::Note, &text);
            }
            Event::Note(text) => self.add(LogKind::Note, text),
            Event::HandedOver => self.add(LogKind::Note, "another process continues the run"),
            Event::Preparing(_)
            | Event::Metrics(_)
            | Event::Machine(_)
            | Event::Frame(_)
            | Event::Saving(_)
            | Event::Saved(_)
            | Event::Best(_)
            | Event::Pictures(_)
            | Event::NotDrawn { .. }
            | Event::Ended(_) => {}
        }
    }

    /// Adds the run's end, and waits a moment until it is written.
    pub fn end(&self, outcome: &Outcome, iteration: u64, trained: Duration) {
        if let Outcome::Failed(reason) = outcome {
            self.add(LogKind::Error, reason);
        }
        let how = match outcome {
            Outcome::Finished => "finished",
            Outcome::Stopped => "stopped",
            Outcome::Failed(_) => "failed",
        };
        let (done, time) = (grouped(iteration), duration(trained));
        self.add(LogKind::End, &format!("{how} after iteration {done}, {time} of training"));
        self.flush();
    }

    /// Waits a moment until everything is written.
    pub fn flush(&self) {
        let (done, wait) = mpsc::channel();
        if self.entries.send(Entry::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(FLUSH_PATIENCE);
        }
    }
}

/// Says on stderr if there is something in a run's log that a person should read.
pub fn point_to(dir: &Path) {
    // A log that cannot be read is no reason to fail.
    let text = LogSummary::of(dir).ok().and_then(LogSummary::text);
    if let Some(text) = text {
        report::note(&format!("{text} in {}", shown(&log::path(dir))));
    }
}

/// Sends panics of any thread to the log of the run that trains at the time.
pub fn log_panics() {
    panics::install();
    panics::log_to(|panic| {
        let log = lock_unpoisoned(&CURRENT).clone()?;
        let _ = log.entries.send(Entry::Open);
        log.add(LogKind::Error, &format!("{}\n{}", panic.message, panic.backtrace));
        log.flush();
        log.path.is_file().then(|| shown(&log.path))
    });
}

/// Writes entries as they come; those that came before the log was opened first. What cannot be
/// written is tried again with the next entry.
fn write(dir: &Path, received: &Receiver<Entry>) {
    /// No more than this many entries wait for a disk that takes none.
    const MOST_WAITING: usize = 1000;
    let (mut waiting, mut is_open, mut file) = (Vec::new(), false, None);
    for entry in received {
        match entry {
            Entry::Open => is_open = true,
            Entry::Line(..) if waiting.len() == MOST_WAITING => continue,
            Entry::Line(kind, text) => waiting.push((kind, text)),
            // Whoever asked may have waited long enough.
            Entry::Flush(done) => drop(done.send(())),
        }
        if is_open {
            let written = write_waiting(dir, &mut waiting, &mut file);
            if written.is_err() {
                // The run directory may have gone and come back.
                file = None;
            }
        }
    }
}

fn write_waiting(
    dir: &Path,
    waiting: &mut Vec<(LogKind, String)>,
    file: &mut Option<LogWriter>,
) -> io::Result<()> {
    while let Some((kind, text)) = waiting.first() {
        let writer = match file {
            Some(writer) => writer,
            None => file.insert(LogWriter::open(dir)?),
        };
        writer.write(*kind, text)?;
        waiting.remove(0);
    }
    Ok(())
}

fn start_text() -> String {
    let words: Vec<String> = env::args_os().skip(1).map(|word| as_typed(&word)).collect();
    format!("gan-tui {}: gan-tui {}", env!("CARGO_PKG_VERSION"), words.join(" "))
}

/// Returns a word of a command line as a shell reads it; an option needs no more than it is.
fn as_typed(word: &OsStr) -> String {
    match word.to_str() {
        Some(text) if text.starts_with('-') => escaped(text).into_owned(),
        _ => quoted(Path::new(word)),
    }
}

/// Describes the machine in a line.
fn machine() -> String {
    let system = rustix::system::uname();
    let text = |name: &std::ffi::CStr| name.to_string_lossy().into_owned();
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|info| {
        let line = info.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!(
        "process {} on {}: {} {} {}, {}, {} available",
        std::process::id(),
        text(system.nodename()),
        text(system.sysname()),
        text(system.release()),
        text(system.machine()),
        processor.unwrap_or_else(|| "unknown processor".into()),
        counted(cores, "processor")
    )
}

fn started_text(started: &Started) -> String {
    let from = match started.iteration {
        0 => "from the beginning".to_owned(),
        iteration => format!("continues from iteration {}", grouped(iteration)),
    };
    let because =
        started.threads_from.as_ref().map_or_else(String::new, |from| format!(" ({from})"));
    format!(
        "trains {from}: data {}, {} images; {}{because}, {} kernels",
        escaped(&started.dataset.name),
        grouped(started.dataset.count as u64),
        counted(started.threads, "thread"),
        started.kernels
    )
}
