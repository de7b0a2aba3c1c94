//! Options of the commands that show runs: `attach`, `replay`, `browse`.

use std::path::PathBuf;

use clap::Args;

use super::{
    shared::{EndOptions, ScreenOptions},
    values::speed,
};
use gan_tui_store::run::paths;

#[derive(Debug, Args)]
pub struct AttachOptions {
    /// Run directory, or its name in runs/ [default: the only active run]
    #[arg(value_name = "RUN")]
    pub run: Option<PathBuf>,
    #[command(flatten)]
    pub end: EndOptions,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

#[derive(Debug, Args)]
pub struct ReplayOptions {
    /// Run directory, or its name in runs/
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Playback speed relative to the original
    #[arg(
        long, value_name = "X", default_value = "1", allow_negative_numbers = true,
        value_parser = speed,
    )]
    pub speed: f64,
    /// Start at this iteration
    #[arg(long, value_name = "N")]
    pub from: Option<u64>,
    #[command(flatten)]
    pub screen: ScreenOptions,
}

#[derive(Debug, Args)]
pub struct BrowseOptions {
    /// Folder with the runs
    #[arg(default_value = paths::RUNS)]
    pub dir: PathBuf,
    #[command(flatten)]
    pub screen: ScreenOptions,
}
