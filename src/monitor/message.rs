//! What the monitor hears, and what it asks the session to do.

use std::{path::PathBuf, time::Duration};

use super::keymap::Key;
use crate::event::{Command, Event, Outcome};

/// Everything that can change the monitor's state.
#[derive(Debug, Clone)]
pub enum Message {
    Key(Key),
    /// From the run.
    Event(Event),
    /// A checkpoint is being written, after so many iterations.
    Saving(u64),
    /// It is written.
    Saved(u64),
    /// The run's thread is gone without having said goodbye.
    Lost(Outcome),
    /// A new run was opened: the number of its preset, and where its files go.
    Opened(usize, PathBuf),
    /// A new run could not be opened.
    NotOpened(String),
    /// Files were written, or not.
    Exported(Result<Vec<PathBuf>, String>),
    /// The screen has so many columns and rows now.
    Resized(u16, u16),
    /// Time since the session began.
    Tick(Duration),
    /// The system asks to end.
    Signal(Signal),
}

/// A signal that ends the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    Terminate,
    Hangup,
}

impl Signal {
    /// The exit status that tells of it.
    pub fn status(self) -> u8 {
        match self {
            Self::Hangup => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// What only the session can do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell the run.
    Tell(Command),
    /// Open a new run of the preset with this number; the present one has ended.
    Open(usize),
    /// Write the frame shown.
    Export,
    /// Leave; the run has ended.
    Leave,
    /// Leave now, without waiting for the run.
    Abandon,
}
