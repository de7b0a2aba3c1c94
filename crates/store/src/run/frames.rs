//! `frames/00000020.png`: the images of the fixed latents as one grid, grey or RGB.

use std::path::Path;

use super::{RunError, paths};
use gan_tui_core::{
    event::Frame,
    files::atomic,
    image::{ImageBatch, png},
    preset::MNIST_SHAPE,
};

/// Pictures in a row of the grid.
pub const COLUMNS: usize = 8;

/// Returns how many of a batch's images are in a row of its grid.
pub fn columns(images: &ImageBatch) -> usize {
    images.len().min(COLUMNS)
}

/// Side of one picture, in pixels.
pub const SIDE: usize = MNIST_SHAPE.width;
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
/// Returns an error if the file cannot be read, or is no frame.
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
                expected: format!("a grid of images of {SIDE} by {SIDE} pixels"),
                found,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use gan_tui_core::image::ImageShape;

    use super::*;

    #[test]
    fn frames_are_grey_or_rgb_as_the_images_are() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(paths::FRAMES)).unwrap();
        for (iteration, shape) in
            [(1, ImageShape::grey(SIDE, SIDE)), (2, ImageShape::rgb(SIDE, SIDE))]
        {
            let pixels = (0..16 * shape.values()).map(|at| (at % 251) as u8).collect();
            let frame = Frame { iteration, images: ImageBatch::new(shape, pixels) };
            save(dir.path(), &frame).unwrap();
            assert_eq!(load(dir.path(), iteration).unwrap(), frame);
        }
    }
}
