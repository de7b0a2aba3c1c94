//! Images and batches of them, grey or RGB: plain bytes, and the conversion between the networks'
//! range `[-1, 1]` and bytes.
//!
//! Pixels are stored row by row from the top, the channels of a pixel beside each other (NHWC, as
//! in the networks), one byte a value; 0 is black.

pub mod png;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Channels of a colour image: red, green, blue.
pub const RGB: usize = 3;

/// The size of an image: height and width in pixels, 1 channel (grey) or 3 (RGB).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageShape {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl ImageShape {
    /// A grey image of this size.
    pub const fn grey(width: usize, height: usize) -> Self {
        Self { height, width, channels: 1 }
    }

    /// An RGB image of this size.
    pub const fn rgb(width: usize, height: usize) -> Self {
        Self { height, width, channels: RGB }
    }

    /// The number of pixels.
    pub const fn pixels(self) -> usize {
        self.height * self.width
    }

    /// The number of values: pixels times channels.
    pub const fn values(self) -> usize {
        self.pixels() * self.channels
    }

    /// Whether it is an image at all: no side is zero, 1 or 3 channels, and the number of values
    /// does not overflow.
    pub fn is_valid(self) -> bool {
        let values =
            self.height.checked_mul(self.width).and_then(|area| area.checked_mul(self.channels));
        matches!(self.channels, 1 | RGB) && values.is_some_and(|values| values > 0)
    }
}

/// One image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub width: usize,
    pub height: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// `height * width * channels` bytes.
    pub pixels: Vec<u8>,
}

impl Image {
    /// A grey image of one shade.
    pub fn filled(width: usize, height: usize, shade: u8) -> Self {
        Self::grey(width, height, vec![shade; width * height])
    }

    /// A grey image of `width * height` bytes.
    pub fn grey(width: usize, height: usize, pixels: Vec<u8>) -> Self {
        Self { width, height, channels: 1, pixels }
    }

    /// An image of `values()` bytes.
    pub fn new(shape: ImageShape, pixels: Vec<u8>) -> Self {
        Self { width: shape.width, height: shape.height, channels: shape.channels, pixels }
    }

    /// An image of this shape in which every value is `value`.
    pub fn uniform(shape: ImageShape, value: u8) -> Self {
        Self::new(shape, vec![value; shape.values()])
    }

    /// Its size.
    pub fn shape(&self) -> ImageShape {
        ImageShape { height: self.height, width: self.width, channels: self.channels }
    }

    /// The channels of the pixel at column `x`, row `y`.
    pub fn pixel(&self, x: usize, y: usize) -> &[u8] {
        let start = (y * self.width + x) * self.channels;
        &self.pixels[start..start + self.channels]
    }

    /// The shade at column `x`, row `y`; of a colour its luma.
    pub fn at(&self, x: usize, y: usize) -> u8 {
        shade(self.pixel(x, y))
    }

    /// Red, green and blue at column `x`, row `y`; a shade of grey has three equal ones.
    pub fn rgb(&self, x: usize, y: usize) -> [u8; RGB] {
        match self.pixel(x, y) {
            &[red, green, blue] => [red, green, blue],
            pixel => [pixel[0]; RGB],
        }
    }

    /// The image in grey: colours become their luma.
    pub fn to_grey(&self) -> Self {
        let pixels = self.pixels.chunks_exact(self.channels).map(shade).collect();
        Self::grey(self.width, self.height, pixels)
    }

    /// Every pixel as a square of `factor` by `factor`.
    pub fn enlarged(&self, factor: usize) -> Self {
        let shape = ImageShape {
            height: self.height * factor,
            width: self.width * factor,
            channels: self.channels,
        };
        let mut pixels = Vec::with_capacity(shape.values());
        for y in 0..shape.height {
            for x in 0..shape.width {
                pixels.extend_from_slice(self.pixel(x / factor, y / factor));
            }
        }
        Self::new(shape, pixels)
    }
}

