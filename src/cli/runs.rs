//! Options of `gan-tui runs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::examples::RUNS_REMOVE_EXAMPLES;
use gan_tui_store::run::paths;

#[derive(Debug, Args)]
pub struct RunsOptions {
    #[command(subcommand)]
    pub command: Option<RunsCommand>,
    /// The folder they are in
    #[arg(default_value = paths::RUNS)]
    pub dir: PathBuf,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Remove runs for good; asks first
    #[command(after_help = RUNS_REMOVE_EXAMPLES)]
    Remove {
        /// The runs' directories, or their names in runs/
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<PathBuf>,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}
