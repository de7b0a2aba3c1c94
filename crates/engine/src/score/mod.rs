//! How good images are as digits: the predictions of a small classifier, and the Fréchet distance
//! of its features from those of real images.

mod digit_classifier;
mod file;
mod predictions;
mod reference;

pub use digit_classifier::DigitClassifier;
pub use file::{SHA256, ScoreError};
pub use predictions::Predictions;
pub use reference::{ReferenceStatistics, sample_indices};
