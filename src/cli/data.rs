//! Options of `gan-tui data`.

use std::path::PathBuf;

use clap::{Subcommand, builder::PossibleValuesParser};

use super::examples::{DATA_CHECK_EXAMPLES, DATA_EXPORT_EXAMPLES, DATA_FETCH_EXAMPLES};
use super::reading::DatasetOptions;
use gan_tui_core::{
    dataset::{Data, KNOWN},
    range::IntRange,
};

/// As many as there are; how many that is, is not known before.
const COUNT: IntRange = IntRange::new(1..=u64::MAX);
const PATIENCE: IntRange = IntRange::new(1..=3600);

/// What to do with datasets.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum DataCommand {
    /// List the datasets and where each one is stored
    #[command(after_help = "Example:\n  gan-tui data list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },

    /// Describe images in a folder or a file, or a named dataset, and show a sample of its images
    #[command(after_help = DATA_CHECK_EXAMPLES)]
    Check {
        #[arg(value_name = "NAME|PATH", default_value = "auto", help = data_help())]
        data: String,
        #[command(flatten)]
        options: DatasetOptions,
        /// Print JSON, without the images
        #[arg(long)]
        json: bool,
    },

    /// Export images and labels for other tools
    #[command(after_help = DATA_EXPORT_EXAMPLES)]
    Export {
        #[arg(long, value_name = "NAME|PATH", default_value = "auto", help = data_help())]
        data: String,
        #[command(flatten)]
        options: DatasetOptions,
        /// Number of images [default: all]
        #[arg(
            long, value_name = "N", allow_negative_numbers = true,
            value_parser = |text: &str| COUNT.parse(text),
        )]
        count: Option<u64>,
        /// Output file: X.npy for uint8 (n, height, width) or (n, height, width, 3), X.png for one
        /// sheet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Output file for the labels, Y.npy: uint8 (n)
        #[arg(long, value_name = "FILE")]
        labels: Option<PathBuf>,
        /// Choose images at random without repetition, with this seed, instead of the first ones
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
        /// Print only errors
        #[arg(short, long)]
        quiet: bool,
    },

    /// Download a published dataset into your data folder
    #[command(after_help = DATA_FETCH_EXAMPLES)]
    Fetch {
        #[arg(value_parser = PossibleValuesParser::new(KNOWN.iter().map(|known| known.name)))]
        name: String,
        /// URL of a folder with the archives (http or https) to use instead of the published ones;
        /// repeat the option to add further mirrors
        #[arg(long, value_name = "URL")]
        mirror: Vec<String>,
        /// Folder to install the files in [default: the dataset's folder in your data folder]
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        /// Seconds to wait for a silent server
        #[arg(
            long, value_name = "SECONDS", default_value = "20", allow_negative_numbers = true,
            value_parser = |text: &str| PATIENCE.parse(text),
        )]
        timeout: u64,
        /// Print only errors
        #[arg(short, long)]
        quiet: bool,
    },
}

fn data_help() -> String {
    format!("{}, or a folder, a zip, a tar or a NumPy file with images", Data::names())
}
