//! One short file for each subcommand.

use crate::{
    cli::{Cli, Command, DataCommand, output, report::Exit},
    session::signals,
};
use gan_tui_engine::nn::kernels;

mod attach;
mod bench;
mod completions;
pub mod data;
mod export;
mod man;
mod monitor;
mod presets;
mod replay;
mod resume;
mod runs;
mod sample;
mod score;
mod train;

/// Runs what the command line asks for.
///
/// # Errors
/// What went wrong, with its causes, to be told in one line.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    signals::survive_file_limits()?;
    if computes(cli.command.as_ref()) {
        // Before anything is read or made: a person who asks for certain kernels wants no others in
        // silence.
        kernels::Path::chosen().map_err(anyhow::Error::msg)?;
    }
    match cli.command {
        None => monitor::run(cli.monitor),
        Some(Command::Train(options)) => train::run(&options),
        Some(Command::Resume(options)) => resume::run(&options),
        Some(Command::Attach(options)) => attach::run(&options),
        Some(Command::Replay(options)) => replay::run(&options),
        Some(Command::Sample(options)) => sample::run(&options),
        Some(Command::Score(options)) => score::run(&options),
        Some(Command::Export(options)) => export::run(&options),
        Some(Command::Runs(options)) => runs::run(&options),
        Some(Command::Presets { command }) => presets::run(command.as_ref()),
        Some(Command::Data { command }) => {
            data::run(command.unwrap_or(DataCommand::List { json: false })).map(|()| Exit::DONE)
        }
        Some(Command::Bench(options)) => bench::run(&options),
        Some(Command::Config) => output::print(gan_tui_monitor::defaults()).map(|()| Exit::DONE),
        Some(Command::Completions { shell }) => completions::run(shell),
        Some(Command::Man { dir }) => man::run(dir.as_deref()),
    }
}

/// Whether a command runs networks; one that is not named here does.
fn computes(command: Option<&Command>) -> bool {
    use Command::{Attach, Completions, Config, Data, Export, Man, Presets, Runs};
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
                | Runs(_)
        )
    )
}
