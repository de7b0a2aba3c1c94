//! Pictures one after another, each reduced to what changed since the one before: what animated
//! formats are made of. Grey pictures are drawn in few shades, RGB ones in their colours.

use gan_tui_core::image::{Image, ImageShape, RGB};

use super::{ExportError, ExportSettings, FrameIterator};
use crate::run::frames;

/// Shades of a grey animation, evenly spaced from black to white.
pub const SHADES: usize = 31;
/// The index of pixels that do not change.
pub const KEEP: u8 = SHADES as u8;
/// How long the last picture stays before an animation repeats, in hundredths of a second.
pub const LAST: u16 = 150;
/// A pixel is left as it is until it is off by more than this: a smaller difference cannot be seen,
/// but would cost bytes in every frame.
const TOLERANCE: u8 = 8;

/// An animated format that takes pictures one by one.
pub trait Animation: Sized {
    /// An animation of pictures of a size that repeats for ever.
    ///
    /// # Errors
    /// Returns an error if the pictures are larger than the format can hold.
    fn new(shape: ImageShape, settings: &ExportSettings) -> Result<Self, ExportError>;

    /// Adds the next picture. One like the picture before lengthens that one's time.
    ///
    /// # Errors
    /// Returns an error if it is of another size.
    fn push(&mut self, picture: &Image) -> Result<(), ExportError>;

    /// Returns the bytes of the file.
    ///
    /// # Errors
    /// Returns the error of the encoder.
    fn finish(self) -> Result<Vec<u8>, ExportError>;
}

/// Returns the file of an animation of frames, each the grid of its images.
///
/// # Errors
/// Returns an error if there are no frames, one cannot be read, or as [`Animation`].
pub fn encode<A: Animation>(
    frames: &mut FrameIterator,
    settings: &ExportSettings,
) -> Result<Vec<u8>, ExportError> {
    let mut animation: Option<A> = None;
    for frame in frames {
        let frame = frame?;
        let picture = frame.grid(frames::columns(&frame));
        let animation = match &mut animation {
            Some(animation) => animation,
            None => animation.insert(A::new(picture.shape(), settings)?),
        };
        animation.push(&picture)?;
    }
    animation.ok_or(ExportError::NoFrames)?.finish()
}

/// The grey of a shade.
pub fn grey(shade: u8) -> u8 {
    let last = SHADES as u32 - 1;
    ((u32::from(shade).min(last) * 255 + last / 2) / last) as u8
}

fn shade(grey: u8) -> u8 {
    let last = SHADES as u32 - 1;
    ((u32::from(grey) * last + 127) / 255) as u8
}

/// A rectangle of a picture that holds all changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
    pub pixels: ChangedPixels,
}

/// The `width * height` pixels of a [`Change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedPixels {
    /// A shade each, or [`KEEP`].
    Shades(Vec<u8>),
    /// Red, green, blue and alpha each; alpha is 0 where nothing changes, else 255.
    Rgba(Vec<u8>),
}

/// What is shown so far.
#[derive(Debug, Clone)]
pub struct Screen {
    shape: ImageShape,
    /// A shade a pixel, or three bytes; empty before the first picture.
    shown: Vec<u8>,
}

impl Screen {
    /// A screen that shows nothing yet.
    pub fn new(shape: ImageShape) -> Self {
        Self { shape, shown: Vec::new() }
    }

    /// The size of the pictures.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Shows a picture and returns what changes; `None` if nothing does.
    ///
    /// # Errors
    /// Returns an error if the picture is of another size.
    pub fn show(&mut self, picture: &Image) -> Result<Option<Change>, ExportError> {
        if picture.shape() != self.shape {
            return Err(ExportError::Sizes {
                first: (self.shape.width, self.shape.height),
                other: (picture.width, picture.height),
            });
        }
        Ok(if self.shape.channels == 1 { self.show_grey(picture) } else { self.show_rgb(picture) })
    }

    fn show_grey(&mut self, picture: &Image) -> Option<Change> {
        if self.shown.is_empty() {
            self.shown = picture.pixels.iter().map(|&pixel| shade(pixel)).collect();
            return Some(self.whole(ChangedPixels::Shades(self.shown.clone())));
        }
        let mut indices = vec![KEEP; self.shown.len()];
        for ((shown, &pixel), index) in self.shown.iter_mut().zip(&picture.pixels).zip(&mut indices)
        {
            if grey(*shown).abs_diff(pixel) > TOLERANCE {
                *shown = shade(pixel);
                *index = *shown;
            }
        }
        self.crop(&indices, 1, |pixel| pixel[0] != KEEP, ChangedPixels::Shades)
    }

    fn show_rgb(&mut self, picture: &Image) -> Option<Change> {
        let is_first = self.shown.is_empty();
        if is_first {
            self.shown.clone_from(&picture.pixels);
        }
        let mut rgba = Vec::with_capacity(self.shape.pixels() * 4);
        let shown = self.shown.as_chunks_mut::<RGB>().0.iter_mut();
        for (shown, pixel) in shown.zip(picture.pixels.as_chunks::<RGB>().0) {
            if shown.iter().zip(pixel).any(|(a, b)| a.abs_diff(*b) > TOLERANCE) || is_first {
                *shown = *pixel;
                rgba.extend(pixel.iter().chain(&[u8::MAX]));
            } else {
                rgba.extend([0; 4]);
            }
        }
        if is_first {
            return Some(self.whole(ChangedPixels::Rgba(rgba)));
        }
        self.crop(&rgba, 4, |pixel| pixel[RGB] != 0, ChangedPixels::Rgba)
    }

