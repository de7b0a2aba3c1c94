//! The command line: every option, and the help that goes with it.

use std::path::PathBuf;

use clap::{
    Arg, Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use clap_complete::Shell;

use crate::{
    art::{Colors, Glyphs},
    command::{data::DataCommand, notify::Notify},
    event::Digits,
    export::gif,
    preset::{
        fields::{self, Whole},
        library,
    },
    run::paths,
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

const EXAMPLES: &str = "Examples:
  gan-tui                                     train the default preset and watch
  gan-tui --preset dcgan --data mnist         the reference, on MNIST
  gan-tui --read-only                         nobody pauses it by a key
  gan-tui train --minutes 5 --out runs/first  five minutes without the monitor
  gan-tui sample runs/first --out digits.png  draw what it has learnt";

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
    /// Write a run's frames or metrics as a file: an animation, a still, a contact sheet, a table, a chart
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

const TRAIN_EXAMPLES: &str = "Examples:
  gan-tui train --preset dcgan --data mnist --seed 7
  gan-tui train --minutes 10 --out runs/night > night.log
  gan-tui train --preset mine.ron --iterations 500 --quiet
  gan-tui train --minutes 30 --notify=osc9
  gan-tui train --out runs/night --detach         in the background; attach comes back to it
  gan-tui train --out runs/job --resume-auto      in a batch job that may be requeued

Ctrl-C (SIGINT) and SIGTERM end the run between two iterations, with a checkpoint saved; a second one leaves at once.
SIGUSR1 saves a checkpoint and goes on. SIGHUP changes nothing unless --on-hangup=stop.";

const RESUME_EXAMPLES: &str = "Examples:
  gan-tui resume runs/first                       in the monitor
  gan-tui resume runs/first --iterations 20000    further than it was to go
  gan-tui resume runs/first --headless --quiet    without the monitor, without a word
  gan-tui resume runs/first --detach              in the background
  gan-tui resume runs/first --from 500 --out runs/second    a branch, from an older checkpoint

What comes out is what would have come out without the interruption, bit for bit.";

const ATTACH_EXAMPLES: &str = "Examples:
  gan-tui attach                         the only run that goes on, or a list to choose from
  gan-tui attach runs/first
  gan-tui attach runs/first --read-only  only look on

d leaves the run to go on, q ends it. Several may look on at the same time.";

const REPLAY_EXAMPLES: &str = "Examples:
  gan-tui replay runs/first                           as fast as it was
  gan-tui replay runs/first --speed 20 --from 500     twenty times as fast, from iteration 500
  gan-tui replay /mnt/cluster/runs/night --speed 100  follows one that grows, on a shared disk

space stops and goes on, left and right go by a frame, [ and ] by ten, Home and End to the ends, < and > change the speed.";

const SAMPLE_EXAMPLES: &str = "Examples:
  gan-tui sample runs/first                               64 images as block characters
  gan-tui sample runs/first --count 100 --out digits.png  a grid of 10 by 10
  gan-tui sample runs/first --count 10000 --out s.npy     uint8 (10000, 28, 28) for NumPy
  gan-tui sample runs/first --count 8 --out walk.gif      a walk through eight latents
  gan-tui sample runs/first --count 2 --interpolate 16    from one latent to another
  gan-tui sample runs/first --confident 0.99 --save-latents good.npy
  gan-tui sample runs/mine --digits 2026                  a number, with a preset that is told its digits
  gan-tui sample runs/first/checkpoints/00000500.safetensors --seed 7

The ending of the file picks the format: .png and .svg a grid, .npy an array, .txt and .ans block characters, .gif and .apng a walk.";

const SCORE_EXAMPLES: &str = "Examples:
  gan-tui score runs/first                        10,000 samples of its newest checkpoint
  gan-tui score runs/first/checkpoints/best.safetensors --json
  gan-tui score samples.npy                       uint8 (n, 28, 28), as sample --out samples.npy writes it
  gan-tui score runs/first --data my-digits       against other images than MNIST's test images

The figure to compare is the Fr\u{e9}chet distance between the samples' features and real images', less being better; the features are those of a
small classifier of digits that the program carries. It depends on how many samples are looked at, so compare equal numbers only. The floor
is what as many real training images score.";

const EXPORT_EXAMPLES: &str = "Examples:
  gan-tui export runs/first                            an animation, first.gif
  gan-tui export runs/first --out last.png             the last frame
  gan-tui export runs/first --to 500 --out early.png   that of iteration 500
  gan-tui export runs/first --latent 3 --scale 8 --every 100 --out three.apng
  gan-tui export runs/first --sheet                    frames side by side with their iterations, first.png
  gan-tui export runs/first --out metrics.csv          losses and the like, a row for each iteration
  gan-tui export runs/first --chart                    the same as curves, first.svg

The ending of the file picks the format: .gif, .apng and .cast (asciinema) an animation; .png, .svg, .npy, .txt and .ans the last frame; .csv the
metrics.";

const RUNS_EXAMPLES: &str = "Examples:
  gan-tui runs
  gan-tui runs ~/experiments --json
  gan-tui runs remove runs/first runs/second";

const PRESETS_EXAMPLES: &str = "Examples:
  gan-tui presets list
  gan-tui presets show dcgan > mine.ron    a complete commented file to start from
  gan-tui presets check mine.ron           whether it is a good one
  gan-tui presets diff dcgan mine.ron      what it does differently
  gan-tui presets fields                   every field: type, unit, range, default
  gan-tui train --preset mine.ron

A file in ~/.config/gan-tui/presets is a preset by its name without .ron, and stands in for a built-in one of that name.";

const DATA_EXAMPLES: &str = "Examples:
  gan-tui data list
  gan-tui data fetch mnist                    get MNIST once
  gan-tui data check ~/my-drawings            what a folder holds, and a page of it
  gan-tui data export --out digits.npy --labels labels.npy";

const BENCH_EXAMPLES: &str = "Examples:
  gan-tui bench                             the reference, at its batch, on all cores
  gan-tui bench --batch 128 --threads 1
  gan-tui bench --preset quick --json | jq .ms_per_iteration";

const CONFIG_EXAMPLE: &str = "Example:
  gan-tui config > ~/.config/gan-tui/config.ron";

const COMPLETIONS_EXAMPLE: &str = "Example:
  gan-tui completions bash > ~/.local/share/bash-completion/completions/gan-tui";

const MAN_EXAMPLES: &str = "Examples:
  gan-tui man > gan-tui.1
  gan-tui man --dir man1";

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
    #[command(after_help = "Examples:\n  gan-tui presets diff dcgan quick\n  gan-tui presets diff dcgan mine.ron")]
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
    /// Images to learn from: auto, synthetic, mnist, fashion-mnist, kmnist or a folder
    #[arg(short, long, value_name = "NAME|DIR")]
    pub data: Option<String>,
    /// Iterations, in place of the preset's
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| fields::ITERATIONS.parse(text))]
    pub iterations: Option<u64>,
    /// Stop after so many minutes of training, saved and marked finished
    #[arg(short, long, value_name = "M", allow_negative_numbers = true, value_parser = minutes)]
    pub minutes: Option<f64>,
    /// Images in a batch, in place of the preset's
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&fields::BATCH, text))]
    pub batch: Option<usize>,
    /// Seed of everything random, in place of the preset's
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| fields::SEED.parse(text))]
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
    /// When the run has ended, ring the terminal's bell, or show a notification as well (OSC 9 or 777)
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "bell")]
    pub notify: Option<Notify>,
}

