//! Image pictures one after another in few shades, each told by what changed since the one before:
//! what animated formats are made of.

use gan_tui_core::image::Image;

/// Shades of an animation, evenly spaced from black to white.
pub const SHADES: usize = 31;
/// The index that stands for "as before".
pub const KEEP: u8 = SHADES as u8;
/// How long the last picture stays before an animation begins again, in hundredths of a second.
pub const LAST: u16 = 150;
/// A pixel stays as it is shown until it is off by more than this: noise below it is seen by no
/// eye, but costs bytes in every frame.
const TOLERANCE: u8 = 8;

/// The grey of a shade.
pub fn grey(shade: u8) -> u8 {
    let last = SHADES as u32 - 1;
    ((u32::from(shade).min(last) * 255 + last / 2) / last) as u8
}

fn shade(grey: u8) -> u8 {
    let last = SHADES as u32 - 1;
    ((u32::from(grey) * last + 127) / 255) as u8
}

/// What changed: a part of the picture, its pixels as shades or [`KEEP`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
    /// `width * height` indices.
    pub indices: Vec<u8>,
}

/// What is shown so far.
#[derive(Debug, Clone)]
pub struct Screen {
    width: usize,
    height: usize,
    /// Empty before the first picture.
    shown: Vec<u8>,
}

impl Screen {
    /// A screen that shows nothing yet.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, shown: Vec::new() }
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Shows a picture of the screen's size; `None` where nothing changes.
    pub fn show(&mut self, picture: &Image) -> Option<Change> {
        if self.shown.is_empty() {
            self.shown = picture.pixels.iter().map(|&pixel| shade(pixel)).collect();
            return Some(Change {
                left: 0,
                top: 0,
                width: self.width,
                height: self.height,
                indices: self.shown.clone(),
            });
        }
        let mut indices = vec![KEEP; self.shown.len()];
        for ((shown, &pixel), index) in self.shown.iter_mut().zip(&picture.pixels).zip(&mut indices)
        {
            if grey(*shown).abs_diff(pixel) > TOLERANCE {
                *shown = shade(pixel);
                *index = *shown;
            }
        }
        self.cropped(&indices)
    }

    /// The smallest rectangle that holds all changes.
    fn cropped(&self, indices: &[u8]) -> Option<Change> {
        let changed = |row: &[u8]| row.iter().any(|&index| index != KEEP);
        let rows = || indices.chunks_exact(self.width);
        let top = rows().position(changed)?;
        let bottom = rows().rposition(changed)? + 1;
        let left = rows().filter_map(|row| row.iter().position(|&index| index != KEEP)).min()?;
        let right =
            rows().filter_map(|row| row.iter().rposition(|&index| index != KEEP)).max()? + 1;
        let indices =
            rows().take(bottom).skip(top).flat_map(|row| &row[left..right]).copied().collect();
        Some(Change { left, top, width: right - left, height: bottom - top, indices })
    }
}

impl Change {
    /// Every pixel as a square of `factor` by `factor`.
    pub fn enlarged(&self, factor: usize) -> Self {
        let part = Image {
            channels: 1,
            width: self.width,
            height: self.height,
            pixels: self.indices.clone(),
        }
        .enlarged(factor);
        Self {
            left: self.left * factor,
            top: self.top * factor,
            width: part.width,
            height: part.height,
            indices: part.pixels,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn shades_are_near_the_greys_they_stand_for() {
        assert_eq!((grey(0), grey(SHADES as u8 - 1)), (0, 255));
        for pixel in 0..=255 {
            assert!(grey(shade(pixel)).abs_diff(pixel) <= 5, "{pixel}");
        }
    }

    #[test]
    fn only_what_changed_is_told() {
        let mut picture = Image::filled(6, 5, 0);
        let mut screen = Screen::new(6, 5);
        assert_eq!(screen.show(&picture).unwrap().indices.len(), 30);
        assert_eq!(screen.show(&picture), None);
        picture.pixels[6 + 2] = 255;
        picture.pixels[3 * 6 + 3] = 128;
        picture.pixels[4 * 6] = TOLERANCE;
        let change = screen.show(&picture).unwrap();
        assert_eq!((change.left, change.top, change.width, change.height), (2, 1, 2, 3));
        assert_eq!(change.indices, [30, KEEP, KEEP, KEEP, KEEP, 15]);
        assert_eq!(change.enlarged(2).indices[..8], [30, 30, KEEP, KEEP, 30, 30, KEEP, KEEP]);
        assert_eq!(screen.show(&picture), None, "small differences do not add up");
    }
}
