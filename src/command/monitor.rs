//! `gan-tui` without a command: the monitor.

use super::train;
use crate::{
    cli::{HeadlessOptions, MonitorOptions, TrainOptions, report::Exit, terminal},
    session::monitored,
};

/// Trains a new run and shows it, or prints plain lines on a terminal that cannot move its cursor.
///
/// # Errors
/// Returns an error if there is no terminal, or the run cannot begin or fails.
pub fn run(options: MonitorOptions) -> anyhow::Result<Exit> {
    let headless = HeadlessOptions { on_hangup: options.on_hangup, end: options.end, quiet: false };
    if terminal::is_dumb() {
        return train::run(&TrainOptions {
            run: options.run,
            headless,
            detach: false,
            resume_auto: false,
            restart: false,
        });
    }
    let plan = options.run.plan()?;
    monitored::run_session(plan, options.run, &options.screen, headless, None)
}
