//! How good images of any kind are, compared with real ones that were not learned from: the sliced
//! Wasserstein distance of their patches ([`sliced`]), and which of both lie among the others in
//! the features of a fixed random network ([`neighbours`]).
//!
//! No classifier is needed, so it serves any pictures; the numbers of different datasets cannot be
//! compared with each other.

mod features;
pub(super) mod neighbours;
mod pyramid;
mod sliced;

use gan_tui_core::{
    event::{Neighbours, PictureScore},
    image::ImageShape,
};
use gan_tui_data::Dataset;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use features::{FEATURES, RandomFeatures};

use self::{
    neighbours::Cloud,
    sliced::{PatchReference, Patches},
};

/// Real images that a run's samples are compared with while it trains, at most, and as many samples.
pub const MOST: usize = 1_000;
/// Fewer real images than this give no score: its error would be larger than what it shows.
pub const FEWEST: usize = 100;

/// Real images to compare with, as what is computed of them.
pub struct PictureReference {
    count: usize,
    features: RandomFeatures,
    patches: Patches,
    real: PatchReference,
    cloud: Cloud,
    /// What as many other real images score.
    floor: (f32, Neighbours),
}

impl PictureReference {
    /// Computes it of images that were held back from training: of at most half of them and at
    /// most `most`, chosen always alike; as many others give the floor. `None` if there are fewer
    /// than twice [`FEWEST`].
    pub fn of(held_back: &dyn Dataset, most: usize) -> Option<Self> {
        let count = (held_back.len() / 2).min(most);
        if count < FEWEST {
            return None;
        }
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let chosen = rand::seq::index::sample(&mut random, held_back.len(), 2 * count).into_vec();
        let pixels = |indices: &[usize]| -> Vec<u8> {
            indices.iter().flat_map(|&index| held_back.image(index).into_owned()).collect()
        };
        let (real, others) = (pixels(&chosen[..count]), pixels(&chosen[count..]));
        Some(Self::new(held_back.shape(), &real, &others))
    }

    /// Computes it of real images, and the floor of others; both (n, height, width, channels), as
    /// many of one as of the other.
    fn new(shape: ImageShape, real: &[u8], others: &[u8]) -> Self {
        let (features, patches) = (RandomFeatures::new(shape), Patches::new(shape));
        let (measured, cloud) = (patches.reference(real), Cloud::new(features.of(real)));
        let mut reference = Self {
            count: real.len() / shape.values(),
            features,
            patches,
            real: measured,
            cloud,
            floor: (0.0, Neighbours { precision: 0.0, recall: 0.0, density: 0.0, coverage: 0.0 }),
        };
        reference.floor = reference.measure(others);
        reference
    }

    /// Returns how many images are scored: as many as are compared with.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Scores images (n, height, width, channels).
    pub fn score(&self, pixels: &[u8]) -> PictureScore {
        let (sliced_wasserstein, neighbours) = self.measure(pixels);
        let (floor, real) = self.floor;
        PictureScore { samples: self.count, sliced_wasserstein, floor, neighbours, real }
    }

    fn measure(&self, pixels: &[u8]) -> (f32, Neighbours) {
        let distance = self.patches.distance(pixels, &self.real);
        (distance, self.cloud.with(&Cloud::new(self.features.of(pixels))))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use gan_tui_data::{InMemoryDataset, synthetic};
    use rand::Rng as _;

    fn digits(seed: u64, count: usize) -> Vec<u8> {
        let dataset = synthetic::dataset(seed, count, &mut |_| {});
        (0..count).flat_map(|index| dataset.image(index).into_owned()).collect()
    }

    #[test]
    fn other_real_images_are_near_and_worse_ones_farther() {
        let shape = ImageShape::grey(28, 28);
        let reference = PictureReference::new(shape, &digits(1, 150), &digits(2, 150));
        let real = reference.score(&digits(3, 150));
        assert!((0.5..2.0).contains(&(real.sliced_wasserstein / real.floor)), "{real:?}");
        assert!(real.neighbours.coverage > 0.8 && real.real.coverage > 0.8, "{real:?}");

        let same = reference.score(&digits(1, 150));
        assert_eq!(same.sliced_wasserstein, 0.0, "the same images have no distance");
        assert_eq!(same.neighbours.coverage, 1.0);

        let mut random = ChaCha8Rng::seed_from_u64(9);
        let noisy: Vec<u8> = digits(3, 150)
            .iter()
            .map(|&value| value.saturating_add(random.gen_range(0..60)))
            .collect();
        let noisy = reference.score(&noisy);
        assert!(noisy.sliced_wasserstein > 2.0 * real.sliced_wasserstein, "{noisy:?}");

        let one = reference.score(&digits(3, 1).repeat(150));
        assert!(one.neighbours.coverage < 0.2 && one.neighbours.recall < 0.2, "{one:?}");
    }

    #[test]
    fn colours_make_a_difference() {
        let shape = ImageShape::rgb(32, 32);
        let mut random = ChaCha8Rng::seed_from_u64(4);
        // A patch of one colour on another, at a random place.
        let mut pictures = |red: u8, count: usize| -> Vec<u8> {
            let mut pixels = Vec::new();
            for _ in 0..count {
                let (left, top) = (random.gen_range(0..20), random.gen_range(0..20));
                let blue = random.gen_range(100..200);
                for (y, x) in (0..32 * 32).map(|at| (at / 32, at % 32)) {
                    let inside = (left..left + 12).contains(&x) && (top..top + 12).contains(&y);
                    pixels.extend(if inside { [red, 40, blue] } else { [20, 90, 60] });
                }
            }
            pixels
        };
        let reference = PictureReference::new(shape, &pictures(200, 120), &pictures(200, 120));
        let (alike, other) =
            (reference.score(&pictures(200, 120)), reference.score(&pictures(90, 120)));
        assert!(other.sliced_wasserstein > 2.0 * alike.sliced_wasserstein, "{alike:?} {other:?}");
        assert!(alike.neighbours.recall > 0.9 && other.neighbours.recall < 0.3, "{other:?}");
    }

    #[test]
    fn too_few_images_give_no_score() {
        let of = |count: usize| {
            let dataset = InMemoryDataset::of_digits("x", digits(1, count), None);
            PictureReference::of(&dataset, MOST).map(|reference| reference.count())
        };
        assert_eq!((of(199), of(200), of(260)), (None, Some(100), Some(130)));
    }
}
