//! Animated PNG, each frame only what changed, packed better than in a GIF: grey in few shades, RGB
//! exactly. Programs that do not know APNG show its first picture.

use gan_tui_core::image::{
    Image, ImageShape,
    png::{MOST_PIXELS, PngError},
};
use png::{BitDepth, BlendOp, ColorType, DisposeOp, Encoder, Filter};

use super::{
    Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter,
    animation::{self, Animation, Change, ChangedPixels, KEEP, LAST, SHADES, Screen, grey},
};

pub struct Apng;

impl Exporter for Apng {
    fn name(&self) -> &'static str {
        "APNG"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["apng"]
    }

    fn about(&self) -> &'static str {
        "an animation as PNG"
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
            Content::Sequence { frames, .. } => {
                animation::encode::<ApngAnimation>(frames, settings)
            }
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

/// Takes pictures one by one; the changes are kept, since the file begins with their number.
struct ApngAnimation {
    screen: Screen,
    scale: usize,
    fps: u32,
    /// What changed, and for how many pictures it stays.
    changes: Vec<(Change, u64)>,
}

impl Animation for ApngAnimation {
    fn new(shape: ImageShape, settings: &ExportSettings) -> Result<Self, ExportError> {
        let scale = settings.scale.max(1);
        let (width, height) =
            (shape.width.saturating_mul(scale), shape.height.saturating_mul(scale));
        if width.saturating_mul(height) > MOST_PIXELS {
            return Err(ExportError::TooLarge {
                format: Apng.name(),
                width,
                height,
                most: MOST_PIXELS.isqrt(),
            });
        }
        let screen = Screen::new(shape);
        Ok(Self { screen, scale, fps: settings.fps.max(1), changes: Vec::new() })
    }

    fn push(&mut self, picture: &Image) -> Result<(), ExportError> {
        match (self.screen.show(picture)?, self.changes.last_mut()) {
            (Some(change), _) => self.changes.push((change, 1)),
            (None, Some((_, stays))) => *stays += 1,
            (None, None) => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>, ExportError> {
        if self.changes.len() > 1
            && let Some((_, stays)) = self.changes.last_mut()
        {
            *stays += u64::from(LAST) * u64::from(self.fps) / 100;
        }
        self.encode().map_err(|error| PngError::Encode(error).into())
    }
}

impl ApngAnimation {
    fn encode(&self) -> Result<Vec<u8>, png::EncodingError> {
        let ImageShape { width, height, channels } = self.screen.shape();
        let mut bytes = Vec::new();
        // Sides fit: their product was checked.
        let (width, height) = ((width * self.scale) as u32, (height * self.scale) as u32);
        let mut encoder = Encoder::new(&mut bytes, width, height);
        encoder.set_depth(BitDepth::Eight);
        if channels == 1 {
            set_grey_palette(&mut encoder);
        } else {
            encoder.set_color(ColorType::Rgba);
        }
        if self.changes.len() > 1 {
            encoder.set_animated(self.changes.len() as u32, 0)?;
            encoder.set_blend_op(BlendOp::Over)?;
            encoder.set_dispose_op(DisposeOp::None)?;
        }
        let mut writer = encoder.write_header()?;
        for (change, stays) in &self.changes {
            let (values, depth) = match &change.pixels {
                ChangedPixels::Shades(indices) => (indices, 1),
                ChangedPixels::Rgba(rgba) => (rgba, 4),
            };
            if self.changes.len() > 1 {
                let scaled = |side: usize| (side * self.scale) as u32;
                writer
                    .set_frame_delay(u16::try_from(*stays).unwrap_or(u16::MAX), self.fps as u16)?;
                writer.reset_frame_position()?;
                writer.set_frame_dimension(scaled(change.width), scaled(change.height))?;
                writer.set_frame_position(scaled(change.left), scaled(change.top))?;
            }
            writer.write_image_data(&animation::enlarge(
                values,
                change.width,
                depth,
                self.scale,
            ))?;
        }
        writer.finish()?;
        Ok(bytes)
    }
}

/// Pixels are shades, opaque, or the index that keeps what is shown.
fn set_grey_palette(encoder: &mut Encoder<'_, &mut Vec<u8>>) {
    encoder.set_color(ColorType::Indexed);
    encoder.set_filter(Filter::NoFilter);
    let shades = (0..SHADES as u8).flat_map(|shade| [grey(shade); 3]);
    encoder.set_palette(shades.chain([0; 3]).collect::<Vec<u8>>());
    let alpha = |index| if index == KEEP { 0 } else { u8::MAX };
    encoder.set_trns((0..=KEEP).map(alpha).collect::<Vec<u8>>());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::export::animation::tests::encode;

    /// Plays a file: every picture as it is shown, with its delay in seconds.
    fn play(bytes: &[u8]) -> Vec<(Vec<u8>, f64)> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let palette: Vec<u8> =
            reader.info().palette.as_ref().unwrap().chunks_exact(3).map(|rgb| rgb[0]).collect();
        let (width, height) = (reader.info().width as usize, reader.info().height as usize);
        let count = reader.info().animation_control.unwrap().num_frames;
        let mut screen = vec![0; width * height];
        let mut shown = Vec::new();
        for _ in 0..count {
            let mut indices = vec![0; width * height];
            let frame = reader.next_frame(&mut indices).unwrap();
            let control = *reader.info().frame_control.as_ref().unwrap();
            for (at, &index) in indices[..frame.buffer_size()]
                .iter()
                .enumerate()
                .filter(|(_, index)| **index != KEEP)
            {
                let (x, y) = (at % control.width as usize, at / control.width as usize);
                screen[(control.y_offset as usize + y) * width + control.x_offset as usize + x] =
                    palette[usize::from(index)];
            }
            shown.push((
                screen.clone(),
                f64::from(control.delay_num) / f64::from(control.delay_den),
            ));
        }
        shown
    }

    #[test]
    fn pictures_are_shown_as_they_were() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let frames: Vec<Image> = (0..12)
            .map(|_| Image::grey(9, 7, (0..63).map(|_| random.gen_range(0..=255)).collect()))
            .collect();
        let shown = play(&encode::<ApngAnimation>(&frames, 25, 3).unwrap());
        assert_eq!(shown.len(), frames.len());
        for ((shown, _), frame) in shown.iter().zip(&frames) {
            assert!(shown.iter().zip(&frame.enlarged(3).pixels).all(|(a, b)| a.abs_diff(*b) <= 8));
        }
    }

