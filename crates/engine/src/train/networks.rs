//! From a model's name to networks: the one `match` from words to types.

use dfdx::tensor::Cpu;

use crate::{
    model::{CLASSES, Discriminate, Generate, dcgan, mlp},
    nn::{WithNorm, WithoutNorm, device},
};
use gan_tui_core::preset::{Model, Norm};

/// The generator of a model, all tensors zero.
///
/// # Errors
/// The latent length, where the model is not built for it.
pub fn generator(model: Model, latent: usize) -> Result<Box<dyn Generate>, String> {
    let device = device();
    Ok(match (model, latent) {
        (Model::Dcgan, 64) => Box::new(dcgan::ReferenceGenerator::<64>::zeros(&device)),
        (Model::Dcgan, 100) => Box::new(dcgan::ReferenceGenerator::<100>::zeros(&device)),
        (Model::DcganSmall, 64) => Box::new(dcgan::SmallGenerator::<64>::zeros(&device)),
        (Model::DcganSmall, 100) => Box::new(dcgan::SmallGenerator::<100>::zeros(&device)),
        // Ten more numbers say which digit is asked for.
        (Model::DcganDigits, 64) => Box::new(dcgan::ReferenceGenerator::<74>::zeros(&device)),
        (Model::DcganDigits, 100) => Box::new(dcgan::ReferenceGenerator::<110>::zeros(&device)),
        (Model::DcganSmallDigits, 64) => Box::new(dcgan::SmallGenerator::<74>::zeros(&device)),
        (Model::DcganSmallDigits, 100) => Box::new(dcgan::SmallGenerator::<110>::zeros(&device)),
        (Model::Mlp, 64) => Box::new(mlp::Generator::<64>::zeros(&device)),
        (Model::Mlp, 100) => Box::new(mlp::Generator::<100>::zeros(&device)),
        (model, latent) => {
            return Err(format!("{} is not built for latents of length {latent}", model.name()));
        }
    })
}

/// The discriminator of a model, all tensors zero.
pub fn discriminator(model: Model, norm: Norm, dropout: f32) -> Box<dyn Discriminate> {
    let device = device();
    match (model, norm) {
        (Model::Dcgan, norm) => reference::<1>(norm, &device, dropout),
        (Model::DcganDigits, norm) => reference::<11>(norm, &device, dropout),
        (Model::DcganSmall, norm) => small::<1>(norm, &device, dropout),
        (Model::DcganSmallDigits, norm) => small::<11>(norm, &device, dropout),
        (Model::Mlp, _) => Box::new(mlp::Discriminator::zeros(&device, dropout)),
    }
}

fn reference<const O: usize>(norm: Norm, device: &Cpu, dropout: f32) -> Box<dyn Discriminate> {
    match norm {
        Norm::Batch => {
            Box::new(dcgan::ReferenceDiscriminator::<O, WithNorm>::zeros(device, dropout))
        }
        Norm::Off => {
            Box::new(dcgan::ReferenceDiscriminator::<O, WithoutNorm>::zeros(device, dropout))
        }
    }
}

fn small<const O: usize>(norm: Norm, device: &Cpu, dropout: f32) -> Box<dyn Discriminate> {
    match norm {
        Norm::Batch => Box::new(dcgan::SmallDiscriminator::<O, WithNorm>::zeros(device, dropout)),
        Norm::Off => Box::new(dcgan::SmallDiscriminator::<O, WithoutNorm>::zeros(device, dropout)),
    }
}

/// Rows that a generator draws images from, (n, latent + classes): latents (n, `latent`) and behind
/// each its label as ten numbers, of which one is 1; the latents themselves where there are no
/// labels.
pub fn with_labels(latents: &[f32], latent: usize, labels: &[u8]) -> Vec<f32> {
    if labels.is_empty() {
        return latents.to_vec();
    }
    let mut rows = Vec::with_capacity(latents.len() + labels.len() * CLASSES);
    for (latent, &label) in latents.chunks_exact(latent).zip(labels) {
        rows.extend_from_slice(latent);
        rows.extend((0..CLASSES).map(|class| f32::from(u8::from(class == usize::from(label)))));
    }
    rows
}

/// `count` labels where no digits are asked for: each in turn.
pub fn labels_in_turn(count: usize) -> Vec<u8> {
    (0..count).map(|index| (index % CLASSES) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_follows_its_latent() {
        let rows = with_labels(&[0.5, -0.5, 2.0, 3.0], 2, &[9, 0]);
        assert_eq!(rows[..3], [0.5, -0.5, 0.0]);
        assert_eq!(rows[11..15], [1.0, 2.0, 3.0, 1.0]);
        assert_eq!((rows.len(), rows.iter().sum::<f32>()), (24, 7.0));
        assert_eq!(with_labels(&[1.0, 2.0], 2, &[]), [1.0, 2.0]);
    }
}
