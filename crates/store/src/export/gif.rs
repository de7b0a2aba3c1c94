//! Animated GIF, each frame only what changed: grey in few shades that all frames share, RGB in up
//! to 256 colours a frame.

use std::borrow::Cow;

use gan_tui_core::image::{Image, ImageShape};
use gif::{DisposalMethod, Encoder, Frame, Repeat};

use super::{
    Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter,
    animation::{self, Animation, Change, ChangedPixels, KEEP, LAST, SHADES, Screen, grey},
    palette::{self, Indexed},
};

/// Viewers take a shorter delay for a mistake and show such a frame slowly; in hundredths of a
/// second.
const SHORTEST: u64 = 2;

/// Frames a second that a GIF can hold: its delays are hundredths of a second, and those below two
/// are not honoured.
pub const MOST_FPS: u32 = 50;

pub struct Gif;

impl Exporter for Gif {
    fn name(&self) -> &'static str {
        "GIF"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["gif"]
    }

    fn about(&self) -> &'static str {
        "an animation"
    }

    fn takes(&self) -> &'static [ContentKind] {
        &[ContentKind::Sequence]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Fps, ExportOption::Scale, ExportOption::Latent]
    }

    fn export(
        &self,
        content: Content<'_>,
        settings: &ExportSettings,
    ) -> Result<Vec<u8>, ExportError> {
        match content {
            Content::Sequence { frames, .. } => animation::encode::<GifAnimation>(frames, settings),
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

/// Writes an animation picture by picture, so that a long one needs no more memory than its file.
struct GifAnimation {
    encoder: Encoder<Vec<u8>>,
    screen: Screen,
    scale: usize,
    /// At most [`MOST_FPS`].
    fps: u32,
    /// The last change, which is written when it is known how long it stays.
    waiting: Option<Change>,
    /// When `waiting` began, in hundredths of a second.
    since: u64,
    /// The number of pictures so far.
    pictures: u64,
}

impl Animation for GifAnimation {
    fn new(shape: ImageShape, settings: &ExportSettings) -> Result<Self, ExportError> {
        let scale = settings.scale.max(1);
        let (width, height) =
            (shape.width.saturating_mul(scale), shape.height.saturating_mul(scale));
        let too_large = |_| ExportError::TooLarge {
            format: Gif.name(),
            width,
            height,
            most: usize::from(u16::MAX),
        };
        let (canvas_width, canvas_height) =
            (u16::try_from(width).map_err(too_large)?, u16::try_from(height).map_err(too_large)?);
        let palette = if shape.channels == 1 { grey_palette() } else { Vec::new() };
        let mut encoder = Encoder::new(Vec::new(), canvas_width, canvas_height, &palette)?;
        encoder.set_repeat(Repeat::Infinite)?;
        Ok(Self {
            encoder,
            screen: Screen::new(shape),
            scale,
            fps: settings.fps.clamp(1, MOST_FPS),
            waiting: None,
            since: 0,
            pictures: 0,
        })
    }

    fn push(&mut self, picture: &Image) -> Result<(), ExportError> {
        if let Some(change) = self.screen.show(picture)? {
            let now = self.time();
            self.write(now - self.since)?;
            self.since = now;
            self.waiting = Some(change);
        }
        self.pictures += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>, ExportError> {
        let stays = self.time() - self.since;
        self.write(if self.pictures > 1 { stays + u64::from(LAST) } else { stays })?;
        Ok(self.encoder.into_inner()?)
    }
}

impl GifAnimation {
    /// Returns when the next picture begins, in hundredths of a second: rounded from the exact
    /// time, so that roundings do not add up.
    fn time(&self) -> u64 {
        (self.pictures * 100 + u64::from(self.fps) / 2) / u64::from(self.fps)
    }

    fn write(&mut self, delay: u64) -> Result<(), ExportError> {
        let Some(change) = self.waiting.take() else { return Ok(()) };
        // All sides were checked when the animation began.
        let side = |value: usize| u16::try_from(value).unwrap_or(u16::MAX);
        let coded = match change.pixels {
            ChangedPixels::Shades(indices) => {
                Frame { transparent: Some(KEEP), buffer: Cow::Owned(indices), ..Frame::default() }
            }
            ChangedPixels::Rgba(rgba) => {
                let Indexed { palette, pixels, transparent } = palette::indexed(rgba.as_chunks().0);
                Frame {
                    transparent,
                    palette: Some(palette),
                    buffer: Cow::Owned(pixels),
                    ..Frame::default()
                }
            }
        };
        let enlarged = animation::enlarge(&coded.buffer, change.width, 1, self.scale);
        let frame = Frame {
            delay: u16::try_from(delay.max(SHORTEST)).unwrap_or(u16::MAX),
            dispose: DisposalMethod::Keep,
            left: side(change.left * self.scale),
            top: side(change.top * self.scale),
            width: side(change.width * self.scale),
            height: side(change.height * self.scale),
            buffer: Cow::Owned(enlarged),
            ..coded
        };
        Ok(self.encoder.write_frame(&frame)?)
    }
}

/// The shades, and a colour for the index of pixels that do not change.
fn grey_palette() -> Vec<u8> {
    (0..SHADES as u8).flat_map(|shade| [grey(shade); 3]).chain([0; 3]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::export::animation::tests::encode;

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
            .map(|_| Image::grey(9, 7, (0..63).map(|_| random.gen_range(0..=255)).collect()))
            .collect();
        let shown = play(&encode::<GifAnimation>(&frames, 25, 3).unwrap());
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
            play(&encode::<GifAnimation>(&frames, fps, 1).unwrap())
                .iter()
                .map(|(_, delay)| *delay)
                .collect::<Vec<_>>()
        };
        assert_eq!(delays(20), [5, 15, 5, 5 + LAST]);
        assert_eq!(delays(30), [3, 10, 4, 3 + LAST], "thirds of a second even out");
        assert_eq!(delays(1000), [2, 6, 2, 2 + LAST]);
        assert_eq!(play(&encode::<GifAnimation>(&frames[..1], 20, 1).unwrap())[0].1, 5);
    }

    #[test]
    fn what_a_gif_cannot_hold_is_refused() {
        assert!(encode::<GifAnimation>(&[], 20, 1).is_err());
        let error =
            encode::<GifAnimation>(&[Image::filled(224, 224, 0)], 20, 300).unwrap_err().to_string();
        assert!(
            error.starts_with("GIF of 67200 by 67200 pixels is too large: expected at most 65535"),
            "{error}"
        );
        assert!(
            encode::<GifAnimation>(&[Image::filled(2, 2, 0), Image::filled(2, 3, 0)], 20, 1)
                .is_err()
        );
    }

    /// Plays a GIF of RGB pictures.
    fn play_colours(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(bytes).unwrap();
        let width = usize::from(decoder.width());
        let mut screen = vec![0u8; width * usize::from(decoder.height()) * 3];
        let mut pictures = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            for (at, pixel) in frame.buffer.chunks_exact(4).enumerate() {
                let (x, y) = (at % usize::from(frame.width), at / usize::from(frame.width));
                let place = (usize::from(frame.top) + y) * width + usize::from(frame.left) + x;
                if pixel[3] != 0 {
                    screen[place * 3..][..3].copy_from_slice(&pixel[..3]);
                }
            }
            pictures.push(screen.clone());
        }
        pictures
    }

    #[test]
    fn colours_are_shown_as_they_were() {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let mut frames = vec![Image::uniform(ImageShape::rgb(9, 7), 40)];
        for _ in 0..5 {
            let mut next = frames[frames.len() - 1].clone();
            let at = random.gen_range(0..60) * 3;
            next.pixels[at..at + 9].iter_mut().for_each(|value| *value = random.gen_range(0..=255));
            frames.push(next);
        }
        let shown = play_colours(&encode::<GifAnimation>(&frames, 25, 2).unwrap());
        assert_eq!(shown.len(), frames.len());
        for (shown, frame) in shown.iter().zip(&frames) {
            // Few colours are kept exactly; what differs by up to 8 stays as it was.
            assert!(shown.iter().zip(&frame.enlarged(2).pixels).all(|(a, b)| a.abs_diff(*b) <= 8));
        }
    }

    #[test]
    fn more_colours_than_a_palette_holds_are_quantized() {
        let colour = |at: u32| [(at % 32 * 8) as u8, (at / 32 * 8) as u8, 90];
        let frame = Image::new(ImageShape::rgb(32, 32), (0..1024).flat_map(colour).collect());
        let shown =
            play_colours(&encode::<GifAnimation>(std::slice::from_ref(&frame), 25, 1).unwrap());
        let errors = shown[0].iter().zip(&frame.pixels).map(|(a, b)| u32::from(a.abs_diff(*b)));
        let mean = errors.sum::<u32>() as f32 / frame.pixels.len() as f32;
        assert!(mean < 12.0, "{mean}");
    }
}
