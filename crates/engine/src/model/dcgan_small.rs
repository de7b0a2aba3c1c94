//! The convolutional GAN with half the reference's channels.

use gan_tui_core::preset::Norm;

use super::{Discriminate, Generate, dcgan};

/// The generator: 64, 32 and 16 channels.
pub fn generator<const L: usize>() -> Box<dyn Generate> {
    Box::new(dcgan::generator_of::<L, 3136, 64, 32, 16>())
}

/// The discriminator: 16, 32, 64 and 128 channels.
pub fn discriminator<const O: usize>(norm: Norm, dropout: f32) -> Box<dyn Discriminate> {
    dcgan::discriminator_with::<16, 32, 64, 128, 2048, O>(norm, dropout)
}
