//! Randomness as a function of (seed, stream, step): what a run draws never depends on timing,
//! threads or an interruption.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// What random numbers are for. Streams of one seed are independent of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Initial weights; the step counts the tensors of a network.
    Generator = 1,
    Discriminator = 2,
    /// Which images an iteration sees.
    Batch = 3,
    /// The latents of an iteration.
    Latents = 4,
    /// The dropout of an iteration.
    Dropout = 5,
    /// The 64 latents whose images are recorded; step 0.
    Fixed = 6,
    /// Samples drawn on request; the step counts them.
    Samples = 7,
    /// The latents that walks lead by; the step counts them.
    Walk = 8,
    /// Which images are shown beside samples; the step counts the showings.
    Shown = 9,
    /// Augmentation of the images that the discriminator is given.
    Augment = 10,
    /// Where the power iterations of spectral norm begin; the step counts the kernels.
    SpectralNorm = 11,
    /// The classes of the images that are generated.
    Labels = 12,
    /// The latents whose images are scored; the step counts the passes in which they are drawn.
    Scored = 13,
    /// Numbers of latents that are drawn again because they were too far from zero.
    Truncated = 14,
    /// How far the wrong labels of real images are from the right ones.
    WrongLabels = 15,
}

/// A step of its own for each use within an iteration; use 0 is the iteration itself.
pub fn step(iteration: u64, r#use: u64) -> u64 {
    iteration ^ (r#use << 48)
}

/// The generator of one step of one stream: ChaCha with 8 rounds, keyed by all three numbers.
pub fn generator(seed: u64, stream: Stream, step: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(stream as u64).to_le_bytes());
    key[16..24].copy_from_slice(&step.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// `count` numbers of N(0, 1).
pub fn normal(seed: u64, stream: Stream, step: u64, count: usize) -> Vec<f32> {
    let mut generator = generator(seed, stream, step);
    (0..count).map(|_| generator.sample(StandardNormal)).collect()
}

/// `count` indices below `bound`, with replacement.
pub fn indices(seed: u64, stream: Stream, step: u64, count: usize, bound: usize) -> Vec<usize> {
    let mut generator = generator(seed, stream, step);
    (0..count).map(|_| generator.gen_range(0..bound as u64) as usize).collect()
}

/// 64 random bits for each of `N` uses.
pub fn bits<const N: usize>(seed: u64, stream: Stream, step: u64) -> [u64; N] {
    let mut generator = generator(seed, stream, step);
    std::array::from_fn(|_| generator.next_u64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_a_function_of_seed_stream_and_step() {
        let numbers = |seed, stream, step| normal(seed, stream, step, 4);
        let first = numbers(1, Stream::Latents, 1);
        assert_eq!(first, numbers(1, Stream::Latents, 1));
        assert_eq!(
            first[..2],
            normal(1, Stream::Latents, 1, 2),
            "asking for more changes nothing before"
        );
        for other in [
            numbers(2, Stream::Latents, 1),
            numbers(1, Stream::Fixed, 1),
            numbers(1, Stream::Latents, 2),
        ] {
            assert_ne!(first, other);
        }
    }

    /// These very numbers are what exact resume and equal runs rest on; a new version of a crate
    /// must not change them.
    #[test]
    fn the_numbers_stay_what_they_are() {
        assert_eq!(indices(7, Stream::Batch, 3, 4, 60_000), PINNED_INDICES);
        assert_eq!(bits::<2>(7, Stream::Dropout, 3), PINNED_BITS);
    }

    const PINNED_INDICES: [usize; 4] = [37_275, 22_707, 49_905, 37_764];
    const PINNED_BITS: [u64; 2] = [16_265_906_231_276_291_993, 1_780_999_770_465_201_687];

    #[test]
    fn normal_numbers_are_normal() {
        let numbers = normal(3, Stream::Latents, 9, 100_000);
        let mean = numbers.iter().sum::<f32>() / 1e5;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 1e5;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean}, {variance}");
    }
}
