//! The command line: options with their help, and what commands print.

use std::path::PathBuf;

use clap::{Arg, Parser, Subcommand};
use clap_complete::Shell;

pub mod bar;
mod comparing;
mod data;
mod examples;
mod images;
pub mod look;
pub mod output;
pub mod plan;
mod presets;
mod reading;
pub mod report;
mod runs;
mod shared;
mod sweep;
pub mod terminal;
mod training;
mod values;
mod watching;

pub use comparing::{CompareOptions, WatchOptions};
pub use data::DataCommand;
pub use images::{ExportOptions, ReportOptions, SampleOptions, ScoreOptions};
pub use presets::PresetsCommand;
pub use reading::{DatasetOptions, ReadingOptions};
pub use runs::{RunsCommand, RunsOptions};
pub use shared::{
    Choice, EndOptions, ExecOptions, HeadlessOptions, LookOptions, Notify, OnHangup, ScreenOptions,
    SettingOptions, Threads,
};
pub use sweep::{Engine, SweepCommand, SweepRunOptions};
pub use training::{BenchOptions, MonitorOptions, ResumeOptions, RunOptions, TrainOptions};
pub use values::COUNT;
pub use watching::{AttachOptions, BrowseOptions, ReplayOptions};

use examples::{
    ATTACH_EXAMPLES, BENCH_EXAMPLES, BROWSE_EXAMPLES, COMPARE_EXAMPLES, COMPLETIONS_EXAMPLE,
    CONFIG_EXAMPLE, DATA_EXAMPLES, EXAMPLES, MAN_EXAMPLES, PRESETS_EXAMPLES, REPLAY_EXAMPLES,
    REPORT_EXAMPLES, RESUME_EXAMPLES, RUNS_EXAMPLES, SAMPLE_EXAMPLES, SCORE_EXAMPLES,
    SWEEP_EXAMPLES, TRAIN_EXAMPLES, WATCH_EXAMPLES, export_examples,
};

/// Train a small image GAN in your terminal and watch it learn to draw digits, faces or
/// your own pictures
///
/// Without a command, start training and open the monitor.
#[derive(Debug, Parser)]
#[command(
    name = "gan-tui", version, args_conflicts_with_subcommands = true, max_term_width = 100,
    after_help = EXAMPLES,
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub monitor: MonitorOptions,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train without the monitor: a progress bar on a terminal, plain lines elsewhere
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(TrainOptions),
    /// Resume a run from its latest checkpoint
    #[command(after_help = RESUME_EXAMPLES, mut_args = only_where_it_does_something)]
    Resume(ResumeOptions),
    /// Attach the monitor to a run in another process
    #[command(after_help = ATTACH_EXAMPLES)]
    Attach(AttachOptions),
    /// Replay a recorded run in the monitor, at any speed and from any iteration
    #[command(after_help = REPLAY_EXAMPLES, mut_arg("read_only", |option| option.hide(true)))]
    Replay(ReplayOptions),
    /// Generate images with a trained generator
    #[command(after_help = SAMPLE_EXAMPLES)]
    Sample(SampleOptions),
    /// Score a generator's digits, or images from a file
    #[command(after_help = SCORE_EXAMPLES)]
    Score(ScoreOptions),
    /// Export a run's frames, metrics or generator to a file: animation, still image, contact sheet,
    /// table, chart or model
    #[command(after_help = export_examples())]
    Export(ExportOptions),
    /// Write one self-contained web page about a run, with its generator
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportOptions),
    /// List runs with state, preset, iteration, last losses and size on disk
    #[command(after_help = RUNS_EXAMPLES, args_conflicts_with_subcommands = true)]
    Runs(RunsOptions),
    /// Browse the runs of a folder: live list, sort, filter, notes, open, compare, stop, remove
    #[command(after_help = BROWSE_EXAMPLES)]
    Browse(BrowseOptions),
    /// Watch what any program logs: TensorBoard's event files, tables and numbered images
    #[command(after_help = WATCH_EXAMPLES)]
    Watch(WatchOptions),
    /// Compare runs: curves over each other, images side by side, means and ranges over seeds
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareOptions),
    /// Run a grid of presets as tasks, alone or under a scheduler
    #[command(after_help = SWEEP_EXAMPLES)]
    Sweep {
        #[command(subcommand)]
        command: SweepCommand,
    },
    /// List, show, check and compare presets
    #[command(after_help = PRESETS_EXAMPLES)]
    Presets {
        #[command(subcommand)]
        command: Option<PresetsCommand>,
    },
    /// List, check, fetch and export datasets
    #[command(after_help = DATA_EXAMPLES)]
    Data {
        #[command(subcommand)]
        command: Option<DataCommand>,
    },
    /// Measure how fast this machine trains
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(BenchOptions),
    /// Print the monitor's configuration file with all keys and the theme, ready to edit
    #[command(after_help = CONFIG_EXAMPLE)]
    Config,
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLE)]
    Completions {
        /// Shell to complete in
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// Write one page per command to this folder
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// For `resume`: options of the monitor conflict with `--headless` and `--detach`, and options of a
/// run without the monitor require one of them.
fn only_where_it_does_something(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "quiet" => option.requires("without_monitor"),
        "json" => option.requires("headless").conflicts_with("detach"),
        "glyphs" | "color" | "pictures" | "fps" | "rate" | "read_only" => {
            option.conflicts_with_all(["headless", "detach"])
        }
        _ => option,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    /// Every command shows how it is used.
    #[test]
    fn every_command_has_an_example() {
        fn look(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "{} has none", command.get_name());
            command.get_subcommands().filter(|command| command.get_name() != "help").for_each(look);
        }
        look(&Cli::command());
    }
}
