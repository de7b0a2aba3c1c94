//! Options of the commands that show what several runs, or other programs, have logged: `watch`,
//! `compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::ScreenOptions;
use gan_tui_store::logs::Axis;

#[derive(Debug, Args)]
pub struct WatchOptions {
    /// Log folders or files: TensorBoard's event files, .jsonl, .csv, numbered images, runs
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Run this shell command when a loss explodes, samples collapse or a run stalls; GAN_TUI_EVENT
    /// says which
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

#[derive(Debug, Args)]
pub struct CompareOptions {
    /// Runs, by path or by their names in runs/; or folders with runs, or with what other programs
    /// log
    #[arg(required_unless_present = "sweep", value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Compare all runs in this folder, those that differ only in their seed as one
    #[arg(long, value_name = "DIR", conflicts_with = "runs")]
    pub sweep: Option<PathBuf>,
    /// Print the last, least and greatest values as JSON instead
    #[arg(long, conflicts_with = "out")]
    pub json: bool,
    /// Write a table of all values, or a chart, instead: FILE.csv, FILE.svg or FILE.png
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What is along the axis of a chart
    #[arg(long, value_enum, value_name = "AXIS", default_value = "step", requires = "out")]
    pub by: By,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

/// What runs are aligned by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Iteration, or whatever step the program logs
    Step,
    /// Images seen: iterations times the batch size
    Images,
    /// Time since the run began
    Time,
}

impl By {
    pub fn axis(self) -> Axis {
        match self {
            Self::Step => Axis::Step,
            Self::Images => Axis::Images,
            Self::Time => Axis::Time,
        }
    }
}
