//! The command line: every option, and the help that goes with it.

use std::path::PathBuf;

use clap::{
    Arg, Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use clap_complete::Shell;

use gan_tui_core::{
    dataset::Data,
    event::Digits,
    preset::{Preset, library},
};
use gan_tui_store::{
    art::{Colors, Glyphs},
    run::paths,
};

pub mod bar;
mod data;
mod examples;
pub mod look;
pub mod output;
pub mod plan;
pub mod report;
mod values;

pub use data::DataCommand;

use examples::{
    ATTACH_EXAMPLES, BENCH_EXAMPLES, COMPLETIONS_EXAMPLE, CONFIG_EXAMPLE, DATA_EXAMPLES, EXAMPLES,
    EXPORT_EXAMPLES, MAN_EXAMPLES, PRESETS_EXAMPLES, REPLAY_EXAMPLES, RESUME_EXAMPLES,
    RUNS_EXAMPLES, SAMPLE_EXAMPLES, SCORE_EXAMPLES, TRAIN_EXAMPLES,
};
pub(crate) use values::COUNT;
use values::{
    FPS, GIF_FPS, ITERATIONS, RATE, SCALE, SCORED, STEPS, THREADS, bounded, frequency, minutes,
    speed, whole,
};

/// Train a small image GAN in your terminal and watch it learn to write digits
///
/// Without a command: the monitor, which trains and shows it happening.
#[derive(Debug, Parser)]
#[command(name = "gan-tui", version, args_conflicts_with_subcommands = true, max_term_width = 100, after_help = EXAMPLES)]
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
    /// Go on from a run's last checkpoint
    #[command(after_help = RESUME_EXAMPLES, mut_args = only_where_it_does_something)]
    Resume(ResumeOptions),
    /// The monitor on a run that goes on in another process
    #[command(after_help = ATTACH_EXAMPLES)]
    Attach(AttachOptions),
    /// The monitor on a run's files: played at any speed, from any place
    #[command(after_help = REPLAY_EXAMPLES, mut_arg("read_only", |option| option.hide(true)))]
    Replay(ReplayOptions),
    /// Draw images with a trained generator
    #[command(after_help = SAMPLE_EXAMPLES)]
    Sample(SampleOptions),
    /// Tell how good digits are: a generator's, or those in a file
    #[command(after_help = SCORE_EXAMPLES)]
    Score(ScoreOptions),
    /// Write a run's frames or metrics as a file: an animation, a still, a contact sheet, a table,
    /// a chart
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportOptions),
    /// List runs: state, preset, iteration, last losses, size on disk
    #[command(after_help = RUNS_EXAMPLES, args_conflicts_with_subcommands = true)]
    Runs(RunsOptions),
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
    /// Print the monitor's keys and theme as a file, ready to edit
    #[command(after_help = CONFIG_EXAMPLE)]
    Config,
    /// Print a script that completes commands and options in a shell
    #[command(after_help = COMPLETIONS_EXAMPLE)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// Write a page for each command into this folder instead
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum PresetsCommand {
    /// List the presets there are: those built in, and those in ~/.config/gan-tui/presets
    #[command(after_help = "Examples:\n  gan-tui presets list\n  gan-tui presets list --json")]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a preset as a commented file, with the layers of its networks in comments below
    #[command(after_help = "Example:\n  gan-tui presets show dcgan > mine.ron")]
    Show {
        /// Name or file
        preset: String,
    },
    /// Tell whether files are good presets
    #[command(after_help = "Example:\n  gan-tui presets check mine.ron yours.ron")]
    Check {
        /// Files, or names
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
    },
    /// Tell the fields in which two presets differ
    #[command(
        after_help = "Examples:\n  gan-tui presets diff dcgan quick\n  gan-tui presets diff dcgan mine.ron"
    )]
    Diff {
        /// Name or file
        a: String,
        /// Name or file
        b: String,
    },
    /// Print a reference of every field: type, unit, range, default
    #[command(after_help = "Example:\n  gan-tui presets fields | less")]
    Fields,
}

/// What is trained, and where it goes.
#[derive(Debug, Clone, Default, Args)]
pub struct RunOptions {
    #[arg(short, long, value_name = "NAME|FILE", help = format!("Name of a preset, or a file [default: {}]", library::DEFAULT))]
    pub preset: Option<String>,
    #[arg(short, long, value_name = "NAME|DIR", help = format!("Images to learn from: {} or a folder", Data::names()))]
    pub data: Option<String>,
    /// Iterations, in place of the preset's
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| Preset::DECLARED.iterations.range.parse(text))]
    pub iterations: Option<u64>,
    /// Stop after so many minutes of training, saved and marked finished
    #[arg(short, long, value_name = "M", allow_negative_numbers = true, value_parser = minutes)]
    pub minutes: Option<f64>,
    /// Images in a batch, in place of the preset's
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&Preset::DECLARED.batch.range, text))]
    pub batch: Option<usize>,
    /// Seed of everything random, in place of the preset's
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| Preset::DECLARED.seed.range.parse(text))]
    pub seed: Option<u64>,
    /// Threads that compute [default: the cores this process may use]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&THREADS, text))]
    pub threads: Option<usize>,
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

