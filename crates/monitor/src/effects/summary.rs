//! What a sitting in front of the monitor came to.

use std::{fmt, path::PathBuf};

use crate::state::{message::Signal, number};
use gan_tui_core::event::{Metrics, Outcome, Series};

/// What a sitting came to.
#[derive(Debug, Clone)]
pub struct Summary {
    pub directory: PathBuf,
    pub preset: String,
    pub iterations: u64,
    /// The last iteration done.
    pub iteration: u64,
    pub last: Option<Metrics>,
    /// How the last run ended; `None` where it was left behind.
    pub outcome: Option<Outcome>,
    /// The newest iteration that can be resumed from.
    pub saved: Option<u64>,
    /// The signal that asked to end.
    pub signal: Option<Signal>,
    /// What is left behind.
    pub left: Left,
}

/// What a sitting leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing: the run has ended.
    Nothing,
    /// A run that was told to stop and is not waited for.
    AtOnce,
    /// A run that has stopped here so that another process goes on with it.
    HandedOver,
    /// A run that goes on in this process; the terminal is gone.
    Running,
    /// A run that goes on in another process.
    Elsewhere,
}

impl Summary {
    /// The exit status: 0, 1 for a run that failed, 130 where it was left at once, or a signal's
    /// own.
    pub fn status(&self) -> u8 {
        match (self.signal, &self.outcome) {
            (Some(signal), _) => signal.status(),
            (None, None) if self.left == Left::Elsewhere => 0,
            (None, None) => Signal::Interrupt.status(),
            (None, Some(Outcome::Failed(_))) => 1,
            (None, Some(Outcome::Finished | Outcome::Stopped)) => 0,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.outcome {
            Some(Outcome::Stopped) if self.left == Left::HandedOver => "detached",
            Some(Outcome::Finished) => "finished",
            Some(Outcome::Stopped) => "stopped",
            Some(Outcome::Failed(_)) => "failed",
            None if self.left == Left::Elsewhere => "goes on",
            None => "left behind",
        };
        let (done, of) = (number::count(self.iteration), number::count(self.iterations));
        write!(f, "{} {state} at iteration {done} of {of}", self.preset)?;
        if let Some(last) = &self.last {
            write!(
                f,
                ", discriminator loss {}, generator loss {}",
                number::value(last.value(Series::D_LOSS)),
                number::value(last.value(Series::G_LOSS))
            )?;
        }
        writeln!(f, "\nfiles in {}", self.directory.display())?;
        if self.left == Left::Elsewhere {
            return writeln!(f, "come back: gan-tui attach {}", self.directory.display());
        }
        if self.left == Left::HandedOver {
            return Ok(());
        }
        match (self.saved, &self.outcome) {
            (Some(_), Some(Outcome::Finished)) => {
                writeln!(f, "draw from it: gan-tui sample {}", self.directory.display())
            }
            (Some(_), _) => writeln!(f, "go on: gan-tui resume {}", self.directory.display()),
            (None, _) => Ok(()),
        }
    }
}
