//! What the classifier computes of some images.

use crate::model::{DIGITS, classifier::FEATURES};

/// The classifier's features and class probabilities of some images.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// (n, [`FEATURES`]).
    pub features: Vec<f32>,
    /// (n, 10), each row sums to 1.
    pub probabilities: Vec<f32>,
}

impl Predictions {
    /// Returns the number of images.
    pub fn count(&self) -> usize {
        self.probabilities.len() / DIGITS
    }

    /// Returns the predictions of the images at these indices.
    pub(super) fn select(&self, indices: &[usize]) -> Self {
        let of = |all: &[f32], width: usize| {
            indices.iter().flat_map(|&index| &all[index * width..][..width]).copied().collect()
        };
        Self {
            features: of(&self.features, FEATURES),
            probabilities: of(&self.probabilities, DIGITS),
        }
    }

    /// Returns the most probable digit of each image, and its probability.
    pub fn digits(&self) -> impl Iterator<Item = (u8, f32)> + '_ {
        self.probabilities.chunks_exact(DIGITS).map(|row| {
            let most = (0..DIGITS)
                .fold(0, |most, class| if row[class] > row[most] { class } else { most });
            (most as u8, row[most])
        })
    }
}
