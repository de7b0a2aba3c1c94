//! From a model's name to its networks, for every row of `for_each_model`.

use gan_tui_core::{
    for_each_model,
    preset::{Model, Norm},
};

use crate::model::{self, CLASSES, Discriminate, Generate};

/// Numbers that a generator takes for each image: a latent and, if it is class-conditional, one for
/// each class.
const fn inputs(latent: usize, is_conditional: bool) -> usize {
    latent + if is_conditional { CLASSES } else { 0 }
}

macro_rules! networks {
    ($(
        $(#[$doc:meta])*
        $model:ident => $file:ident {
            latents: [$($latent:literal),*],
            is_conditional: $is_conditional:literal,
            $($rest:tt)*
        };
    )*) => {
        /// Returns the generator of a model, all tensors zero.
        ///
        /// # Errors
        /// Returns an error if the model is not built for this latent dimension.
        pub fn generator(model: Model, latent: usize) -> Result<Box<dyn Generate>, String> {
            match (model, latent) {
                $($((Model::$model, $latent) => Ok(
                    model::$file::generator::<{ inputs($latent, $is_conditional) }>()
                ),)*)*
                _ => Err(format!("{} is not built for latents of length {latent}", model.name())),
            }
        }

        /// Returns the discriminator of a model, all tensors zero.
        pub fn discriminator(model: Model, norm: Norm, dropout: f32) -> Box<dyn Discriminate> {
            match model {
                $(Model::$model => model::$file::discriminator(norm, dropout),)*
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
            for &latent in info.latents {
                let rows = vec![0.0; 2 * inputs(latent, info.is_conditional)];
                let images = generator(model, latent).unwrap().forward_train(rows).unwrap();
                let size = model.image();
                assert_eq!(images.shape(), (2, size.height, size.width, size.channels));
                let mut discriminator = discriminator(model, Norm::Batch, 0.0);
                let labels = if info.is_conditional { &[3, 4][..] } else { &[] };
                let mode = Mode::Frozen { dropout: 0 };
                let logits = discriminator.forward_train(images, labels, mode).unwrap();
                assert_eq!(logits.values().len(), 2, "{}", model.name());
            }
        }
        assert!(generator(Model::Mlp, 65).is_err());
    }
}
