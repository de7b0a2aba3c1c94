//! Options of the commands that show a run: `attach`, `replay`.

use std::path::PathBuf;

use clap::Args;

use super::{
    shared::{EndOptions, ScreenOptions},
    values::speed,
};

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
    #[arg(
        long, value_name = "X", default_value = "1", allow_negative_numbers = true,
        value_parser = speed,
    )]
    pub speed: f64,
    /// Begin at this iteration
    #[arg(long, value_name = "N")]
    pub from: Option<u64>,
    #[command(flatten)]
    pub screen: ScreenOptions,
}
