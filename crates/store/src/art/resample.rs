//! Pictures at another size, by averaging the area each new pixel covers.

use std::ops::Range;

/// Share of every source pixel in each target pixel along one side: (first source pixel, weights
/// that sum to 1).
type Weights = Vec<(usize, Vec<f32>)>;

/// A resampler from one size to another, made once for all pictures of a stack.
pub(super) struct Resampler {
    source_width: usize,
    across: Weights,
    down: Weights,
}

impl Resampler {
    /// From `source` to `target`, each width and height in pixels, none of them zero.
    pub(super) fn new(source: (usize, usize), target: (usize, usize)) -> Self {
        Self {
            source_width: source.0,
            across: weights(source.0, target.0),
            down: weights(source.1, target.1),
        }
    }

    /// The same, but a side is enlarged by a whole factor where that leaves at most a seventh of it
    /// over: the pixels at the edges fill what is left.
    pub(super) fn sharp(source: (usize, usize), target: (usize, usize)) -> Self {
        Self {
            source_width: source.0,
            across: repeated(source.0, target.0),
            down: repeated(source.1, target.1),
        }
    }

    /// The same for these rows of the target alone.
    pub(super) fn only(mut self, rows: Range<usize>) -> Self {
        self.down.truncate(rows.end);
        self.down.drain(..rows.start);
        self
    }

    /// The pixels at the new size, 0 to 255, row by row.
    pub(super) fn apply(&self, pixels: &[u8]) -> Vec<f32> {
        let width = self.across.len();
        // Every source row at the new width, once, whatever number of target rows it is part of.
        let rows = pixels.chunks_exact(self.source_width).flat_map(|source| {
            let narrowed = |(left, shares): &(usize, Vec<f32>)| {
                source[*left..]
                    .iter()
                    .zip(shares)
                    .map(|(&shade, share)| f32::from(shade) * share)
                    .sum::<f32>()
            };
            self.across.iter().map(narrowed)
        });
        let rows: Vec<f32> = rows.collect();
        let mut out = vec![0.0; width * self.down.len()];
        for (target, (top, shares)) in out.chunks_exact_mut(width).zip(&self.down) {
            for (row, share) in rows[top * width..].chunks_exact(width).zip(shares) {
                for (sum, pixel) in target.iter_mut().zip(row) {
                    *sum += pixel * share;
                }
            }
        }
        out
    }
}

/// The channels of a picture, each by itself.
pub(super) fn planes(picture: &[u8], channels: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..channels)
        .map(move |channel| picture.iter().skip(channel).step_by(channels).copied().collect())
}

/// The largest whole factor that leaves at most a seventh of the target over.
pub(super) fn whole_factor(source: usize, target: usize) -> Option<usize> {
    let factor = target / source;
    (factor > 0 && 7 * (target - factor * source) <= target).then_some(factor)
}

/// Every source pixel as often as a whole factor says, if there is one that nearly fills the target.
fn repeated(source: usize, target: usize) -> Weights {
    let Some(factor) = whole_factor(source, target) else { return weights(source, target) };
    let left = target - factor * source;
    let nearest = |at: usize| (at.saturating_sub(left / 2) / factor).min(source - 1);
    (0..target).map(|at| (nearest(at), vec![1.0])).collect()
}

fn weights(source: usize, target: usize) -> Weights {
    let scale = source as f64 / target as f64;
    (0..target)
        .map(|at| {
            let (from, to) = (at as f64 * scale, (at + 1) as f64 * scale);
            let first = from.floor() as usize;
            let last = (to.ceil() as usize).min(source).max(first + 1);
            let shares = (first..last).map(|pixel| {
                (((pixel + 1) as f64).min(to) - (pixel as f64).max(from)).max(0.0) / scale
            });
            (first, shares.map(|share| share as f32).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_average_and_doubles_repeat() {
        let pixels = [0, 100, 200, 100, 50, 50, 0, 100];
        assert_eq!(Resampler::new((4, 2), (2, 1)).apply(&pixels), [50.0, 100.0]);
        assert_eq!(
            Resampler::new((2, 1), (4, 2)).apply(&[10, 20]),
            [10.0, 10.0, 20.0, 20.0, 10.0, 10.0, 20.0, 20.0]
        );
    }

    #[test]
    fn brightness_is_kept_at_any_size() {
        let pixels: Vec<u8> = (0..28 * 28).map(|at| (at * 7 % 256) as u8).collect();
        let mean = pixels.iter().map(|&pixel| f32::from(pixel)).sum::<f32>() / pixels.len() as f32;
        for (width, height) in [(1, 1), (5, 9), (14, 14), (27, 28), (30, 56), (84, 13)] {
            let resized = Resampler::new((28, 28), (width, height)).apply(&pixels);
            assert_eq!(resized.len(), width * height);
            let found = resized.iter().sum::<f32>() / resized.len() as f32;
            assert!((found - mean).abs() < 0.01, "{width}x{height}: {found}, not {mean}");
        }
    }
}