/// Who is told of a run's end.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct EndOptions {
    /// When the run has ended, ring the terminal's bell, or show a notification as well (OSC 9 or
    /// 777)
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "bell")]
    pub notify: Option<Notify>,
}

/// How a terminal is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Notify {
    /// The bell, which every terminal has
    Bell,
    /// A notification as iTerm2, Windows Terminal, WezTerm and kitty show it, and the bell
    Osc9,
    /// A notification as urxvt, foot, Ghostty and VTE's terminals show it, and the bell
    Osc777,
}

/// How the monitor draws.
#[derive(Debug, Args)]
pub struct ScreenOptions {
    #[command(flatten)]
    pub look: LookOptions,
    /// Screens drawn in a second at most [default: 10, over SSH 4]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| frequency(&FPS, text))]
    pub fps: Option<u32>,
    /// Kilobytes sent to the terminal in a second on average at most; pictures wait first [default:
    /// over SSH 24]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| frequency(&RATE, text))]
    pub rate: Option<u32>,
    /// Only look on: keys that would change the run are refused
    #[arg(long)]
    pub read_only: bool,
}

/// How pictures become characters.
#[derive(Debug, Args)]
pub struct LookOptions {
    /// Characters that pictures are drawn with
    #[arg(long, value_name = "SET", default_value = "auto", value_parser = glyphs())]
    pub glyphs: Choice<Glyphs>,
    /// Colours that pictures are drawn in
    #[arg(long, value_name = "TIER", default_value = "auto", value_parser = colors())]
    pub color: Choice<Colors>,
}

/// What the command line says, or leaves to the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<T> {
    Auto,
    Is(T),
}

impl<T> Choice<T> {
    /// What was said, else what was found.
    pub fn or(self, found: T) -> T {
        match self {
            Self::Auto => found,
            Self::Is(said) => said,
        }
    }
}

fn glyphs() -> impl TypedValueParser<Value = Choice<Glyphs>> {
    let names = ["auto"].into_iter().chain(Glyphs::ALL.map(Glyphs::name));
    PossibleValuesParser::new(names).map(|name| name.parse().map_or(Choice::Auto, Choice::Is))
}

fn colors() -> impl TypedValueParser<Value = Choice<Colors>> {
    let names = ["auto"].into_iter().chain(Colors::ALL.map(Colors::name));
    PossibleValuesParser::new(names).map(|name| name.parse().map_or(Choice::Auto, Choice::Is))
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

/// How a run without the monitor behaves.
#[derive(Debug, Clone, Copy, Args)]
pub struct HeadlessOptions {
    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
    /// When the terminal goes away: go on, or save and end
    #[arg(long, value_enum, default_value = "continue", value_name = "WHAT")]
    pub on_hangup: OnHangup,
    #[command(flatten)]
    pub end: EndOptions,
}

#[derive(Debug, Args)]
pub struct ResumeOptions {
    /// The run's directory, or its name in runs/
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Iterations of the whole run, in place of those it was to have
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| Preset::DECLARED.iterations.range.parse(text))]
    pub iterations: Option<u64>,
    /// Stop after so many more minutes of training, saved and marked finished
    #[arg(short, long, value_name = "M", allow_negative_numbers = true, value_parser = minutes)]
    pub minutes: Option<f64>,
    /// Threads that compute [default: the cores this process may use]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&THREADS, text))]
    pub threads: Option<usize>,
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
pub struct AttachOptions {
    /// The run's directory, or its name in runs/ [default: the only one that goes on]
    #[arg(value_name = "RUN")]
    pub run: Option<PathBuf>,
    #[command(flatten)]
    pub end: EndOptions,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

#[derive(Debug, Args)]
pub struct ReplayOptions {
    /// The run's directory, or its name in runs/
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Times as fast as it was
    #[arg(long, value_name = "X", default_value = "1", allow_negative_numbers = true, value_parser = speed)]
    pub speed: f64,
    /// Begin at this iteration
    #[arg(long, value_name = "N")]
    pub from: Option<u64>,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

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

#[derive(Debug, Args)]
pub struct SampleOptions {
    /// A run (its newest checkpoint), or a checkpoint file
    #[arg(value_name = "RUN|CHECKPOINT")]
    pub from: PathBuf,
    /// How many images, or how often the number of --digits [default: 64, with --digits 1]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&COUNT, text))]
    pub count: Option<usize>,
    /// Write this number as one picture, with a preset that is told its digits, such as digits
    #[arg(short, long, value_name = "NUMBER", value_parser = |text: &str| text.parse::<Digits>())]
    pub digits: Option<Digits>,
    /// Seed of the latents
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, default_value = "1", value_parser = |text: &str| Preset::DECLARED.seed.range.parse(text))]
    pub seed: u64,
    /// Draw these latents: float32 (n, latent), such as --save-latents writes
    #[arg(short, long, value_name = "FILE.npy", conflicts_with_all = ["count", "seed", "truncation", "confident"])]
    pub latents: Option<PathBuf>,
    /// Write the latents that were drawn, to draw them again or with another checkpoint
    #[arg(long, value_name = "FILE.npy")]
    pub save_latents: Option<PathBuf>,
    /// The way from each latent to the next, so many images each, in a row
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&STEPS, text))]
    pub interpolate: Option<usize>,
    /// Draw the numbers of the latents anew that are further from zero: plainer images, and less
    /// different ones
    #[arg(long, value_name = "BOUND", allow_negative_numbers = true, value_parser = |text: &str| bounded(text, 0.01, 10.0))]
    pub truncation: Option<f32>,
    /// Search for images that the classifier reads with so much confidence, and as the digit asked
    /// for
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = |text: &str| bounded(text, 0.0, 1.0))]
    pub confident: Option<f32>,
    /// Write a file instead of block characters: .png, .svg, .npy, .txt, .ans, .gif or .apng
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Say nothing but errors and warnings
    #[arg(short, long, requires = "out")]
    pub quiet: bool,
    /// Threads that compute [default: the cores this process may use]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&THREADS, text))]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub look: LookOptions,
}

