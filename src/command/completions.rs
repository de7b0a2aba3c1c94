//! `gan-tui completions`: a script that completes commands and options in a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Cli, output::print, report::Exit};

/// Writes the script for a shell to stdout.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn run(shell: Shell) -> anyhow::Result<Exit> {
    // clap_complete panics where its writer fails, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "gan-tui", &mut script);
    print(script)?;
    Ok(Exit::DONE)
}
