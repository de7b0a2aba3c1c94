//! From a model's name to its networks, for every row of `for_each_model`.

use gan_tui_core::{
    for_each_model,
    preset::{Conditioning, Model, Norm},
};

use crate::model::{self, Discriminate, Generate};

/// Numbers that a class-conditional generator takes for each image: a latent and one for each class
/// that there is room for.
const fn inputs(latent: usize, conditioning: Conditioning) -> usize {
    latent + conditioning.room()
}

macro_rules! networks {
    ($(
        $(#[$doc:meta])*
        $model:ident => $file:ident {
            latents: [$($latent:literal),*],
            conditioning: $conditioning:ident,
            $($rest:tt)*
        };
    )*) => {
        /// Returns the generator of a model, all tensors zero.
        ///
        /// # Errors
        /// Returns an error if the model is not built for this latent dimension.
        pub fn generator(
            model: Model,
            latent: usize,
            is_conditional: bool,
        ) -> Result<Box<dyn Generate>, String> {
            match (model, latent, is_conditional) {
                $($(
                    (Model::$model, $latent, false) => Ok(model::$file::generator::<$latent>()),
                    (Model::$model, $latent, true) => Ok(
                        model::$file::generator::<{ inputs($latent, Conditioning::$conditioning) }>()
                    ),
                )*)*
                _ => Err(format!("{} is not built for latents of length {latent}", model.name())),
            }
        }

        /// Returns the discriminator of a model, all tensors zero.
        pub fn discriminator(
            model: Model,
            is_conditional: bool,
            norm: Norm,
            dropout: f32,
        ) -> Box<dyn Discriminate> {
            match (model, is_conditional) {
                $(
                    (Model::$model, false) => model::$file::discriminator::<1>(norm, dropout),
                    (Model::$model, true) => model::$file::discriminator::<
                        { 1 + Conditioning::$conditioning.room() },
                    >(norm, dropout),
                )*
            }
        }
    };
}

for_each_model!(networks);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::nn::Mode;

    #[test]
    fn every_models_images_are_of_its_rows_size() {
        for &model in Model::ALL {
            let info = model.info();
            for (&latent, is_conditional) in
                info.latents.iter().flat_map(|latent| [(latent, false), (latent, true)])
            {
                let room = if is_conditional { info.conditioning.room() } else { 0 };
                let rows = vec![0.0; 2 * (latent + room)];
                let mut generator = generator(model, latent, is_conditional).unwrap();
                let images = generator.forward_train(rows).unwrap();
                let size = model.image();
                assert_eq!(images.shape(), (2, size.height, size.width, size.channels));
                let mut discriminator = discriminator(model, is_conditional, Norm::Batch, 0.0);
                let labels = if room > 0 { &[3, 4][..] } else { &[] };
                let mode = Mode::Frozen { dropout: 0 };
                let logits = discriminator.forward_train(images, labels, mode).unwrap();
                assert_eq!(logits.values().len(), 2, "{}", model.name());
            }
        }
        assert!(generator(Model::Mlp, 65, false).is_err());
    }
}
