//! The updates of both networks within one iteration, and the gradients that they take.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use dfdx::{
    tensor::{AsArray, Cpu, CpuError, Gradients, Tape},
    tensor_ops::Backward,
};

use super::{Batch, Gan, LearningRateFactor, StepConfig};
use crate::{
    model::{self, DISCRIMINATOR, GENERATOR, Images, Traced},
    nn::Mode,
    train::{
        augment::AugmentTarget,
        objective::{self, Joint, Penalty},
        profiler::{Phase, Profiler},
    },
};
use gan_tui_kernels::profile::{self, Part};

/// A pass of the discriminator on real images or on fakes: its loss, its logits (n), and the
/// gradients that its mode asks for.
pub struct DiscriminatorPass {
    pub loss: f32,
    pub logits: Vec<f32>,
    pub gradients: Gradients<f32, Cpu>,
}

/// Losses (real, fake) and logits of the discriminator's updates in one iteration.
pub(super) struct DiscriminatorResult {
    pub(super) losses: (f32, f32),
    pub(super) real: Vec<f32>,
    pub(super) fake: Vec<f32>,
}

impl Gan {
    /// The reference's iteration: a generator pass for each network's update.
    pub(super) fn update_separately(
        &mut self,
        batch: Batch,
        profiler: &mut Profiler,
    ) -> Result<(DiscriminatorResult, f32), CpuError> {
        let fakes = self.generator.infer(self.rows(&batch.latents, &batch.fake_labels))?;
        profiler.record(Phase::Fakes);
        let result = self.update_discriminator_separately(&batch, fakes, profiler)?;
        let images = self.generator.forward_train(self.rows(&batch.latents, &batch.fake_labels))?;
        profiler.record(Phase::GeneratorForward);
        let (g_loss, gradients) = self.generator_gradients(images, &batch, profiler)?;
        self.update_generator(g_loss, gradients, batch.rate)?;
        Ok((result, g_loss))
    }

    /// One generator pass for both networks' updates.
    pub(super) fn update_jointly(
        &mut self,
        batch: Batch,
        profiler: &mut Profiler,
    ) -> Result<(DiscriminatorResult, f32), CpuError> {
        let images = self.generator.forward_train(self.rows(&batch.latents, &batch.fake_labels))?;
        profiler.record(Phase::GeneratorForward);
        let fakes = images.values().to_vec();
        let result = self.update_discriminator_jointly(&batch, fakes, profiler)?;
        let (g_loss, gradients) = self.generator_gradients(images, &batch, profiler)?;
        self.update_generator(g_loss, gradients, batch.rate)?;
        Ok((result, g_loss))
    }

    /// Updates the discriminator twice: on real images, then on fakes.
    pub(super) fn update_discriminator_separately(
        &mut self,
        batch: &Batch,
        fakes: Vec<f32>,
        profiler: &mut Profiler,
    ) -> Result<DiscriminatorResult, CpuError> {
        let [on_real, on_fake, _] = batch.dropout;
        let (real, fakes) = (
            batch.augmented(&batch.real, AugmentTarget::Real),
            batch.augmented(fakes, AugmentTarget::Fake),
        );
        let mut real =
            self.discriminator_gradients(real, &batch.real_labels, true, on_real, profiler)?;
        self.update_discriminator(real.loss, &mut real.gradients, batch.rate, profiler)?;
        let mut fake =
            self.discriminator_gradients(fakes, &batch.fake_labels, false, on_fake, profiler)?;
        self.update_discriminator(fake.loss, &mut fake.gradients, batch.rate, profiler)?;
        Ok(DiscriminatorResult {
            losses: (real.loss, fake.loss),
            real: real.logits,
            fake: fake.logits,
        })
    }

    /// Updates the discriminator once, on real images and fakes together.
    pub(super) fn update_discriminator_jointly(
        &mut self,
        batch: &Batch,
        fakes: Vec<f32>,
        profiler: &mut Profiler,
    ) -> Result<DiscriminatorResult, CpuError> {
        let [on_real, on_fake, _] = batch.dropout;
        let (real, fakes) = (
            batch.augmented(&batch.real, AugmentTarget::Real),
            batch.augmented(fakes, AugmentTarget::Fake),
        );
        let mode = |dropout| Mode::Training { dropout };
        let count = batch.latents.len() / self.config.latent;
        let (real, real_labels) = batch.joint(real, true);
        let (fakes, fake_labels) = batch.joint(fakes, false);
        let real = self.discriminator.forward_train(
            self.discriminator.images(real)?.traced(),
            &real_labels,
            mode(on_real),
        )?;
        let fake = self.discriminator.forward_train(
            self.discriminator.images(fakes)?.traced(),
            &fake_labels,
            mode(on_fake),
        )?;
        let (on_real, on_fake) = (real.values()[..count].to_vec(), fake.values()[..count].to_vec());
        let joint = Joint {
            objective: self.config.objective,
            target: self.config.real_target,
            count,
            has_wrong_labels: !batch.wrong_labels.is_empty(),
            penalty: batch
                .penalty
                .as_ref()
                .map(|of| Penalty { factors: of.factors, noisy: of.noisy }),
        };
        let (losses, loss) = joint.losses(real, fake)?;
        let value = loss.array();
        profiler.record(Phase::DiscriminatorForward);
        let mut gradients = loss.try_backward()?;
        profiler.record(Phase::DiscriminatorBackward);
        self.update_discriminator(value, &mut gradients, batch.rate, profiler)?;
        Ok(DiscriminatorResult { losses, real: on_real, fake: on_fake })
    }

