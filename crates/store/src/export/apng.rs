//! Animated PNG: the shades and changes of the GIF, packed better. Programs that know no APNG show
//! its first picture.

use png::{BitDepth, BlendOp, ColorType, DisposeOp, Encoder, Filter};

use super::{
    ExportError, Format,
    animation::{Change, KEEP, LAST, SHADES, Screen, grey},
};
use gan_tui_core::image::{
    Image,
    png::{MOST_PIXELS, PngError},
};

/// Takes pictures one by one; what changed is kept, since the file begins with their number.
pub struct Animation {
    screen: Screen,
    scale: usize,
    fps: u32,
    /// What changed, and how many pictures it stays.
    changes: Vec<(Change, u64)>,
}

impl Animation {
    /// An animation of pictures of `width` by `height` pixels, each enlarged by `scale`, `fps` a
    /// second, for ever.
    ///
    /// # Errors
    /// Where the pictures would be larger than any that this program reads.
    pub fn new(width: usize, height: usize, fps: u32, scale: usize) -> Result<Self, ExportError> {
        let scale = scale.max(1);
        let (wide, high) = (width.saturating_mul(scale), height.saturating_mul(scale));
        if wide.saturating_mul(high) > MOST_PIXELS {
            return Err(ExportError::TooLarge {
                format: Format::Apng,
                width: wide,
                height: high,
                most: MOST_PIXELS.isqrt(),
            });
        }
        Ok(Self { screen: Screen::new(width, height), scale, fps: fps.max(1), changes: Vec::new() })
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
        match (self.screen.show(picture), self.changes.last_mut()) {
            (Some(change), _) => self.changes.push((change, 1)),
            (None, Some((_, stays))) => *stays += 1,
            (None, None) => {}
        }
        Ok(())
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// Those of the encoder, and where there is no picture.
    pub fn finish(mut self) -> Result<Vec<u8>, ExportError> {
        if self.changes.len() > 1
            && let Some((_, stays)) = self.changes.last_mut()
        {
            *stays += u64::from(LAST) * u64::from(self.fps) / 100;
        }
        let (width, height) = self.screen.size();
        self.encode(width * self.scale, height * self.scale)
            .map_err(|error| PngError::Encode(error).into())
    }

    fn encode(&self, width: usize, height: usize) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        // Sides fit: their product was seen to.
        let mut encoder = Encoder::new(&mut bytes, width as u32, height as u32);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_filter(Filter::NoFilter);
        let mut palette: Vec<u8> = (0..SHADES as u8).flat_map(|shade| [grey(shade); 3]).collect();
        palette.extend([0; 3]);
        encoder.set_palette(palette);
        // Opaque, but for the index that keeps what is shown.
        encoder.set_trns(
            (0..=KEEP).map(|index| if index == KEEP { 0 } else { 255 }).collect::<Vec<u8>>(),
        );
        if self.changes.len() > 1 {
            encoder.set_animated(self.changes.len() as u32, 0)?;
            encoder.set_blend_op(BlendOp::Over)?;
            encoder.set_dispose_op(DisposeOp::None)?;
        }
        let mut writer = encoder.write_header()?;
        for (change, stays) in &self.changes {
            let change = change.enlarged(self.scale);
            if self.changes.len() > 1 {
                writer
                    .set_frame_delay(u16::try_from(*stays).unwrap_or(u16::MAX), self.fps as u16)?;
                writer.reset_frame_position()?;
                writer.set_frame_dimension(change.width as u32, change.height as u32)?;
                writer.set_frame_position(change.left as u32, change.top as u32)?;
            }
            writer.write_image_data(&change.indices)?;
        }
        writer.finish()?;
        Ok(bytes)
    }
}

/// An animation of `frames`, `fps` a second, each pixel a square of `scale` by `scale`.
///
/// # Errors
/// Where there are no frames, they differ in size, or the result would be too large.
pub fn encode(frames: &[Image], fps: u32, scale: usize) -> Result<Vec<u8>, ExportError> {
    let (width, height) = frames.first().map_or((0, 0), |first| (first.width, first.height));
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
            assert!(shown.iter().zip(&frame.enlarged(3).pixels).all(|(a, b)| a.abs_diff(*b) <= 8));
        }
    }

    #[test]
    fn pictures_come_at_their_time_and_the_last_one_stays() {
        let frames: Vec<Image> =
            [0, 50, 50, 50, 100].map(|shade| Image::filled(4, 4, shade)).to_vec();
        let delays: Vec<f64> =
            play(&encode(&frames, 20, 1).unwrap()).iter().map(|(_, delay)| *delay).collect();
        assert_eq!(delays, [0.05, 0.15, 1.55]);
    }

    #[test]
    fn one_picture_is_a_plain_png_and_none_is_an_error() {
        let one = encode(&[Image::filled(4, 4, 90)], 20, 2).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(&one)).read_info().unwrap();
        assert!(reader.info().animation_control.is_none() && reader.info().width == 8);
        assert!(encode(&[], 20, 1).is_err());
        let error = encode(&[Image::filled(224, 224, 0)], 20, 300).unwrap_err().to_string();
        assert!(error.starts_with("APNG of 67200"), "{error}");
    }
}
