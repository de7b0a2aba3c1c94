//! The pictures that runs log: read from where they are when they are shown, and never larger than
//! a screen needs.

use std::{
    fs::File,
    io::{Cursor, Read, Seek, SeekFrom},
    path::Path,
};

use image::{DynamicImage, ImageReader, Limits};

use super::{Place, events};
use crate::run::frames;
use gan_tui_core::{
    files,
    image::{Image, ImageBatch, ImageShape},
    text::shown,
};

/// Bytes of a picture's file.
const MOST_BYTES: u64 = 64 << 20;
/// Pixels along a side of a picture that is read, and bytes that a decoder may take.
const LONGEST_SIDE: u32 = 16_384;
const MOST_DECODED: u64 = 256 << 20;
/// Pixels along a side of a picture that is kept.
const LONGEST_KEPT: u32 = 1024;

/// A picture, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Picture {
    One(Image),
    /// The images of a grid, each by itself.
    Many(ImageBatch),
}

/// Why a picture cannot be shown, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PictureError(String);

impl PictureError {
    pub(super) fn new(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self(format!("{}: {reason}", shown(path)))
    }
}

/// Reads a picture: PNG, JPEG, GIF, WebP or BMP.
///
/// # Errors
/// Returns an error if it cannot be read, or is not a picture.
pub fn load(place: &Place) -> Result<Picture, PictureError> {
    match place {
        Place::Frame(path) => {
            let grid = one(path, &read_file(path)?)?;
            // Ours have eight square images in a row.
            let side = grid.width / frames::COLUMNS;
            let is_ours = side > 0 && grid.width.is_multiple_of(frames::COLUMNS);
            let images = is_ours.then(|| ImageBatch::from_grid(&grid, side, side)).flatten();
            Ok(images.map_or(Picture::One(grid), Picture::Many))
        }
        Place::File(path) => Ok(split(one(path, &read_file(path)?)?)),
        Place::Record { file, offset, value } => {
            let mut encoded = record(file, *offset, *value)?;
            if encoded.len() == 1 {
                return Ok(split(one(file, &encoded.remove(0))?));
            }
            let images: Vec<Image> =
                encoded.iter().map(|bytes| one(file, bytes)).collect::<Result<_, _>>()?;
            together(file, images)
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, PictureError> {
    let read = files::read(path, MOST_BYTES).map_err(|error| files::reason(&error));
    let missing = || files::reason(&files::not_found());
    read.and_then(|bytes| bytes.ok_or_else(missing)).map_err(|error| PictureError::new(path, error))
}

/// Returns the encoded images of a value of an event.
fn record(path: &Path, offset: u64, value: u32) -> Result<Vec<Vec<u8>>, PictureError> {
    let told = |error: std::io::Error| PictureError::new(path, files::reason(&error));
    let mut file = File::open(path).map_err(told)?;
    file.seek(SeekFrom::Start(offset)).map_err(told)?;
    let mut header = [0; 8];
    file.read_exact(&mut header).map_err(told)?;
    let length = u64::from_le_bytes(header);
    if length > MOST_BYTES {
        let reason = format!("expected a picture of at most {MOST_BYTES} bytes, found {length}");
        return Err(PictureError::new(path, reason));
    }
    file.seek(SeekFrom::Start(offset + 12)).map_err(told)?;
    let mut data = Vec::new();
    file.take(length).read_to_end(&mut data).map_err(told)?;
    events::images(&data, value)
        .ok_or_else(|| PictureError::new(path, format!("byte {offset}: no picture is there")))
}

/// Decodes a picture, and makes it smaller if it is larger than any screen.
fn one(path: &Path, bytes: &[u8]) -> Result<Image, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| PictureError::new(path, files::reason(&error)))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_DECODED);
    reader.limits(limits);
    let mut picture = reader.decode().map_err(|error| PictureError::new(path, error))?;
    if picture.width().max(picture.height()) > LONGEST_KEPT {
        picture = picture.thumbnail(LONGEST_KEPT, LONGEST_KEPT);
    }
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if width == 0 || height == 0 {
        return Err(PictureError::new(path, "expected a picture, found one without pixels"));
    }
    let is_grey = matches!(
        picture,
        DynamicImage::ImageLuma8(_)
            | DynamicImage::ImageLumaA8(_)
            | DynamicImage::ImageLuma16(_)
            | DynamicImage::ImageLumaA16(_)
    );
    Ok(if is_grey {
        Image::grey(width, height, picture.into_luma8().into_raw())
    } else {
        Image::new(ImageShape::rgb(width, height), picture.into_rgb8().into_raw())
    })
}

