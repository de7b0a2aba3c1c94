//! One iteration of GAN training.
//!
//! As the reference does it: fakes in inference mode, two separate discriminator updates, the
//! generator's update through a frozen discriminator. With `reuse_fakes`: one generator pass for
//! both networks, one joint discriminator update, the generator's update.

mod batch;
mod updates;

use dfdx::tensor::CpuError;

use crate::{
    model::{Discriminate, Generate, conditional::with_labels},
    train::{
        augment::AdaptiveShare,
        ema, networks,
        optimizer::Adam,
        profiler::{Phase, Profiler},
        spectral_norm::SpectralNorm,
    },
};
pub use batch::{Batch, LearningRateFactor, PenaltyNoise};
use gan_tui_core::{
    objective::sigmoid,
    preset::{Objective, Preset},
};
pub use updates::DiscriminatorPass;
use updates::DiscriminatorResult;

/// Both networks, their optimisers, and the state of EMA and spectral norm.
pub struct Gan {
    pub generator: Box<dyn Generate>,
    pub discriminator: Box<dyn Discriminate>,
    pub generator_optimizer: Adam,
    pub discriminator_optimizer: Adam,
    /// The generator with averaged weights, which draws the images that are shown.
    pub ema: Option<Box<dyn Generate>>,
    /// Further averages, by their decay rates.
    pub more_averages: Vec<(f32, Box<dyn Generate>)>,
    /// The discriminator's kernels before normalisation, if it uses spectral norm.
    pub spectral_norm: Option<SpectralNorm>,
    /// The share of images that are augmented, if it adapts.
    pub adaptive_share: Option<AdaptiveShare>,
    config: StepConfig,
}

/// The fields of a preset that decide how a step is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct StepConfig {
    latent: usize,
    /// Classes that there is room for in a generator's input.
    room: usize,
    objective: Objective,
    /// The target of real images: 1, or less with label smoothing.
    real_target: f32,
    reuse_fakes: bool,
    ema_decay: f32,
}

/// The results of one iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Losses {
    pub d_loss_real: f32,
    pub d_loss_fake: f32,
    pub g_loss: f32,
    /// Share of the 2n logits on the right side, each before its own update; see
    /// [`Objective::accuracy`].
    pub d_accuracy: f32,
    /// Mean sigmoid of the logits of real images and of fakes.
    pub d_real: f32,
    pub d_fake: f32,
}

impl Losses {
    /// Returns the name and value of the first loss that is not finite.
    pub fn first_nonfinite(&self) -> Option<(&'static str, f32)> {
        let losses = [
            ("d_loss_real", self.d_loss_real),
            ("d_loss_fake", self.d_loss_fake),
            ("g_loss", self.g_loss),
        ];
        losses.into_iter().find(|(_, loss)| !loss.is_finite())
    }
}

impl Gan {
    /// Prepares initialised networks for training as the preset says.
    ///
    /// # Errors
    /// Returns an error if the model is not built for the preset's latent length, or memory runs
    /// out.
    pub fn new(
        preset: &Preset,
        is_conditional: bool,
        generator: Box<dyn Generate>,
        mut discriminator: Box<dyn Discriminate>,
    ) -> Result<Self, String> {
        let no_memory = |error: CpuError| error.to_string();
        // An average starts as a copy of the weights.
        let copy = || -> Result<_, String> {
            let mut average = networks::generator(preset.model, preset.latent, is_conditional)?;
            ema::update(&mut *average, &*generator, 0.0, 0).map_err(no_memory)?;
            Ok(average)
        };
        let ema = (preset.average > 0.0).then(copy).transpose()?;
        let more = preset.more_averages.decays().iter();
        let more_averages =
            more.map(|&decay| Ok((decay, copy()?))).collect::<Result<Vec<_>, String>>()?;
        let spectral_norm = preset
            .spectral_norm
            .then(|| SpectralNorm::new(&mut *discriminator, preset.seed))
            .transpose()
            .map_err(no_memory)?;
        Ok(Self {
            generator_optimizer: Adam::new(&*generator, preset.generator),
            discriminator_optimizer: Adam::new(&*discriminator, preset.discriminator),
            generator,
            discriminator,
            ema,
            more_averages,
            spectral_norm,
            adaptive_share: AdaptiveShare::of(preset),
            config: StepConfig {
                latent: preset.latent,
                room: preset.model.conditioning().room(),
                objective: preset.objective,
                real_target: 1.0 - preset.label_smoothing,
                reuse_fakes: preset.reuse_fakes,
                ema_decay: preset.average,
            },
        })
    }

    /// Generates images (n, height, width, channels) in [-1, 1] from latents (n, latent) in
    /// inference mode, with the averaged weights if there are any. `labels` (n) are the classes,
    /// empty if the networks are not class-conditional.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn generate(&self, latents: &[f32], labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        self.ema.as_ref().unwrap_or(&self.generator).infer(self.rows(latents, labels))
    }

    /// Returns the discriminator's estimate (n) of the probability that images
    /// (n, height, width, channels) are real, in inference mode.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn realness(&self, images: Vec<f32>, labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        let logits = self.discriminator.infer(self.discriminator.images(images)?, labels)?;
        Ok(logits.into_iter().map(sigmoid).collect())
    }

    /// Updates the discriminator and the generator once.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn step(&mut self, batch: Batch, profiler: &mut Profiler) -> Result<Losses, CpuError> {
        let (discriminator, g_loss) = if self.config.reuse_fakes {
            self.update_jointly(batch, profiler)?
        } else {
            self.update_separately(batch, profiler)?
        };
        if let Some(ema) = &mut self.ema {
            let steps = self.generator_optimizer.steps;
            ema::update(&mut **ema, &*self.generator, self.config.ema_decay, steps)?;
            for (decay, average) in &mut self.more_averages {
                ema::update(&mut **average, &*self.generator, *decay, steps)?;
            }
        }
        if let Some(share) = &mut self.adaptive_share {
            share.observe(&discriminator.real);
        }
        profiler.record(Phase::GeneratorOptimizer);
        Ok(self.losses(&discriminator, g_loss))
    }

    /// Updates the discriminator once more, without the generator.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn discriminator_step(
        &mut self,
        batch: Batch,
        profiler: &mut Profiler,
    ) -> Result<(), CpuError> {
        let fakes = self.generator.infer(self.rows(&batch.latents, &batch.fake_labels))?;
        profiler.record(Phase::Fakes);
        if self.config.reuse_fakes {
            self.update_discriminator_jointly(&batch, fakes, profiler)?
        } else {
            self.update_discriminator_separately(&batch, fakes, profiler)?
        };
        Ok(())
    }

    fn losses(&self, discriminator: &DiscriminatorResult, g_loss: f32) -> Losses {
        let DiscriminatorResult { losses, real, fake } = discriminator;
        let count = real.len() as f32;
        let d_accuracy = self.config.objective.accuracy(real, fake);
        let mean = |logits: &[f32]| logits.iter().map(|&x| sigmoid(x)).sum::<f32>() / count;
        Losses {
            d_loss_real: losses.0,
            d_loss_fake: losses.1,
            g_loss,
            d_accuracy,
            d_real: mean(real),
            d_fake: mean(fake),
        }
    }

    /// Returns the generator's input (n, latent + classes).
    fn rows(&self, latents: &[f32], labels: &[u8]) -> Vec<f32> {
        with_labels(latents, self.config.latent, labels, self.config.room)
    }
}
