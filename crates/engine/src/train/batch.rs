//! What an iteration is given.

use std::borrow::Cow;

use super::corruption::{Corruption, Use};

/// What an iteration is given.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// (n, 28, 28) in [-1, 1].
    pub real: Vec<f32>,
    /// (n, latent).
    pub latents: Vec<f32>,
    /// Random bits for the dropout on real images, on fakes, and in the generator's update.
    pub dropout: [u64; 3],
    /// The classes (n) of the real images and of those to generate; empty where the networks are
    /// not conditional.
    pub real_labels: Vec<u8>,
    pub fake_labels: Vec<u8>,
    /// Classes (n) that the real images are not of, where the discriminator is to learn that too;
    /// else empty.
    pub wrong_labels: Vec<u8>,
    /// What is done to images before the discriminator sees them.
    pub corruption: Option<Corruption>,
    /// Factor of the learning rates, by the schedule; the default stands for 1.
    pub rate: Rate,
    /// Which of an iteration's discriminator updates this is for, from 0.
    pub turn: u64,
}

/// A factor of the learning rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate(pub f32);

impl Default for Rate {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Batch {
    /// Images as the discriminator is to see them; copied only where somebody else keeps them.
    pub fn changed<'a>(&self, images: impl Into<Cow<'a, [f32]>>, of: Use) -> Vec<f32> {
        let images = images.into();
        match self.corruption {
            Some(corruption) => corruption.changed(&images, of, self.turn),
            None => images.into_owned(),
        }
    }
}
