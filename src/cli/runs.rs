//! Options of `gan-tui runs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
    #[command(
        after_help = "Examples:\n  gan-tui runs remove runs/first\n  gan-tui runs remove --yes runs/first runs/second\n\nOnly what a run leaves is removed; a folder that holds something else stays with it."
    )]
    Remove {
        /// The runs' directories, or their names in runs/
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<PathBuf>,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}
