//! `frames/00000020.png`: the images of the fixed latents as one grid, grey or RGB.

use std::path::Path;

use super::{RunError, paths};
use gan_tui_core::{
    event::Frame,
    files::atomic,
    image::{Image, ImageBatch, png},
};

/// Pictures in a row of the grid.
pub const COLUMNS: usize = 8;

/// Returns how many of a batch's images are in a row of its grid.
pub fn columns(images: &ImageBatch) -> usize {
    images.len().min(COLUMNS)
}

/// The longest side of one picture, in pixels: frames of larger ones are none of ours.
const MOST_SIDE: usize = 512;
/// A frame takes some 30 kB, of colours up to 800 kB; what is far larger is none.
const MOST_BYTES: u64 = 64 << 20;

/// Writes a frame and returns its grid, and that as PNG.
pub(super) fn save(dir: &Path, frame: &Frame) -> Result<(Image, Vec<u8>), RunError> {
    let path = paths::frame(dir, frame.iteration);
    let grid = frame.images.grid(COLUMNS);
    let bytes = png::encode(&grid).map_err(|error| RunError::damaged(&path, error.to_string()))?;
    atomic::write(&path, &bytes).map_err(RunError::io("write", &path))?;
    Ok((grid, bytes))
}

/// The frame of an iteration.
///
/// # Errors
/// Returns an error if the file cannot be read, or is no frame.
pub fn load(dir: &Path, iteration: u64) -> Result<Frame, RunError> {
    let path = paths::frame(dir, iteration);
    let bytes = super::small_file(&path, MOST_BYTES)?;
    let grid = png::decode(&bytes).map_err(|error| RunError::damaged(&path, error.to_string()))?;
    match images(&grid) {
        Some(images) => Ok(Frame { iteration, images }),
        None => {
            let found = format!("{} by {} pixels", grid.width, grid.height);
            Err(RunError::Mismatch {
                path,
                expected: format!("a grid of square images, {COLUMNS} in a row"),
                found,
            })
        }
    }
}

/// The images of a frame's grid, which has [`COLUMNS`] columns however few images there are.
fn images(grid: &Image) -> Option<ImageBatch> {
    let side = grid.width / COLUMNS;
    let is_ours = grid.width.is_multiple_of(COLUMNS) && (1..=MOST_SIDE).contains(&side);
    is_ours.then(|| ImageBatch::from_grid(grid, side, side)).flatten()
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
        for (iteration, shape) in [
            (1, ImageShape::grey(28, 28)),
            (2, ImageShape::rgb(28, 28)),
            (3, ImageShape::rgb(64, 64)),
        ] {
            let pixels = (0..16 * shape.values()).map(|at| (at % 251) as u8).collect();
            let frame = Frame { iteration, images: ImageBatch::new(shape, pixels) };
            save(dir.path(), &frame).unwrap();
            assert_eq!(load(dir.path(), iteration).unwrap(), frame);
        }
        for (width, height) in [(7, 7), (224, 30), (8 * 1024, 1024)] {
            let picture = png::encode(&Image::filled(width, height, 9)).unwrap();
            std::fs::write(paths::frame(dir.path(), 4), picture).unwrap();
            let error = load(dir.path(), 4).unwrap_err().to_string();
            let expected = "expected a grid of square images, 8 in a row";
            assert!(error.contains(expected), "{width} by {height}: {error}");
        }
    }
}
