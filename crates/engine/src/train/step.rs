//! One iteration. The reference's: inference-mode fakes, two separate discriminator updates, the
//! generator's update through a frozen discriminator. Or, with the fakes reused: one pass of the
//! generator, one discriminator update on both kinds, the generator's update.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use dfdx::{
    tensor::{AsArray, Cpu, CpuError, Gradients, Tape},
    tensor_ops::Backward,
};

use super::{
    average,
    batch::{Batch, Rate},
    corruption::Use,
    laps::{Laps, Part},
    networks, objective,
    optimizer::Adam,
    spectral::Spectral,
};
use crate::{
    model::{self, Discriminate, Generate, Images, Traced, conditional::with_labels},
    nn::Mode,
};
use gan_tui_core::{
    objective::sigmoid,
    preset::{Objective, Preset},
};

/// Both networks, their optimisers and what belongs to them.
pub struct Gan {
    pub generator: Box<dyn Generate>,
    pub discriminator: Box<dyn Discriminate>,
    pub generator_optimizer: Adam,
    pub discriminator_optimizer: Adam,
    /// The generator whose weights are averages, which images are drawn with.
    pub average: Option<Box<dyn Generate>>,
    /// The discriminator's kernels, where it computes with divided ones.
    pub spectral: Option<Spectral>,
    recipe: Recipe,
}

/// How the two are set against each other: what of a preset a step depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Recipe {
    latent: usize,
    objective: Objective,
    /// The label of real images.
    target: f32,
    reuse_fakes: bool,
    /// What the averaged weights keep of themselves at each step.
    average: f32,
}

/// What an iteration tells.
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
    /// The first loss that is no finite number, by name.
    pub fn not_finite(&self) -> Option<(&'static str, f32)> {
        let losses = [
            ("d_loss_real", self.d_loss_real),
            ("d_loss_fake", self.d_loss_fake),
            ("g_loss", self.g_loss),
        ];
        losses.into_iter().find(|(_, loss)| !loss.is_finite())
    }
}

/// A pass of the discriminator on one kind of images: its loss, its logits, and the gradients that
/// were asked for.
pub struct Judged {
    pub loss: f32,
    pub logits: Vec<f32>,
    pub gradients: Gradients<f32, Cpu>,
}

/// What the discriminator's updates of an iteration told.
struct Verdicts {
    losses: (f32, f32),
    real: Vec<f32>,
    fake: Vec<f32>,
}

impl Gan {
    /// Networks whose weights are drawn, to be trained as the preset says.
    ///
    /// # Errors
    /// The latent length, where the model is not built for it; or memory runs out.
    pub fn new(
        preset: &Preset,
        generator: Box<dyn Generate>,
        mut discriminator: Box<dyn Discriminate>,
    ) -> Result<Self, String> {
        let no_memory = |error: CpuError| error.to_string();
        let average = (preset.average > 0.0)
            .then(|| networks::generator(preset.model, preset.latent))
            .transpose()?;
        let spectral = preset
            .spectral_norm
            .then(|| Spectral::new(&mut *discriminator, preset.seed))
            .transpose()
            .map_err(no_memory)?;
        let recipe = Recipe {
            latent: preset.latent,
            objective: preset.objective,
            target: 1.0 - preset.label_smoothing,
            reuse_fakes: preset.reuse_fakes,
            average: preset.average,
        };
        let generator_optimizer = Adam::new(&*generator, preset.generator);
        let discriminator_optimizer = Adam::new(&*discriminator, preset.discriminator);
        let mut gan = Self {
            generator,
            discriminator,
            generator_optimizer,
            discriminator_optimizer,
            average,
            spectral,
            recipe,
        };
        if let Some(average) = &mut gan.average {
            // It begins where the weights do.
            average::follow(&mut **average, &*gan.generator, 0.0, 0).map_err(no_memory)?;
        }
        Ok(gan)
    }

