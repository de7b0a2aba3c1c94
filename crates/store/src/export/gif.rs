//! Animated GIF: few shared shades, each frame only what changed.

use std::borrow::Cow;

use gif::{DisposalMethod, Encoder, Frame, Repeat};

use super::{
    ExportError, Format,
    animation::{Change, KEEP, LAST, SHADES, Screen, grey},
};
use gan_tui_core::image::Image;

/// Viewers take less for a mistake and show such a frame slowly.
const SHORTEST: u64 = 2;

/// Frames a second that a GIF can hold: its delays are hundredths of a second, and those below two
/// are not honoured.
pub const MOST_FPS: u32 = 50;

/// Writes an animation picture by picture, so that a long one needs no more memory than its file.
pub struct Animation {
    encoder: Encoder<Vec<u8>>,
    screen: Screen,
    scale: usize,
    fps: u32,
    /// The last change, which is written when it is known how long it stays.
    waiting: Option<Change>,
    /// When `waiting` began and how many pictures there were, in hundredths of a second and
    /// pictures.
    since: u64,
    pictures: u64,
}

impl Animation {
    /// An animation of pictures of `width` by `height` pixels, each enlarged by `scale`, `fps` a
    /// second (up to [`MOST_FPS`]), for ever.
    ///
    /// # Errors
    /// Where a side would be longer than a GIF can be.
    pub fn new(width: usize, height: usize, fps: u32, scale: usize) -> Result<Self, ExportError> {
        let scale = scale.max(1);
        let (wide, high) = (width.saturating_mul(scale), height.saturating_mul(scale));
        let too_large = |_| ExportError::TooLarge {
            format: Format::Gif,
            width: wide,
            height: high,
            most: usize::from(u16::MAX),
        };
        let (canvas_width, canvas_height) =
            (u16::try_from(wide).map_err(too_large)?, u16::try_from(high).map_err(too_large)?);
        let mut palette: Vec<u8> = (0..SHADES as u8).flat_map(|shade| [grey(shade); 3]).collect();
        palette.extend([0; 3]);
        let mut encoder = Encoder::new(Vec::new(), canvas_width, canvas_height, &palette)?;
        encoder.set_repeat(Repeat::Infinite)?;
        let screen = Screen::new(width, height);
        Ok(Self {
            encoder,
            screen,
            scale,
            fps: fps.clamp(1, MOST_FPS),
            waiting: None,
            since: 0,
            pictures: 0,
        })
    }

