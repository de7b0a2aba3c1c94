//! Images as PNG files: written with 8 bits of grey or RGB, read from any kind of PNG.

use std::io::{BufRead, Cursor, Seek};

use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};

use super::{Image, ImageShape, RGB, luma};

/// Pictures of more pixels than this are refused before anything is allocated for them.
pub const MOST_PIXELS: usize = 1 << 26;

/// Why a picture was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    #[error("a picture of {width} by {height} pixels cannot be a PNG")]
    Size { width: usize, height: usize },
    #[error("not a readable PNG: {0}")]
    Decode(#[from] png::DecodingError),
    #[error("a picture of {width} by {height} pixels; at most {MOST_PIXELS} pixels are read")]
    TooLarge { width: u32, height: u32 },
    #[error("cannot encode a PNG: {0}")]
    Encode(#[from] png::EncodingError),
}

/// Returns the bytes of a PNG file, 8 bits of grey or RGB; equal images give equal bytes.
///
/// # Errors
/// Returns an error if the image is empty or a side does not fit 31 bits.
pub fn encode(picture: &Image) -> Result<Vec<u8>, PngError> {
    let size = |_| PngError::Size { width: picture.width, height: picture.height };
    let (width, height) =
        (u32::try_from(picture.width).map_err(size)?, u32::try_from(picture.height).map_err(size)?);
    let mut bytes = Vec::with_capacity(picture.pixels.len() / 2 + 128);
    let mut encoder = Encoder::new(&mut bytes, width, height);
    let is_rgb = picture.channels == RGB;
    encoder.set_color(if is_rgb { ColorType::Rgb } else { ColorType::Grayscale });
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Returns the image in a PNG file in grey. Colours become their luma (ITU-R BT.601), what is
/// transparent shows black.
///
/// # Errors
/// As [`decode`].
pub fn decode_grey(bytes: &[u8]) -> Result<Image, PngError> {
    let (shape, samples) = read_samples(Cursor::new(bytes), MOST_PIXELS, Limits::default())?;
    let grey = |pixel: &[u8]| match *pixel {
        [grey, alpha] => over_black(grey, alpha),
        [red, green, blue] => luma([red, green, blue]),
        [red, green, blue, alpha] => over_black(luma([red, green, blue]), alpha),
        _ => pixel[0],
    };
    let pixels = samples.chunks_exact(shape.channels).map(grey).collect();
    Ok(Image::grey(shape.width, shape.height, pixels))
}

/// Returns the image in a PNG file, grey or RGB as the file is; what is transparent shows black.
///
/// # Errors
/// Returns an error if the bytes are not a PNG, or one of more than [`MOST_PIXELS`] pixels.
pub fn decode(bytes: &[u8]) -> Result<Image, PngError> {
    let (shape, samples) = read_samples(Cursor::new(bytes), MOST_PIXELS, Limits::default())?;
    let over = |pixel: &[u8]| [0, 1, 2].map(|channel| over_black(pixel[channel], pixel[RGB]));
    match shape.channels {
        RGB => Ok(Image::new(shape, samples)),
        4 => {
            let pixels = samples.chunks_exact(4).flat_map(over).collect();
            Ok(Image::new(ImageShape { channels: RGB, ..shape }, pixels))
        }
        _ => decode_grey(bytes),
    }
}

/// Returns the size and the samples of a PNG file's first frame, 8 bits each. A pixel has 1 (grey),
/// 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels.
///
/// # Errors
/// Returns an error if it is not a PNG, has more than `max_pixels` pixels, or needs more memory than
/// the limits allow.
pub fn read_samples(
    file: impl BufRead + Seek,
    max_pixels: usize,
    limits: Limits,
) -> Result<(ImageShape, Vec<u8>), PngError> {
    let mut decoder = Decoder::new_with_limits(file, limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let (width, height) = reader.info().size();
    if u64::from(width) * u64::from(height) > max_pixels as u64 {
        return Err(PngError::TooLarge { width, height });
    }
    let size = reader.output_buffer_size().ok_or(PngError::TooLarge { width, height })?;
    let mut samples = vec![0; size];
    let info = reader.next_frame(&mut samples)?;
    samples.truncate(info.buffer_size());
    let shape = ImageShape {
        height: info.height as usize,
        width: info.width as usize,
        channels: info.color_type.samples(),
    };
    Ok((shape, samples))
}

fn over_black(shade: u8, alpha: u8) -> u8 {
    ((u32::from(shade) * u32::from(alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn gradient() -> Image {
        Image::grey(16, 16, (0..=255).collect())
    }

    fn colored(color: ColorType, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 1, 1);
        encoder.set_color(color);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(pixels).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn a_picture_survives_the_way_there_and_back() {
        let bytes = encode(&gradient()).unwrap();
        assert_eq!(decode(&bytes).unwrap(), gradient());
        assert_eq!(encode(&gradient()).unwrap(), bytes);
    }

    #[test]
    fn colours_become_greys() {
        assert_eq!(decode_grey(&colored(ColorType::Rgb, &[255, 255, 255])).unwrap().pixels, [255]);
        assert_eq!(decode_grey(&colored(ColorType::Rgb, &[255, 0, 0])).unwrap().pixels, [76]);
        assert_eq!(
            decode_grey(&colored(ColorType::Rgba, &[255, 255, 255, 0])).unwrap().pixels,
            [0]
        );
        assert_eq!(
            decode_grey(&colored(ColorType::GrayscaleAlpha, &[200, 128])).unwrap().pixels,
            [100]
        );
    }

    #[test]
    fn colours_survive_the_way_there_and_back() {
        let image = Image::new(ImageShape::rgb(2, 2), (0..12).map(|value| 20 * value).collect());
        let bytes = encode(&image).unwrap();
        assert_eq!(decode(&bytes).unwrap(), image);
        assert_eq!(decode_grey(&bytes).unwrap(), image.to_grey());
        let half = decode(&colored(ColorType::Rgba, &[200, 100, 0, 128])).unwrap();
        assert_eq!(half.pixels, [100, 50, 0]);
    }

    #[test]
    fn what_is_no_png_is_refused() {
        assert!(encode(&Image::filled(0, 3, 0)).is_err());
        let bytes = encode(&gradient()).unwrap();
        for length in 0..bytes.len() - 12 {
            assert!(decode(&bytes[..length]).is_err(), "{length} bytes of {}", bytes.len());
        }
    }

    #[test]
    fn a_header_that_lies_about_its_size_allocates_nothing() {
        let mut bytes = encode(&gradient()).unwrap();
        bytes[16..24].copy_from_slice(&[0x7F, 0, 0, 0, 0x7F, 0, 0, 0]);
        let mut crc = flate2::Crc::new();
        crc.update(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let error = decode(&bytes).unwrap_err();
        assert!(matches!(error, PngError::TooLarge { .. } | PngError::Decode(_)), "{error}");
    }
}
