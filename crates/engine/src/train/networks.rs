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
    use crate::{model::conditional::with_labels, nn::Mode};
    use gan_tui_core::generator::{GeneratorData, twin};

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

    #[test]
    fn every_generator_computes_what_it_says_of_itself() {
        for &model in Model::ALL {
            let (latent, room) = (64, model.conditioning().room());
            let mut generator = generator(model, latent, room > 0).unwrap();
            let mut seed = 0.0;
            model::visit_mut(&mut *generator, &mut |tensor, values| {
                let (least, scale) =
                    if tensor.name.ends_with("variance") { (1.5, 1.0) } else { (0.0, 0.1) };
                for value in values {
                    seed += 0.7f32;
                    *value = least + scale * (seed % 1000.0).sin();
                }
            });
            let latents: Vec<f32> = (0..latent).map(|at| (at as f32 * 0.3).cos()).collect();
            let data = GeneratorData {
                model: model.name().into(),
                latent,
                classes: Vec::new(),
                room,
                image: model.image(),
                iteration: 0,
                preset: String::new(),
                layers: generator.describe(),
            };
            let label = (room > 0).then_some(3);
            let labels = label.map(|label| label as u8);
            let rows = with_labels(&latents, latent, labels.as_slice(), room);
            let (ours, twin) = (generator.infer(rows).unwrap(), twin::draw(&data, &latents, label));
            let apart = ours.iter().zip(&twin).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(ours.len() == twin.len() && apart < 1e-4, "{}: {apart:e}", model.name());
            let spread = ours.iter().fold(0.0f32, |most, value| most.max(value.abs()));
            assert!(spread > 0.01, "{}: not only zeros", model.name());
        }
    }
}
