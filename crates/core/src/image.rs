//! Grey images and stacks of them: plain pixels, and the way between the networks' range `[-1, 1]`
//! and bytes.

pub mod png;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A grey picture, rows from the top, one byte a pixel (0 is black).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grey {
    pub width: usize,
    pub height: usize,
    /// `width * height` bytes.
    pub pixels: Vec<u8>,
}

impl Grey {
    /// A picture of one shade.
    pub fn filled(width: usize, height: usize, shade: u8) -> Self {
        Self { width, height, pixels: vec![shade; width * height] }
    }

    /// The shade at column `x`, row `y`.
    pub fn at(&self, x: usize, y: usize) -> u8 {
        self.pixels[y * self.width + x]
    }

    /// Every pixel as a square of `factor` by `factor`.
    pub fn enlarged(&self, factor: usize) -> Self {
        let mut out = Self::filled(self.width * factor, self.height * factor, 0);
        for (y, row) in out.pixels.chunks_exact_mut((self.width * factor).max(1)).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                *pixel = self.at(x / factor, y / factor);
            }
        }
        out
    }
}

/// Equally large grey pictures, one after another: what a dataset or a generator gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    pub width: usize,
    pub height: usize,
    /// `len * height * width` bytes.
    pub pixels: Vec<u8>,
}

impl Stack {
    /// A stack of `width` x `height` pictures.
    ///
    /// # Panics
    /// If `pixels` is not a whole number of pictures, which is a mistake of the caller.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Self {
        assert!(
            width * height > 0 && pixels.len().is_multiple_of(width * height),
            "not a whole number of pictures"
        );
        Self { width, height, pixels }
    }

    /// From the networks' range: values in `[-1, 1]`, `(n, height, width)`.
    pub fn from_unit(width: usize, height: usize, values: &[f32]) -> Self {
        Self::new(width, height, values.iter().map(|&v| to_byte(v)).collect())
    }

    pub fn len(&self) -> usize {
        self.pixels.len() / (self.width * self.height)
    }

    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// The pixels of picture `index`.
    pub fn picture(&self, index: usize) -> &[u8] {
        let size = self.width * self.height;
        &self.pixels[index * size..(index + 1) * size]
    }

    /// Picture `index` as a picture of its own.
    pub fn get(&self, index: usize) -> Grey {
        Grey { width: self.width, height: self.height, pixels: self.picture(index).to_vec() }
    }

    /// All pictures in one, `columns` to a row, without gaps; missing ones are black.
    pub fn grid(&self, columns: usize) -> Grey {
        let columns = columns.max(1);
        let rows = self.len().div_ceil(columns);
        let mut out = Grey::filled(columns * self.width, rows * self.height, 0);
        for index in 0..self.len() {
            let (left, top) = (index % columns * self.width, index / columns * self.height);
            for (y, row) in self.picture(index).chunks_exact(self.width).enumerate() {
                let start = (top + y) * out.width + left;
                out.pixels[start..start + self.width].copy_from_slice(row);
            }
        }
        out
    }

    /// The inverse of [`Stack::grid`]: cuts a picture into `width` x `height` ones, row by row.
    /// `None` where it does not divide.
    pub fn from_grid(grid: &Grey, width: usize, height: usize) -> Option<Self> {
        if width == 0
            || height == 0
            || !grid.width.is_multiple_of(width)
            || !grid.height.is_multiple_of(height)
        {
            return None;
        }
        let mut pixels = Vec::with_capacity(grid.pixels.len());
        for top in (0..grid.height).step_by(height) {
            for left in (0..grid.width).step_by(width) {
                for y in 0..height {
                    let start = (top + y) * grid.width + left;
                    pixels.extend_from_slice(&grid.pixels[start..start + width]);
                }
            }
        }
        Some(Self::new(width, height, pixels))
    }
}

/// A stack as it is sent: the pixels in base64.
#[derive(Serialize, Deserialize)]
struct Sent {
    width: usize,
    height: usize,
    pixels: String,
}

impl Serialize for Stack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Sent { width: self.width, height: self.height, pixels: STANDARD.encode(&self.pixels) }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stack {
    /// What was sent is not trusted: it has to be a whole number of pictures.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = Sent::deserialize(deserializer)?;
        let pixels = STANDARD.decode(&sent.pixels).map_err(D::Error::custom)?;
        match sent.width.checked_mul(sent.height) {
            Some(size) if size > 0 && pixels.len().is_multiple_of(size) => {
                Ok(Self::new(sent.width, sent.height, pixels))
            }
            _ => Err(D::Error::custom(format!(
                "{} bytes are no pictures of {} by {} pixels",
                pixels.len(),
                sent.width,
                sent.height
            ))),
        }
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
        let stack = Stack::new(2, 3, (0..36).collect());
        let grid = stack.grid(3);
        assert_eq!((grid.width, grid.height), (6, 6));
        assert_eq!(grid.at(2, 0), 6, "the second picture begins where the first ends");
        assert_eq!(Stack::from_grid(&grid, 2, 3).as_ref(), Some(&stack));
        assert_eq!(Stack::from_grid(&grid, 4, 3), None);
    }

    #[test]
    fn enlarging_repeats_pixels() {
        let small = Grey { width: 2, height: 1, pixels: vec![1, 2] };
        assert_eq!(small.enlarged(2).pixels, [1, 1, 2, 2, 1, 1, 2, 2]);
    }
}
