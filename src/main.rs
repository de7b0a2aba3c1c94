//! `gan-tui`: parses the command line, runs it, and prints an error once.

use std::process::ExitCode;

use clap::Parser;
use gan_tui::{
    cli::{Cli, report},
    command,
};

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => report::outcome(command::run(cli)),
        Err(error) => report::usage(&error),
    }
}