    fn update_discriminator(
        &mut self,
        loss: f32,
        gradients: &mut Gradients<f32, Cpu>,
        rate: LearningRateFactor,
        profiler: &mut Profiler,
    ) -> Result<(), CpuError> {
        // A loss that is NaN would make every weight NaN, and hide the layer where it began.
        if loss.is_finite() {
            let network = &mut *self.discriminator;
            if let Some(spectral_norm) = &self.spectral_norm {
                profile::part(Part::SpectralNorm);
                spectral_norm.before_update(network, gradients)?;
            }
            profile::network(DISCRIMINATOR);
            self.discriminator_optimizer.step(network, gradients, rate.0)?;
            if let Some(clip) = self.config.objective.weight_clip() {
                model::visit_mut(network, &mut |tensor, values| {
                    if tensor.trained {
                        values.iter_mut().for_each(|value| *value = value.clamp(-clip, clip));
                    }
                });
            }
            if let Some(spectral_norm) = &mut self.spectral_norm {
                profile::part(Part::SpectralNorm);
                spectral_norm.after_update(network)?;
            }
            profile::leave();
        }
        profiler.record(Phase::DiscriminatorOptimizer);
        Ok(())
    }

    fn update_generator(
        &mut self,
        loss: f32,
        mut gradients: Gradients<f32, Cpu>,
        rate: LearningRateFactor,
    ) -> Result<(), CpuError> {
        if loss.is_finite() {
            profile::network(GENERATOR);
            self.generator_optimizer.step(&mut *self.generator, &mut gradients, rate.0)?;
        }
        Ok(())
    }

    /// Returns the discriminator's loss on images (n, height, width, channels), all of them real or
    /// all fakes, and the gradients of its weights.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn discriminator_gradients(
        &mut self,
        images: Vec<f32>,
        labels: &[u8],
        are_real: bool,
        dropout: u64,
        profiler: &mut Profiler,
    ) -> Result<DiscriminatorPass, CpuError> {
        let StepConfig { objective, real_target, .. } = self.config;
        let loss = |_, x| if are_real { objective.real(x, real_target) } else { objective.fake(x) };
        let pass = self.discriminator_pass(
            self.discriminator.images(images)?.traced(),
            labels,
            Mode::Training { dropout },
            &loss,
            profiler,
        )?;
        profiler.record(Phase::DiscriminatorBackward);
        Ok(pass)
    }

    /// Returns the generator's loss and the gradients of its weights, through the frozen
    /// discriminator. `images` are those just generated from the batch's latents.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn generator_gradients(
        &mut self,
        images: Traced<Images>,
        batch: &Batch,
        profiler: &mut Profiler,
    ) -> Result<(f32, Gradients<f32, Cpu>), CpuError> {
        let (objective, mode) = (self.config.objective, Mode::Frozen { dropout: batch.dropout[2] });
        let real_logits =
            if objective.needs_pairs() { self.real_logits(batch, mode)? } else { Vec::new() };
        // The backward pass leaves the discriminator and enters the generator here; the moment
        // separates their two phases.
        let (images, mut tape) = images.split_tape();
        let border = Arc::new(OnceLock::new());
        let passed = border.clone();
        tape.add_backward_op(move |_| {
            passed.get_or_init(Instant::now);
            Ok(())
        });
        let mut images = images.put_tape(tape);
        if let Some(augment) = batch.augment {
            images = augment.on_tape(images, AugmentTarget::FakeForGenerator)?;
        }
        let loss =
            |index: usize, x| objective.generator(x - real_logits.get(index).unwrap_or(&0.0));
        let pass = self.discriminator_pass(images, &batch.fake_labels, mode, &loss, profiler)?;
        if let Some(&moment) = border.get() {
            profiler.record_until(Phase::DiscriminatorBackward, moment);
        }
        profiler.record(Phase::GeneratorBackward);
        Ok((pass.loss, pass.gradients))
    }

    /// Returns the logits (n) of the batch's real images, which a paired objective's generator loss
    /// is relative to.
    fn real_logits(&mut self, batch: &Batch, mode: Mode) -> Result<Vec<f32>, CpuError> {
        let real = batch.augmented(&batch.real, AugmentTarget::RealForGenerator);
        let real = self.discriminator.images(real)?.traced();
        Ok(self.discriminator.forward_train(real, &batch.real_labels, mode)?.values().to_vec())
    }

    /// Passes images forward and backward through the discriminator. `loss` maps an index and a
    /// logit to its loss and derivative.
    fn discriminator_pass(
        &mut self,
        images: Traced<Images>,
        labels: &[u8],
        mode: Mode,
        loss: &dyn Fn(usize, f32) -> (f32, f32),
        profiler: &mut Profiler,
    ) -> Result<DiscriminatorPass, CpuError> {
        let logits = self.discriminator.forward_train(images, labels, mode)?;
        let values = logits.values().to_vec();
        let loss = objective::mean(logits, loss)?;
        let value = loss.array();
        profiler.record(Phase::DiscriminatorForward);
        Ok(DiscriminatorPass { loss: value, logits: values, gradients: loss.try_backward()? })
    }
}
