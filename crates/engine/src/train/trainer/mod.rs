//! A GAN in training: networks built from a preset, and the iterations that train them.

mod checkpoint;
#[cfg(test)]
mod tests;

use dfdx::tensor::CpuError;
use rayon::prelude::*;

pub use crate::model::{DISCRIMINATOR, GENERATOR};
use crate::{
    model::{Discriminate, Generate, Layer},
    train::{
        augment::{AdaptiveShare, DiscriminatorAugment},
        classes,
        initialise::initialise,
        networks,
        profiler::{Phase, Profiler},
        random::{self, Stream},
        step::{Batch, Gan, LearningRateFactor, Losses, PenaltyNoise},
    },
};
pub use checkpoint::{RestoreError, averages, load_average, load_generator};
use gan_tui_core::{
    event::LearningRates,
    image::{ImageShape, from_byte},
    preset::Preset,
};
use gan_tui_data::Dataset;
use gan_tui_kernels::{
    parallel::{self, Parallel as _},
    profile::{self, Part},
};

/// A GAN in training. Iterations count from 1.
pub struct Trainer {
    gan: Gan,
    preset: Preset,
    /// The names of the classes that the networks are conditioned on; none if they are not.
    classes: Vec<String>,
    /// Where the schedule ends.
    schedule_end: u64,
}

/// Builds the preset's networks and initialises them from the preset's seed. `classes` are those
/// that they are conditioned on, as a checkpoint records them: [`classes::restored`].
///
/// # Errors
/// Returns an error if the architecture is not built for the preset's latent length.
pub fn build(preset: &Preset, classes: &[String]) -> Result<Trainer, String> {
    let classes = classes::restored(preset.model, classes);
    let is_conditional = !classes.is_empty();
    let mut generator = networks::generator(preset.model, preset.latent, is_conditional)?;
    let mut discriminator =
        networks::discriminator(preset.model, is_conditional, preset.norm, preset.dropout);
    initialise(&mut *generator, preset.seed, Stream::Generator);
    initialise(&mut *discriminator, preset.seed, Stream::Discriminator);
    let gan = Gan::new(preset, is_conditional, generator, discriminator)?;
    Ok(Trainer {
        gan,
        preset: preset.clone(),
        classes,
        schedule_end: preset.schedule.end().unwrap_or_default(),
    })
}

/// Returns the layers that the preset's networks have, generator first.
///
/// # Errors
/// As [`build`].
pub fn layers(preset: &Preset) -> Result<Vec<Layer>, String> {
    let is_conditional = !classes::restored(preset.model, &[]).is_empty();
    let generator = networks::generator(preset.model, preset.latent, is_conditional)?;
    let discriminator =
        networks::discriminator(preset.model, is_conditional, preset.norm, preset.dropout);
    Ok(layers_of(&*generator, &*discriminator))
}

fn layers_of(generator: &dyn Generate, discriminator: &dyn Discriminate) -> Vec<Layer> {
    let mut layers = generator.layers(GENERATOR);
    layers.extend(discriminator.layers(DISCRIMINATOR));
    layers
}

impl Trainer {
    /// Trains for one iteration, on images and latents that are a function of (seed, iteration).
    ///
    /// # Errors
    /// Returns an error if memory runs out, or a class-conditional model is given images without
    /// labels.
    pub fn step(
        &mut self,
        iteration: u64,
        dataset: &dyn Dataset,
        profiler: &mut Profiler,
    ) -> Result<Losses, CpuError> {
        parallel::awake(|| {
            for turn in 1..self.preset.discriminator_steps as u64 {
                let batch = self.batch(iteration, turn, dataset);
                profiler.record(Phase::Data);
                self.gan.discriminator_step(batch, profiler)?;
            }
            let batch = self.batch(iteration, 0, dataset);
            profiler.record(Phase::Data);
            self.gan.step(batch, profiler)
        })
    }

