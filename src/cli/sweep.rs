//! Options of `gan-tui sweep`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{examples::SWEEP_RUN_EXAMPLES, shared::Threads};

#[derive(Debug, Subcommand)]
pub enum SweepCommand {
    /// List the tasks of a sweep with their numbers
    #[command(after_help = "Example:\n  gan-tui sweep list sweep.ron")]
    List {
        /// Sweep file
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run one task of a sweep, or all that are not complete
    #[command(after_help = SWEEP_RUN_EXAMPLES)]
    Run(SweepRunOptions),
    /// Print the script with which a scheduler runs a sweep
    #[command(
        after_help = "Example:\n  gan-tui sweep script slurm sweep.ron --out runs/sweep > sweep.sh"
    )]
    Script {
        /// Scheduler
        #[arg(value_enum)]
        engine: Engine,
        /// Sweep file
        file: PathBuf,
        /// Folder for the runs
        #[arg(short, long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Show how far the tasks of a sweep are
    #[command(after_help = "Example:\n  gan-tui sweep status runs/sweep")]
    Status {
        /// Folder of the runs
        dir: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What runs the tasks of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Slurm,
    Hyperqueue,
    Parallel,
    Kubernetes,
}

#[derive(Debug, Args)]
pub struct SweepRunOptions {
    /// Sweep file
    pub file: PathBuf,
    /// Folder for the runs, one directory per task
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// Number of the task, from 0 [default: the scheduler's, else all tasks one after another]
    #[arg(long, value_name = "N")]
    pub task: Option<usize>,
    /// Training images of all tasks (overrides the base preset)
    #[arg(short, long, value_name = "NAME|DIR")]
    pub data: Option<String>,
    #[command(flatten)]
    pub threads: Threads,
    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,
}
