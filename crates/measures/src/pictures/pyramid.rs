//! The Laplacian pyramid of an image: what each scale adds to the next coarser one
//! (Burt and Adelson 1983).

/// Blurs before every second pixel is taken; along rows, then along columns.
const BLUR: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];

/// A square map of `side` x `side` pixels with some channels beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    pub side: usize,
    pub values: Vec<f32>,
}

/// The levels' sides, from the finest on, halved as long as at least 14 pixels are left: a level
/// has to hold many patches.
pub fn sides(side: usize) -> Vec<usize> {
    std::iter::successors(Some(side), |side| (side % 2 == 0 && *side >= 28).then_some(side / 2))
        .collect()
}

/// Returns the levels of an image of `side` x `side` pixels: differences, and at last the coarsest
/// image itself.
pub fn laplacian(side: usize, channels: usize, image: Vec<f32>) -> Vec<Level> {
    let mut levels = Vec::new();
    let mut fine = Level { side, values: image };
    for coarse_side in sides(side).into_iter().skip(1) {
        let blurred = blurred(&fine, channels, 1.0);
        let mut coarse = Level { side: coarse_side, values: Vec::new() };
        for (y, x) in places(coarse_side) {
            let at = (2 * y * fine.side + 2 * x) * channels;
            coarse.values.extend_from_slice(&blurred.values[at..at + channels]);
        }
        let up = upsampled(&coarse, channels);
        fine.values.iter_mut().zip(&up.values).for_each(|(fine, up)| *fine -= up);
        levels.push(fine);
        fine = coarse;
    }
    levels.push(fine);
    levels
}

fn places(side: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..side * side).map(move |at| (at / side, at % side))
}

/// Twice the size: zeros between the pixels, blurred with four times the weight.
fn upsampled(coarse: &Level, channels: usize) -> Level {
    let side = 2 * coarse.side;
    let mut spread = Level { side, values: vec![0.0; side * side * channels] };
    for (y, x) in places(coarse.side) {
        let (from, to) = ((y * coarse.side + x) * channels, (2 * y * side + 2 * x) * channels);
        spread.values[to..to + channels].copy_from_slice(&coarse.values[from..from + channels]);
    }
    blurred(&spread, channels, 2.0)
}

/// Blurs in both directions, each multiplied by `gain`; beyond its edges the image is mirrored.
fn blurred(level: &Level, channels: usize, gain: f32) -> Level {
    let side = level.side;
    let mirrored = |at: isize| -> usize {
        let last = side as isize - 1;
        let at = at.abs();
        (if at > last { 2 * last - at } else { at }) as usize
    };
    let pass = |values: &[f32], step: usize, other: usize| {
        let mut out = vec![0.0; values.len()];
        for (line, at) in places(side) {
            let to = line * other + at * step;
            for (tap, weight) in BLUR.iter().enumerate() {
                let from = line * other + mirrored(at as isize + tap as isize - 2) * step;
                for channel in 0..channels {
                    out[to + channel] += gain * weight * values[from + channel];
                }
            }
        }
        out
    };
    let rows = pass(&level.values, channels, side * channels);
    Level { side, values: pass(&rows, side * channels, channels) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_add_up_to_the_image() {
        let (side, channels) = (32, 3);
        let image: Vec<f32> =
            (0..side * side * channels).map(|at| ((at * 7919) % 1000) as f32 / 500.0).collect();
        let levels = laplacian(side, channels, image.clone());
        assert_eq!(levels.iter().map(|level| level.side).collect::<Vec<_>>(), [32, 16]);
        let up = upsampled(&levels[1], channels);
        let sum = levels[0].values.iter().zip(&up.values).map(|(fine, up)| fine + up);
        assert!(sum.zip(&image).all(|(sum, value)| (sum - value).abs() < 1e-5));
    }

    #[test]
    fn an_even_image_has_no_details() {
        let levels = laplacian(64, 1, vec![0.5; 64 * 64]);
        assert_eq!(sides(64), [64, 32, 16]);
        assert_eq!(sides(28), [28, 14]);
        for level in &levels[..2] {
            assert!(level.values.iter().all(|value| value.abs() < 1e-6), "side {}", level.side);
        }
        assert!(levels[2].values.iter().all(|value| (value - 0.5).abs() < 1e-6));
    }
}
