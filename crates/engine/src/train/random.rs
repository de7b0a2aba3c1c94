//! Random numbers as a function of (seed, stream, step): a run's numbers never depend on timing,
//! threads or an interruption.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// The purpose of random numbers. Streams of one seed are independent of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Initial weights; the step counts the tensors of a network.
    Generator = 1,
    Discriminator = 2,
    /// The indices of an iteration's images.
    Batch = 3,
    /// The latents of an iteration.
    Latents = 4,
    /// The dropout of an iteration.
    Dropout = 5,
    /// The 64 latents whose images are recorded; step 0.
    Fixed = 6,
    /// Samples drawn on request; the step counts them.
    Samples = 7,
    /// The latents that a walk passes; the step counts them.
    Walk = 8,
    /// The real images shown beside samples; the step counts the requests.
    Shown = 9,
    /// Augmentation of the images that the discriminator is given.
    Augment = 10,
    /// The initial vectors of spectral norm; the step counts the kernels.
    SpectralNorm = 11,
    /// The classes of generated images.
    Labels = 12,
    /// The latents of scored images; the step counts the passes.
    Scored = 13,
    /// Replacements for the numbers of latents beyond the truncation bound.
    Truncated = 14,
    /// The offsets of wrong labels from the right ones.
    WrongLabels = 15,
    /// The noise of the gradient penalty.
    GradientPenalty = 16,
}

/// Returns a step of its own for each use within an iteration; use 0 is the iteration itself.
pub fn step(iteration: u64, r#use: u64) -> u64 {
    iteration ^ (r#use << 48)
}

/// Returns the generator of one step of a stream: ChaCha with 8 rounds, keyed by all three numbers.
pub fn generator(seed: u64, stream: Stream, step: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(stream as u64).to_le_bytes());
    key[16..24].copy_from_slice(&step.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// Returns `count` numbers of N(0, 1).
pub fn normal(seed: u64, stream: Stream, step: u64, count: usize) -> Vec<f32> {
    let mut generator = generator(seed, stream, step);
    (0..count).map(|_| generator.sample(StandardNormal)).collect()
}

/// Returns `count` indices below `bound`, with replacement.
pub fn indices(seed: u64, stream: Stream, step: u64, count: usize, bound: usize) -> Vec<usize> {
    let mut generator = generator(seed, stream, step);
    (0..count).map(|_| generator.gen_range(0..bound as u64) as usize).collect()
}

/// Returns 64 random bits for each of `N` uses.
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

    /// Exact resume and reproducible runs depend on these numbers; a new version of a crate must
    /// not change them.
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