    /// Adds the next picture. One like the picture before makes that stay longer.
    ///
    /// # Errors
    /// Where it is of another size.
    pub fn push(&mut self, picture: &Image) -> Result<(), ExportError> {
        let other = (picture.width, picture.height);
        if other != self.screen.size() {
            return Err(ExportError::Sizes { first: self.screen.size(), other });
        }
        if let Some(change) = self.screen.show(picture) {
            let now = self.time();
            self.write(now - self.since)?;
            self.since = now;
            self.waiting = Some(change);
        }
        self.pictures += 1;
        Ok(())
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// Those of the encoder.
    pub fn finish(mut self) -> Result<Vec<u8>, ExportError> {
        let stays = self.time() - self.since;
        self.write(if self.pictures > 1 { stays + u64::from(LAST) } else { stays })?;
        Ok(self.encoder.into_inner()?)
    }

    /// When the next picture begins, in hundredths of a second: rounded from the exact time, so
    /// that roundings do not add up.
    fn time(&self) -> u64 {
        (self.pictures * 100 + u64::from(self.fps) / 2) / u64::from(self.fps)
    }

    fn write(&mut self, delay: u64) -> Result<(), ExportError> {
        let Some(change) = self.waiting.take() else { return Ok(()) };
        let change = change.enlarged(self.scale);
        // All sides were seen to fit when the animation began.
        let side = |value: usize| u16::try_from(value).unwrap_or(u16::MAX);
        let frame = Frame {
            delay: u16::try_from(delay.max(SHORTEST)).unwrap_or(u16::MAX),
            dispose: DisposalMethod::Keep,
            transparent: Some(KEEP),
            left: side(change.left),
            top: side(change.top),
            width: side(change.width),
            height: side(change.height),
            buffer: Cow::Owned(change.indices),
            ..Frame::default()
        };
        Ok(self.encoder.write_frame(&frame)?)
    }
}

/// An animation of `frames`, `fps` a second, each pixel a square of `scale` by `scale`.
///
/// # Errors
/// Where there are no frames, they differ in size, or the result would be too large.
pub fn encode(frames: &[Image], fps: u32, scale: usize) -> Result<Vec<u8>, ExportError> {
    let (width, height) = frames.first().map_or((0, 0), |first| (first.width, first.height));
    if width * height == 0 {
        return Err(ExportError::TooLarge {
            format: Format::Gif,
            width,
            height,
            most: usize::from(u16::MAX),
        });
    }
    let mut animation = Animation::new(width, height, fps, scale)?;
    for frame in frames {
        animation.push(frame)?;
    }
    animation.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Plays a GIF: every picture as it is shown, with its delay.
    fn play(bytes: &[u8]) -> Vec<(Vec<u8>, u16)> {
        let mut decoder = gif::DecodeOptions::new().read_info(bytes).unwrap();
        let palette = decoder.global_palette().unwrap().to_vec();
        let width = usize::from(decoder.width());
        let mut screen = vec![0u8; width * usize::from(decoder.height())];
        let mut pictures = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            for (y, row) in frame.buffer.chunks_exact(usize::from(frame.width)).enumerate() {
                for (x, &index) in row.iter().enumerate() {
                    if Some(index) != frame.transparent {
                        screen
                            [(usize::from(frame.top) + y) * width + usize::from(frame.left) + x] =
                            palette[usize::from(index) * 3];
                    }
                }
            }
            pictures.push((screen.clone(), frame.delay));
        }
        pictures
    }

    #[test]
    fn pictures_are_shown_as_they_were() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let frames: Vec<Image> = (0..12)
            .map(|_| Image {
                channels: 1,
                width: 9,
                height: 7,
                pixels: (0..63).map(|_| random.gen_range(0..=255)).collect(),
            })
            .collect();
        let shown = play(&encode(&frames, 25, 3).unwrap());
        assert_eq!(shown.len(), frames.len());
        for ((shown, _), frame) in shown.iter().zip(&frames) {
            assert_eq!(shown.len(), 63 * 9);
            assert!(shown.iter().zip(&frame.enlarged(3).pixels).all(|(a, b)| a.abs_diff(*b) <= 8));
        }
    }

    #[test]
    fn pictures_come_at_their_time() {
        let frames: Vec<Image> =
            [0, 50, 50, 50, 100, 150].map(|shade| Image::filled(4, 4, shade)).to_vec();
        let delays = |fps| {
            play(&encode(&frames, fps, 1).unwrap())
                .iter()
                .map(|(_, delay)| *delay)
                .collect::<Vec<_>>()
        };
        assert_eq!(delays(20), [5, 15, 5, 5 + LAST]);
        assert_eq!(delays(30), [3, 10, 4, 3 + LAST], "thirds of a second even out");
        assert_eq!(delays(1000), [2, 6, 2, 2 + LAST]);
        assert_eq!(play(&encode(&frames[..1], 20, 1).unwrap())[0].1, 5);
    }

    #[test]
    fn what_a_gif_cannot_hold_is_refused() {
        assert!(encode(&[], 20, 1).is_err());
        let error = encode(&[Image::filled(224, 224, 0)], 20, 300).unwrap_err().to_string();
        assert!(
            error.starts_with("GIF of 67200 by 67200 pixels is too large: expected at most 65535"),
            "{error}"
        );
        assert!(encode(&[Image::filled(2, 2, 0), Image::filled(2, 3, 0)], 20, 1).is_err());
    }
}
