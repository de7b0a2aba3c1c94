//! The reference's networks, conditioned on the digit.

use gan_tui_core::preset::Norm;

use super::{CLASSES, Discriminate, dcgan};

pub use super::dcgan::generator;

/// The discriminator, with a logit for the image and one for each class.
pub fn discriminator(norm: Norm, dropout: f32) -> Box<dyn Discriminate> {
    dcgan::discriminator_with::<32, 64, 128, 256, 4096, { 1 + CLASSES }>(norm, dropout)
}