/// How the monitor draws.
#[derive(Debug, Args)]
pub struct ScreenOptions {
    #[command(flatten)]
    pub look: LookOptions,
    /// Screens drawn in a second at most [default: 10, over SSH 4]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| frequency(&FPS, text))]
    pub fps: Option<u32>,
    /// Kilobytes sent to the terminal in a second on average at most; pictures wait first [default: over SSH 24]
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
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| fields::ITERATIONS.parse(text))]
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
    /// This process was started to go on in the background; the lock is its standard input
    #[arg(long, hide = true, requires = "headless")]
    pub background: bool,
    /// Begin with a pause
    #[arg(long, hide = true, requires = "background")]
    pub paused: bool,
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
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, default_value = "1", value_parser = |text: &str| fields::SEED.parse(text))]
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
    /// Draw the numbers of the latents anew that are further from zero: plainer images, and less different ones
    #[arg(long, value_name = "BOUND", allow_negative_numbers = true, value_parser = |text: &str| bounded(text, 0.01, 10.0))]
    pub truncation: Option<f32>,
    /// Search for images that the classifier reads with so much confidence, and as the digit asked for
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
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| fields::SEED.parse(text))]
    pub seed: Option<u64>,
    /// Compare with the images of this folder (its test images where it has such) instead of MNIST's test images
    #[arg(long, value_name = "DIR")]
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
    /// The file; its ending is the format [default: <run>.gif, with --sheet <run>.png, with --chart <run>.svg]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A contact sheet: frames side by side with their iterations, as .png or .svg; up to 20 spread over the run unless --every says which
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
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| fields::FRAME_EVERY.parse(text))]
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
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = |text: &str| whole(&fields::BATCH, text))]
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

