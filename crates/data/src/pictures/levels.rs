//! What is decided for a whole set of pictures: which value is white, and whether light and dark
//! are exchanged.

use super::decode::{Decoded, White};
use crate::DatasetRequest;
use gan_tui_core::{
    image::{Image, ImageShape, RGB},
    preset::{Fit, Invert, MNIST_SHAPE},
    text::grouped,
};

use super::fit;

/// What is known of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PictureStats {
    highest: u16,
    is_deep: bool,
    is_colour: bool,
    has_light_edge: bool,
    /// Whether it has another size, and another aspect ratio, than the images.
    is_resized: bool,
    is_reshaped: bool,
    longest: usize,
}

impl PictureStats {
    pub(super) fn of(decoded: &Decoded, shape: ImageShape) -> Self {
        let image = &decoded.image;
        Self {
            highest: decoded.highest,
            is_deep: decoded.is_deep,
            ..Self::of_image(image, decoded.is_colour, shape)
        }
    }

    /// What is known of an image that does not come from a file of its own.
    pub(super) fn of_image(image: &Image, is_colour: bool, shape: ImageShape) -> Self {
        Self {
            highest: 255,
            is_deep: false,
            is_colour,
            has_light_edge: fit::has_light_edge(image),
            is_resized: (image.width, image.height) != (shape.width, shape.height),
            is_reshaped: image.width * shape.height != image.height * shape.width,
            longest: image.width.max(image.height),
        }
    }
}

/// The highest values in files of 8 and of 16 bits; `None` if there is no such file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Levels {
    of_8_bits: Option<u16>,
    of_16_bits: Option<u16>,
}

impl Levels {
    pub(super) fn of<'a>(stats: impl Iterator<Item = &'a PictureStats>) -> Self {
        let mut levels = Self::default();
        for stats in stats {
            let level = if stats.is_deep { &mut levels.of_16_bits } else { &mut levels.of_8_bits };
            *level = (*level).max(Some(stats.highest));
        }
        levels
    }

    /// Returns what is white in a set of files that all use no more than 1% of their range.
    pub(super) fn white(self) -> Option<White> {
        let is_dark =
            |level: Option<u16>, range: u16| level.is_none_or(|level| level <= range / 100);
        let is_black = self.of_8_bits.max(self.of_16_bits).unwrap_or(0) == 0;
        if is_black || !is_dark(self.of_8_bits, 255) || !is_dark(self.of_16_bits, u16::MAX) {
            return None;
        }
        // Up to 2, the values number two or three shades; up to 255 they are those of 8 bits.
        let white = |level: Option<u16>| match level.unwrap_or(0) {
            0 => 255,
            level @ 1..=2 => level,
            3..=255 => 255,
            level => level,
        };
        Some(White { of_8_bits: white(self.of_8_bits), of_16_bits: white(self.of_16_bits) })
    }

    pub(super) fn notes(self) -> Option<String> {
        self.white().map(|white| {
            let level = |level: Option<u16>, white| level.map(|_| white);
            let whites =
                [level(self.of_8_bits, white.of_8_bits), level(self.of_16_bits, white.of_16_bits)];
            let whites: Vec<String> = whites.iter().flatten().map(ToString::to_string).collect();
            let whites = whites.join(" and ");
            format!(
                "brightened: no file uses more than 1% of its range, so {whites} is taken for white"
            )
        })
    }
}

/// Returns how the pictures were converted, a line each.
pub(super) fn notes(stats: &[PictureStats], request: &DatasetRequest) -> Vec<String> {
    let count = |is: &dyn Fn(&PictureStats) -> bool| stats.iter().filter(|stats| is(stats)).count();
    let ImageShape { width, height, channels } = request.shape;
    let mut notes = Vec::new();
    let (resized, reshaped) = (count(&|stats| stats.is_resized), count(&|stats| stats.is_reshaped));
    let size = format!("{width}x{height}");
    match resized {
        0 => notes.push(format!("every image was {size} already")),
        resized => notes.push(format!("{} scaled to {size}", of_all(resized, stats.len()))),
    }
    if reshaped > 0 {
        let how = match request.reading.fit {
            Fit::Contain => "bars were added (--fit cover cuts instead)",
            Fit::Cover => "their sides were cut (--fit contain adds bars instead)",
            Fit::Stretch => "they were stretched",
        };
        notes.push(format!("{} of another aspect ratio: {how}", of_all(reshaped, stats.len())));
    }
    let colour = count(&|stats| stats.is_colour);
    if channels == RGB && colour < stats.len() {
        notes.push(format!("{} grey, made RGB", of_all(stats.len() - colour, stats.len())));
    }
    if channels != RGB && colour > 0 {
        notes.push(format!("{} in colour, made grey", of_all(colour, stats.len())));
    }
    let longest = stats.iter().map(|stats| stats.longest).max().unwrap_or(0);
    if longest > LARGE && channels == RGB && width.max(height) < LARGE {
        notes.push(format!(
            "up to {} pixels wide or high: the model Colour64 would show more of them",
            grouped(longest)
        ));
    }
    notes
}

/// Pictures larger than this lose much at 32x32.
const LARGE: usize = 48;

fn of_all(count: usize, all: usize) -> String {
    match count == all {
        true => "all images".into(),
        false => format!("{} of {} images", grouped(count), grouped(all)),
    }
}

/// Exchanges light and dark as the request says, and adds a note if that is done, or if some of the
/// pictures are light and some dark.
pub(super) fn invert(
    pixels: &mut [u8],
    stats: &[PictureStats],
    request: &DatasetRequest,
    notes: &mut Vec<String>,
) {
    let (all, light) = (stats.len(), stats.iter().filter(|stats| stats.has_light_edge).count());
    let is_drawing = request.shape == MNIST_SHAPE;
    let inverts = match request.reading.invert {
        Invert::Auto => is_drawing && 2 * light > all,
        Invert::Never => false,
        Invert::Always => true,
    };
    if inverts {
        pixels.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
        notes.push(match request.reading.invert {
            Invert::Always => "inverted, as requested".into(),
            _ => "inverted, for most have a light background".into(),
        });
    }
    let (light, dark) = if inverts { (all - light, light) } else { (light, all - light) };
    if is_drawing && light > 0 && dark > 0 {
        notes.push(format!(
            "{} dark background and {} light background: --invert never or always decides for all",
            counted(dark),
            counted(light)
        ));
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 image has a".into(),
        count => format!("{} images have a", grouped(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dark_set_is_brightened_by_what_is_there() {
        let white = |of_8_bits, of_16_bits| {
            let white = Levels { of_8_bits, of_16_bits }.white();
            white.map(|white| (white.of_8_bits, white.of_16_bits))
        };
        assert_eq!(white(Some(1), None), Some((1, 255)));
        assert_eq!(white(None, Some(255)), Some((255, 255)));
        assert_eq!(white(None, Some(200)), Some((255, 255)));
        assert_eq!(white(None, Some(1)), Some((255, 1)));
        assert_eq!(white(None, Some(600)), Some((255, 600)));
        for bright in [
            (Some(3), None),
            (None, Some(700)),
            (Some(0), None),
            (Some(1), Some(9_000)),
            (None, None),
        ] {
            assert_eq!(white(bright.0, bright.1), None, "{bright:?}");
        }
    }
}
