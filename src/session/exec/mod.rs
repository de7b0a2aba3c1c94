//! `--exec`: a command of the user's at a run's end, failure, best score, stall and mode collapse.

mod notice;
mod runner;

use std::path::Path;

use gan_tui_core::{event::Event, preset::Preset};

use notice::Notices;
pub use runner::Report;
use runner::Runner;

/// What runs the user's command when something happens to a run.
pub struct ExecHook {
    notices: Notices,
    runner: Runner,
}

impl ExecHook {
    /// Starts to wait for events of the run in a directory. A command that fails is reported.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn start(
        command: &str,
        dir: &Path,
        preset: &Preset,
        report: Report,
    ) -> std::io::Result<Self> {
        let runner = Runner::start(command, dir, report)?;
        Ok(Self { notices: Notices::new(preset), runner })
    }

    /// Takes an event; never waits.
    pub fn event(&mut self, event: &Event) {
        if let Some(notice) = self.notices.after(event) {
            self.runner.run(notice);
        }
    }

    /// Returns what waits for the commands that still run.
    pub fn waiter(&self) -> ExecWaiter {
        ExecWaiter(self.runner.clone())
    }
}

/// Waits for a run's commands.
#[derive(Clone)]
pub struct ExecWaiter(Runner);

impl ExecWaiter {
    /// Waits until no command runs or is still to be run, which takes no longer than their time
    /// limit.
    pub fn wait(&self) {
        self.0.wait();
    }
}
