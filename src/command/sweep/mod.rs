//! `gan-tui sweep`: a grid of presets as tasks, for the schedulers that there are.

mod run;
mod script;
mod status;

use std::path::Path;

use serde::Serialize;

use crate::cli::{
    SweepCommand,
    output::{Align, print, print_json, table},
    report::Exit,
};
use gan_tui_core::sweep::Sweep;

/// Runs one of the subcommands.
///
/// # Errors
/// Returns an error if the file is no sweep, or what the subcommand does fails.
pub fn run(command: &SweepCommand) -> anyhow::Result<Exit> {
    match command {
        SweepCommand::List { file, json } => list(file, *json),
        SweepCommand::Run(options) => run::run(options),
        SweepCommand::Script { engine, file, out } => script::print(*engine, file, out),
        SweepCommand::Status { dir, json } => status::print(dir, *json),
    }
}

/// A task, for a program to read.
#[derive(Serialize)]
struct Row {
    task: usize,
    settings: Vec<String>,
}

fn list(file: &Path, json: bool) -> anyhow::Result<Exit> {
    let sweep = Sweep::read(file)?;
    if json {
        let row = |task: &gan_tui_core::sweep::Task| Row {
            task: task.number,
            settings: task.settings.iter().map(ToString::to_string).collect(),
        };
        print_json(&sweep.tasks().iter().map(row).collect::<Vec<_>>())?;
    } else {
        let rows: Vec<_> =
            sweep.tasks().iter().map(|task| [task.number.to_string(), task.label()]).collect();
        print(table([Align::Right, Align::Left], &rows))?;
    }
    Ok(Exit::DONE)
}
