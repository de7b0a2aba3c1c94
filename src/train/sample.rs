//! Images from a trained generator.

use super::{
    random::{self, Stream},
    training::{GENERATOR, RestoreError, load_network},
};
use crate::{
    dataset::{PIXELS, SIDE},
    event::Snapshot,
    image::Stack,
    model::{Generate, dcgan, mlp},
    nn::{self, Activations},
};

/// Latents drawn in one pass: enough for every core, small enough for memory.
const BATCH: usize = 128;

/// A generator in inference mode.
pub struct Sampler {
    latent: usize,
    draw: Draw,
    pool: rayon::ThreadPool,
}

/// Latents (n, latent) to images (n, 784) in [-1, 1].
type Draw = Box<dyn Fn(Vec<f32>) -> Vec<f32> + Send + Sync>;

/// A snapshot that no generator can be built from.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error("the checkpoint is of an architecture this version does not know: {model} with latents of length {latent}")]
    Model { model: String, latent: usize },
    #[error(transparent)]
    Tensor(#[from] RestoreError),
    #[error("cannot start {threads} threads: {reason}")]
    Threads { threads: usize, reason: String },
}

impl Sampler {
    /// Builds the generator that a snapshot holds.
    ///
    /// # Errors
    /// Where the snapshot's tensors do not fit the architecture it names: which one, expected and found.
    pub fn new(snapshot: &Snapshot, threads: usize) -> Result<Self, SampleError> {
        let draw = match (snapshot.model.as_str(), snapshot.latent) {
            ("dcgan", 64) => generator::<64, dcgan::ReferenceGenerator<64>>(snapshot)?,
            ("dcgan", 100) => generator::<100, dcgan::ReferenceGenerator<100>>(snapshot)?,
            ("dcgan-small", 64) => generator::<64, dcgan::SmallGenerator<64>>(snapshot)?,
            ("dcgan-small", 100) => generator::<100, dcgan::SmallGenerator<100>>(snapshot)?,
            ("mlp", 64) => generator::<64, mlp::Generator<64>>(snapshot)?,
            ("mlp", 100) => generator::<100, mlp::Generator<100>>(snapshot)?,
            (model, latent) => return Err(SampleError::Model { model: model.into(), latent }),
        };
        let pool = super::pool(threads).map_err(|error| SampleError::Threads { threads, reason: error.to_string() })?;
        Ok(Self { latent: snapshot.latent, draw, pool })
    }

    /// Length of a latent.
    pub fn latent(&self) -> usize {
        self.latent
    }

    /// `count` latents from N(0, 1), (count, latent), a function of the seed; the first k are the same for every count.
    pub fn latents(&self, seed: u64, count: usize) -> Vec<f32> {
        random::normal(seed, Stream::Samples, 0, count * self.latent)
    }

    /// The images of latents, (n, latent) to n pictures of 28x28.
    ///
    /// # Panics
    /// If the latents are not a whole number of rows, which is a mistake of the caller.
    pub fn draw(&self, latents: &[f32]) -> Stack {
        Stack::from_unit(SIDE, SIDE, &self.values(latents))
    }

    /// The images of latents, (n, latent) to (n, 28, 28) in [-1, 1].
    ///
    /// # Panics
    /// If the latents are not a whole number of rows, which is a mistake of the caller.
    pub fn values(&self, latents: &[f32]) -> Vec<f32> {
        assert!(latents.len().is_multiple_of(self.latent), "not a whole number of latents");
        let mut values = Vec::with_capacity(latents.len() / self.latent * PIXELS);
        for batch in latents.chunks(BATCH * self.latent) {
            values.extend(self.pool.install(|| (self.draw)(batch.to_vec())));
        }
        values
    }
}

fn generator<const L: usize, G: Generate<L>>(snapshot: &Snapshot) -> Result<Draw, RestoreError> {
    let device = nn::device();
    let mut network = G::zeros(&device);
    load_network(&mut network, GENERATOR, snapshot)?;
    Ok(Box::new(move |latents| {
        let count = latents.len() / L;
        match Activations::new(&device, latents, nn::rows(count)) {
            Ok(latents) => network.forward(latents).into_vec(),
            // As many numbers as the shape says: it is made from them.
            Err(_) => Vec::new(),
        }
    }))
}
