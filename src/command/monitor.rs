//! `gan-tui` without a command: the monitor.

use super::train;
use crate::{
    cli::{
        HeadlessOptions, MonitorOptions, TrainOptions,
        report::{self, Exit},
        terminal,
    },
    session::monitored,
};

/// Trains a new run and shows it. On a terminal that cannot move its cursor, or of whose foreground
/// this process is no part, it prints plain lines.
///
/// # Errors
/// Returns an error if there is no terminal, or the run cannot begin or fails.
pub fn run(options: MonitorOptions) -> anyhow::Result<Exit> {
    let headless = HeadlessOptions {
        on_hangup: options.on_hangup,
        end: options.end,
        exec: options.exec,
        quiet: false,
        json: false,
    };
    let is_behind = !terminal::is_foreground();
    if is_behind {
        report::note("not in the foreground of the terminal: training without the monitor");
    }
    if terminal::is_dumb() || is_behind {
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