    fn whole(&self, pixels: ChangedPixels) -> Change {
        let ImageShape { width, height, .. } = self.shape;
        Change { left: 0, top: 0, width, height, pixels }
    }

    /// Returns the smallest rectangle that holds every changed pixel of a picture with `depth`
    /// values a pixel.
    fn crop(
        &self,
        values: &[u8],
        depth: usize,
        changed: fn(&[u8]) -> bool,
        pixels: fn(Vec<u8>) -> ChangedPixels,
    ) -> Option<Change> {
        let rows = || values.chunks_exact(self.shape.width * depth);
        let has_changed = |row: &[u8]| row.chunks_exact(depth).any(changed);
        let top = rows().position(has_changed)?;
        let bottom = rows().rposition(has_changed)? + 1;
        let first = |row: &[u8]| row.chunks_exact(depth).position(changed);
        let last = |row: &[u8]| row.chunks_exact(depth).rposition(changed);
        let left = rows().filter_map(first).min()?;
        let right = rows().filter_map(last).max()? + 1;
        let rows = rows().take(bottom).skip(top);
        let cropped = rows.flat_map(|row| &row[left * depth..right * depth]).copied().collect();
        Some(Change {
            left,
            top,
            width: right - left,
            height: bottom - top,
            pixels: pixels(cropped),
        })
    }
}

/// Returns an image of `depth` values a pixel with every pixel as a square of `factor` by `factor`.
pub fn enlarge(values: &[u8], width: usize, depth: usize, factor: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(values.len() * factor * factor);
    for row in values.chunks_exact((width * depth).max(1)) {
        let start = out.len();
        for pixel in row.chunks_exact(depth) {
            out.extend(std::iter::repeat_n(pixel, factor).flatten());
        }
        let line = start..out.len();
        (1..factor).for_each(|_| out.extend_from_within(line.clone()));
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]

    use gan_tui_core::image::ImageBatch;

    use super::*;

    /// An animation of pictures.
    pub fn encode<A: Animation>(
        pictures: &[Image],
        fps: u32,
        scale: usize,
    ) -> Result<Vec<u8>, ExportError> {
        let settings = ExportSettings { fps, scale, ..ExportSettings::default() };
        let batch = |picture: &Image| Ok(ImageBatch::new(picture.shape(), picture.pixels.clone()));
        super::encode::<A>(&mut pictures.iter().map(batch), &settings)
    }

    #[test]
    fn shades_are_near_the_greys_they_stand_for() {
        assert_eq!((grey(0), grey(SHADES as u8 - 1)), (0, 255));
        for pixel in 0..=255 {
            assert!(grey(shade(pixel)).abs_diff(pixel) <= 5, "{pixel}");
        }
    }

    #[test]
    fn only_what_changed_is_in_a_change() {
        let mut picture = Image::filled(6, 5, 0);
        let mut screen = Screen::new(picture.shape());
        let first = screen.show(&picture).unwrap().unwrap();
        assert_eq!(first.pixels, ChangedPixels::Shades(vec![0; 30]));
        assert_eq!(screen.show(&picture).unwrap(), None);
        picture.pixels[6 + 2] = 255;
        picture.pixels[3 * 6 + 3] = 128;
        picture.pixels[4 * 6] = TOLERANCE;
        let change = screen.show(&picture).unwrap().unwrap();
        assert_eq!((change.left, change.top, change.width, change.height), (2, 1, 2, 3));
        let indices = [30, KEEP, KEEP, KEEP, KEEP, 15];
        assert_eq!(change.pixels, ChangedPixels::Shades(indices.to_vec()));
        assert_eq!(enlarge(&indices, 2, 1, 2)[..8], [30, 30, KEEP, KEEP, 30, 30, KEEP, KEEP]);
        assert_eq!(screen.show(&picture).unwrap(), None, "small differences do not add up");
        assert!(screen.show(&Image::filled(5, 6, 0)).is_err());
    }

    #[test]
    fn colours_that_changed_are_opaque() {
        let mut picture = Image::uniform(ImageShape::rgb(4, 3), 100);
        let mut screen = Screen::new(picture.shape());
        let first = screen.show(&picture).unwrap().unwrap();
        assert_eq!(first.pixels, ChangedPixels::Rgba([100, 100, 100, 255].repeat(12)));
        picture.pixels[3 * 5] = 200;
        picture.pixels[3 * 6 + 1] += TOLERANCE;
        picture.pixels[3 * 7 + 2] = 0;
        let change = screen.show(&picture).unwrap().unwrap();
        assert_eq!((change.left, change.top, change.width, change.height), (1, 1, 3, 1));
        let rgba = [200, 100, 100, 255, 0, 0, 0, 0, 100, 100, 0, 255];
        assert_eq!(change.pixels, ChangedPixels::Rgba(rgba.to_vec()));
        assert_eq!(enlarge(&rgba[..4], 1, 4, 2), [200, 100, 100, 255].repeat(4));
        assert_eq!(screen.show(&picture).unwrap(), None);
    }
}
