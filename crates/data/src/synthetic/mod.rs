//! The embedded digits as a dataset: each a pure function of (seed, index), as
//! [`gan_tui_drawings::digits`] draws it.

mod embedded;

use rayon::prelude::*;

pub use embedded::Embedded;

use super::{InMemoryDataset, PIXELS};
use gan_tui_core::event::Preparing;
use gan_tui_drawings::digits::{digit, label};

/// How many digits there are.
pub const COUNT: usize = 60_000;
/// The seed of the embedded digits: part of the dataset, apart from a run's seed.
pub const SEED: u64 = 28;
/// The seed of digits of the same kind that are no part of the dataset.
pub const HELD_OUT_SEED: u64 = 29;
/// The dataset's name.
pub const NAME: &str = "synthetic";

/// Digits drawn between two calls of the progress callback.
const CHUNK: usize = 2_000;
/// Draws the first `count` digits of a seed on all cores. What comes out does not depend on how
/// many there are.
///
/// # Panics
/// If `count` is zero.
pub fn dataset(seed: u64, count: usize, progress: &mut dyn FnMut(Preparing)) -> InMemoryDataset {
    let mut pixels = vec![0; count * PIXELS];
    let what = "drawing the synthetic digits";
    for (chunk, block) in pixels.chunks_mut(CHUNK * PIXELS).enumerate() {
        progress(Preparing {
            what: what.into(),
            done: (chunk * CHUNK) as u64,
            total: count as u64,
        });
        block.par_chunks_exact_mut(PIXELS).enumerate().for_each(|(offset, image)| {
            image.copy_from_slice(&digit(seed, chunk * CHUNK + offset));
        });
    }
    progress(Preparing { what: what.into(), done: count as u64, total: count as u64 });
    InMemoryDataset::of_digits(NAME, pixels, Some((0..count).map(label).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dataset, SIDE};

    #[test]
    fn the_digits_are_the_same_on_every_machine() {
        let digits = dataset(SEED, 1_000, &mut |_| {});
        assert_eq!(
            digits.info().sha256,
            "c44962ab0e462f255996936c5e00f3e05ca2c012b0ce10e512d0e904a974867e"
        );
    }

    #[test]
    fn a_digit_is_a_function_of_seed_and_index_alone() {
        let few = dataset(SEED, 25, &mut |_| {});
        for index in [0, 7, 24] {
            assert_eq!(*few.image(index), digit(SEED, index));
            assert_eq!(few.label(index), Some((index % 10) as u8));
        }
        assert_ne!(digit(SEED, 3), digit(SEED, 13), "two threes differ");
        assert_ne!(digit(SEED, 3), digit(SEED + 1, 3));
        let one_thread =
            rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
        assert_eq!(one_thread.install(|| dataset(SEED, 25, &mut |_| {})).info(), few.info());
    }

    /// The figures of MNIST's 60,000 training images: mean 0.1307, deviation 0.3081; each is
    /// centred and fits 20x20.
    #[test]
    fn ink_and_place_are_those_of_mnist() {
        let count = 2_000;
        let digits: Vec<[u8; PIXELS]> = (0..count).map(|index| digit(SEED, index)).collect();
        let values = || digits.iter().flatten().map(|&pixel| f64::from(pixel) / 255.0);
        let mean = values().sum::<f64>() / (count * PIXELS) as f64;
        let deviation =
            (values().map(|v| (v - mean).powi(2)).sum::<f64>() / (count * PIXELS) as f64).sqrt();
        assert!((mean - 0.1307).abs() < 0.01, "mean {mean}");
        assert!((deviation - 0.3081).abs() < 0.01, "deviation {deviation}");
        for (index, digit) in digits.iter().enumerate() {
            let ink = || digit.iter().enumerate().filter(|(_, pixel)| **pixel > 0);
            let span = |axis: fn(usize) -> usize| {
                let (low, high) = ink()
                    .map(|(at, _)| axis(at))
                    .fold((SIDE, 0), |(low, high), at| (low.min(at), high.max(at)));
                high + 1 - low
            };
            let (width, height) = (span(|at| at % SIDE), span(|at| at / SIDE));
            assert!((18..=22).contains(&width.max(height)), "digit {index} is {width} by {height}");
            let mass: f64 = ink().map(|(_, pixel)| f64::from(*pixel)).sum();
            let centre = |axis: fn(usize) -> usize| {
                ink().map(|(at, p)| f64::from(*p) * axis(at) as f64).sum::<f64>() / mass
            };
            let (x, y) = (centre(|at| at % SIDE), centre(|at| at / SIDE));
            // Ink where lines cross is weighed twice when a digit is placed, so that a few lie
            // further out.
            assert!(
                (x - 13.5).abs() < 2.0 && (y - 13.5).abs() < 2.0,
                "digit {index} is centred at {x}, {y}"
            );
        }
    }

    #[test]
    fn progress_reaches_the_end() {
        let mut reported = Vec::new();
        dataset(SEED, CHUNK + 1, &mut |p| reported.push((p.done, p.total)));
        assert_eq!(reported, [(0, 2001), (2000, 2001), (2001, 2001)]);
    }
}
