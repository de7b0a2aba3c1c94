//! Options of the commands that make images or measure them: `sample`, `score`, `export`.

use std::path::PathBuf;

use clap::Args;

use crate::formats::image_formats;

use super::{
    shared::{LookOptions, Threads},
    values::{COUNT, GIF_FPS, SCALE, SCORED, STEPS, bounded, frequency, whole},
};
use gan_tui_core::{event::Digits, preset::Preset};

#[derive(Debug, Args)]
pub struct SampleOptions {
    /// A run (its newest checkpoint), or a checkpoint file
    #[arg(value_name = "RUN|CHECKPOINT")]
    pub from: PathBuf,
    /// How many images, or how often the number of --digits [default: 64, with --digits 1]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&COUNT, text),
    )]
    pub count: Option<usize>,
    /// Write this number as one picture, with a preset that is told its digits, such as digits
    #[arg(short, long, value_name = "NUMBER", value_parser = |text: &str| text.parse::<Digits>())]
    pub digits: Option<Digits>,
    /// Seed of the latents
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true, default_value = "1",
        value_parser = |text: &str| Preset::DECLARED.seed.range.parse(text),
    )]
    pub seed: u64,
    /// Draw these latents: float32 (n, latent), such as --save-latents writes
    #[arg(
        short, long, value_name = "FILE.npy",
        conflicts_with_all = ["count", "seed", "truncation", "confident"],
    )]
    pub latents: Option<PathBuf>,
    /// Write the latents that were drawn, to draw them again or with another checkpoint
    #[arg(long, value_name = "FILE.npy")]
    pub save_latents: Option<PathBuf>,
    /// The way from each latent to the next, so many images each, in a row
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&STEPS, text),
    )]
    pub interpolate: Option<usize>,
    /// Draw the numbers of the latents anew that are further from zero: plainer images, and less
    /// different ones
    #[arg(
        long, value_name = "BOUND", allow_negative_numbers = true,
        value_parser = |text: &str| bounded(text, 0.01, 10.0),
    )]
    pub truncation: Option<f32>,
    /// Search for images that the classifier reads with so much confidence, and as the digit asked
    /// for
    #[arg(
        long, value_name = "SHARE", allow_negative_numbers = true,
        value_parser = |text: &str| bounded(text, 0.0, 1.0),
    )]
    pub confident: Option<f32>,
    #[arg(
        short, long, value_name = "FILE",
        help = format!(
            "Write a file instead of block characters: {}",
            image_formats().extensions(),
        ),
    )]
    pub out: Option<PathBuf>,
    /// Say nothing but errors and warnings
    #[arg(short, long, requires = "out")]
    pub quiet: bool,
    #[command(flatten)]
    pub threads: Threads,
    #[command(flatten)]
    pub look: LookOptions,
}

#[derive(Debug, Args)]
pub struct ScoreOptions {
    /// A run (its newest checkpoint), a checkpoint file, or images as uint8 (n, 28, 28)
    #[arg(value_name = "RUN|CHECKPOINT|FILE.npy")]
    pub from: PathBuf,
    /// Samples to draw [default: 10000]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&SCORED, text),
    )]
    pub count: Option<usize>,
    /// Seed of the latents [default: 1]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.seed.range.parse(text),
    )]
    pub seed: Option<u64>,
    /// Compare with the images of this folder (its test images where it has such), or with the
    /// embedded digits (synthetic), instead of MNIST's test images
    #[arg(long, value_name = "DIR|synthetic")]
    pub data: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
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
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.frame_every.range.parse(text),
    )]
    pub every: Option<u64>,
    /// Frames of an animation in a second [default: 20]
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| frequency(&GIF_FPS, text),
    )]
    pub fps: Option<u32>,
    /// Pixels that each pixel becomes, across and down [default: 1]
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&SCALE, text),
    )]
    pub scale: Option<usize>,
    /// One of the fixed latents, from 0, instead of the grid of all
    #[arg(long, value_name = "N")]
    pub latent: Option<usize>,
    /// Say nothing but errors and warnings
    #[arg(short, long)]
    pub quiet: bool,
}
