//! One iteration: inference-mode fakes, two separate discriminator updates, the generator's update through a frozen discriminator.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use dfdx::{
    tensor::{AsArray, Cpu, CpuError, Gradients, OwnedTape, Tape},
    tensor_ops::Backward,
};

use super::{
    laps::{Laps, Part},
    objective::{cross_entropy, sigmoid},
    optimizer::Adam,
};
use crate::{
    dataset::PIXELS,
    model::{Discriminate, Generate, Images},
    nn::{self, Activations, Mode, Rows},
};

/// Both networks and their optimisers. `L` is the length of a latent.
pub struct Gan<const L: usize, G, D> {
    pub generator: G,
    pub discriminator: D,
    pub generator_optimizer: Adam<G>,
    pub discriminator_optimizer: Adam<D>,
    device: Cpu,
}

/// What an iteration is given.
#[derive(Debug, Clone)]
pub struct Batch {
    /// (n, 28, 28) in [-1, 1].
    pub real: Vec<f32>,
    /// (n, `L`).
    pub latents: Vec<f32>,
    /// Random bits for the dropout on real images, on fakes, and in the generator's update.
    pub dropout: [u64; 3],
}

/// What an iteration tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Losses {
    pub d_loss_real: f32,
    pub d_loss_fake: f32,
    pub g_loss: f32,
    /// Share of the 2n logits on the right side of zero, each before its own update.
    pub d_accuracy: f32,
    /// Mean sigmoid of the logits of real images and of fakes.
    pub d_real: f32,
    pub d_fake: f32,
}

impl Losses {
    /// The first loss that is no finite number, by name.
    pub fn not_finite(&self) -> Option<(&'static str, f32)> {
        let losses = [("d_loss_real", self.d_loss_real), ("d_loss_fake", self.d_loss_fake), ("g_loss", self.g_loss)];
        losses.into_iter().find(|(_, loss)| !loss.is_finite())
    }
}

/// A pass of the discriminator: its loss, its logits, and the gradients that were asked for.
pub struct Judged {
    pub loss: f32,
    pub logits: Vec<f32>,
    pub gradients: Gradients<f32, Cpu>,
}

impl<const L: usize, G: Generate<L>, D: Discriminate> Gan<L, G, D> {
    pub fn new(generator: G, discriminator: D, generator_optimizer: Adam<G>, discriminator_optimizer: Adam<D>) -> Self {
        Self { generator, discriminator, generator_optimizer, discriminator_optimizer, device: nn::device() }
    }

    /// Images of latents (n, `L`) in inference mode: (n, 28, 28) in [-1, 1].
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn generate(&self, latents: Vec<f32>) -> Result<Vec<f32>, CpuError> {
        Ok(self.generator.try_forward(self.latents(latents)?)?.into_vec())
    }

    /// How probable the discriminator holds it that images (n, 28, 28) are real, inference mode: (n).
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn verdicts(&self, images: Vec<f32>) -> Result<Vec<f32>, CpuError> {
        Ok(self.discriminator.try_forward(self.images(images)?)?.values().iter().copied().map(sigmoid).collect())
    }

    /// One iteration. `laps` is told where the time goes.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn step(&mut self, batch: Batch, laps: &mut Laps) -> Result<Losses, CpuError> {
        let [on_real, on_fake, on_generated] = batch.dropout;
        let fakes = self.generate(batch.latents.clone())?;
        laps.lap(Part::Fakes);
        let real = self.update_discriminator(batch.real, 1.0, on_real, laps)?;
        let fake = self.update_discriminator(fakes, 0.0, on_fake, laps)?;
        let (g_loss, mut gradients) = self.generator_gradients(batch.latents, on_generated, laps)?;
        if g_loss.is_finite() {
            self.generator_optimizer.step(&mut self.generator, &mut gradients)?;
        }
        laps.lap(Part::GeneratorOptimizer);
        let count = real.logits.len() as f32;
        let right = real.logits.iter().filter(|&&x| x > 0.0).count() + fake.logits.iter().filter(|&&x| x < 0.0).count();
        let mean = |logits: &[f32]| logits.iter().map(|&x| sigmoid(x)).sum::<f32>() / count;
        Ok(Losses {
            d_loss_real: real.loss,
            d_loss_fake: fake.loss,
            g_loss,
            d_accuracy: right as f32 / (2.0 * count),
            d_real: mean(&real.logits),
            d_fake: mean(&fake.logits),
        })
    }

    fn update_discriminator(&mut self, images: Vec<f32>, label: f32, dropout: u64, laps: &mut Laps) -> Result<Judged, CpuError> {
        let mut judged = self.discriminator_gradients(images, label, dropout, laps)?;
        // A loss that is no number would make every weight one, and hide where it began.
        if judged.loss.is_finite() {
            self.discriminator_optimizer.step(&mut self.discriminator, &mut judged.gradients)?;
        }
        laps.lap(Part::DiscriminatorOptimizer);
        Ok(judged)
    }

    /// The discriminator's loss on images (n, 28, 28) against one label, and its weights' gradients.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn discriminator_gradients(&mut self, images: Vec<f32>, label: f32, dropout: u64, laps: &mut Laps) -> Result<Judged, CpuError> {
        let judged = self.judge(self.images(images)?.traced(), label, Mode::Training { dropout }, laps)?;
        laps.lap(Part::DiscriminatorBackward);
        Ok(judged)
    }

    /// The generator's loss and its weights' gradients, through the frozen discriminator.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn generator_gradients(
        &mut self,
        latents: Vec<f32>,
        dropout: u64,
        laps: &mut Laps,
    ) -> Result<(f32, Gradients<f32, Cpu>), CpuError> {
        let latents = self.latents(latents)?.traced();
        let images = self.generator.try_forward_mut((latents, Mode::Training { dropout: 0 }))?;
        laps.lap(Part::GeneratorForward);
        // Backward passes the border between the networks here; the moment tells the two apart.
        let (images, mut tape) = images.split_tape();
        let border = Arc::new(OnceLock::new());
        let passed = border.clone();
        tape.add_backward_op(move |_| {
            passed.get_or_init(Instant::now);
            Ok(())
        });
        let judged = self.judge(images.put_tape(tape), 1.0, Mode::Frozen { dropout }, laps)?;
        if let Some(&moment) = border.get() {
            laps.lap_at(Part::DiscriminatorBackward, moment);
        }
        laps.lap(Part::GeneratorBackward);
        Ok((judged.loss, judged.gradients))
    }

    fn judge(
        &mut self,
        images: Activations<Images, OwnedTape<f32, Cpu>>,
        label: f32,
        mode: Mode,
        laps: &mut Laps,
    ) -> Result<Judged, CpuError> {
        let logits = self.discriminator.try_forward_mut((images, mode))?;
        let values = logits.values().to_vec();
        let loss = cross_entropy(logits, label)?;
        let value = loss.array();
        laps.lap(Part::DiscriminatorForward);
        Ok(Judged { loss: value, logits: values, gradients: loss.try_backward()? })
    }

    fn latents(&self, latents: Vec<f32>) -> Result<Activations<Rows<L>>, CpuError> {
        let count = latents.len() / L;
        Activations::new(&self.device, latents, nn::rows(count))
    }

    fn images(&self, images: Vec<f32>) -> Result<Activations<Images>, CpuError> {
        let count = images.len() / PIXELS;
        Activations::new(&self.device, images, nn::maps(count))
    }
}
