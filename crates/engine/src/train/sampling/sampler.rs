//! Pictures that somebody who looks on asks for, drawn between two iterations without touching what
//! is trained.

use dfdx::tensor::CpuError;

use super::interpolation::between;
use crate::{
    dataset::{Dataset, SIDE},
    model::{CLASSES, conditional::labels_in_turn},
    train::{
        self,
        random::{self, Stream},
        trainer::{self, Trainer},
    },
};
use gan_tui_core::{
    event::{Drawing, Pictures, Snapshot},
    image::{ImageBatch, ImageShape, from_byte},
    preset::Preset,
};

/// How many fixed latents a frame shows.
pub const FIXED: usize = 64;
/// Pictures of fresh samples.
const FRESH: usize = 64;
/// Pictures from one latent of a walk to the next.
const STRIDE: usize = 16;
/// Real pictures, and as many generated beside them.
const PAIRS: usize = 32;
/// Pictures of each digit, where digits can be asked for.
const ROW: usize = 8;

/// What drawing needs. Its random numbers come from streams that training does not draw from.
pub struct Sampler<'a> {
    pub model: &'a Trainer,
    /// Where real pictures come from, if there are any.
    pub dataset: Option<&'a dyn Dataset>,
    pub seed: u64,
    /// The fixed latents, (n, latent).
    pub fixed: &'a [f32],
}

impl Sampler<'_> {
    /// Draws, and lets the discriminator judge.
    pub fn draw(&self, drawing: Drawing, iteration: u64) -> Result<Pictures, CpuError> {
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        let mut add = |latents: &[f32], asked: Vec<u8>| {
            let asked = if self.model.is_conditional() { asked } else { Vec::new() };
            images.extend(self.model.generate(latents, &asked)?);
            labels.extend(asked);
            Ok::<(), CpuError>(())
        };
        match drawing {
            Drawing::Fixed => add(self.fixed, labels_in_turn(FIXED))?,
            Drawing::Fresh { turn } => add(&self.latents(turn, FRESH), labels_in_turn(FRESH))?,
            Drawing::Walk { leg } => {
                add(&self.leg(leg), vec![(leg % CLASSES as u64) as u8; STRIDE])?
            }
            Drawing::RealVsFake { turn } => {
                add(&self.latents(turn, PAIRS), labels_in_turn(PAIRS))?;
                let (real, own) = self.real(turn);
                images.splice(0..0, real);
                labels.splice(0..0, own);
            }
            Drawing::Digits { turn } => {
                let rows = (0..CLASSES as u8).flat_map(|digit| [digit; ROW]).collect();
                add(&self.latents(turn, CLASSES * ROW), rows)?;
            }
            Drawing::Number { digits, .. } if digits.is_empty() => {}
            Drawing::Number { digits, turn } => {
                add(&self.latents(turn, digits.len()), digits.iter().collect())?
            }
        }
        let pictures = ImageBatch::from_unit(ImageShape::grey(SIDE, SIDE), &images);
        // A number without digits is no picture.
        let verdicts =
            if images.is_empty() { Vec::new() } else { self.model.realness(images, &labels)? };
        Ok(Pictures { iteration, drawing, images: pictures, verdicts })
    }

    /// Length of a latent.
    fn latent(&self) -> usize {
        self.fixed.len() / FIXED
    }

    fn latents(&self, turn: u64, count: usize) -> Vec<f32> {
        random::normal(self.seed, Stream::Samples, turn, count * self.latent())
    }

    /// Latents from post `leg` of a walk to just before the next.
    fn leg(&self, leg: u64) -> Vec<f32> {
        let post = |number| random::normal(self.seed, Stream::Walk, number, self.latent());
        let (from, to) = (post(leg), post(leg.wrapping_add(1)));
        (0..STRIDE).flat_map(|step| between(&from, &to, step as f32 / STRIDE as f32)).collect()
    }

    /// Real pictures, and their labels where the networks want some.
    fn real(&self, turn: u64) -> (Vec<f32>, Vec<u8>) {
        let Some(dataset) = self.dataset else { return Default::default() };
        let indices = random::indices(self.seed, Stream::Shown, turn, PAIRS, dataset.len());
        let labels = indices
            .iter()
            .filter(|_| self.model.is_conditional())
            .filter_map(|&index| dataset.label(index))
            .collect();
        (
            indices
                .into_iter()
                .flat_map(|index| dataset.image(index))
                .map(|&byte| from_byte(byte))
                .collect(),
            labels,
        )
    }
}

/// The networks of a checkpoint, to draw with.
pub struct CheckpointSampler {
    model: Trainer,
    pool: rayon::ThreadPool,
    seed: u64,
    fixed: Vec<f32>,
    iteration: u64,
}

impl CheckpointSampler {
    /// Builds the preset's networks and fills them from a snapshot.
    ///
    /// # Errors
    /// Where the snapshot is of another architecture than the preset, or the system gives no
    /// threads.
    pub fn open(snapshot: &Snapshot, preset: &Preset, threads: usize) -> Result<Self, String> {
        let mut model = trainer::build(preset)?;
        model.restore(snapshot).map_err(|error| error.to_string())?;
        let pool = train::pool(threads)
            .map_err(|error| format!("cannot start {threads} threads: {error}"))?;
        let fixed = random::normal(preset.seed, Stream::Fixed, 0, FIXED * preset.latent);
        Ok(Self { model, pool, seed: preset.seed, fixed, iteration: snapshot.iteration })
    }

    /// Draws what training would have drawn after the snapshot's iteration; real pictures from
    /// `dataset`.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn draw(
        &self,
        drawing: Drawing,
        dataset: Option<&dyn Dataset>,
    ) -> Result<Pictures, String> {
        let artist = Sampler { model: &self.model, dataset, seed: self.seed, fixed: &self.fixed };
        self.pool
            .install(|| artist.draw(drawing, self.iteration))
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{dataset, train::trainer::build};
    use gan_tui_core::preset::Model;

    #[test]
    fn every_drawing_has_as_many_verdicts_as_pictures_and_leaves_the_networks_alone() {
        let preset = Preset { model: Model::Mlp, ..Preset::default() };
        let model = build(&preset).unwrap();
        let before = model.snapshot(0);
        let dataset = dataset::synthetic::dataset(1, 100, &mut |_| {});
        let fixed = random::normal(1, Stream::Fixed, 0, FIXED * preset.latent);
        let artist = Sampler { model: &model, dataset: Some(&dataset), seed: 1, fixed: &fixed };
        let draw = |drawing| artist.draw(drawing, 7).unwrap();
        for (drawing, count) in [
            (Drawing::Fixed, FIXED),
            (Drawing::Fresh { turn: 0 }, FRESH),
            (Drawing::Walk { leg: u64::MAX }, STRIDE),
            (Drawing::RealVsFake { turn: 3 }, 2 * PAIRS),
            (Drawing::Digits { turn: 1 }, CLASSES * ROW),
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
        assert_ne!(
            draw(Drawing::Fresh { turn: 0 }).images,
            draw(Drawing::Fresh { turn: 1 }).images
        );
        assert!(before == model.snapshot(0));
    }
}
