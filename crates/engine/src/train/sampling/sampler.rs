//! Images that a monitor asks for, drawn between two iterations without an effect on what is
//! trained.

use dfdx::tensor::CpuError;

use super::{interpolation::slerp, nearest::nearest};
use crate::{
    model::conditional::labels_in_turn,
    train::{
        self,
        random::{self, Stream},
        trainer::{self, Trainer},
    },
};
use gan_tui_core::{
    event::{Drawing, Pictures, Snapshot},
    image::{ImageBatch, from_byte},
    preset::Preset,
};
use gan_tui_data::Dataset;

/// The number of fixed latents, whose images are recorded as frames.
pub const FIXED: usize = 64;
/// The number of fresh samples.
const FRESH: usize = 64;
/// Images from one latent of a walk to the next.
const STRIDE: usize = 16;
/// The number of real images, and of generated ones beside them.
const PAIRS: usize = 32;
/// Images of each class.
const ROW: usize = 8;

/// Draws images with the networks of a run. Its random numbers come from streams that training
/// does not use.
pub struct Sampler<'a> {
    pub trainer: &'a Trainer,
    /// Where real images come from, if there are any.
    pub dataset: Option<&'a dyn Dataset>,
    pub seed: u64,
    /// The fixed latents, ([`FIXED`], latent).
    pub fixed: &'a [f32],
}

impl Sampler<'_> {
    /// Returns the images of the fixed latents.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn fixed_images(&self) -> Result<ImageBatch, CpuError> {
        let labels = self.in_turn(FIXED);
        let images = self.trainer.generate(self.fixed, &labels)?;
        Ok(ImageBatch::from_unit(self.trainer.image_shape(), &images))
    }

    /// Draws images, with the discriminator's estimate of how probably each is real.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn draw(&self, drawing: Drawing, iteration: u64) -> Result<Pictures, CpuError> {
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        let mut add = |latents: &[f32], requested: Vec<u8>| {
            let requested = self.labels(requested);
            images.extend(self.trainer.generate(latents, &requested)?);
            labels.extend(requested);
            Ok::<(), CpuError>(())
        };
        let classes = self.trainer.classes().len();
        match drawing {
            Drawing::Fixed => add(self.fixed, self.in_turn(FIXED))?,
            Drawing::Fresh { turn } => add(&self.latents(turn, FRESH), self.in_turn(FRESH))?,
            Drawing::Walk { leg } => {
                add(&self.leg(leg), vec![(leg % classes.max(1) as u64) as u8; STRIDE])?
            }
            Drawing::RealVsFake { turn } => {
                add(&self.latents(turn, PAIRS), self.in_turn(PAIRS))?;
                let (real, real_labels) = self.real(turn);
                images.splice(0..0, real);
                labels.splice(0..0, real_labels);
            }
            Drawing::Nearest { turn } => {
                add(&self.latents(turn, PAIRS), self.in_turn(PAIRS))?;
                let own = ImageBatch::from_unit(self.trainer.image_shape(), &images);
                let (real, real_labels) = self.nearest(&own);
                images.extend(real);
                labels.extend(real_labels);
            }
            Drawing::Digits { turn } => {
                let rows = (0..classes as u8).flat_map(|class| [class; ROW]).collect();
                add(&self.latents(turn, classes * ROW), rows)?;
            }
            Drawing::Number { digits, .. } if digits.is_empty() => {}
            Drawing::Number { digits, turn } => {
                add(&self.latents(turn, digits.len()), digits.iter().collect())?
            }
        }
        let pictures = ImageBatch::from_unit(self.trainer.image_shape(), &images);
        // A number without digits has no images.
        let verdicts =
            if images.is_empty() { Vec::new() } else { self.trainer.realness(images, &labels)? };
        Ok(Pictures { iteration, drawing, images: pictures, verdicts })
    }

    /// Returns the labels that the networks take: none unless they are class-conditional.
    fn labels(&self, requested: Vec<u8>) -> Vec<u8> {
        if self.trainer.is_conditional() { requested } else { Vec::new() }
    }

    /// Returns each class in turn; none unless the networks are class-conditional.
    fn in_turn(&self, count: usize) -> Vec<u8> {
        labels_in_turn(count, self.trainer.classes().len())
    }

    /// Returns the length of a latent.
    fn latent(&self) -> usize {
        self.fixed.len() / FIXED
    }

    fn latents(&self, turn: u64, count: usize) -> Vec<f32> {
        random::normal(self.seed, Stream::Samples, turn, count * self.latent())
    }

    /// Returns the latents from point `leg` of a walk to just before the next point.
    fn leg(&self, leg: u64) -> Vec<f32> {
        let point = |number| random::normal(self.seed, Stream::Walk, number, self.latent());
        let (from, to) = (point(leg), point(leg.wrapping_add(1)));
        (0..STRIDE).flat_map(|step| slerp(&from, &to, step as f32 / STRIDE as f32)).collect()
    }

    /// Returns some real images in [-1, 1], and their labels if the networks are class-conditional.
    fn real(&self, turn: u64) -> (Vec<f32>, Vec<u8>) {
        let Some(dataset) = self.dataset else { return Default::default() };
        let indices = random::indices(self.seed, Stream::Shown, turn, PAIRS, dataset.len());
        self.of_dataset(dataset, indices)
    }

    /// Returns for each image the nearest real one, in the same way.
    fn nearest(&self, images: &ImageBatch) -> (Vec<f32>, Vec<u8>) {
        let Some(dataset) = self.dataset else { return Default::default() };
        self.of_dataset(dataset, nearest(dataset, &images.pixels, self.seed))
    }

    fn of_dataset(&self, dataset: &dyn Dataset, indices: Vec<usize>) -> (Vec<f32>, Vec<u8>) {
        let labels = indices.iter().filter_map(|&index| dataset.label(index)).collect();
        let images = dataset.images(&mut indices.into_iter()).pixels;
        (images.into_iter().map(from_byte).collect(), self.labels(labels))
    }
}

