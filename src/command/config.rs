//! `gan-tui config`: the monitor's keys and theme as a file, ready to edit.

use crate::cli::{output::print, report::Exit};

/// Prints the file.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn run() -> anyhow::Result<Exit> {
    print(gan_tui_monitor::defaults())?;
    Ok(Exit::DONE)
}
