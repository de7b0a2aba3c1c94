//! Statistics of real images' features, and the score of other images against them.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::predictions::Predictions;
use crate::model::{DIGITS, classifier::FEATURES};
use gan_tui_core::event::DigitScore;
use gan_tui_measures::{FeatureMoments, distance};

/// Numbers of real images whose score is measured.
const FLOORS: [usize; 9] = [20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/// Images that the floor of a smaller count is measured with, in several draws, so that it does not
/// depend on a single one.
const FLOOR_IMAGES: usize = 5_000;

/// The statistics of real images' features, to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceStatistics {
    pub moments: FeatureMoments,
    /// Share of each digit.
    pub classes: [f64; DIGITS],
    /// Variance of the features within each digit, summed over the features.
    pub variances: [f64; DIGITS],
    /// Scores of real images that are not the reference's, by their count, smallest first.
    pub floors: Vec<(usize, f64)>,
}

/// Returns `count` of `all` indices without replacement, as a function of `draw`. Neither the first
/// images of a file nor every second one are representative: MNIST's come from two groups of
/// writers in turn.
pub fn sample_indices(all: usize, count: usize, draw: u64) -> Vec<usize> {
    rand::seq::index::sample(&mut ChaCha8Rng::seed_from_u64(1 + draw), all, count).into_vec()
}

impl ReferenceStatistics {
    /// Computes the statistics of real images from their predictions, without floors.
    pub fn of(predictions: &Predictions) -> Self {
        let (counts, variances) = class_variances(predictions);
        let count = predictions.count().max(1) as f64;
        let moments = FeatureMoments::of(&predictions.features, FEATURES);
        Self {
            moments,
            classes: counts.map(|own| own as f64 / count),
            variances,
            floors: Vec::new(),
        }
    }

    /// Measures the scores of real images that are not the reference's, from their predictions:
    /// random subsets of them, and all.
    pub fn add_floors(&mut self, others: &Predictions) {
        let all = others.count();
        for count in FLOORS.into_iter().filter(|&count| count < all).chain([all]) {
            let score = |draw| {
                f64::from(
                    self.score(&others.select(&sample_indices(all, count, draw)), &[])
                        .frechet_distance,
                )
            };
            let draws = if count < all { FLOOR_IMAGES.div_ceil(count).min(20) } else { 1 };
            let floor = (0..draws as u64).map(score).sum::<f64>() / draws as f64;
            self.floors.push((count, floor));
        }
    }

    /// Returns the score of as many real images: interpolated between two measured counts, linearly
    /// in the inverse of the count, to which the bias of a small sample is proportional.
    pub fn floor(&self, count: usize) -> f64 {
        let inverse = |count: usize| 1.0 / count.max(1) as f64;
        let above = self.floors.iter().position(|&(known, _)| known >= count);
        match (above, self.floors.last()) {
            (Some(0), _) => self.floors[0].1,
            (Some(place), _) => {
                let ((few, high), (many, low)) = (self.floors[place - 1], self.floors[place]);
                low + (high - low) * (inverse(count) - inverse(many))
                    / (inverse(few) - inverse(many))
            }
            (None, Some(&(_, lowest))) => lowest,
            (None, None) => 0.0,
        }
    }

    /// Scores images by their predictions. `requested` are the digits that were requested, one for
    /// each image, or empty.
    pub fn score(&self, predictions: &Predictions, requested: &[u8]) -> DigitScore {
        let samples = predictions.count();
        let count = samples.max(1) as f64;
        let moments = FeatureMoments::of(&predictions.features, FEATURES);
        let (counts, variances) = class_variances(predictions);
        let classes = counts.map(|own| own as f64 / count);
        // Infinite if a digit occurs that the real images have none of.
        let divergence = classes.iter().zip(&self.classes).filter(|(own, _)| **own > 0.0);
        let class_kl: f64 = divergence.map(|(own, real)| own * (own / real).ln()).sum();
        let spread: Vec<f64> = variances
            .iter()
            .zip(&self.variances)
            .filter(|(_, real)| **real > 0.0)
            .map(|(own, real)| own / real)
            .collect();
        let confidence: f64 =
            predictions.digits().map(|(_, confidence)| f64::from(confidence)).sum();
        let right = predictions
            .digits()
            .zip(requested)
            .filter(|((digit, _), requested)| digit == *requested)
            .count();
        DigitScore {
            samples,
            frechet_distance: distance(&moments, &self.moments) as f32,
            floor: self.floor(samples) as f32,
            confidence: (confidence / count) as f32,
            classes: classes.map(|share| share as f32),
            class_kl: class_kl as f32,
            smallest_class: classes.iter().copied().fold(1.0, f64::min) as f32,
            diversity: (spread.iter().sum::<f64>() / spread.len().max(1) as f64) as f32,
            as_asked: (!requested.is_empty()).then_some((right as f64 / count) as f32),
            variety: None,
        }
    }
}

/// Returns the number of images of each digit, and the variance of their features, summed over the
/// features; 0 for fewer than two.
fn class_variances(predictions: &Predictions) -> ([usize; DIGITS], [f64; DIGITS]) {
    let mut own: [Vec<f32>; DIGITS] = Default::default();
    for ((digit, _), features) in
        predictions.digits().zip(predictions.features.chunks_exact(FEATURES))
    {
        own[usize::from(digit)].extend_from_slice(features);
    }
    let variance = |features: &Vec<f32>| {
        let moments = FeatureMoments::of(features, FEATURES);
        (0..FEATURES).map(|index| moments.covariance[index * FEATURES + index]).sum()
    };
    (
        std::array::from_fn(|digit| own[digit].len() / FEATURES),
        std::array::from_fn(|digit| variance(&own[digit])),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_is_interpolated_between_measured_ones() {
        let reference = ReferenceStatistics {
            moments: FeatureMoments { mean: Vec::new(), covariance: Vec::new() },
            classes: [0.1; DIGITS],
            variances: [1.0; DIGITS],
            floors: vec![(100, 5.0), (1_000, 0.5)],
        };
        assert_eq!(
            [10, 100, 1_000, 9_999].map(|count| reference.floor(count)),
            [5.0, 5.0, 0.5, 0.5]
        );
        assert!((reference.floor(200) - (0.5 + 4.5 * 4.0 / 9.0)).abs() < 1e-9);
    }
}
