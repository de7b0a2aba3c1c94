//! From a model's name to its networks.

use gan_tui_core::preset::{Model, Norm};

use crate::model::{
    CLASSES, Discriminate, Generate, dcgan, dcgan_digits, dcgan_small, dcgan_small_digits, mlp,
};

/// Returns the generator of a model, all tensors zero.
///
/// # Errors
/// Returns an error if the model is not built for this latent dimension.
pub fn generator(model: Model, latent: usize) -> Result<Box<dyn Generate>, String> {
    Ok(match (model, latent) {
        (Model::Dcgan, 64) => dcgan::generator::<64>(),
        (Model::Dcgan, 100) => dcgan::generator::<100>(),
        (Model::DcganSmall, 64) => dcgan_small::generator::<64>(),
        (Model::DcganSmall, 100) => dcgan_small::generator::<100>(),
        (Model::DcganDigits, 64) => dcgan_digits::generator::<{ 64 + CLASSES }>(),
        (Model::DcganDigits, 100) => dcgan_digits::generator::<{ 100 + CLASSES }>(),
        (Model::DcganSmallDigits, 64) => dcgan_small_digits::generator::<{ 64 + CLASSES }>(),
        (Model::DcganSmallDigits, 100) => dcgan_small_digits::generator::<{ 100 + CLASSES }>(),
        (Model::Mlp, 64) => mlp::generator::<64>(),
        (Model::Mlp, 100) => mlp::generator::<100>(),
        (model, latent) => {
            return Err(format!("{} is not built for latents of length {latent}", model.name()));
        }
    })
}

/// Returns the discriminator of a model, all tensors zero.
pub fn discriminator(model: Model, norm: Norm, dropout: f32) -> Box<dyn Discriminate> {
    match model {
        Model::Dcgan => dcgan::discriminator(norm, dropout),
        Model::DcganDigits => dcgan_digits::discriminator(norm, dropout),
        Model::DcganSmall => dcgan_small::discriminator(norm, dropout),
        Model::DcganSmallDigits => dcgan_small_digits::discriminator(norm, dropout),
        Model::Mlp => mlp::discriminator(norm, dropout),
    }
}
