//! Images from the generator of a checkpoint.

use dfdx::tensor::CpuError;
use rand::Rng;
use rand_distr::StandardNormal;

use crate::{
    model::{
        Generate,
        conditional::{labels_in_turn, with_labels},
    },
    train::{
        self, classes, networks,
        random::{self, Stream},
        trainer::{RestoreError, averages, load_average, load_generator},
    },
};
use gan_tui_core::{
    event::Snapshot, generator::GeneratorData, image::ImageBatch, names::alternatives,
    preset::Model, text::escaped,
};

/// Images generated in one pass: enough to use every core, few enough for memory.
const BATCH: usize = 128;

/// A trained generator in inference mode, with its averaged weights if it has any.
pub struct TrainedGenerator {
    model: Model,
    latent: usize,
    classes: Vec<String>,
    generator: Box<dyn Generate>,
    pool: rayon::ThreadPool,
}

/// Why no generator can be built from a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error(
        "the checkpoint is of an architecture this version does not know: {model} with latents of \
         length {latent}"
    )]
    Model { model: String, latent: usize },
    #[error("--average: expected {known}, found {}", escaped(found))]
    Average { known: String, found: String },
    #[error(transparent)]
    Tensor(#[from] RestoreError),
    #[error("cannot start {threads} threads: {reason}")]
    Threads { threads: usize, reason: String },
}

impl TrainedGenerator {
    /// Builds the generator that a snapshot holds.
    ///
    /// # Errors
    /// Returns an error if the architecture is unknown, or a tensor does not fit it: which one,
    /// expected and found.
    pub fn new(snapshot: &Snapshot, threads: usize) -> Result<Self, SampleError> {
        Self::of_average(snapshot, None, threads)
    }

    /// As [`TrainedGenerator::new`], with the weights of the average of this name, if there is one.
    ///
    /// # Errors
    /// Returns an error as there, or the names of the averages if the snapshot has none of this
    /// name.
    pub fn of_average(
        snapshot: &Snapshot,
        average: Option<&str>,
        threads: usize,
    ) -> Result<Self, SampleError> {
        let unknown =
            || SampleError::Model { model: snapshot.model.clone(), latent: snapshot.latent };
        let model = Model::named(&snapshot.model).ok_or_else(unknown)?;
        let classes = classes::restored(model, &snapshot.classes);
        let mut generator = networks::generator(model, snapshot.latent, !classes.is_empty())
            .map_err(|_| unknown())?;
        match average {
            None => load_generator(&mut *generator, snapshot),
            Some(name) => {
                let known = averages(snapshot);
                if !known.iter().any(|known| known == name) {
                    let (found, known) = (name.to_owned(), alternatives(&known));
                    return Err(SampleError::Average { known, found });
                }
                load_average(&mut *generator, snapshot, name)
            }
        }
        .map_err(RestoreError::from)?;
        let pool = train::pool(threads)
            .map_err(|error| SampleError::Threads { threads, reason: error.to_string() })?;
        Ok(Self { model, latent: snapshot.latent, classes, generator, pool })
    }

    /// Returns whether the generator is class-conditional, so that classes can be requested.
    pub fn is_conditional(&self) -> bool {
        !self.classes.is_empty()
    }

    /// Returns the classes' names in the order of their labels; none if the generator is not
    /// class-conditional.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Returns the architecture.
    pub fn model(&self) -> Model {
        self.model
    }

    /// Returns `count` default labels: each class in turn, or none if the generator is not
    /// class-conditional.
    pub fn labels(&self, count: usize) -> Vec<u8> {
        labels_in_turn(count, self.classes.len())
    }

    /// Returns the length of a latent.
    pub fn latent(&self) -> usize {
        self.latent
    }

    /// Returns `count` latents from N(0, 1), (count, latent), as a function of the seed; the first
    /// k are the same for every count. With a bound, numbers further from zero are drawn again
    /// until they are within it (the truncation trick of Brock et al. 2019).
    pub fn latents(&self, seed: u64, count: usize, bound: Option<f32>) -> Vec<f32> {
        self.candidates(seed, 0, count, bound)
    }

    /// Returns the latents of one turn of a search; each turn has its own.
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

    /// Returns the generator as plain data. `snapshot` is the one that it was built from.
    pub fn data(&self, snapshot: &Snapshot) -> GeneratorData {
        GeneratorData {
            model: self.model.name().into(),
            latent: self.latent,
            classes: self.classes.clone(),
            room: self.width() - self.latent,
            image: self.model.image(),
            iteration: snapshot.iteration,
            preset: snapshot.preset.clone(),
            layers: self.generator.describe(),
        }
    }

    /// Runs work on the generator's threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Returns the length of the generator's input row: the latent and, if it is class-conditional,
    /// a one-hot class.
    pub fn width(&self) -> usize {
        self.latent + if self.is_conditional() { self.room() } else { 0 }
    }

    /// Returns the classes that there is room for in an input row.
    fn room(&self) -> usize {
        self.model.conditioning().room()
    }

    /// Returns the input rows (n, [`TrainedGenerator::width`]) of latents (n, latent). `labels` (n)
    /// are the classes to generate, empty if the generator is not class-conditional.
    ///
    /// # Panics
    /// Panics if the last latent is incomplete or the number of labels differs, which is a mistake
    /// of the caller.
    pub fn rows(&self, latents: &[f32], labels: &[u8]) -> Vec<f32> {
        assert!(latents.len().is_multiple_of(self.latent), "not a whole number of latents");
        let count = latents.len() / self.latent;
        assert!(
            labels.len() == if self.is_conditional() { count } else { 0 },
            "not a label for each latent"
        );
        with_labels(latents, self.latent, labels, self.room())
    }

    /// Generates an image for each row (n, [`TrainedGenerator::width`]).
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    ///
    /// # Panics
    /// Panics if the last row is incomplete, which is a mistake of the caller.
    pub fn draw(&self, rows: &[f32]) -> Result<ImageBatch, CpuError> {
        Ok(ImageBatch::from_unit(self.model.info().image, &self.values(rows)?))
    }

    /// Generates images (n, height, width, channels) in [-1, 1] from rows
    /// (n, [`TrainedGenerator::width`]).
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    ///
    /// # Panics
    /// Panics if the last row is incomplete, which is a mistake of the caller.
    pub fn values(&self, rows: &[f32]) -> Result<Vec<f32>, CpuError> {
        assert!(rows.len().is_multiple_of(self.width()), "not a whole number of rows");
        let count = rows.len() / self.width();
        let mut values = Vec::with_capacity(count * self.model.info().image.values());
        for batch in rows.chunks(BATCH * self.width()) {
            values.extend(self.pool.install(|| self.generator.infer(batch.to_vec()))?);
        }
        Ok(values)
    }
}
