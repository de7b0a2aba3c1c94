//! Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) of two
//! sets of features, as the `prdc` package computes them.

use gan_tui_core::event::Neighbours;
use rayon::prelude::*;

use super::features::FEATURES;

/// How many neighbours make a neighbourhood.
const NEAREST: usize = 5;

/// The features of images, and how far each one's neighbourhood reaches.
pub struct Cloud {
    /// (n, [`FEATURES`]).
    features: Vec<f32>,
    /// The squared distance of each to its neighbour number [`NEAREST`].
    radii: Vec<f32>,
}

impl Cloud {
    pub fn new(features: Vec<f32>) -> Self {
        let radii = features.par_chunks_exact(FEATURES).map(|one| {
            let mut distances: Vec<f32> =
                features.chunks_exact(FEATURES).map(|other| distance(one, other)).collect();
            // The nearest of all is the image itself.
            let place = NEAREST.min(distances.len() - 1);
            *distances.select_nth_unstable_by(place, f32::total_cmp).1
        });
        let radii = radii.collect();
        Self { features, radii }
    }

    /// Returns how these real images and generated ones lie among each other.
    pub fn with(&self, generated: &Self) -> Neighbours {
        let real = self.features.chunks_exact(FEATURES);
        let (of_real, of_generated) = (self.radii.len() as f32, generated.radii.len() as f32);
        // For each generated image: the real neighbourhoods that it lies in.
        let around: Vec<usize> = generated
            .features
            .par_chunks_exact(FEATURES)
            .map(|one| {
                let within = real.clone().zip(&self.radii);
                within.filter(|(other, radius)| distance(one, other) < **radius).count()
            })
            .collect();
        // For each real image: whether it lies in a generated neighbourhood, and whether a
        // generated image lies in its own.
        let each: Vec<(bool, bool)> = self
            .features
            .par_chunks_exact(FEATURES)
            .zip(&self.radii)
            .map(|(one, own)| {
                let others = generated.features.chunks_exact(FEATURES).zip(&generated.radii);
                others.fold((false, false), |(recalled, covered), (other, radius)| {
                    let distance = distance(one, other);
                    (recalled || distance < *radius, covered || distance < *own)
                })
            })
            .collect();
        let share = |count: usize, of: f32| count as f32 / of;
        Neighbours {
            precision: share(around.iter().filter(|&&within| within > 0).count(), of_generated),
            recall: share(each.iter().filter(|(recalled, _)| *recalled).count(), of_real),
            density: share(around.iter().sum(), NEAREST as f32 * of_generated),
            coverage: share(each.iter().filter(|(_, covered)| *covered).count(), of_real),
        }
    }
}

/// The squared distance of two rows of [`FEATURES`].
pub(crate) fn distance(one: &[f32], other: &[f32]) -> f32 {
    // Sums apart, so that the compiler may use registers.
    let mut sums = [0.0f32; 16];
    for (one, other) in one.as_chunks::<16>().0.iter().zip(other.as_chunks::<16>().0) {
        for (sum, (a, b)) in sums.iter_mut().zip(one.iter().zip(other)) {
            *sum += (a - b) * (a - b);
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::StandardNormal;

    fn cloud(seed: u64, count: usize, shift: f32) -> Cloud {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let normal = || random.sample::<f32, _>(StandardNormal) + shift;
        Cloud::new(std::iter::repeat_with(normal).take(count * FEATURES).collect())
    }

    #[test]
    fn the_same_images_lie_in_all_neighbourhoods_of_their_own() {
        let one = cloud(1, 50, 0.0);
        let same = one.with(&cloud(1, 50, 0.0));
        assert_eq!((same.precision, same.recall, same.coverage), (1.0, 1.0, 1.0));
        // Each lies in its own neighbourhood and, on average, in five others, but for those at the
        // border.
        assert!((same.density - 1.0).abs() < 0.1, "{same:?}");
    }

    #[test]
    fn far_images_lie_in_none() {
        let none = cloud(1, 50, 0.0).with(&cloud(2, 60, 100.0));
        assert_eq!(
            (none.precision, none.recall, none.density, none.coverage),
            (0.0, 0.0, 0.0, 0.0)
        );
    }

    /// Points on a line, 0 to 9, against 0.5 and 20: what the `prdc` package gives with k = 5.
    #[test]
    fn points_on_a_line_are_counted_as_prdc_does() {
        let on_line = |places: &[f32]| {
            let mut features = vec![0.0; places.len() * FEATURES];
            places.iter().enumerate().for_each(|(at, x)| features[at * FEATURES] = *x);
            Cloud::new(features)
        };
        let real: Vec<f32> = (0..10).map(|at| at as f32).collect();
        let generated = [0.5, 20.0, 21.0, 22.0, 23.0, 24.0];
        let found = on_line(&real).with(&on_line(&generated));
        // 0.5 lies within the real neighbourhoods of 0 (5), 1 (4), 2 and 3 (3); the others in none.
        assert_eq!((found.precision, found.density), (1.0 / 6.0, 4.0 / 30.0));
        // Those four contain it; every real point lies in the neighbourhood of 0.5 (23.5).
        assert_eq!((found.coverage, found.recall), (0.4, 1.0));
    }
}
