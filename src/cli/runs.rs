//! Options of `gan-tui runs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::examples::RUNS_REMOVE_EXAMPLES;
use gan_tui_store::run::paths;

#[derive(Debug, Args)]
pub struct RunsOptions {
    #[command(subcommand)]
    pub command: Option<RunsCommand>,
    /// Folder with the runs
    #[arg(default_value = paths::RUNS)]
    pub dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Permanently remove runs, after confirmation
    #[command(after_help = RUNS_REMOVE_EXAMPLES)]
    Remove {
        /// Run directories, or their names in runs/
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<PathBuf>,
        /// Skip the confirmation
        #[arg(short, long)]
        yes: bool,
    },
}
