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

/// Calls `visit(output, input, weight)` with the number of each pixel of the output, that of each
/// pixel inside of the image that it is made of, and how much of it; the weights of a pixel that is
/// made of four are together 1.
#[inline(always)]
fn visit(shape: ImageShape, matrix: [[f32; 2]; 2], mut visit: impl FnMut(usize, usize, f32)) {
    let ImageShape { height, width, .. } = shape;
    let middle = ((width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0);
    let inside = |x: i32, y: i32| (x as usize) < width && (y as usize) < height;
    for row in 0..height {
        for column in 0..width {
            let (x, y) = (column as f32 - middle.0, row as f32 - middle.1);
            let [across, down] = matrix.map(|[of_x, of_y]| of_x * x + of_y * y);
            let (across, down) = (across + middle.0, down + middle.1);
            let (left, top) = (floor(across), floor(down));
            let (right, bottom) = (across - left as f32, down - top as f32);
            let to = row * width + column;
            let first = (top as isize * width as isize + left as isize) as usize;
            let weights = [
                (1.0 - bottom) * (1.0 - right),
                (1.0 - bottom) * right,
                bottom * (1.0 - right),
                bottom * right,
            ];
            if inside(left, top) && inside(left + 1, top + 1) {
                visit(to, first, weights[0]);
                visit(to, first + 1, weights[1]);
                visit(to, first + width, weights[2]);
                visit(to, first + width + 1, weights[3]);
                continue;
            }
            for (index, weight) in weights.into_iter().enumerate() {
                let (dx, dy) = (index % 2, index / 2);
                if inside(left + dx as i32, top + dy as i32) {
                    visit(to, first.wrapping_add(dy * width + dx), weight);
                }
            }
        }
    }
}

/// The largest whole number that is not above `x`: the processors that a build is for need not have
/// an instruction for it.
#[inline(always)]
fn floor(x: f32) -> i32 {
    let towards_zero = x as i32;
    towards_zero - i32::from(x < towards_zero as f32)
}

/// Writes an image with a matrix applied; outside of the image is `background`.
pub(super) fn apply(
    shape: ImageShape,
    matrix: [[f32; 2]; 2],
    image: &[f32],
    out: &mut [f32],
    background: f32,
) {
    match shape.channels {
        1 => apply_to::<1>(shape, matrix, image, out, background),
        _ => apply_to::<3>(shape, matrix, image, out, background),
    }
}

fn apply_to<const CHANNELS: usize>(
    shape: ImageShape,
    matrix: [[f32; 2]; 2],
    image: &[f32],
    out: &mut [f32],
    background: f32,
) {
    let (image, _) = image.as_chunks::<CHANNELS>();
    let (out, _) = out.as_chunks_mut::<CHANNELS>();
    out.fill([background; CHANNELS]);
    visit(shape, matrix, |to, from, weight| {
        for (out, value) in out[to].iter_mut().zip(image[from]) {
            *out += weight * (value - background);
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
    match shape.channels {
        1 => transpose_to::<1>(shape, matrix, error, gradient),
        _ => transpose_to::<3>(shape, matrix, error, gradient),
    }
}

fn transpose_to<const CHANNELS: usize>(
    shape: ImageShape,
    matrix: [[f32; 2]; 2],
    error: &[f32],
    gradient: &mut [f32],
) {
    let (error, _) = error.as_chunks::<CHANNELS>();
    let (gradient, _) = gradient.as_chunks_mut::<CHANNELS>();
    gradient.fill([0.0; CHANNELS]);
    visit(shape, matrix, |to, from, weight| {
        for (gradient, error) in gradient[from].iter_mut().zip(error[to]) {
            *gradient += weight * error;
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