/// Puts images of one size together; of several sizes the first stands for all.
fn together(path: &Path, mut images: Vec<Image>) -> Result<Picture, PictureError> {
    let Some(first) = images.first() else {
        return Err(PictureError::new(path, "expected a picture, found none"));
    };
    let shape = first.shape();
    if images.iter().any(|image| image.shape() != shape) {
        return Ok(Picture::One(images.swap_remove(0)));
    }
    let pixels = images.into_iter().flat_map(|image| image.pixels).collect();
    Ok(Picture::Many(ImageBatch::new(shape, pixels)))
}

/// Takes a grid with lines of one colour between its images apart, as `torchvision`'s `make_grid`
/// writes it; anything else stays one picture.
fn split(picture: Image) -> Picture {
    match cells(&picture) {
        Some(images) => Picture::Many(images),
        None => Picture::One(picture),
    }
}

fn cells(picture: &Image) -> Option<ImageBatch> {
    let paper = picture.pixel(0, 0).to_vec();
    let row_is_line =
        |y: usize| (0..picture.width).all(|x| picture.pixel(x, y) == paper.as_slice());
    let column_is_line =
        |x: usize| (0..picture.height).all(|y| picture.pixel(x, y) == paper.as_slice());
    let columns = parts(picture.width, column_is_line)?;
    let rows = parts(picture.height, row_is_line)?;
    if columns.len() * rows.len() < 4 {
        return None;
    }
    let (width, height) = (columns[0].1, rows[0].1);
    let shape = ImageShape { width, height, channels: picture.channels };
    let mut pixels = Vec::with_capacity(columns.len() * rows.len() * shape.values());
    for (top, _) in &rows {
        for (left, _) in &columns {
            for y in *top..top + height {
                let start = (y * picture.width + left) * picture.channels;
                let row = &picture.pixels[start..start + width * picture.channels];
                pixels.extend_from_slice(row);
            }
        }
    }
    Some(ImageBatch::new(shape, pixels))
}

/// Returns the parts between lines along one side, all of one length and equally far apart: where
/// they begin, and how long they are.
fn parts(length: usize, is_line: impl Fn(usize) -> bool) -> Option<Vec<(usize, usize)>> {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    let mut start = None;
    for at in 0..=length {
        let line = at == length || is_line(at);
        match (start, line) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                parts.push((from, at - from));
                start = None;
            }
            _ => {}
        }
    }
    let (first, size) = *parts.first()?;
    let pitch = parts.get(1).map_or(0, |(second, _)| second - first);
    // A border narrower than the images: black pictures on black have other lines between them.
    let is_even = parts.iter().enumerate().all(|(at, part)| *part == (first + at * pitch, size));
    (is_even && size >= 8 && (parts.len() == 1 || pitch - size <= size / 4)).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid as `make_grid` writes it, of `side` pixels and lines of two pixels.
    fn grid(columns: usize, rows: usize, side: usize) -> Image {
        let (width, height) = (columns * (side + 2) + 2, rows * (side + 2) + 2);
        let mut image = Image::filled(width, height, 0);
        for y in 0..height {
            for x in 0..width {
                if x % (side + 2) >= 2 && y % (side + 2) >= 2 {
                    image.pixels[y * width + x] = ((x * 7 + y * 13) % 200) as u8 + 20;
                }
            }
        }
        image
    }

    #[test]
    fn a_grid_with_lines_is_taken_apart() {
        let Picture::Many(images) = split(grid(4, 3, 16)) else { panic!("one picture") };
        assert_eq!((images.len(), images.shape()), (12, ImageShape::grey(16, 16)));
        assert_eq!(images.picture(0)[0], (2 * 7 + 2 * 13) as u8 + 20);
        for other in [Image::filled(64, 64, 7), grid(1, 1, 30), Image::filled(1, 1, 0)] {
            assert!(matches!(split(other), Picture::One(_)));
        }
    }
}
