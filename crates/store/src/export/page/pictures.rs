//! The pictures of a page: some of a run's frames, of each some images, so that the page stays
//! small; and generated images above the nearest ones that were learned from.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use gan_tui_core::{
    event::Pictures,
    image::{ImageBatch, RGB, png},
};
use serde_json::{Value, json};

use crate::{
    export::ExportError,
    run::{Run, frames::COLUMNS},
};

/// Bytes of all pictures, before base64 makes a third more of them.
const MOST_BYTES: usize = 420_000;
/// Frames, where they are small.
const MOST_FRAMES: usize = 60;
/// The first and the last.
const FEWEST_FRAMES: usize = 2;

/// Returns pictures with their iterations, the first and the last frame among them.
///
/// # Errors
/// Returns an error if a frame cannot be read for a reason that may pass, or not be encoded.
pub(super) fn film(run: &Run, warnings: &mut Vec<String>) -> Result<Value, ExportError> {
    let mut told = Vec::new();
    let pictures = fitting(run.frames(), |iteration| picture(run, iteration, &mut told))?;
    // A frame may have been read more than once.
    told.sort();
    told.dedup();
    warnings.append(&mut told);
    let entry = |(iteration, png): &(u64, Vec<u8>)| json!({ "iteration": iteration, "png": BASE64_STANDARD.encode(png) });
    Ok(Value::Array(pictures.iter().map(entry).collect()))
}

/// Returns as many pictures of some iterations as there is room for, evenly spread. Noise, of which
/// the first frames consist, takes more bytes than what comes out of it.
fn fitting(
    iterations: &[u64],
    mut picture: impl FnMut(u64) -> Result<Option<Vec<u8>>, ExportError>,
) -> Result<Vec<(u64, Vec<u8>)>, ExportError> {
    let mut count = MOST_FRAMES;
    loop {
        let mut pictures = Vec::new();
        for iteration in spread(iterations, count) {
            pictures.extend(picture(iteration)?.map(|png| (iteration, png)));
        }
        let bytes: usize = pictures.iter().map(|(_, png)| png.len()).sum();
        if bytes <= MOST_BYTES || count == FEWEST_FRAMES {
            return Ok(pictures);
        }
        let fewer = pictures.len().min(count) * MOST_BYTES / bytes;
        count = fewer.clamp(FEWEST_FRAMES, count - 1);
    }
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

/// Returns rows of generated images, each above its row of training images.
///
/// # Errors
/// Returns an error if they cannot be encoded.
pub(super) fn pairs(pictures: &Pictures) -> Result<Value, ExportError> {
    let (shape, count) = (pictures.images.shape(), pictures.images.len() / 2);
    let size = shape.values();
    let rows = if shape.height > 48 { 1 } else { 2 };
    let mut pixels = Vec::new();
    for row in 0..rows.min(count.div_ceil(COLUMNS)) {
        for half in [0, count] {
            let first = half + row * COLUMNS;
            let last = half + (row * COLUMNS + COLUMNS).min(count);
            pixels.extend_from_slice(&pictures.images.pixels[first * size..last * size]);
            pixels.resize(pixels.len() + (COLUMNS - (last - first)) * size, 0);
        }
    }
    let png = png::encode(&ImageBatch::new(shape, pixels).grid(COLUMNS))?;
    Ok(json!({ "iteration": pictures.iteration, "png": BASE64_STANDARD.encode(png) }))
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
    use gan_tui_core::{event::Drawing, image::ImageShape};

    use super::*;

    #[test]
    fn each_generated_image_is_above_its_training_image() {
        // Ten of each, of one pixel, whose value is its number.
        let shape = ImageShape { width: 1, height: 1, channels: 1 };
        let images = ImageBatch::new(shape, (0..20).collect());
        let drawing = Drawing::Nearest { turn: 0 };
        let found = pairs(&Pictures { iteration: 7, drawing, images, verdicts: Vec::new() });
        let found = found.unwrap_or_default();
        let bytes = BASE64_STANDARD.decode(found["png"].as_str().unwrap_or_default());
        let pixels = png::decode(&bytes.unwrap_or_default()).map(|picture| picture.pixels);
        let pixels = pixels.unwrap_or_default();
        let rows = [0..8, 10..18].map(|row| row.collect::<Vec<u8>>());
        assert_eq!(found["iteration"], 7);
        assert_eq!(pixels[..16], rows.concat()[..]);
        assert_eq!(pixels[16..], [8, 9, 0, 0, 0, 0, 0, 0, 18, 19, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_first_and_the_last_frame_are_shown() {
        assert_eq!(spread(&[0, 1, 20], 5), [0, 1, 20]);
        let many: Vec<u64> = (0..100).collect();
        assert_eq!(spread(&many, 4), [0, 33, 66, 99]);
    }

    #[test]
    fn pictures_fit_though_the_first_are_larger_than_the_last() {
        let many: Vec<u64> = (0..100).collect();
        let film = |least: u64| {
            let png = |iteration: u64| Ok(Some(vec![0; (least + 100 * (99 - iteration)) as usize]));
            fitting(&many, png).unwrap_or_default()
        };
        let shown = film(8_000);
        let bytes: usize = shown.iter().map(|(_, png)| png.len()).sum();
        assert!((MOST_BYTES * 9 / 10..=MOST_BYTES).contains(&bytes), "{bytes}");
        assert_eq!((shown[0].0, shown[shown.len() - 1].0), (0, 99));
        assert_eq!(film(0).len(), MOST_FRAMES);
        assert_eq!(film(900_000).len(), FEWEST_FRAMES, "however large they are");
    }
}
