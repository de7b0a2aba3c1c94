//! The result of a session.

use std::{fmt, path::PathBuf, time::Duration};

use crate::{state::number, terminal::link::link};
use gan_tui_core::{
    event::{Metrics, Outcome, Series},
    signals::Signal,
    text::{quoted, shown},
};

/// The result of a session: what is printed after it, and its exit status.
#[derive(Debug, Clone)]
pub struct Summary {
    pub directory: PathBuf,
    pub preset: String,
    pub iterations: u64,
    /// The last iteration done.
    pub iteration: u64,
    pub last: Option<Metrics>,
    /// Training time, pauses left out.
    pub elapsed: Duration,
    /// The smallest distance, and its iteration.
    pub best: Option<(u64, f32)>,
    /// A row of the last images as text, for the terminal that the monitor was on.
    pub images: Option<String>,
    /// How the last run ended; `None` if it was left before its end.
    pub outcome: Option<Outcome>,
    /// The newest iteration that can be resumed from.
    pub saved: Option<u64>,
    /// The signal that asked to end.
    pub signal: Option<Signal>,
    pub reason: ExitReason,
    /// Whether the terminal knows links.
    pub has_links: bool,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    RunEnded,
    /// The user did not wait for the run, which was told to stop.
    Abandoned,
    /// The run has stopped in this process so that another one continues it.
    HandedOver,
    /// The terminal is gone; the run continues in this process.
    TerminalLost,
    /// The monitor was left; the run is in another process, or in files.
    RunElsewhere,
}

impl Summary {
    /// Returns the exit status: 0, 1 for a run that failed, 130 for one that was abandoned, or a
    /// signal's own.
    pub fn status(&self) -> u8 {
        match (self.signal, &self.outcome) {
            (Some(signal), _) => signal.status(),
            (None, None) if self.reason == ExitReason::RunElsewhere => 0,
            (None, None) => Signal::Interrupt.status(),
            (None, Some(Outcome::Failed(_))) => 1,
            (None, Some(Outcome::Finished | Outcome::Stopped)) => 0,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.outcome {
            Some(Outcome::Stopped) if self.reason == ExitReason::HandedOver => "detached",
            Some(Outcome::Finished) => "finished",
            Some(Outcome::Stopped) => "stopped",
            Some(Outcome::Failed(_)) => "failed",
            None if self.reason == ExitReason::RunElsewhere => "still running",
            None => "abandoned",
        };
        let (done, of) = (number::count(self.iteration), number::count(self.iterations));
        if let Some(images) = &self.images {
            write!(f, "{images}")?;
        }
        write!(f, "{} {state} at iteration {done} of {of}", self.preset)?;
        if self.last.is_some() {
            write!(f, " after {}", number::duration(self.elapsed))?;
        }
        if let Some((iteration, distance)) = self.best {
            let (distance, at) = (number::value(distance), number::count(iteration));
            write!(f, ", best distance {distance} at {at}")?;
        }
        if let Some(last) = &self.last {
            write!(
                f,
                ", discriminator loss {}, generator loss {}",
                number::value(last.value(Series::D_LOSS)),
                number::value(last.value(Series::G_LOSS))
            )?;
        }
        let directory = quoted(&self.directory);
        let files = if self.has_links { link(&self.directory) } else { shown(&self.directory) };
        writeln!(f, "\nfiles in {files}")?;
        if self.reason == ExitReason::RunElsewhere {
            return writeln!(f, "to watch it again: gan-tui attach {directory}");
        }
        if self.reason == ExitReason::HandedOver || self.saved.is_none() {
            return Ok(());
        }
        if !matches!(self.outcome, Some(Outcome::Finished)) {
            writeln!(f, "to continue: gan-tui resume {directory}")?;
        }
        writeln!(f, "for images: gan-tui sample {directory}")
    }
}
