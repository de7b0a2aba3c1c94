//! `--exec`: a command of the user's at a run's end, failure, best score, stall and mode collapse,
//! and at the alerts of watched runs.

mod notice;
mod runner;

use std::{path::Path, sync::Arc};

use gan_tui_core::{event::Event, preset::Preset};
use gan_tui_store::logs::alerts::{Alert, AlertKind};

use notice::{Kind, Notice, Notices};
pub use runner::Report;
use runner::Runner;

/// What runs the user's command when something happens to a run.
pub struct ExecHook {
    notices: Notices,
    dir: Arc<Path>,
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
        let dir = std::path::absolute(dir)?.into();
        let runner = Runner::start(command, report)?;
        Ok(Self { notices: Notices::new(preset), dir, runner })
    }

    /// Takes an event; never waits.
    pub fn event(&mut self, event: &Event) {
        if let Some(notice) = self.notices.after(event) {
            self.runner.run(&self.dir, notice);
        }
    }

    /// Returns what waits for the commands that still run.
    pub fn waiter(&self) -> ExecWaiter {
        ExecWaiter(self.runner.clone())
    }
}

/// What runs the user's command at the alerts of watched runs.
pub struct AlertHook(Runner);

impl AlertHook {
    /// Starts to wait for alerts. A command that fails is reported.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn start(command: &str, report: Report) -> std::io::Result<Self> {
        Runner::start(command, report).map(Self)
    }

    /// Takes an alert of the run at a path, whose newest step this is; never waits.
    pub fn alert(&self, run: &Path, step: i64, alert: &Alert) {
        let kind = match alert.kind {
            AlertKind::Exploded => Kind::Explosion,
            AlertKind::Collapsed => Kind::Collapse,
            AlertKind::Stalled => Kind::Stall,
        };
        let iteration = u64::try_from(step).unwrap_or(0);
        let reason = Some(alert.reason.clone());
        // Of a folder that is gone meanwhile, the name as it was given.
        let dir = std::path::absolute(run).unwrap_or_else(|_| run.to_path_buf()).into();
        self.0.run(&dir, Notice { kind, iteration, score: None, outcome: None, reason });
    }

    /// Returns what waits for the commands that still run.
    pub fn waiter(&self) -> ExecWaiter {
        ExecWaiter(self.0.clone())
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
