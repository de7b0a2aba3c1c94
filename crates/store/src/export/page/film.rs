//! The film of a page: some of a run's frames, of each some images, so that the page stays small.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use gan_tui_core::image::{ImageBatch, RGB, png};
use serde_json::{Value, json};

use crate::{
    export::ExportError,
    run::{Run, frames::COLUMNS},
};

/// Bytes of all pictures, before base64 makes a third more of them.
const MOST_BYTES: usize = 420_000;
/// Frames, where they are small.
const MOST_FRAMES: usize = 60;

/// Returns pictures with their iterations, the first and the last frame among them.
///
/// # Errors
/// Returns an error if a frame cannot be read for a reason that may pass, or not be encoded.
pub(super) fn film(run: &Run, warnings: &mut Vec<String>) -> Result<Value, ExportError> {
    let Some(&last) = run.frames().last() else { return Ok(json!([])) };
    let size = match picture(run, last, warnings)? {
        Some(picture) => picture.len().max(1),
        None => return Ok(json!([])),
    };
    let count = (MOST_BYTES / size).clamp(2, MOST_FRAMES);
    let mut pictures = Vec::new();
    for iteration in spread(run.frames(), count) {
        if let Some(picture) = picture(run, iteration, warnings)? {
            pictures
                .push(json!({ "iteration": iteration, "png": BASE64_STANDARD.encode(&picture) }));
        }
    }
    Ok(Value::Array(pictures))
}

/// Returns the first rows of a frame as PNG; `None` if the frame is damaged or gone.
fn picture(
    run: &Run,
    iteration: u64,
    warnings: &mut Vec<String>,
) -> Result<Option<Vec<u8>>, ExportError> {
    let images = match run.frame(iteration) {
        Ok(frame) => frame.images,
        Err(error) if error.is_storage() && !error.is_missing() => return Err(error.into()),
        Err(error) => {
            warnings.push(error.to_string());
            return Ok(None);
        }
    };
    let rows = match (images.channels, images.height) {
        (RGB, 49..) => 1,
        (RGB, _) => 2,
        _ => 4,
    };
    let shape = images.shape();
    let most = (rows * COLUMNS * shape.values()).min(images.pixels.len());
    let shown = ImageBatch::new(shape, images.pixels[..most].to_vec());
    Ok(Some(png::encode(&shown.grid(COLUMNS))?))
}

/// Returns up to `count` of some iterations, evenly, the first and the last among them.
fn spread(iterations: &[u64], count: usize) -> Vec<u64> {
    if iterations.len() <= count {
        return iterations.to_vec();
    }
    let last = iterations.len() - 1;
    (0..count).map(|index| iterations[index * last / (count - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_frame_are_shown() {
        assert_eq!(spread(&[0, 1, 20], 5), [0, 1, 20]);
        let many: Vec<u64> = (0..100).collect();
        assert_eq!(spread(&many, 4), [0, 33, 66, 99]);
    }
}
