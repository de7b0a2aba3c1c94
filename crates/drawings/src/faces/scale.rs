//! A face in the shape that is asked for: every pixel is the mean of the art's area that it covers,
//! by integers alone. A whole multiple of the art's side makes blocks.

use super::{ART, Art};
use gan_tui_core::image::{ImageShape, luma};

/// The art pixels along one side of a target pixel, each with its share; the shares sum to [`ART`].
type Shares = Vec<(usize, u32)>;

/// A conversion from the art to images of one shape, made once for all.
#[derive(Debug, Clone)]
pub struct Scale {
    shape: ImageShape,
    across: Vec<Shares>,
    down: Vec<Shares>,
}

impl Scale {
    /// Makes the conversion to images of this shape.
    pub fn to(shape: ImageShape) -> Self {
        Self { shape, across: shares(shape.width), down: shares(shape.height) }
    }

    /// Returns the shape of the images.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Writes the image of a face to `image`, which has room for all values.
    pub fn write(&self, art: &Art, image: &mut [u8]) {
        let ImageShape { width, channels, .. } = self.shape;
        for (row, down) in image.chunks_exact_mut(width * channels).zip(&self.down) {
            for (pixel, across) in row.chunks_exact_mut(channels).zip(&self.across) {
                let rgb = mean(art, across, down);
                match pixel {
                    [grey] => *grey = luma(rgb),
                    pixel => pixel.copy_from_slice(&rgb),
                }
            }
        }
    }
}

fn mean(art: &Art, across: &Shares, down: &Shares) -> [u8; 3] {
    let pixel = |x: usize, y: usize| -> [u8; 3] {
        let start = (y * ART + x) * 3;
        [art[start], art[start + 1], art[start + 2]]
    };
    if let (&[(x, _)], &[(y, _)]) = (&across[..], &down[..]) {
        return pixel(x, y);
    }
    let whole = (ART * ART) as u32;
    let mut sum = [whole / 2; 3];
    for &(y, high) in down {
        for &(x, wide) in across {
            for (sum, value) in sum.iter_mut().zip(pixel(x, y)) {
                *sum += u32::from(value) * high * wide;
            }
        }
    }
    sum.map(|sum| (sum / whole) as u8)
}

/// Returns the shares of each of `side` target pixels: with every art pixel `side` units long, a
/// target pixel is [`ART`] units long.
fn shares(side: usize) -> Vec<Shares> {
    let of = |target: usize| {
        let (from, to) = (target * ART, (target + 1) * ART);
        let overlap = |at: usize| to.min((at + 1) * side) - from.max(at * side);
        (from / side..to.div_ceil(side)).map(|at| (at, overlap(at) as u32)).collect()
    };
    (0..side).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiples_of_the_art_are_blocks() {
        let art: Art = std::array::from_fn(|at| at as u8);
        for factor in [1, 2, 4] {
            let scale = Scale::to(ImageShape::rgb(ART * factor, ART * factor));
            let mut image = vec![0; scale.shape().values()];
            scale.write(&art, &mut image);
            for (at, pixel) in image.chunks_exact(3).enumerate() {
                let (x, y) = (at % (ART * factor) / factor, at / (ART * factor) / factor);
                assert_eq!(pixel, &art[(y * ART + x) * 3..][..3]);
            }
        }
    }

    #[test]
    fn other_shapes_keep_the_brightness() {
        let art: Art = std::array::from_fn(|at| (at / 3 * 7 % 256) as u8);
        let mean = |values: &[u8]| {
            values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
        };
        for (width, height) in [(28, 28), (1, 1), (5, 40), (64, 48), (17, 3)] {
            let scale = Scale::to(ImageShape::grey(width, height));
            let mut image = vec![0; scale.shape().values()];
            scale.write(&art, &mut image);
            let (found, expected) = (mean(&image), mean(&art));
            assert!((found - expected).abs() < 1.0, "{width}x{height}: {found}, not {expected}");
        }
    }
}
