//! Images from a trained generator.

use rand::Rng;
use rand_distr::StandardNormal;

use crate::{
    dataset::{PIXELS, SIDE},
    model::{
        CLASSES, Generate,
        conditional::{labels_in_turn, with_labels},
    },
    train::{
        self, networks,
        random::{self, Stream},
        trainer::{EMA, GENERATOR, RestoreError, has_ema, load_network},
    },
};
use gan_tui_core::{
    event::Snapshot,
    image::{ImageBatch, ImageShape},
    preset::Model,
};

/// Latents drawn in one pass: enough for every core, small enough for memory.
const BATCH: usize = 128;

/// A generator in inference mode, with its averaged weights where it has such.
pub struct TrainedGenerator {
    model: Model,
    latent: usize,
    generator: Box<dyn Generate>,
    pool: rayon::ThreadPool,
}

/// A snapshot that no generator can be built from.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error(
        "the checkpoint is of an architecture this version does not know: {model} with latents of length {latent}"
    )]
    Model { model: String, latent: usize },
    #[error(transparent)]
    Tensor(#[from] RestoreError),
    #[error("cannot start {threads} threads: {reason}")]
    Threads { threads: usize, reason: String },
}

impl TrainedGenerator {
    /// Builds the generator that a snapshot holds.
    ///
    /// # Errors
    /// Where the snapshot's tensors do not fit the architecture it names: which one, expected and
    /// found.
    pub fn new(snapshot: &Snapshot, threads: usize) -> Result<Self, SampleError> {
        let unknown =
            || SampleError::Model { model: snapshot.model.clone(), latent: snapshot.latent };
        let model = Model::named(&snapshot.model).ok_or_else(unknown)?;
        let mut generator = networks::generator(model, snapshot.latent).map_err(|_| unknown())?;
        let prefix = if has_ema(snapshot) { EMA } else { GENERATOR };
        load_network(&mut *generator, prefix, snapshot).map_err(RestoreError::from)?;
        let pool = train::pool(threads)
            .map_err(|error| SampleError::Threads { threads, reason: error.to_string() })?;
        Ok(Self { model, latent: snapshot.latent, generator, pool })
    }

    /// Whether digits can be asked for.
    pub fn is_conditional(&self) -> bool {
        self.model.is_conditional()
    }

    /// The architecture.
    pub fn model(&self) -> Model {
        self.model
    }

    /// `count` labels to draw where none are asked for: each digit in turn; none where the
    /// generator is not conditional.
    pub fn labels(&self, count: usize) -> Vec<u8> {
        if self.is_conditional() { labels_in_turn(count) } else { Vec::new() }
    }

    /// Length of a latent.
    pub fn latent(&self) -> usize {
        self.latent
    }

    /// `count` latents from N(0, 1), (count, latent), a function of the seed; the first k are the
    /// same for every count. With a bound, numbers further from zero are drawn again until they are
    /// within it (the truncation trick of Brock et al. 2019).
    pub fn latents(&self, seed: u64, count: usize, bound: Option<f32>) -> Vec<f32> {
        self.candidates(seed, 0, count, bound)
    }

    /// The latents of one turn of a search, other ones for each turn.
    pub fn candidates(&self, seed: u64, turn: u64, count: usize, bound: Option<f32>) -> Vec<f32> {
        let mut values = random::normal(seed, Stream::Samples, turn, count * self.latent);
        if let Some(bound) = bound {
            let mut again = random::generator(seed, Stream::Truncated, turn);
            for value in &mut values {
                while value.abs() > bound {
                    *value = again.sample(StandardNormal);
                }
            }
        }
        values
    }

    /// Runs work on this sampler's threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Numbers in a row that the generator draws an image from: its latent and, where it is
    /// conditional, one for each digit.
    pub fn width(&self) -> usize {
        self.latent + if self.is_conditional() { CLASSES } else { 0 }
    }

    /// The rows (n, [`TrainedGenerator::width`]) of latents (n, latent). `labels` (n) are the digits to
    /// draw, empty where the generator is not conditional.
    ///
    /// # Panics
    /// If the latents are not a whole number of rows, or the labels not as many, which is a mistake
    /// of the caller.
    pub fn rows(&self, latents: &[f32], labels: &[u8]) -> Vec<f32> {
        assert!(latents.len().is_multiple_of(self.latent), "not a whole number of latents");
        let count = latents.len() / self.latent;
        assert!(
            labels.len() == if self.is_conditional() { count } else { 0 },
            "not a label for each latent"
        );
        with_labels(latents, self.latent, labels)
    }

    /// The images of rows, (n, [`TrainedGenerator::width`]) to n pictures of 28x28.
    ///
    /// # Panics
    /// If it is not a whole number of rows, which is a mistake of the caller.
    pub fn draw(&self, rows: &[f32]) -> ImageBatch {
        ImageBatch::from_unit(ImageShape::grey(SIDE, SIDE), &self.values(rows))
    }

    /// The images of rows, (n, [`TrainedGenerator::width`]) to (n, 28, 28) in [-1, 1].
    ///
    /// # Panics
    /// If it is not a whole number of rows, which is a mistake of the caller.
    pub fn values(&self, rows: &[f32]) -> Vec<f32> {
        assert!(rows.len().is_multiple_of(self.width()), "not a whole number of rows");
        let mut values = Vec::with_capacity(rows.len() / self.width() * PIXELS);
        for batch in rows.chunks(BATCH * self.width()) {
            // A whole number of rows: looked at above.
            values.extend(
                self.pool.install(|| self.generator.infer(batch.to_vec())).unwrap_or_default(),
            );
        }
        values
    }
}
