//! Options of `gan-tui data`.

use std::path::PathBuf;

use clap::{Subcommand, builder::PossibleValuesParser};

use super::examples::{DATA_CHECK_EXAMPLES, DATA_EXPORT_EXAMPLES, DATA_FETCH_EXAMPLES};
use gan_tui_core::range::IntRange;

/// As many as there are; how many that is, is not known before.
const COUNT: IntRange = IntRange::new(1..=u64::MAX);
const PATIENCE: IntRange = IntRange::new(1..=3600);

/// What to do with datasets.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum DataCommand {
    /// List the datasets and where each is found
    #[command(after_help = "Example:\n  gan-tui data list --json")]
    List {
        /// One JSON array instead of a table
        #[arg(long)]
        json: bool,
    },

    /// Tell what a folder or a named dataset holds, and show a page of it
    #[command(after_help = DATA_CHECK_EXAMPLES)]
    Check {
        /// auto, synthetic, mnist, fashion-mnist, kmnist, or a folder of IDX files or PNG images
        #[arg(value_name = "NAME|DIR", default_value = "auto")]
        data: String,
        /// As JSON, without the page
        #[arg(long)]
        json: bool,
    },

    /// Write images and labels to files that other tools read
    #[command(after_help = DATA_EXPORT_EXAMPLES)]
    Export {
        /// auto, synthetic, mnist, fashion-mnist, kmnist, or a folder of IDX files or PNG images
        #[arg(long, value_name = "NAME|DIR", default_value = "auto")]
        data: String,
        /// How many images; all of them by default
        #[arg(
            long, value_name = "N", allow_negative_numbers = true,
            value_parser = |text: &str| COUNT.parse(text),
        )]
        count: Option<u64>,
        /// X.npy for uint8 (n, 28, 28), X.png for one sheet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Y.npy for the labels, uint8 (n)
        #[arg(long, value_name = "FILE")]
        labels: Option<PathBuf>,
        /// Choose the images at random with this seed, none twice, instead of the first ones
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
        /// Say nothing but errors
        #[arg(short, long)]
        quiet: bool,
    },

    /// Download a published dataset into your data folder
    #[command(after_help = DATA_FETCH_EXAMPLES)]
    Fetch {
        #[arg(value_parser = PossibleValuesParser::new(["mnist", "fashion-mnist", "kmnist"]))]
        name: String,
        /// Folder of the archives, by http or https, instead of the published ones; may be given
        /// again for the next to try
        #[arg(long, value_name = "URL")]
        mirror: Vec<String>,
        /// Where to put the files [default: the dataset's folder in your data folder]
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        /// How long a server may be silent, in seconds
        #[arg(
            long, value_name = "SECONDS", default_value = "20", allow_negative_numbers = true,
            value_parser = |text: &str| PATIENCE.parse(text),
        )]
        timeout: u64,
        /// Say nothing but errors
        #[arg(short, long)]
        quiet: bool,
    },
}
