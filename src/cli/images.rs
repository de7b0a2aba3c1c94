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
    /// Run (uses its latest checkpoint) or checkpoint file
    #[arg(value_name = "RUN|CHECKPOINT")]
    pub from: PathBuf,
    /// Number of images, or repetitions of the number in --digits [default: 64, with --digits 1]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&COUNT, text),
    )]
    pub count: Option<usize>,
    /// Generate this number as one image (needs a class-conditional model, such as preset digits)
    #[arg(short, long, value_name = "NUMBER", value_parser = |text: &str| text.parse::<Digits>())]
    pub digits: Option<Digits>,
    /// Generate images of this class, by its name or its number from 0 (needs a class-conditional
    /// model)
    #[arg(long, value_name = "NAME|N", conflicts_with = "digits")]
    pub class: Option<String>,
    /// Use this average of the weights: a decay rate of average or more_averages, or none for the
    /// trained weights themselves [default: that of average, if there is any]
    #[arg(long, value_name = "NAME")]
    pub average: Option<String>,
    /// Seed for the latents
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true, default_value = "1",
        value_parser = |text: &str| Preset::DECLARED.seed.range.parse(text),
    )]
    pub seed: u64,
    /// Use these latents: float32 (n, latent), as written by --save-latents
    #[arg(
        short, long, value_name = "FILE.npy",
        conflicts_with_all = ["count", "seed", "truncation", "confident"],
    )]
    pub latents: Option<PathBuf>,
    /// Save the latents, to use them again or with another checkpoint
    #[arg(long, value_name = "FILE.npy")]
    pub save_latents: Option<PathBuf>,
    /// Interpolate between consecutive latents, N images per row
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&STEPS, text),
    )]
    pub interpolate: Option<usize>,
    /// Resample latent values beyond ±BOUND: cleaner but less varied images
    #[arg(
        long, value_name = "BOUND", allow_negative_numbers = true,
        value_parser = |text: &str| bounded(text, 0.01, 10.0),
    )]
    pub truncation: Option<f32>,
    /// Keep only images that the classifier reads with at least this confidence, and as the
    /// requested digit
    #[arg(
        long, value_name = "FRACTION", allow_negative_numbers = true,
        value_parser = |text: &str| bounded(text, 0.0, 1.0),
    )]
    pub confident: Option<f32>,
    #[arg(
        short, long, value_name = "FILE",
        help = format!("Output file instead of block characters: {}", image_formats().extensions()),
    )]
    pub out: Option<PathBuf>,
    /// Print only errors and warnings
    #[arg(short, long, requires = "out")]
    pub quiet: bool,
    #[command(flatten)]
    pub threads: Threads,
    #[command(flatten)]
    pub look: LookOptions,
}

#[derive(Debug, Args)]
pub struct ScoreOptions {
    /// Run (uses its latest checkpoint), checkpoint file, or images as uint8 (n, 28, 28)
    #[arg(value_name = "RUN|CHECKPOINT|FILE.npy")]
    pub from: PathBuf,
    /// Number of samples [default: 10000]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&SCORED, text),
    )]
    pub count: Option<usize>,
    /// Score this average of the weights: a decay rate of average or more_averages, or none for the
    /// trained weights themselves [default: that of average, if there is any]
    #[arg(long, value_name = "NAME")]
    pub average: Option<String>,
    /// Seed for the latents [default: 1]
    #[arg(
        short, long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.seed.range.parse(text),
    )]
    pub seed: Option<u64>,
    /// Compare with the images in this folder (its test images, if it has any) or with the
    /// synthetic digits, instead of MNIST's test images
    #[arg(long, value_name = "DIR|synthetic")]
    pub data: Option<PathBuf>,
    /// Every measure: also kernel distance, precision, recall, density, coverage, and the nearest
    /// training images
    #[arg(long)]
    pub full: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Debug, Args)]
pub struct ReportOptions {
    /// Run directory, or its name in runs/
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Output file [default: <run>.html]
    #[arg(short, long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
    /// Leave out the images that were learned from: without it, some are in the page, those nearest
    /// to generated ones
    #[arg(long)]
    pub without_training_images: bool,
    /// Print only errors and warnings
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct ExportOptions {
    /// Run directory, or its name in runs/; for the generator also a checkpoint file
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Output file; its extension selects the format; NAME/ writes a folder as model hubs have them [default: <run>.gif, with --sheet <run>.png,
    /// with --chart <run>.svg]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Contact sheet: frames side by side, labelled with their iterations, as .png or .svg; up to
    /// 20 frames across the run unless --every is given
    #[arg(long, conflicts_with = "chart")]
    pub sheet: bool,
    /// Chart of the metrics, as .svg or .png
    #[arg(long)]
    pub chart: bool,
    /// Of a page: leave out the images that were learned from
    #[arg(long)]
    pub without_training_images: bool,
    /// First iteration
    #[arg(long, value_name = "N")]
    pub from: Option<u64>,
    /// Last iteration
    #[arg(long, value_name = "N")]
    pub to: Option<u64>,
    /// Minimum number of iterations between two frames or rows
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| Preset::DECLARED.frame_every.range.parse(text),
    )]
    pub every: Option<u64>,
    /// Frames per second of an animation [default: 20]
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| frequency(&GIF_FPS, text),
    )]
    pub fps: Option<u32>,
    /// Integer scale factor for the pixels [default: 1]
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(&SCALE, text),
    )]
    pub scale: Option<usize>,
    /// Index of one fixed latent, from 0, instead of the whole grid
    #[arg(long, value_name = "N")]
    pub latent: Option<usize>,
    /// Print only errors and warnings
    #[arg(short, long)]
    pub quiet: bool,
}
