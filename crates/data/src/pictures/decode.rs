//! One picture from the bytes of its file: PNG, JPEG, WebP, BMP or the first frame of a GIF.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits, metadata::Orientation};

use super::fit;
use gan_tui_core::image::{Image, ImageShape, RGB, luma};

/// Pictures of more pixels than this are passed over.
pub(crate) const MOST_PIXELS: usize = 1 << 24;
/// More pixels than this for each byte are a promise that no file of a picture keeps.
const MOST_RATIO: u64 = 10_000;
/// Endings of the names of files that are taken for pictures.
const EXTENSIONS: [&str; 9] = ["png", "jpg", "jpeg", "jpe", "jfif", "webp", "bmp", "dib", "gif"];

/// A picture, and what its file's values are.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) image: Image,
    /// The highest value of a colour or shade in the file.
    pub(super) highest: u16,
    /// Whether the file has 16 bits a value.
    pub(super) is_deep: bool,
    /// Whether the file has colours.
    pub(super) is_colour: bool,
}

/// The value of a file that becomes white; in files of 8 and of 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct White {
    pub(super) of_8_bits: u16,
    pub(super) of_16_bits: u16,
}

impl Default for White {
    fn default() -> Self {
        Self { of_8_bits: 255, of_16_bits: u16::MAX }
    }
}

