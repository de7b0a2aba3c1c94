//! `gan-tui data`: lists, checks, fetches and exports datasets.

mod check;
mod export;
mod fetch;
mod list;

use crate::cli::{DataCommand, report::Exit};

/// Runs one of the subcommands, by default `list`.
///
/// # Errors
/// Returns an error if the dataset cannot be read, fetched or written.
pub fn run(command: Option<DataCommand>) -> anyhow::Result<Exit> {
    match command.unwrap_or(DataCommand::List { json: false }) {
        DataCommand::List { json } => list::run(json),
        DataCommand::Check { data, options, json } => check::run(&data, options, json),
        DataCommand::Export { data, options, count, out, labels, seed, quiet } => {
            export::run(&export::Request { data, options, count, out, labels, seed, quiet })
        }
        DataCommand::Fetch { name, mirror, to, timeout, quiet } => {
            fetch::run(&name, mirror, to, timeout, quiet)
        }
    }?;
    Ok(Exit::DONE)
}