/// The shade of a pixel of one channel or three: the luma of ITU-R BT.601.
fn shade(pixel: &[u8]) -> u8 {
    match pixel {
        [red, green, blue, ..] => luma([*red, *green, *blue]),
        _ => pixel[0],
    }
}

/// The luma of a colour by ITU-R BT.601, to the nearest byte.
pub fn luma([red, green, blue]: [u8; RGB]) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    ((sum + 500) / 1000) as u8
}

/// Images of one size, one after another: what a dataset or a generator gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageBatch {
    pub width: usize,
    pub height: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// `len * height * width * channels` bytes.
    pub pixels: Vec<u8>,
}

impl ImageBatch {
    /// A batch of images of one shape.
    ///
    /// # Panics
    /// If `pixels` is not a whole number of images, which is a mistake of the caller.
    pub fn new(shape: ImageShape, pixels: Vec<u8>) -> Self {
        let whole = shape.is_valid() && pixels.len().is_multiple_of(shape.values());
        assert!(whole, "not a whole number of images");
        Self { width: shape.width, height: shape.height, channels: shape.channels, pixels }
    }

    /// A batch of grey images.
    ///
    /// # Panics
    /// As [`ImageBatch::new`].
    pub fn grey(width: usize, height: usize, pixels: Vec<u8>) -> Self {
        Self::new(ImageShape::grey(width, height), pixels)
    }

    /// From the networks' range: values in `[-1, 1]`, `(n, height, width, channels)`.
    ///
    /// # Panics
    /// As [`ImageBatch::new`].
    pub fn from_unit(shape: ImageShape, values: &[f32]) -> Self {
        Self::new(shape, values.iter().map(|&v| to_byte(v)).collect())
    }

    /// The size of each image.
    pub fn shape(&self) -> ImageShape {
        ImageShape { height: self.height, width: self.width, channels: self.channels }
    }

    pub fn len(&self) -> usize {
        self.pixels.len() / self.shape().values()
    }

    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// The values of image `index`.
    pub fn picture(&self, index: usize) -> &[u8] {
        let size = self.shape().values();
        &self.pixels[index * size..(index + 1) * size]
    }

    /// Image `index` as an image of its own.
    pub fn get(&self, index: usize) -> Image {
        Image::new(self.shape(), self.picture(index).to_vec())
    }

    /// All images in one, `columns` to a row, without gaps; missing ones are black.
    pub fn grid(&self, columns: usize) -> Image {
        let columns = columns.max(1);
        let rows = self.len().div_ceil(columns);
        let shape = ImageShape {
            height: rows * self.height,
            width: columns * self.width,
            channels: self.channels,
        };
        let mut out = Image::uniform(shape, 0);
        let (line, wide) = (self.width * self.channels, shape.width * self.channels);
        for index in 0..self.len() {
            let (left, top) = (index % columns * line, index / columns * self.height);
            for (y, row) in self.picture(index).chunks_exact(line).enumerate() {
                let start = (top + y) * wide + left;
                out.pixels[start..start + line].copy_from_slice(row);
            }
        }
        out
    }

    /// The inverse of [`ImageBatch::grid`]: cuts an image into ones of `width` x `height`, row by
    /// row. `None` if it does not divide.
    pub fn from_grid(grid: &Image, width: usize, height: usize) -> Option<Self> {
        let shape = ImageShape { height, width, channels: grid.channels };
        if !shape.is_valid()
            || !grid.width.is_multiple_of(width)
            || !grid.height.is_multiple_of(height)
        {
            return None;
        }
        let (line, wide) = (width * grid.channels, grid.width * grid.channels);
        let mut pixels = Vec::with_capacity(grid.pixels.len());
        for top in (0..grid.height).step_by(height) {
            for left in (0..wide).step_by(line) {
                for y in 0..height {
                    let start = (top + y) * wide + left;
                    pixels.extend_from_slice(&grid.pixels[start..start + line]);
                }
            }
        }
        Some(Self::new(shape, pixels))
    }
}

/// A batch as it is sent: the values in base64, `channels` left out if it is 1.
#[derive(Serialize, Deserialize)]
struct EncodedBatch {
    width: usize,
    height: usize,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    channels: usize,
    pixels: String,
}

