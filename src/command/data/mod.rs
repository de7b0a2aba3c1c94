//! `gan-tui data`: the datasets there are, getting one, looking into one, taking one elsewhere.

mod check;
mod export;
mod fetch;
mod list;
mod page;

use crate::cli::DataCommand;

/// Does it.
///
/// # Errors
/// What went wrong, in one line.
pub fn run(command: DataCommand) -> anyhow::Result<()> {
    match command {
        DataCommand::List { json } => list::run(json),
        DataCommand::Check { data, json } => check::run(&data, json),
        DataCommand::Export { data, count, out, labels, seed, quiet } => {
            export::run(&export::Request { data, count, out, labels, seed, quiet })
        }
        DataCommand::Fetch { name, mirror, to, timeout, quiet } => {
            fetch::run(&name, mirror, to, timeout, quiet)
        }
    }
}
