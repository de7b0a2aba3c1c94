//! What one update of the networks is computed from.

use std::borrow::Cow;

use crate::train::augment::{AugmentTarget, DiscriminatorAugment};

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
    /// The schedule's factor of the learning rates.
    pub rate: LearningRateFactor,
    /// Which of the iteration's discriminator updates this is, from 0.
    pub turn: u64,
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