    #[test]
    fn pictures_come_at_their_time_and_the_last_one_stays() {
        let frames: Vec<Image> =
            [0, 50, 50, 50, 100].map(|shade| Image::filled(4, 4, shade)).to_vec();
        let delays: Vec<f64> = play(&encode::<ApngAnimation>(&frames, 20, 1).unwrap())
            .iter()
            .map(|(_, delay)| *delay)
            .collect();
        assert_eq!(delays, [0.05, 0.15, 1.55]);
    }

    #[test]
    fn one_picture_is_a_plain_png_and_none_is_an_error() {
        let one = encode::<ApngAnimation>(&[Image::filled(4, 4, 90)], 20, 2).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(&one)).read_info().unwrap();
        assert!(reader.info().animation_control.is_none() && reader.info().width == 8);
        assert!(encode::<ApngAnimation>(&[], 20, 1).is_err());
        let error = encode::<ApngAnimation>(&[Image::filled(224, 224, 0)], 20, 300)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("APNG of 67200"), "{error}");
    }

    #[test]
    fn colours_are_kept_exactly() {
        let mut second = Image::uniform(ImageShape::rgb(4, 3), 40);
        let first = second.clone();
        second.pixels[3 * 5..][..3].copy_from_slice(&[200, 100, 0]);
        let bytes = encode::<ApngAnimation>(&[first, second], 20, 2).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut rgba = vec![0; 8 * 6 * 4];
        reader.next_frame(&mut rgba).unwrap();
        assert_eq!(rgba, [40, 40, 40, 255].repeat(48));
        let frame = reader.next_frame(&mut rgba).unwrap();
        let control = reader.info().frame_control.unwrap();
        assert_eq!((control.x_offset, control.y_offset, frame.width, frame.height), (2, 2, 2, 2));
        assert_eq!(rgba[..frame.buffer_size()], [200, 100, 0, 255].repeat(4));
    }
}