fn one() -> usize {
    1
}

fn is_one(channels: &usize) -> bool {
    *channels == 1
}

impl Serialize for ImageBatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let &Self { width, height, channels, ref pixels } = self;
        EncodedBatch { width, height, channels, pixels: STANDARD.encode(pixels) }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ImageBatch {
    /// What was sent is not trusted: it has to be a whole number of images.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let EncodedBatch { width, height, channels, pixels } =
            EncodedBatch::deserialize(deserializer)?;
        let pixels = STANDARD.decode(&pixels).map_err(D::Error::custom)?;
        let shape = ImageShape { height, width, channels };
        if shape.is_valid() && pixels.len().is_multiple_of(shape.values()) {
            return Ok(Self::new(shape, pixels));
        }
        Err(D::Error::custom(format!(
            "{} bytes are not images of {width} by {height} pixels with {channels} channels",
            pixels.len()
        )))
    }
}

/// A value of `[-1, 1]` to the nearest byte; what is outside is clamped, NaN is black.
pub fn to_byte(value: f32) -> u8 {
    ((value + 1.0) * 127.5).round() as u8
}

/// A byte to `[-1, 1]`: `byte / 127.5 - 1`.
pub fn from_byte(byte: u8) -> f32 {
    f32::from(byte) / 127.5 - 1.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn bytes_survive_the_way_there_and_back() {
        for byte in 0..=255 {
            assert_eq!(to_byte(from_byte(byte)), byte);
        }
        assert_eq!((to_byte(-7.0), to_byte(7.0), to_byte(f32::NAN)), (0, 255, 0));
    }

    #[test]
    fn a_grid_is_cut_into_the_pictures_it_was_made_of() {
        let stack = ImageBatch::grey(2, 3, (0..36).collect());
        let grid = stack.grid(3);
        assert_eq!((grid.width, grid.height), (6, 6));
        assert_eq!(grid.at(2, 0), 6, "the second picture begins where the first ends");
        assert_eq!(ImageBatch::from_grid(&grid, 2, 3).as_ref(), Some(&stack));
        assert_eq!(ImageBatch::from_grid(&grid, 4, 3), None);
    }

    #[test]
    fn enlarging_repeats_pixels() {
        let small = Image::grey(2, 1, vec![1, 2]);
        assert_eq!(small.enlarged(2).pixels, [1, 1, 2, 2, 1, 1, 2, 2]);
    }

    #[test]
    fn colours_keep_their_place_in_a_grid_and_back() {
        let shape = ImageShape::rgb(2, 1);
        let batch = ImageBatch::new(shape, (0..18).collect());
        assert_eq!(batch.len(), 3);
        let grid = batch.grid(2);
        assert_eq!(grid.shape(), ImageShape::rgb(4, 2));
        assert_eq!(
            (grid.rgb(2, 0), grid.rgb(0, 1), grid.rgb(3, 1)),
            ([6, 7, 8], [12, 13, 14], [0; 3])
        );
        let back = ImageBatch::from_grid(&grid, 2, 1).unwrap();
        assert_eq!(back.pixels[..18], batch.pixels);
        assert_eq!(grid.enlarged(2).rgb(5, 1), grid.rgb(2, 0));
        assert_eq!(Image::new(ImageShape::rgb(1, 1), vec![255, 0, 0]).to_grey().pixels, [76]);
    }

    #[test]
    fn a_batch_is_sent_and_read_with_its_channels() {
        for shape in [ImageShape::grey(2, 3), ImageShape::rgb(2, 3)] {
            let batch = ImageBatch::new(shape, (0..36).collect());
            let text = serde_json::to_string(&batch).unwrap();
            assert_eq!(text.contains("channels"), shape.channels == 3, "{text}");
            assert_eq!(serde_json::from_str::<ImageBatch>(&text).unwrap(), batch);
        }
        let lie = r#"{"width":2,"height":3,"channels":2,"pixels":""}"#;
        assert!(serde_json::from_str::<ImageBatch>(lie).is_err());
    }
}
