//! What one update of the networks is computed from.

use std::borrow::Cow;

use crate::train::{
    augment::{AugmentTarget, DiscriminatorAugment},
    random::{self, Stream},
};
use gan_tui_core::preset::{GradientPenalty, Preset};

/// What one update of the networks is computed from.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Real images, (n, height, width, channels) in [-1, 1].
    pub real: Vec<f32>,
    /// (n, latent).
    pub latents: Vec<f32>,
    /// Seeds of the dropout masks on real images, on fakes, and in the generator's update.
    pub dropout: [u64; 3],
    /// The classes (n) of the real images; empty if the networks are not class-conditional.
    pub real_labels: Vec<u8>,
    /// The classes (n) to generate; empty if the networks are not class-conditional.
    pub fake_labels: Vec<u8>,
    /// Classes (n) other than those of the real images, which the discriminator learns to reject;
    /// empty if the preset does not ask for that.
    pub wrong_labels: Vec<u8>,
    /// Augmentation of every image that the discriminator is given.
    pub augment: Option<DiscriminatorAugment>,
    /// The noise under which the discriminator's logits are to change little.
    pub penalty: Option<PenaltyNoise>,
    /// The schedule's factor of the learning rates.
    pub rate: LearningRateFactor,
    /// Which of the iteration's discriminator updates this is, from 0.
    pub turn: u64,
}

/// The noise of a gradient penalty in one update.
#[derive(Debug, Clone, PartialEq)]
pub struct PenaltyNoise {
    /// For the first of the real images and of the generated ones, each (noisy, height, width,
    /// channels).
    pub noise: [Vec<f32>; 2],
    /// How many that are.
    pub noisy: usize,
    /// The weights at both, over the noise's variance.
    pub factors: (f32, f32),
}

impl PenaltyNoise {
    /// Returns the noise of discriminator update `turn` of an iteration, for `images` of `size`
    /// numbers of each kind; `None` if the preset asks for no penalty.
    pub fn of(
        preset: &Preset,
        iteration: u64,
        turn: u64,
        (images, size): (usize, usize),
    ) -> Option<Self> {
        let GradientPenalty { real, generated, deviation, .. } = preset.gradient_penalty;
        let noisy = preset.gradient_penalty.noisy(images);
        let noise = |kind: u64| {
            let step = random::step(iteration, 2 * turn + kind);
            let mut noise =
                random::normal(preset.seed, Stream::GradientPenalty, step, noisy * size);
            noise.iter_mut().for_each(|value| *value *= deviation);
            noise
        };
        let variance = deviation * deviation;
        preset.gradient_penalty.is_active().then(|| {
            let (on_real, on_generated) = rayon::join(|| noise(0), || noise(1));
            Self {
                noise: [on_real, on_generated],
                noisy,
                factors: (real / variance, generated / variance),
            }
        })
    }

    /// Appends the first of `images`, real ones or generated ones, with noise.
    fn append(&self, are_real: bool, images: &mut Vec<f32>) {
        let noise = &self.noise[usize::from(!are_real)];
        let noisy: Vec<f32> = images.iter().zip(noise).map(|(x, noise)| x + noise).collect();
        images.extend(noisy);
    }
}

/// A factor of the learning rates; 1 by default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearningRateFactor(pub f32);

impl Default for LearningRateFactor {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Batch {
    /// Returns images and their labels as one joint update of the discriminator is given them: some
    /// with noise a second time, if there is a penalty, and under wrong labels, if there are any. See
    /// [`Joint`](crate::train::objective::Joint) for the order of the logits.
    pub fn joint(&self, mut images: Vec<f32>, are_real: bool) -> (Vec<f32>, Vec<u8>) {
        let (right, wrong) = match are_real {
            true => (&self.real_labels, &self.wrong_labels[..]),
            false => (&self.fake_labels, &[][..]),
        };
        let mut noisy = 0;
        if let Some(penalty) = &self.penalty {
            penalty.append(are_real, &mut images);
            noisy = penalty.noisy;
        }
        let again = |labels: &[u8]| labels[..noisy.min(labels.len())].to_vec();
        (images, [&right[..], &again(right), wrong, &again(wrong)].concat())
    }

    /// Returns images with augmentation, if there is any; copies them only if they are borrowed.
    pub fn augmented<'a>(
        &self,
        images: impl Into<Cow<'a, [f32]>>,
        target: AugmentTarget,
    ) -> Vec<f32> {
        let images = images.into();
        match self.augment {
            Some(augment) => augment.apply(&images, target, self.turn),
            None => images.into_owned(),
        }
    }
}
