//! How near one set of images is to another: distances between their features as distributions, how
//! the images lie among each other, and whether some are copies.
//!
//! Features are vectors of a network's numbers: those of the fixed random network of [`pictures`],
//! or of a classifier, which the engine has.
#![forbid(unsafe_code)]

mod frechet;
pub mod full;
pub mod pictures;

pub use frechet::{FeatureMoments, distance};
