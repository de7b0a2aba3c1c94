//! How good images are. As digits: the predictions of a small classifier, and the Fréchet distance
//! of its features from those of real images. As pictures of any kind: [`pictures`].

mod digit_classifier;
mod file;
mod frechet;
pub mod full;
pub mod pictures;
mod predictions;
mod reference;

pub use digit_classifier::DigitClassifier;
pub use file::{SHA256, ScoreError};
pub use frechet::{FeatureMoments, distance};
pub use predictions::Predictions;
pub use reference::{ReferenceStatistics, sample_indices};
