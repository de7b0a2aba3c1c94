//! Options that several commands have in common.

use clap::{
    Args, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};

use super::values::{FPS, RATE, THREADS, frequency, whole};
use gan_tui_engine::train;
use gan_tui_store::art::{Colors, Glyphs};

/// How many threads compute.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Threads {
    /// Threads that compute [default: the cores this process may use]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&THREADS, text),
    )]
    pub threads: Option<usize>,
}

impl Threads {
    /// Returns the number asked for, else that of the cores this process may use.
    pub fn count(self) -> usize {
        self.threads.unwrap_or_else(train::available_threads)
    }
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

impl Default for HeadlessOptions {
    fn default() -> Self {
        Self { quiet: false, on_hangup: OnHangup::Continue, end: EndOptions::default() }
    }
}

/// What a run does at SIGHUP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnHangup {
    Continue,
    Stop,
}

/// Who is told of a run's end.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct EndOptions {
    /// When the run has ended, ring the terminal's bell, or show a notification as well (OSC 9 or
    /// 777)
    #[arg(
        long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true,
        default_missing_value = "bell",
    )]
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
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| frequency(&FPS, text),
    )]
    pub fps: Option<u32>,
    /// Kilobytes sent to the terminal in a second on average at most; pictures wait first [default:
    /// over SSH 24]
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| frequency(&RATE, text),
    )]
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
