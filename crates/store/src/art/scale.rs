//! Pictures as pixels, at the size of the cells they fill.

use std::ops::Range;

use super::resample::{Resampler, planes, whole_factor};
use gan_tui_core::image::{Image, ImageShape};

/// Returns rows `rows` of a picture scaled to `width` by `height` pixels.
///
/// A side is enlarged by a whole factor where that leaves at most a seventh of the room over, which
/// the pixels at the edges then fill; else every pixel is the mean of the area that it covers.
///
/// # Panics
/// If a side is zero or the rows are not within the height, which is a mistake of the caller.
pub fn scale(picture: &Image, (width, height): (usize, usize), rows: Range<usize>) -> Image {
    let resampler =
        Resampler::sharp((picture.width, picture.height), (width, height)).only(rows.clone());
    let planes: Vec<Vec<f32>> =
        planes(&picture.pixels, picture.channels).map(|plane| resampler.apply(&plane)).collect();
    let pixels = (0..width * rows.len())
        .flat_map(|at| planes.iter().map(move |plane| plane[at].round() as u8))
        .collect();
    Image::new(ImageShape { height: rows.len(), width, channels: picture.channels }, pixels)
}

/// Whether a side is enlarged by a whole factor.
pub fn is_whole(source: usize, target: usize) -> bool {
    whole_factor(source, target).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_factors_repeat_pixels_and_the_edges_fill_what_is_left() {
        let picture = Image::grey(2, 1, vec![10, 200]);
        let scaled = scale(&picture, (7, 2), 0..2);
        assert_eq!(scaled.pixels, [10, 10, 10, 200, 200, 200, 200].repeat(2));
        let mean = scale(&picture, (3, 1), 0..1);
        assert_eq!(mean.pixels, [10, 105, 200], "half a pixel would be too much to leave over");
        assert_eq!(scale(&picture, (1, 1), 0..1).pixels, [105]);
        assert_eq!([(2, 7), (2, 3), (2, 1)].map(|(a, b)| is_whole(a, b)), [true, false, false]);
    }

    #[test]
    fn a_part_is_that_of_the_whole() {
        let pixels = (0..32 * 32 * 3).map(|at| (at * 7 % 256) as u8).collect();
        let picture = Image::new(ImageShape::rgb(32, 32), pixels);
        for (width, height) in [(48, 48), (64, 66), (20, 20)] {
            let whole = scale(&picture, (width, height), 0..height);
            let parts = [0..7, 7..height].map(|rows| scale(&picture, (width, height), rows).pixels);
            assert_eq!(parts.concat(), whole.pixels);
        }
    }
}
