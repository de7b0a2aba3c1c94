//! What can go wrong with an export.

use std::{io, path::PathBuf};

use crate::run::RunError;
use gan_tui_core::image::png::PngError;

/// Why something was not exported or not read.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("{}: expected a name that ends in {expected}", path.display())]
    Extension { path: PathBuf, expected: String },
    #[error("the first iteration, {from}, comes after the last one, {to}")]
    Range { from: u64, to: u64 },
    #[error("run {} has no {what}{}", run.display(), range(*from, *to))]
    Nothing { run: PathBuf, what: &'static str, from: Option<u64>, to: Option<u64> },
    #[error("no latent {index}: the frames hold pictures 0 to {last}")]
    NoLatent { index: usize, last: usize },
    #[error("there are no frames")]
    NoFrames,
    #[error("a {format} holds no {content}")]
    WrongContent { format: &'static str, content: &'static str },
    #[error("--fps does nothing here: {format} shows no animation; {others} do")]
    NoAnimation { format: &'static str, others: String },
    #[error("--scale does nothing here: {format} has no pixels; {others} have")]
    NoPixels { format: &'static str, others: String },
    #[error("--latent does nothing here: metrics are of the whole run")]
    NoLatents,
    #[error(
        "{format} of {width} by {height} pixels is too large: expected at most {most} on a side; a smaller --scale helps"
    )]
    TooLarge { format: &'static str, width: usize, height: usize, most: usize },
    #[error("pictures of different sizes in one file: {} by {} and {} by {}", first.0, first.1, other.0, other.1)]
    Sizes { first: (usize, usize), other: (usize, usize) },
    #[error("{0}")]
    Png(#[from] PngError),
    #[error("cannot encode a GIF: {0}")]
    Gif(#[from] gif::EncodingError),
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {reason}", path.display())]
    Npy { path: PathBuf, reason: String },
}

fn range(from: Option<u64>, to: Option<u64>) -> String {
    match (from, to) {
        (None, None) => String::new(),
        (Some(from), None) => format!(" from iteration {from} on"),
        (None, Some(to)) => format!(" up to iteration {to}"),
        (Some(from), Some(to)) => format!(" from iteration {from} to {to}"),
    }
}
