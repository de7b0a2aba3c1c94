//! `frames/00000020.png`: the images of the fixed latents as one grey grid.

use std::path::Path;

use super::{RunError, paths};
use gan_tui_core::{
    event::Frame,
    files::atomic,
    image::{ImageBatch, png},
};

/// Pictures in a row of the grid.
pub const COLUMNS: usize = 8;
/// Returns how many of a batch's images are in a row of its grid.
pub fn columns(images: &ImageBatch) -> usize {
    images.len().min(COLUMNS)
}

/// Side of one picture, in pixels.
pub const SIDE: usize = 28;
/// A frame takes some 30 KB; what is far larger is none.
const MOST_BYTES: u64 = 64 << 20;

pub(super) fn save(dir: &Path, frame: &Frame) -> Result<(), RunError> {
    let path = paths::frame(dir, frame.iteration);
    let bytes = png::encode(&frame.images.grid(COLUMNS))
        .map_err(|error| RunError::damaged(&path, error.to_string()))?;
    atomic::write(&path, &bytes).map_err(RunError::io("write", &path))
}

/// The frame of an iteration.
///
/// # Errors
/// Where the file cannot be read, or is no frame.
pub fn load(dir: &Path, iteration: u64) -> Result<Frame, RunError> {
    let path = paths::frame(dir, iteration);
    let bytes = super::small_file(&path, MOST_BYTES)?;
    let grid = png::decode(&bytes).map_err(|error| RunError::damaged(&path, error.to_string()))?;
    match ImageBatch::from_grid(&grid, SIDE, SIDE) {
        Some(images) => Ok(Frame { iteration, images }),
        None => {
            let found = format!("{} by {} pixels", grid.width, grid.height);
            Err(RunError::Mismatch {
                path,
                expected: format!("a grid of pictures of {SIDE} by {SIDE} pixels"),
                found,
            })
        }
    }
}