    /// Returns the batch of discriminator update `turn` of an iteration.
    fn batch(&self, iteration: u64, turn: u64, dataset: &dyn Dataset) -> Batch {
        profile::part(Part::Batch);
        let (seed, count, step) =
            (self.preset.seed, self.preset.batch, random::step(iteration, turn));
        let indices = random::indices(seed, Stream::Batch, step, count, dataset.len());
        let size = self.image_shape().values();
        let mut real = vec![0.0; count * size];
        // Images may be drawn only now, which is worth every core.
        real.par_chunks_exact_mut(size).zip(&indices).run(|(values, &index)| {
            let image = dataset.image(index);
            values.iter_mut().zip(&*image).for_each(|(value, &byte)| *value = from_byte(byte));
        });
        let classes = self.classes.len();
        let (real_labels, fake_labels) = if self.is_conditional() {
            let labels = indices.iter().filter_map(|&index| dataset.label(index)).collect();
            let requested = random::indices(seed, Stream::Labels, step, count, classes);
            (labels, requested.into_iter().map(|label| label as u8).collect())
        } else {
            (Vec::new(), Vec::new())
        };
        let wrong_labels = if self.preset.wrong_labels && self.is_conditional() {
            let offsets = random::indices(seed, Stream::WrongLabels, step, count, classes - 1);
            let wrong = |(&label, offset): (&u8, usize)| {
                ((usize::from(label) + 1 + offset) % classes) as u8
            };
            real_labels.iter().zip(offsets).map(wrong).collect()
        } else {
            Vec::new()
        };
        let batch = Batch {
            real,
            latents: random::normal(seed, Stream::Latents, step, count * self.preset.latent),
            dropout: random::bits(seed, Stream::Dropout, step),
            real_labels,
            fake_labels,
            wrong_labels,
            augment: DiscriminatorAugment::of(&self.preset, iteration, self.augment_share()),
            penalty: PenaltyNoise::of(
                &self.preset,
                iteration,
                turn,
                (count, self.image_shape().values()),
            ),
            rate: LearningRateFactor(self.preset.schedule.factor(iteration, self.schedule_end)),
            turn,
        };
        profile::leave();
        batch
    }

    /// Generates images (n, height, width, channels) in [-1, 1] from latents (n, latent) in
    /// inference mode. `labels` (n) are the classes to generate, empty if the model is not
    /// class-conditional.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn generate(&self, latents: &[f32], labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        self.gan.generate(latents, labels)
    }

    /// Returns the discriminator's estimate (n) of the probability that images
    /// (n, height, width, channels) are real, in inference mode.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn realness(&self, images: Vec<f32>, labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        self.gan.realness(images, labels)
    }

    /// Returns the names of the classes that the networks are conditioned on, in the order of their
    /// labels; none if they are not.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Returns whether the networks are class-conditional, so that classes can be requested.
    pub fn is_conditional(&self) -> bool {
        !self.classes.is_empty()
    }

    /// Returns the shape of an image.
    pub fn image_shape(&self) -> ImageShape {
        self.preset.model.info().image
    }

    /// Returns the learning rates of the next iteration, before the schedule's factor.
    pub fn learning_rates(&self) -> LearningRates {
        let (generator, discriminator) =
            (&self.gan.generator_optimizer.settings, &self.gan.discriminator_optimizer.settings);
        LearningRates {
            generator: generator.learning_rate,
            discriminator: discriminator.learning_rate,
        }
    }

    /// Sets the learning rates from the next iteration on.
    pub fn set_learning_rates(&mut self, rates: LearningRates) {
        self.gan.generator_optimizer.settings.learning_rate = rates.generator;
        self.gan.discriminator_optimizer.settings.learning_rate = rates.discriminator;
    }

    /// Returns the share of the images given to the discriminator that are augmented.
    pub fn augment_share(&self) -> f32 {
        let adaptive = self.gan.adaptive_share.as_ref();
        adaptive.map_or(self.preset.augment_share, AdaptiveShare::share)
    }

    /// Returns whether that share adapts to the discriminator.
    pub fn adapts_augmentation(&self) -> bool {
        self.gan.adaptive_share.is_some()
    }

    /// Returns the iteration at which the learning rates reach 0; 0 if they never do.
    pub fn schedule_end(&self) -> u64 {
        self.schedule_end
    }

    /// Sets the iteration at which the learning rates reach 0.
    pub fn set_schedule_end(&mut self, iteration: u64) {
        self.schedule_end = iteration;
    }

    /// Returns the layers of the generator, then those of the discriminator.
    pub fn layers(&self) -> Vec<Layer> {
        layers_of(&*self.gan.generator, &*self.gan.discriminator)
    }

    /// Returns the number of parameters of a network.
    pub fn parameters(&self, network: &str) -> usize {
        let layers = self.layers();
        layers.iter().filter(|layer| layer.network == network).map(|layer| layer.parameters).sum()
    }
}