#[derive(Debug, Args)]
pub struct ScoreOptions {
    /// A run (its newest checkpoint), a checkpoint file, or images as uint8 (n, 28, 28)
    #[arg(value_name = "RUN|CHECKPOINT|FILE.npy")]
    pub from: PathBuf,
    /// Samples to draw [default: 10000]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&SCORED, text))]
    pub count: Option<usize>,
    /// Seed of the latents [default: 1]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| Preset::DECLARED.seed.range.parse(text))]
    pub seed: Option<u64>,
    /// Compare with the images of this folder (its test images where it has such), or with the
    /// embedded digits (synthetic), instead of MNIST's test images
    #[arg(long, value_name = "DIR|synthetic")]
    pub data: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Threads that compute [default: the cores this process may use]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&THREADS, text))]
    pub threads: Option<usize>,
}

#[derive(Debug, Args)]
pub struct ExportOptions {
    /// The run's directory, or its name in runs/
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// The file; its ending is the format [default: <run>.gif, with --sheet <run>.png, with --chart
    /// <run>.svg]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A contact sheet: frames side by side with their iterations, as .png or .svg; up to 20 spread
    /// over the run unless --every says which
    #[arg(long, conflicts_with = "chart")]
    pub sheet: bool,
    /// The metrics as curves, as .svg or .png
    #[arg(long)]
    pub chart: bool,
    /// First iteration
    #[arg(long, value_name = "N")]
    pub from: Option<u64>,
    /// Last iteration
    #[arg(long, value_name = "N")]
    pub to: Option<u64>,
    /// At least so many iterations between two frames or rows
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| Preset::DECLARED.frame_every.range.parse(text))]
    pub every: Option<u64>,
    /// Frames of an animation in a second [default: 20]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| frequency(&GIF_FPS, text))]
    pub fps: Option<u32>,
    /// Pixels that each pixel becomes, across and down [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&SCALE, text))]
    pub scale: Option<usize>,
    /// One of the fixed latents, from 0, instead of the grid of all
    #[arg(long, value_name = "N")]
    pub latent: Option<usize>,
    /// Say nothing but errors and warnings
    #[arg(short, long)]
    pub quiet: bool,
}

impl Default for HeadlessOptions {
    fn default() -> Self {
        Self { quiet: false, on_hangup: OnHangup::Continue, end: EndOptions::default() }
    }
}

#[derive(Debug, Args)]
pub struct BenchOptions {
    #[arg(short, long, value_name = "NAME|FILE", help = format!("The preset, by name or file [default: {}]", library::DEFAULT))]
    pub preset: Option<String>,
    /// Iterations to measure
    #[arg(short, long, value_name = "N", default_value = "50", allow_negative_numbers = true, value_parser = |text: &str| ITERATIONS.parse(text))]
    pub iterations: u64,
    /// Images in a batch [default: the preset's]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&Preset::DECLARED.batch.range, text))]
    pub batch: Option<usize>,
    /// Threads that compute [default: the cores this process may use]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&THREADS, text))]
    pub threads: Option<usize>,
    /// As JSON; the median is `ms_per_iteration`
    #[arg(long)]
    pub json: bool,
}

/// What a run does at SIGHUP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnHangup {
    Continue,
    Stop,
}

/// Of `resume`: what is of the monitor does not go with `--headless`, and what is of a run without
/// it needs that.
fn only_where_it_does_something(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "quiet" => option.requires("headless"),
        "notify" => option.conflicts_with("detach"),
        "glyphs" | "color" | "fps" | "rate" | "read_only" => {
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
