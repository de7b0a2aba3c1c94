//! How a run stands.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Preparing;

/// How a run stands: the one type for it, from the training thread to the list of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// Before the first iteration: what is being done, if it is known.
    Preparing(Option<Preparing>),
    /// It trains. Of a run that is known by its files alone: a process works at it.
    Running,
    /// Somebody paused it.
    Paused,
    /// It did not end, and no process works at it.
    Interrupted,
    /// It has ended.
    Ended(Outcome),
    /// Its files do not show how it stands.
    Unknown,
}

impl RunState {
    /// In one word, as lists and JSON name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Preparing(_) => "preparing",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
            Self::Ended(outcome) => outcome.name(),
            Self::Unknown => "unknown",
        }
    }

    /// Whether it has ended, and said so.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All iterations, or all minutes, are done.
    Finished,
    /// Somebody asked it to stop.
    Stopped,
    /// It could not continue; the reason in one line.
    Failed(String),
}

impl Outcome {
    /// In one word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed(_) => "failed",
        }
    }
}
