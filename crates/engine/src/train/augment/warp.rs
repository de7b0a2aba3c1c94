//! Rotation and zoom of an image by bilinear interpolation, and its transpose.

use std::ops::RangeInclusive;

use rand::Rng;

use gan_tui_core::image::ImageShape;

/// How far images are rotated and zoomed at random.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Warp {
    /// Largest rotation in each direction, in radians.
    pub(super) rotate: f32,
    /// Largest change of size: sizes are from 1 - `zoom` to 1 + `zoom`.
    pub(super) zoom: f32,
}

impl Warp {
    pub(super) fn is_active(self) -> bool {
        self.rotate > 0.0 || self.zoom > 0.0
    }

    /// Draws a rotation and a size: the matrix from places in the output to places in the image,
    /// (x, y) each, seen from the middle.
    pub(super) fn draw(self, generator: &mut impl Rng) -> [[f32; 2]; 2] {
        let both = |most: f32| -> RangeInclusive<f32> { -most..=most };
        let (angle, size) =
            (generator.gen_range(both(self.rotate)), 1.0 + generator.gen_range(both(self.zoom)));
        let (sine, cosine) = angle.sin_cos();
        [[cosine / size, sine / size], [-sine / size, cosine / size]]
    }
}

/// Calls `visit(output, input, weight)` with the first value of each pixel of the output, that of
/// each pixel inside of the image that it is made of, and how much of it; the weights of a pixel
/// that is made of four are together 1.
fn visit(shape: ImageShape, matrix: [[f32; 2]; 2], mut visit: impl FnMut(usize, usize, f32)) {
    let ImageShape { height, width, channels } = shape;
    let middle = ((width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0);
    for row in 0..height {
        for column in 0..width {
            let (x, y) = (column as f32 - middle.0, row as f32 - middle.1);
            let [across, down] = matrix.map(|[of_x, of_y]| of_x * x + of_y * y);
            let (across, down) = (across + middle.0, down + middle.1);
            let (left, top) = (across.floor(), down.floor());
            let (right, bottom) = (across - left, down - top);
            for (dy, of_row) in [(0, 1.0 - bottom), (1, bottom)] {
                for (dx, of_column) in [(0, 1.0 - right), (1, right)] {
                    let (from_x, from_y) = (left as i32 + dx, top as i32 + dy);
                    if (0..width as i32).contains(&from_x) && (0..height as i32).contains(&from_y) {
                        let from = from_y as usize * width + from_x as usize;
                        let to = row * width + column;
                        visit(to * channels, from * channels, of_row * of_column);
                    }
                }
            }
        }
    }
}

/// Writes an image with a matrix applied; outside of the image is `background`.
pub(super) fn apply(
    shape: ImageShape,
    matrix: [[f32; 2]; 2],
    image: &[f32],
    out: &mut [f32],
    background: f32,
) {
    out.fill(background);
    visit(shape, matrix, |to, from, weight| {
        for channel in 0..shape.channels {
            out[to + channel] += weight * (image[from + channel] - background);
        }
    });
}

/// Writes the gradient of the image from that of the output.
pub(super) fn transpose(
    shape: ImageShape,
    matrix: [[f32; 2]; 2],
    error: &[f32],
    gradient: &mut [f32],
) {
    gradient.fill(0.0);
    visit(shape, matrix, |to, from, weight| {
        for channel in 0..shape.channels {
            gradient[from + channel] += weight * error[to + channel];
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_and_half_the_size() {
        let shape = ImageShape::grey(3, 3);
        let image = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        let mut out = [0.0; 9];
        apply(shape, [[1.0, 0.0], [0.0, 1.0]], &image, &mut out, -1.0);
        assert_eq!(out, image, "nothing changes");
        apply(shape, [[0.0, 1.0], [-1.0, 0.0]], &image, &mut out, -1.0);
        assert_eq!(out, [7.0, 4.0, 1.0, 8.0, 5.0, 2.0, 9.0, 6.0, 3.0]);
        apply(shape, [[2.0, 0.0], [0.0, 2.0]], &image, &mut out, -1.0);
        assert_eq!(out, [-1.0, -1.0, -1.0, -1.0, 5.0, -1.0, -1.0, -1.0, -1.0]);
        apply(shape, [[1.5, 0.0], [0.0, 1.5]], &[9.0; 9], &mut out, -1.0);
        assert_eq!(out[4], 9.0);
        assert!((out[1] - 4.0).abs() < 1e-6, "half of it is background: {out:?}");
    }
}
