//! One short file for each subcommand.

use crate::{
    cli::{Cli, Command, report::Exit},
    session::{log, signals},
};
use anyhow::Context;
use gan_tui_core::signals::allow_background_output;

mod attach;
mod bench;
mod browse;
mod compare;
mod completions;
mod config;
mod data;
mod export;
mod man;
mod monitor;
mod page;
mod presets;
mod replay;
mod resume;
mod runs;
mod sample;
mod score;
mod sweep;
mod train;
mod watch;

/// Runs what the command line asks for.
///
/// # Errors
/// Returns what went wrong, with its causes, to be printed in one line.
pub fn run(Cli { command, monitor }: Cli) -> anyhow::Result<Exit> {
    prepare(command.as_ref())?;
    let Some(command) = command else { return monitor::run(monitor) };
    match command {
        Command::Train(options) => train::run(&options),
        Command::Resume(options) => resume::run(&options),
        Command::Attach(options) => attach::run(&options),
        Command::Replay(options) => replay::run(&options),
        Command::Browse(options) => browse::run(&options),
        Command::Watch(options) => watch::run(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Sample(options) => sample::run(&options),
        Command::Score(options) => score::run(&options),
        Command::Export(options) => export::run(&options),
        Command::Report(options) => export::report(&options),
        Command::Runs(options) => runs::run(&options),
        Command::Sweep { command } => sweep::run(&command),
        Command::Presets { command } => presets::run(command.as_ref()),
        Command::Data { command } => data::run(command),
        Command::Bench(options) => bench::run(&options),
        Command::Config => config::run(),
        Command::Completions { shell } => completions::run(shell),
        Command::Man { dir } => man::run(dir.as_deref()),
    }
}

/// Does what has to be done before anything is read or written.
fn prepare(command: Option<&Command>) -> anyhow::Result<()> {
    log::log_panics();
    signals::survive_file_limits()?;
    allow_background_output().context("cannot change the signal mask")?;
    if runs_networks(command) {
        // A user who asks for certain kernels does not want others silently.
        gan_tui_kernels::Path::chosen().map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

/// Returns whether a command runs networks; one that is not named here does.
fn runs_networks(command: Option<&Command>) -> bool {
    use Command::{Attach, Completions, Config, Data, Export, Man, Presets, Report, Runs};
    !matches!(
        command,
        Some(
            Attach(_)
                | Completions { .. }
                | Config
                | Data { .. }
                | Export(_)
                | Man { .. }
                | Presets { .. }
                | Report(_)
                | Runs(_)
        )
    )
}
