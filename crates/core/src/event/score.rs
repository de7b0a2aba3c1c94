//! How good generated images are.

use serde::{Deserialize, Serialize};

use super::json::number;

/// How good some images are as digits, by a classifier's features and readings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// How many images were looked at.
    pub samples: usize,
    /// Fréchet distance of their features from those of real images; less is better.
    #[serde(deserialize_with = "number")]
    pub frechet_distance: f32,
    /// What as many real images score, others than are compared with.
    pub floor: f32,
    /// Mean probability of the class that each is read as.
    pub confidence: f32,
    /// Share of the images read as each digit.
    pub classes: [f32; 10],
    /// Kullback-Leibler divergence of these shares from those of real images, in nats; infinite
    /// (`null` in JSON) where a digit is drawn that the real images have none of.
    #[serde(deserialize_with = "number")]
    pub class_kl: f32,
    /// The smallest of the shares.
    pub smallest_class: f32,
    /// Variance of the features within a class over that of real images, the mean of all classes; 1
    /// is as diverse as real ones.
    pub diversity: f32,
    /// Share of the images that are read as the digit that was asked for, where digits were asked
    /// for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_asked: Option<f32>,
}
