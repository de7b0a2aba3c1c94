//! Half the reference's channels, conditioned on the digit.

use gan_tui_core::preset::Norm;

use super::{CLASSES, Discriminate, dcgan_small};

pub use super::dcgan_small::generator;

/// The discriminator, with a logit for the image and one for each class.
pub fn discriminator(norm: Norm, dropout: f32) -> Box<dyn Discriminate> {
    dcgan_small::discriminator_to::<{ 1 + CLASSES }>(norm, dropout)
}
