//! What can go wrong with an export.

use std::{io, path::PathBuf};

use crate::run::RunError;
use gan_tui_core::{files::reason, image::png::PngError, text::shown};

/// Why something was not exported or not read.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("{}: expected the file extension {expected}", shown(path))]
    Extension { path: PathBuf, expected: String },
    #[error("the first iteration ({from}) is after the last one ({to})")]
    Range { from: u64, to: u64 },
    #[error("run {} has no {what}{}", shown(run), range(*from, *to))]
    Nothing { run: PathBuf, what: &'static str, from: Option<u64>, to: Option<u64> },
    #[error("no latent {index}: the frames contain images 0 to {last}")]
    NoLatent { index: usize, last: usize },
    #[error("there are no frames")]
    NoFrames,
    #[error("{format} cannot contain {content}")]
    WrongContent { format: &'static str, content: &'static str },
    #[error("--fps has no effect: {format} is not animated; use {others}")]
    NoAnimation { format: &'static str, others: String },
    #[error("--scale has no effect: {format} has no pixels; use {others}")]
    NoPixels { format: &'static str, others: String },
    #[error("--latent has no effect: metrics describe the whole run")]
    NoLatents,
    #[error(
        "{format} of {width} by {height} pixels is too large: expected at most {most} per side; use a smaller --scale"
    )]
    TooLarge { format: &'static str, width: usize, height: usize, most: usize },
    #[error("pictures of different sizes in one file: {} by {} and {} by {}", first.0, first.1, other.0, other.1)]
    Sizes { first: (usize, usize), other: (usize, usize) },
    #[error("{0}")]
    Png(#[from] PngError),
    #[error("cannot encode a GIF: {0}")]
    Gif(#[from] gif::EncodingError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("cannot write {}: {}", shown(path), reason(source))]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read {}: {source}", shown(path))]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {reason}", shown(path))]
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