    /// Images of latents (n, latent), of these classes where the networks are conditional, in
    /// inference mode: (n, 28, 28) in [-1, 1]. Drawn with the averaged weights where there are
    /// such.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn generate(&self, latents: &[f32], labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        self.average.as_ref().unwrap_or(&self.generator).infer(self.rows(latents, labels))
    }

    /// How probable the discriminator holds it that images (n, 28, 28) are real, inference mode:
    /// (n).
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn verdicts(&self, images: Vec<f32>, labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        Ok(self
            .discriminator
            .infer(self.discriminator.images(images)?, labels)?
            .into_iter()
            .map(sigmoid)
            .collect())
    }

    /// One iteration. `laps` is told where the time goes.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn step(&mut self, batch: Batch, laps: &mut Laps) -> Result<Losses, CpuError> {
        let (verdicts, g_loss) = if self.recipe.reuse_fakes {
            self.reusing(batch, laps)?
        } else {
            self.apart(batch, laps)?
        };
        if let Some(average) = &mut self.average {
            average::follow(
                &mut **average,
                &*self.generator,
                self.recipe.average,
                self.generator_optimizer.steps,
            )?;
        }
        laps.lap(Part::GeneratorOptimizer);
        Ok(self.losses(&verdicts, g_loss))
    }

    /// A discriminator update more, without one of the generator.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn discriminator_step(&mut self, batch: Batch, laps: &mut Laps) -> Result<(), CpuError> {
        let fakes = self.generator.infer(self.rows(&batch.latents, &batch.fake_labels))?;
        laps.lap(Part::Fakes);
        if self.recipe.reuse_fakes {
            self.update_together(&batch, fakes, laps)?
        } else {
            self.update_apart(&batch, fakes, laps)?
        };
        Ok(())
    }

    /// The reference's iteration.
    fn apart(&mut self, batch: Batch, laps: &mut Laps) -> Result<(Verdicts, f32), CpuError> {
        let fakes = self.generator.infer(self.rows(&batch.latents, &batch.fake_labels))?;
        laps.lap(Part::Fakes);
        let verdicts = self.update_apart(&batch, fakes, laps)?;
        let images = self.generator.forward_train(self.rows(&batch.latents, &batch.fake_labels))?;
        laps.lap(Part::GeneratorForward);
        let (g_loss, gradients) = self.generator_gradients(images, &batch, laps)?;
        self.update_generator(g_loss, gradients, batch.rate)?;
        Ok((verdicts, g_loss))
    }

    /// One pass of the generator for both networks' updates.
    fn reusing(&mut self, batch: Batch, laps: &mut Laps) -> Result<(Verdicts, f32), CpuError> {
        let images = self.generator.forward_train(self.rows(&batch.latents, &batch.fake_labels))?;
        laps.lap(Part::GeneratorForward);
        let verdicts = self.update_together(&batch, images.values().to_vec(), laps)?;
        let (g_loss, gradients) = self.generator_gradients(images, &batch, laps)?;
        self.update_generator(g_loss, gradients, batch.rate)?;
        Ok((verdicts, g_loss))
    }

    fn losses(&self, verdicts: &Verdicts, g_loss: f32) -> Losses {
        let Verdicts { losses, real, fake } = verdicts;
        let count = real.len() as f32;
        let d_accuracy = self.recipe.objective.accuracy(real, fake);
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

    /// Two updates of the discriminator: on real images, then on fakes.
    fn update_apart(
        &mut self,
        batch: &Batch,
        fakes: Vec<f32>,
        laps: &mut Laps,
    ) -> Result<Verdicts, CpuError> {
        let [on_real, on_fake, _] = batch.dropout;
        let (real, fakes) =
            (batch.changed(&batch.real, Use::Real), batch.changed(fakes, Use::Fake));
        let mut real =
            self.discriminator_gradients(real, &batch.real_labels, true, on_real, laps)?;
        self.update_discriminator(real.loss, &mut real.gradients, batch.rate, laps)?;
        let mut fake =
            self.discriminator_gradients(fakes, &batch.fake_labels, false, on_fake, laps)?;
        self.update_discriminator(fake.loss, &mut fake.gradients, batch.rate, laps)?;
        Ok(Verdicts { losses: (real.loss, fake.loss), real: real.logits, fake: fake.logits })
    }

    /// One update of the discriminator, on real images and fakes.
    fn update_together(
        &mut self,
        batch: &Batch,
        fakes: Vec<f32>,
        laps: &mut Laps,
    ) -> Result<Verdicts, CpuError> {
        let [on_real, on_fake, _] = batch.dropout;
        let (real, fakes) =
            (batch.changed(&batch.real, Use::Real), batch.changed(fakes, Use::Fake));
        let mode = |dropout| Mode::Training { dropout };
        let labels = [&batch.real_labels[..], &batch.wrong_labels].concat();
        let real = self.discriminator.forward_train(
            self.discriminator.images(real)?.traced(),
            &labels,
            mode(on_real),
        )?;
        let fake = self.discriminator.forward_train(
            self.discriminator.images(fakes)?.traced(),
            &batch.fake_labels,
            mode(on_fake),
        )?;
        let (on_real, on_fake) = (real.values()[..fake.batch()].to_vec(), fake.values().to_vec());
        let (losses, loss) =
            objective::both(self.recipe.objective, self.recipe.target, real, fake)?;
        let value = loss.array();
        laps.lap(Part::DiscriminatorForward);
        let mut gradients = loss.try_backward()?;
        laps.lap(Part::DiscriminatorBackward);
        self.update_discriminator(value, &mut gradients, batch.rate, laps)?;
        Ok(Verdicts { losses, real: on_real, fake: on_fake })
    }

    fn update_discriminator(
        &mut self,
        loss: f32,
        gradients: &mut Gradients<f32, Cpu>,
        rate: Rate,
        laps: &mut Laps,
    ) -> Result<(), CpuError> {
        // A loss that is no number would make every weight one, and hide where it began.
        if loss.is_finite() {
            let network = &mut *self.discriminator;
            if let Some(spectral) = &self.spectral {
                spectral.before(network, gradients)?;
            }
            self.discriminator_optimizer.step(network, gradients, rate.0)?;
            if let Objective::Wasserstein { clip } = self.recipe.objective {
                model::visit_mut(network, &mut |tensor, values| {
                    if tensor.trained {
                        values.iter_mut().for_each(|value| *value = value.clamp(-clip, clip));
                    }
                });
            }
            if let Some(spectral) = &mut self.spectral {
                spectral.after(network)?;
            }
        }
        laps.lap(Part::DiscriminatorOptimizer);
        Ok(())
    }

    fn update_generator(
        &mut self,
        loss: f32,
        mut gradients: Gradients<f32, Cpu>,
        rate: Rate,
    ) -> Result<(), CpuError> {
        if loss.is_finite() {
            self.generator_optimizer.step(&mut *self.generator, &mut gradients, rate.0)?;
        }
        Ok(())
    }

    /// The discriminator's loss on images (n, 28, 28) of one kind, and its weights' gradients.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn discriminator_gradients(
        &mut self,
        images: Vec<f32>,
        labels: &[u8],
        are_real: bool,
        dropout: u64,
        laps: &mut Laps,
    ) -> Result<Judged, CpuError> {
        let Recipe { objective, target, .. } = self.recipe;
        let loss = |_, x| if are_real { objective.real(x, target) } else { objective.fake(x) };
        let judged = self.judge(
            self.discriminator.images(images)?.traced(),
            labels,
            Mode::Training { dropout },
            &loss,
            laps,
        )?;
        laps.lap(Part::DiscriminatorBackward);
        Ok(judged)
    }

    /// The generator's loss and its weights' gradients, from images that it has just drawn from the
    /// batch's latents, through the frozen discriminator.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn generator_gradients(
        &mut self,
        images: Traced<Images>,
        batch: &Batch,
        laps: &mut Laps,
    ) -> Result<(f32, Gradients<f32, Cpu>), CpuError> {
        let (objective, mode) = (self.recipe.objective, Mode::Frozen { dropout: batch.dropout[2] });
        let beside =
            if objective.is_paired() { self.logits_beside(batch, mode)? } else { Vec::new() };
        // Backward passes the border between the networks here; the moment tells the two apart.
        let (images, mut tape) = images.split_tape();
        let border = Arc::new(OnceLock::new());
        let passed = border.clone();
        tape.add_backward_op(move |_| {
            passed.get_or_init(Instant::now);
            Ok(())
        });
        let mut images = images.put_tape(tape);
        if let Some(corruption) = batch.corruption {
            images = corruption.on_tape(images, Use::Generated)?;
        }
        let loss = |index: usize, x| objective.generator(x - beside.get(index).unwrap_or(&0.0));
        let judged = self.judge(images, &batch.fake_labels, mode, &loss, laps)?;
        if let Some(&moment) = border.get() {
            laps.lap_at(Part::DiscriminatorBackward, moment);
        }
        laps.lap(Part::GeneratorBackward);
        Ok((judged.loss, judged.gradients))
    }

    /// The logits of the batch's real images as the generator's update compares with them.
    fn logits_beside(&mut self, batch: &Batch, mode: Mode) -> Result<Vec<f32>, CpuError> {
        let real = batch.changed(&batch.real, Use::Beside);
        Ok(self
            .discriminator
            .forward_train(self.discriminator.images(real)?.traced(), &batch.real_labels, mode)?
            .values()
            .to_vec())
    }

    fn judge(
        &mut self,
        images: Traced<Images>,
        labels: &[u8],
        mode: Mode,
        loss: &dyn Fn(usize, f32) -> (f32, f32),
        laps: &mut Laps,
    ) -> Result<Judged, CpuError> {
        let logits = self.discriminator.forward_train(images, labels, mode)?;
        let values = logits.values().to_vec();
        let loss = objective::mean(logits, loss)?;
        let value = loss.array();
        laps.lap(Part::DiscriminatorForward);
        Ok(Judged { loss: value, logits: values, gradients: loss.try_backward()? })
    }

    fn rows(&self, latents: &[f32], labels: &[u8]) -> Vec<f32> {
        with_labels(latents, self.recipe.latent, labels)
    }
}
