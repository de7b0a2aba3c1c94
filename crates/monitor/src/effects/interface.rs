//! What the program gives the monitor: runs, options, and what is known of runs to come.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::mailbox::Outbox;
use crate::{
    config::ConfigError,
    effects::screen::Limits,
    state::{app::RunSource, message::Seek, prospect::Prospect},
    terminal::capability::Capabilities,
};
use gan_tui_core::{
    event::{Command, Outcome},
    preset::Plan,
};

/// Where events come from and commands go: a worker in this process, another process, or a player
/// of recorded files.
pub trait Source: Send {
    /// Sends the run a command.
    fn send(&self, command: Command);

    /// Announces that another process takes over the run, then makes the run save and stop.
    fn hand_over(&self) {
        self.send(Command::Stop);
    }

    /// Moves to another place in a recorded run. A run that is training ignores it.
    fn seek(&self, _: Seek) {}

    /// Whether no more events will come.
    fn is_finished(&self) -> bool;

    /// Waits for the end and returns how the run ended.
    fn join(self: Box<Self>) -> Outcome;
}

/// A run that has been opened.
pub struct RunHandle {
    pub source: Box<dyn Source>,
    /// Where its files go.
    pub directory: PathBuf,
    /// The training time after which it ends, if not before.
    pub limit: Option<Duration>,
}

/// Opens a run of a plan that is recorded in a directory of its own and sends its events to the
/// outbox. An error is one line.
pub type Open = Box<dyn FnMut(&Plan, Outbox) -> Result<RunHandle, String>>;

/// Makes the bytes that are sent to the terminal when a run ends by itself: a bell or a
/// notification.
pub type OnEnd = Box<dyn Fn(&Path, &Outcome) -> String>;

/// Finds out what is known of the presets to choose from, in their order.
pub type FindProspects = Box<dyn FnOnce() -> Vec<Prospect> + Send>;

/// Watches the preset's file, and keeps weights for the next run.
pub trait PresetWatcher {
    /// Returns the plan in the preset's file if the file has changed since it was last read; or
    /// what is wrong with it, in one line.
    fn changed(&mut self) -> Option<Result<Plan, String>>;

    /// Makes the next run that is opened begin with the weights that this run had after this
    /// iteration.
    fn keep_weights(&mut self, directory: &Path, iteration: u64);
}

/// What the monitor is started with.
pub struct Options {
    /// The first run.
    pub plan: Plan,
    /// The runs to choose from afterwards, the command line's values included.
    pub presets: Vec<Plan>,
    pub open: Open,
    /// Finds out what is known of each of them, beside the session.
    pub prospects: Option<FindProspects>,
    /// `None` if no new runs can be opened.
    pub watcher: Option<Box<dyn PresetWatcher>>,
    pub on_end: Option<OnEnd>,
    /// What the terminal can show: [`Capabilities::detect`], or what the command line says.
    pub capabilities: Capabilities,
    pub limits: Limits,
    /// Whether keys that change the run are disabled.
    pub read_only: bool,
    pub source: RunSource,
}

/// Why there is no monitor.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    #[error(
        "the monitor needs a terminal on standard input and output; use `gan-tui train` without one"
    )]
    NoTerminal,
    #[error("terminal: {0}")]
    Terminal(#[from] io::Error),
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The first run could not be opened.
    #[error("{0}")]
    Run(String),
}
