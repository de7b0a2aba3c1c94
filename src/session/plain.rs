//! Runs of other processes and recorded runs in plain lines, for terminals that cannot move their
//! cursor, and for processes in the background of one.

use std::{thread, time::Duration};

use anyhow::Context;

use super::{
    attached::{Remote, Viewer},
    progress::{Channel, Printer, Progress, ProgressSender},
    socket::{Address, Connection, Sender},
};
use crate::cli::{
    output::{grouped, print},
    terminal,
};
use gan_tui_core::{
    event::{Event, Metrics, Outcome, Series},
    preset::Preset,
    text::{escaped, shown},
};
use gan_tui_monitor::{HistoryChunk, Source};
use gan_tui_store::run::Run;

/// Time between two looks whether the run has ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A replay in lines has about as many rows.
const REPLAY_ROWS: usize = 20;

impl Viewer for ProgressSender {
    fn event(&self, event: Event) {
        ProgressSender::event(self, &event);
    }

    fn history(&self, _: HistoryChunk) {}

    fn note(&self, text: String) {
        self.warn(&text);
    }
}

/// Returns whether the monitor cannot be shown though there is a terminal.
pub fn is_needed() -> bool {
    terminal::is_dumb() || !terminal::is_foreground()
}

/// Prints what a run in another process reports, until it ends.
///
/// # Errors
/// Returns an error if the system gives no thread.
pub fn attach(
    run: &Run,
    preset: &Preset,
    address: Address,
    limit: Option<Duration>,
    (connection, sender): (Connection, Sender),
) -> anyhow::Result<Outcome> {
    let printer = Printer::new(Channel::Stdout, preset, run.dir(), limit);
    let progress = Progress::start(printer).context("cannot print the progress")?;
    let viewer = Box::new(progress.sender());
    let remote = Remote::follow(run.dir(), address, true, connection, sender, viewer)?;
    while !remote.is_finished() {
        thread::sleep(LOOK_EVERY);
    }
    let outcome = Box::new(remote).join();
    progress.finish();
    Ok(outcome)
}

/// Prints a recorded run in some twenty lines.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn replay(run: &Run, preset: &Preset, from: u64) -> anyhow::Result<()> {
    let rows: Vec<&Metrics> = run.metrics().iter().filter(|row| row.iteration >= from).collect();
    print(format!(
        "preset {}: {} iterations of batch {}, seed {}; run {}\n",
        escaped(&preset.name),
        grouped(preset.iterations),
        preset.batch,
        preset.seed,
        shown(run.dir())
    ))?;
    let every = rows.len().div_ceil(REPLAY_ROWS).max(1);
    for (number, row) in rows.iter().enumerate() {
        if number % every == 0 || number + 1 == rows.len() {
            print(format!(
                "iteration {}/{}  d_loss {:.3}  g_loss {:.3}\n",
                row.iteration,
                preset.iterations,
                row.value(Series::D_LOSS),
                row.value(Series::G_LOSS)
            ))?;
        }
    }
    print(format!("{} at iteration {}\n", run.state(), grouped(run.last_iteration())))
}