/// Returns whether a file of this name is taken for a picture.
pub(crate) fn is_picture(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// Returns the picture in a file, with 1 or 3 `channels`. What the file says of its format is
/// believed, whatever its name. Transparent parts are white behind dark ink and black behind light
/// ink.
///
/// # Errors
/// Returns the reason in one line if it cannot be read or has more than [`MOST_PIXELS`] pixels.
pub(super) fn decode(bytes: &[u8], channels: usize, white: White) -> Result<Decoded, String> {
    let picture = read(bytes)?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (samples, of_file, highest, is_deep) = samples(picture, white);
    let colours = samples.chunks_exact(of_file);
    let pixels = match channels {
        1 => blended(colours.map(|pixel| match *pixel {
            [red, green, blue, ref alpha @ ..] => ([luma([red, green, blue])], opacity(alpha)),
            ref grey => ([grey[0]], opacity(&grey[1..])),
        })),
        _ => blended(colours.map(|pixel| match *pixel {
            [red, green, blue, ref alpha @ ..] => ([red, green, blue], opacity(alpha)),
            ref grey => ([grey[0]; RGB], opacity(&grey[1..])),
        })),
    };
    let image = Image::new(ImageShape { height, width, channels }, pixels);
    let is_colour = of_file >= RGB;
    Ok(Decoded { image: fit::with_channels(image, channels), highest, is_deep, is_colour })
}

fn read(bytes: &[u8]) -> Result<DynamicImage, String> {
    if bytes.is_empty() {
        return Err("an empty file".into());
    }
    let reason = |error: image::ImageError| one_line(&error.to_string());
    let format =
        image::guess_format(bytes).map_err(|_| "not a PNG, JPEG, WebP, BMP or GIF".to_owned())?;
    if format == image::ImageFormat::Jpeg && !has_jpeg_end(bytes) {
        return Err("the JPEG ends too early".into());
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(8 * MOST_PIXELS as u64);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(reason)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS as u64 {
        return Err(format!("expected at most {MOST_PIXELS} pixels, found {width}x{height}"));
    }
    let most = MOST_RATIO.saturating_mul(bytes.len() as u64).saturating_add(1 << 16);
    if u64::from(width) * u64::from(height) > most {
        let size = bytes.len();
        return Err(format!("{size} bytes that promise a picture of {width}x{height}"));
    }
    if width == 0 || height == 0 {
        return Err("a picture without pixels".into());
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Returns whether the last scan of a JPEG has an end: decoders fill in what is missing.
fn has_jpeg_end(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xFF, marker]);
    match (last(0xDA), last(0xD9)) {
        (Some(scan), Some(end)) => end > scan,
        _ => false,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the values of a picture as bytes, how many there are of a pixel, the highest of a colour
/// in the file, and whether the file has 16 bits of each.
fn samples(picture: DynamicImage, white: White) -> (Vec<u8>, usize, u16, bool) {
    use DynamicImage::{
        ImageLuma8, ImageLuma16, ImageLumaA8, ImageLumaA16, ImageRgb8, ImageRgb16, ImageRgba8,
        ImageRgba16,
    };
    let bytes = |raw: Vec<u8>, channels: usize| {
        let highest = highest(&raw, channels);
        let raw = match white.of_8_bits {
            255 => raw,
            white => scaled(&raw, channels, white, 255),
        };
        (raw, channels, highest, false)
    };
    let words = |raw: Vec<u16>, channels: usize| {
        let highest = highest(&raw, channels);
        (scaled(&raw, channels, white.of_16_bits, u16::MAX), channels, highest, true)
    };
    match picture {
        ImageLuma8(image) => bytes(image.into_raw(), 1),
        ImageLumaA8(image) => bytes(image.into_raw(), 2),
        ImageRgb8(image) => bytes(image.into_raw(), 3),
        ImageRgba8(image) => bytes(image.into_raw(), 4),
        ImageLuma16(image) => words(image.into_raw(), 1),
        ImageLumaA16(image) => words(image.into_raw(), 2),
        ImageRgb16(image) => words(image.into_raw(), 3),
        ImageRgba16(image) => words(image.into_raw(), 4),
        other => bytes(other.into_rgba8().into_raw(), 4),
    }
}

/// Returns whether a value of a pixel of `channels` is its opacity.
fn is_alpha(index: usize, channels: usize) -> bool {
    channels.is_multiple_of(2) && index % channels == channels - 1
}

fn highest<T: Copy + Into<u16>>(raw: &[T], channels: usize) -> u16 {
    let colours = raw.iter().enumerate().filter(|(index, _)| !is_alpha(*index, channels));
    colours.map(|(_, &value)| value.into()).max().unwrap_or(0)
}

/// Returns values as bytes, with `white` as 255; opacities are scaled by their whole range.
fn scaled<T: Copy + Into<u16>>(raw: &[T], channels: usize, white: u16, range: u16) -> Vec<u8> {
    let byte = |(index, &value): (usize, &T)| {
        let white = u32::from(if is_alpha(index, channels) { range } else { white }).max(1);
        ((u32::from(value.into()).min(white) * 255 + white / 2) / white) as u8
    };
    raw.iter().enumerate().map(byte).collect()
}

fn opacity(alpha: &[u8]) -> u8 {
    alpha.first().copied().unwrap_or(255)
}

/// Blends pixels of (colour, opacity) with the background.
pub(crate) fn blended<const C: usize>(
    pixels: impl Iterator<Item = ([u8; C], u8)> + Clone,
) -> Vec<u8> {
    if pixels.clone().all(|(_, alpha)| alpha == 255) {
        return pixels.flat_map(|(colour, _)| colour).collect();
    }
    let shade = |colour: [u8; C]| match *colour.as_slice() {
        [red, green, blue] => luma([red, green, blue]),
        ref grey => grey[0],
    };
    let (ink, weight) = pixels.clone().fold((0u64, 0u64), |(ink, weight), (colour, alpha)| {
        (ink + u64::from(shade(colour)) * u64::from(alpha), weight + u64::from(alpha))
    });
    let behind: u32 = if ink < 128 * weight { 255 } else { 0 };
    let mixed = |value: u8, alpha: u8| {
        ((u32::from(value) * u32::from(alpha) + behind * (255 - u32::from(alpha)) + 127) / 255)
            as u8
    };
    pixels.flat_map(|(colour, alpha)| colour.map(|value| mixed(value, alpha))).collect()
}
