//! Options of the commands that train: without a command, `train`, `resume`, `bench`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::{
    reading::ReadingOptions,
    shared::{
        EndOptions, ExecOptions, HeadlessOptions, OnHangup, ScreenOptions, SettingOptions, Threads,
    },
    values::{ITERATIONS, minutes, whole},
};
use gan_tui_core::{
    dataset::Data,
    preset::{Preset, library},
};

/// What to train, and where to record it.
#[derive(Debug, Clone, Default, Args)]
pub struct RunOptions {
    /// Preset name or file [default: what suits the data: fast, fast-unlabelled or faces]
    #[arg(short, long, value_name = "NAME|FILE")]
    pub preset: Option<String>,
    #[arg(
        short, long, value_name = "NAME|DIR",
        help = format!("Training images: {}, or a folder, zip, tar, npz or npy", Data::names()),
    )]
    pub data: Option<String>,
    /// Number of iterations (overrides the preset)
    #[arg(
        short = 'n', long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.iterations.range.parse(text),
    )]
    pub iterations: Option<u64>,
    /// Stop after M minutes of training, save, and mark the run finished
    #[arg(short, long, value_name = "M", allow_negative_numbers = true, value_parser = minutes)]
    pub minutes: Option<f64>,
    /// Images per batch (overrides the preset)
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&Preset::DECLARED.batch.range, text),
    )]
    pub batch: Option<usize>,
    /// Random seed (overrides the preset)
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.seed.range.parse(text),
    )]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub settings: SettingOptions,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Write an event file for TensorBoard into the run directory
    #[arg(long)]
    pub tensorboard: bool,
    #[command(flatten)]
    pub threads: Threads,
    /// Run directory, new or empty [default: runs/<preset>-<time>]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct MonitorOptions {
    #[command(flatten)]
    pub run: RunOptions,
    /// What to do if the terminal disconnects: continue without the monitor, or save and stop
    #[arg(long, value_enum, default_value = "continue", value_name = "WHAT")]
    pub on_hangup: OnHangup,
    #[command(flatten)]
    pub end: EndOptions,
    #[command(flatten)]
    pub exec: ExecOptions,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

#[derive(Debug, Args)]
pub struct TrainOptions {
    #[command(flatten)]
    pub run: RunOptions,
    #[command(flatten)]
    pub headless: HeadlessOptions,
    /// Detach once training starts; reconnect with `attach`
    #[arg(long, conflicts_with = "json")]
    pub detach: bool,
    /// Resume the run in --out if an earlier job started it
    #[arg(long, requires = "out")]
    pub resume_auto: bool,
    /// Restart the run in --out if its checkpoints are lost; its old files are kept aside
    #[arg(long, requires = "out")]
    pub restart: bool,
}

#[derive(Debug, Args)]
#[command(group(
    ArgGroup::new("without_monitor").args(["headless", "detach"]).multiple(true)
))]
pub struct ResumeOptions {
    /// Run directory, or its name in runs/
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Total number of iterations (overrides the run's own)
    #[arg(
        short = 'n', long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.iterations.range.parse(text),
    )]
    pub iterations: Option<u64>,
    /// Stop after M more minutes of training, save, and mark the run finished
    #[arg(short, long, value_name = "M", allow_negative_numbers = true, value_parser = minutes)]
    pub minutes: Option<f64>,
    #[command(flatten)]
    pub settings: SettingOptions,
    #[command(flatten)]
    pub threads: Threads,
    /// Train without the monitor, as `train` does
    #[arg(long)]
    pub headless: bool,
    /// Detach once training starts; reconnect with `attach`
    #[arg(long)]
    pub detach: bool,
    /// Branch from the checkpoint at iteration N (requires --out)
    #[arg(long, value_name = "N", requires = "out")]
    pub from: Option<u64>,
    /// Continue in this new directory and leave the original run unchanged
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Restart from iteration 0 if the checkpoints are lost; the old files are kept aside
    #[arg(long, conflicts_with = "out")]
    pub restart: bool,
    /// Internal: run in the background, with the run's lock as standard input
    #[arg(long, hide = true, requires = "headless")]
    pub background: bool,
    /// Internal: start paused
    #[arg(long, hide = true, requires = "background")]
    pub paused: bool,
    /// Internal: the preset to train, in place of the run's
    #[arg(long, hide = true, requires = "background", value_name = "RON")]
    pub preset_text: Option<String>,
    /// Internal: the terminal that --notify is for
    #[arg(long, hide = true, requires = "background", value_name = "PATH")]
    pub notify_terminal: Option<PathBuf>,
    /// Internal: the run directory is new and nothing has been trained
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
        help = format!("Preset name or file [default: {}]", library::DEFAULT),
    )]
    pub preset: Option<String>,
    /// Number of iterations to measure
    #[arg(
        short, long, value_name = "N", default_value = "50", allow_negative_numbers = true,
        value_parser = |text: &str| ITERATIONS.parse(text),
    )]
    pub iterations: u64,
    /// Images per batch [default: the preset's]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&Preset::DECLARED.batch.range, text),
    )]
    pub batch: Option<usize>,
    #[command(flatten)]
    pub settings: SettingOptions,
    #[command(flatten)]
    pub threads: Threads,
    /// Show where the time goes: each layer's passes, their rates, and how long threads wait
    #[arg(long)]
    pub profile: bool,
    /// Print JSON; the median is `ms_per_iteration`
    #[arg(long)]
    pub json: bool,
}