/// The networks of a checkpoint, to draw images with.
pub struct CheckpointSampler {
    trainer: Trainer,
    pool: rayon::ThreadPool,
    seed: u64,
    fixed: Vec<f32>,
    iteration: u64,
}

impl CheckpointSampler {
    /// Builds the preset's networks and restores them from a snapshot.
    ///
    /// # Errors
    /// Returns an error if the snapshot is of another architecture than the preset, or the system
    /// gives no threads.
    pub fn open(snapshot: &Snapshot, preset: &Preset, threads: usize) -> Result<Self, String> {
        let mut trainer = trainer::build(preset, &snapshot.classes)?;
        trainer.restore(snapshot).map_err(|error| error.to_string())?;
        let pool = train::pool(threads)
            .map_err(|error| format!("cannot start {threads} threads: {error}"))?;
        let fixed = random::normal(preset.seed, Stream::Fixed, 0, FIXED * preset.latent);
        Ok(Self { trainer, pool, seed: preset.seed, fixed, iteration: snapshot.iteration })
    }

    /// Draws what the run would have drawn after the snapshot's iteration; real images come from
    /// `dataset`.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn draw(
        &self,
        drawing: Drawing,
        dataset: Option<&dyn Dataset>,
    ) -> Result<Pictures, String> {
        let (seed, fixed) = (self.seed, &self.fixed[..]);
        let sampler = Sampler { trainer: &self.trainer, dataset, seed, fixed };
        self.pool
            .install(|| sampler.draw(drawing, self.iteration))
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use gan_tui_core::preset::Model;

    #[test]
    fn every_drawing_has_a_verdict_for_each_image_and_changes_no_weights() {
        let preset = Preset { model: Model::Mlp, ..Preset::default() };
        let trainer = trainer::build(&preset, &[]).unwrap();
        let before = trainer.snapshot(0);
        let dataset = gan_tui_data::synthetic::dataset(1, 100, &mut |_| {});
        let fixed = random::normal(1, Stream::Fixed, 0, FIXED * preset.latent);
        let sampler =
            Sampler { trainer: &trainer, dataset: Some(&dataset), seed: 1, fixed: &fixed };
        let draw = |drawing| sampler.draw(drawing, 7).unwrap();
        for (drawing, count) in [
            (Drawing::Fixed, FIXED),
            (Drawing::Fresh { turn: 0 }, FRESH),
            (Drawing::Walk { leg: u64::MAX }, STRIDE),
            (Drawing::RealVsFake { turn: 3 }, 2 * PAIRS),
            (Drawing::Nearest { turn: 3 }, 2 * PAIRS),
            (Drawing::Digits { turn: 1 }, 0),
            (Drawing::Number { digits: "2026".parse().unwrap(), turn: 1 }, 4),
            (Drawing::Number { digits: Default::default(), turn: 1 }, 0),
        ] {
            let pictures = draw(drawing);
            assert_eq!(
                (pictures.images.len(), pictures.verdicts.len(), pictures.iteration),
                (count, count, 7)
            );
            assert!(pictures.verdicts.iter().all(|verdict| (0.0..=1.0).contains(verdict)));
            assert_eq!(pictures, draw(drawing), "the same request has the same answer");
        }
        assert_eq!(draw(Drawing::Fixed).images, sampler.fixed_images().unwrap());
        assert_ne!(
            draw(Drawing::Fresh { turn: 0 }).images,
            draw(Drawing::Fresh { turn: 1 }).images
        );
        assert!(before == trainer.snapshot(0));
    }
}
