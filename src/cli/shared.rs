//! Options that several commands have in common.

use clap::{
    Args, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};

use super::{
    report,
    values::{FPS, RATE, THREADS, frequency, whole},
};
use gan_tui_core::preset::Setting;
use gan_tui_engine::train;
use gan_tui_monitor::PictureMode;
use gan_tui_store::art::{Colors, Glyphs};

/// How many threads compute.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Threads {
    /// Number of compute threads [default: the cores available to this process, or fewer if
    /// OMP_NUM_THREADS or the scheduler says so]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&THREADS, text),
    )]
    pub threads: Option<usize>,
}

impl Threads {
    /// Returns the number asked for, else what the machine and the environment allow; warns of what
    /// cannot be understood.
    pub fn chosen(self) -> train::Threads {
        let (threads, ignored) = self.choose();
        ignored.iter().for_each(|line| report::warn(line));
        threads
    }

    /// The same, with the warnings returned.
    pub fn choose(self) -> (train::Threads, Vec<String>) {
        train::Threads::choose(self.threads)
    }
}

/// Fields of a preset that are set on the command line.
#[derive(Debug, Clone, Default, Args)]
pub struct SettingOptions {
    /// Set a field of the preset; may be repeated. Fields within another follow a dot:
    /// generator.learning_rate=1e-3
    #[arg(
        long = "set", value_name = "FIELD=VALUE",
        value_parser = |text: &str| text.parse::<Setting>(),
    )]
    pub set: Vec<Setting>,
}

/// How a run without the monitor behaves.
#[derive(Debug, Clone, Args)]
pub struct HeadlessOptions {
    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,
    /// Print one line of JSON when the run has ended, and everything else on stderr
    #[arg(long)]
    pub json: bool,
    /// What to do if the terminal disconnects: continue, or save and stop
    #[arg(long, value_enum, default_value = "continue", value_name = "WHAT")]
    pub on_hangup: OnHangup,
    #[command(flatten)]
    pub end: EndOptions,
    #[command(flatten)]
    pub exec: ExecOptions,
}

/// What is run when something happens to a run.
#[derive(Debug, Clone, Default, Args)]
pub struct ExecOptions {
    /// Run this shell command at the end, a failure, the best score, a stall and mode collapse;
    /// GAN_TUI_EVENT says which
    #[arg(long = "exec", value_name = "COMMAND")]
    pub command: Option<String>,
}

/// What a run does on SIGHUP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnHangup {
    Continue,
    Stop,
}

/// How the end of a run is announced.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct EndOptions {
    /// Ring the terminal's bell when the run ends, or also show a notification (OSC 9 or 777)
    #[arg(
        long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true,
        default_missing_value = "bell",
    )]
    pub notify: Option<Notify>,
}

/// How a terminal announces the end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Notify {
    /// Bell, supported by every terminal
    Bell,
    /// Bell and notification (iTerm2, Windows Terminal, WezTerm, kitty)
    Osc9,
    /// Bell and notification (urxvt, foot, Ghostty, VTE)
    Osc777,
}

/// How the monitor draws.
#[derive(Debug, Clone, Args)]
pub struct ScreenOptions {
    #[command(flatten)]
    pub look: LookOptions,
    /// Maximum screen updates per second [default: 10, over SSH 4]
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| frequency(&FPS, text),
    )]
    pub fps: Option<u32>,
    /// Maximum average output in kB/s; text is sent before images [default: unlimited, over SSH
    /// 24]
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| frequency(&RATE, text),
    )]
    pub rate: Option<u32>,
    /// Disable keys that change the run
    #[arg(long)]
    pub read_only: bool,
}

/// How images are drawn as characters.
#[derive(Debug, Clone, Args)]
pub struct LookOptions {
    /// Characters to draw images with; ascii draws everything with ASCII
    #[arg(long, value_name = "SET", default_value = "auto", value_parser = glyphs())]
    pub glyphs: Choice<Glyphs>,
    /// Colours to draw images with
    #[arg(long, value_name = "TIER", default_value = "auto", value_parser = colors())]
    pub color: Choice<Colors>,
    /// How images reach the screen: as pixels by kitty's graphics protocol, sixel or iTerm2's inline
    /// images, or as characters [default: what the terminal says it can do; characters where images
    /// are printed]
    #[arg(long, value_name = "HOW", value_parser = pictures())]
    pub pictures: Option<PictureMode>,
}

/// A value from the command line, or the environment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<T> {
    Auto,
    Is(T),
}

impl<T> Choice<T> {
    /// Returns the value from the command line, else `found`.
    pub fn or(self, found: T) -> T {
        match self {
            Self::Auto => found,
            Self::Is(said) => said,
        }
    }
}

fn pictures() -> impl TypedValueParser<Value = PictureMode> {
    PossibleValuesParser::new(PictureMode::ALL.map(PictureMode::name))
        .map(|name| name.parse().unwrap_or_default())
}

fn glyphs() -> impl TypedValueParser<Value = Choice<Glyphs>> {
    let names = ["auto"].into_iter().chain(Glyphs::ALL.map(Glyphs::name));
    PossibleValuesParser::new(names).map(|name| name.parse().map_or(Choice::Auto, Choice::Is))
}

fn colors() -> impl TypedValueParser<Value = Choice<Colors>> {
    let names = ["auto"].into_iter().chain(Colors::ALL.map(Colors::name));
    PossibleValuesParser::new(names).map(|name| name.parse().map_or(Choice::Auto, Choice::Is))
}