/// A screen that nobody can follow is of no use.
const FPS: Whole = Whole { field: "fps", min: 1, max: 60 };

/// From a slow modem to more than any terminal reads.
const RATE: Whole = Whole { field: "rate", min: 1, max: 1_000_000 };

/// A bench that takes an hour tells no more than one that takes a minute.
const ITERATIONS: Whole = Whole { field: "iterations", min: 1, max: 100_000 };

const GIF_FPS: Whole = Whole { field: "fps", min: 1, max: gif::MOST_FPS as u64 };
const SCALE: Whole = Whole { field: "scale", min: 1, max: 32 };

/// What fits in memory; larger sets are drawn with several seeds.
pub(crate) const COUNT: Whole = Whole { field: "count", min: 1, max: 1_000_000 };

/// Fewer say nothing about a distance between 64 features.
const SCORED: Whole = Whole { field: "count", min: 100, max: 1_000_000 };

/// Images from one latent to the next.
const STEPS: Whole = Whole { field: "interpolate", min: 2, max: 10_000 };

/// Of `resume`: what is of the monitor does not go with `--headless`, and what is of a run without it needs that.
fn only_where_it_does_something(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "quiet" => option.requires("headless"),
        "notify" => option.conflicts_with("detach"),
        "glyphs" | "color" | "fps" | "rate" | "read_only" => option.conflicts_with_all(["headless", "detach"]),
        _ => option,
    }
}

/// More threads than any machine that this is for has cores.
const THREADS: Whole = Whole { field: "threads", min: 1, max: 1024 };

fn whole(rule: &Whole, text: &str) -> Result<usize, String> {
    rule.parse(text).map(|value| value as usize)
}

fn frequency(rule: &Whole, text: &str) -> Result<u32, String> {
    rule.parse(text).map(|value| value as u32)
}

fn bounded(text: &str, least: f32, most: f32) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("expected a number from {least} to {most}"))
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| (0.01..=10_000.0).contains(speed));
    speed.ok_or_else(|| "expected a number from 0.01 to 10000".into())
}

fn minutes(text: &str) -> Result<f64, String> {
    const YEAR: f64 = 525_600.0;
    let minutes = text.parse().ok().filter(|&minutes: &f64| minutes > 0.0 && minutes <= YEAR);
    minutes.ok_or_else(|| format!("expected a number above 0 and up to {YEAR}"))
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
