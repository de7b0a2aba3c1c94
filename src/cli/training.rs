//! Options of the commands that train: without a command, `train`, `resume`, `bench`.

use std::path::PathBuf;

use clap::Args;

use super::{
    shared::{EndOptions, HeadlessOptions, OnHangup, ScreenOptions, Threads},
    values::{ITERATIONS, minutes, whole},
};
use gan_tui_core::preset::{Preset, library};

/// What is trained, and where it goes.
#[derive(Debug, Clone, Default, Args)]
pub struct RunOptions {
    #[arg(
        short, long, value_name = "NAME|FILE",
        help = format!("Name of a preset, or a file [default: {}]", library::DEFAULT),
    )]
    pub preset: Option<String>,
    /// Images to learn from: auto, synthetic, mnist, fashion-mnist, kmnist or a folder
    #[arg(short, long, value_name = "NAME|DIR")]
    pub data: Option<String>,
    /// Iterations, in place of the preset's
    #[arg(
        short = 'n', long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.iterations.range.parse(text),
    )]
    pub iterations: Option<u64>,
    /// Stop after so many minutes of training, saved and marked finished
    #[arg(short, long, value_name = "M", allow_negative_numbers = true, value_parser = minutes)]
    pub minutes: Option<f64>,
    /// Images in a batch, in place of the preset's
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&Preset::DECLARED.batch.range, text),
    )]
    pub batch: Option<usize>,
    /// Seed of everything random, in place of the preset's
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.seed.range.parse(text),
    )]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub threads: Threads,
    /// The run's directory, new or empty [default: runs/<preset>-<time>]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct MonitorOptions {
    #[command(flatten)]
    pub run: RunOptions,
    /// When the terminal goes away: go on without the monitor, or save and end
    #[arg(long, value_enum, default_value = "continue", value_name = "WHAT")]
    pub on_hangup: OnHangup,
    #[command(flatten)]
    pub end: EndOptions,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

#[derive(Debug, Args)]
pub struct TrainOptions {
    #[command(flatten)]
    pub run: RunOptions,
    #[command(flatten)]
    pub headless: HeadlessOptions,
    /// Leave the run in the background once it has begun; `attach` comes back to it
    #[arg(long)]
    pub detach: bool,
    /// Go on where an earlier job with the same --out stopped, if there was one
    #[arg(long, requires = "out")]
    pub resume_auto: bool,
    /// Start the run in --out again if it has lost its checkpoints; its old files are put aside
    #[arg(long, requires = "out")]
    pub restart: bool,
}

#[derive(Debug, Args)]
pub struct ResumeOptions {
    /// The run's directory, or its name in runs/
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Iterations of the whole run, in place of those it was to have
    #[arg(
        short = 'n', long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.iterations.range.parse(text),
    )]
    pub iterations: Option<u64>,
    /// Stop after so many more minutes of training, saved and marked finished
    #[arg(short, long, value_name = "M", allow_negative_numbers = true, value_parser = minutes)]
    pub minutes: Option<f64>,
    #[command(flatten)]
    pub threads: Threads,
    /// Without the monitor, as `train` does
    #[arg(long)]
    pub headless: bool,
    /// Leave the run in the background once it has begun; `attach` comes back to it
    #[arg(long)]
    pub detach: bool,
    /// From the checkpoint of this iteration, in a directory of its own
    #[arg(long, value_name = "N", requires = "out")]
    pub from: Option<u64>,
    /// Go on in this new directory; the run stays as it is
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Start again if the run has lost its checkpoints; its old files are put aside
    #[arg(long, conflicts_with = "out")]
    pub restart: bool,
    /// This process was started to go on in the background; the lock is its standard input
    #[arg(long, hide = true, requires = "headless")]
    pub background: bool,
    /// Begin with a pause
    #[arg(long, hide = true, requires = "background")]
    pub paused: bool,
    /// The run was laid out by the process that started this one, and has trained nothing
    #[arg(long, hide = true, requires = "background")]
    pub is_new: bool,
    #[command(flatten)]
    pub without: HeadlessOptions,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

#[derive(Debug, Args)]
pub struct BenchOptions {
    #[arg(
        short, long, value_name = "NAME|FILE",
        help = format!("The preset, by name or file [default: {}]", library::DEFAULT),
    )]
    pub preset: Option<String>,
    /// Iterations to measure
    #[arg(
        short, long, value_name = "N", default_value = "50", allow_negative_numbers = true,
        value_parser = |text: &str| ITERATIONS.parse(text),
    )]
    pub iterations: u64,
    /// Images in a batch [default: the preset's]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&Preset::DECLARED.batch.range, text),
    )]
    pub batch: Option<usize>,
    #[command(flatten)]
    pub threads: Threads,
    /// As JSON; the median is `ms_per_iteration`
    #[arg(long)]
    pub json: bool,
}
