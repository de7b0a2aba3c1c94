//! How good a run's digits are, told as it goes.

use std::{ops::Range, sync::OnceLock};

use dfdx::tensor::CpuError;

use crate::{
    dataset::{Dataset as _, SIDE, synthetic},
    model::conditional::labels_in_turn,
    score::{DigitClassifier, Reference},
    train::{
        random::{self, Stream},
        trainer::Trainer,
    },
};
use gan_tui_core::{
    event::Score,
    image::{ImageBatch, ImageShape},
    preset::Preset,
};

/// Samples that a score is of, and how many are drawn in one pass.
const SAMPLES: usize = 2_000;
const AT_ONCE: usize = 100;
/// Embedded digits that samples are compared with.
const REAL: usize = 5_000;

/// Scores a run's networks now and then, and knows the best score so far.
pub struct Scorer {
    judge: &'static DigitClassifier,
    /// What samples are compared with; the embedded digits' is made when it is first needed.
    reference: OnceLock<Reference>,
    every: u64,
    latent: usize,
    seed: u64,
    /// The least Fréchet distance so far.
    best: Option<f32>,
}

impl Scorer {
    /// None, where the preset asks for no scores or the images to learn from are no digits. `best`
    /// is the least distance that is known already.
    ///
    /// Samples are compared with MNIST's test images, or, where the embedded digits are learned,
    /// with others of their kind.
    ///
    /// # Errors
    /// Where the classifier that the program carries is damaged, which a test rules out.
    pub fn of(preset: &Preset, dataset: &str, best: Option<f32>) -> Result<Option<Self>, String> {
        if preset.score_every == 0 || !["mnist", synthetic::NAME].contains(&dataset) {
            return Ok(None);
        }
        let (judge, mnist) = DigitClassifier::embedded().map_err(ToString::to_string)?;
        let reference = if dataset == synthetic::NAME {
            OnceLock::new()
        } else {
            OnceLock::from(mnist.clone())
        };
        Ok(Some(Self {
            judge,
            reference,
            every: preset.score_every,
            latent: preset.latent,
            seed: preset.seed,
            best,
        }))
    }

    /// Whether there is a score after this iteration.
    pub fn is_due(&self, iteration: u64) -> bool {
        iteration.is_multiple_of(self.every)
    }

    /// The score of samples, always of the same latents.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn score(&self, model: &Trainer) -> Result<Score, CpuError> {
        let (mut pixels, mut asked) = (Vec::new(), Vec::new());
        for part in 0..(SAMPLES / AT_ONCE) as u64 {
            let latents = random::normal(self.seed, Stream::Scored, part, AT_ONCE * self.latent);
            let labels = if model.is_conditional() { labels_in_turn(AT_ONCE) } else { Vec::new() };
            pixels.extend(
                ImageBatch::from_unit(
                    ImageShape::grey(SIDE, SIDE),
                    &model.generate(&latents, &labels)?,
                )
                .pixels,
            );
            asked.extend(labels);
        }
        let reference = self.reference.get_or_init(|| of_embedded(self.judge));
        Ok(self.judge.score(&ImageBatch::grey(SIDE, SIDE, pixels), &asked, reference))
    }

    /// Whether a score is better than all before; then it is what later ones are compared with.
    pub fn is_best(&mut self, score: &Score) -> bool {
        let distance = score.frechet_distance;
        let is_best = distance.is_finite() && self.best.is_none_or(|best| distance < best);
        if is_best {
            self.best = Some(distance);
        }
        is_best
    }
}

/// The statistics of embedded digits that nobody learns from; as many others as there are samples
/// tell what real ones score.
fn of_embedded(judge: &DigitClassifier) -> Reference {
    let dataset = synthetic::dataset(synthetic::HELD_OUT_SEED, REAL + SAMPLES, &mut |_| {});
    let read = |indices: Range<usize>| {
        let pixels: Vec<u8> = indices.flat_map(|index| dataset.image(index)).copied().collect();
        judge.read(&pixels)
    };
    let mut reference = Reference::of(&read(0..REAL));
    let floor = reference.score(&read(REAL..REAL + SAMPLES), &[]).frechet_distance;
    reference.floors.push((SAMPLES, f64::from(floor)));
    reference
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{dataset::PIXELS, train::trainer::build};
    use gan_tui_core::preset::Model;

    #[test]
    fn samples_are_compared_with_what_is_learned() {
        let preset = Preset { model: Model::Mlp, latent: 64, score_every: 10, ..Preset::default() };
        let scorer = Scorer::of(&preset, synthetic::NAME, None).unwrap().unwrap();
        assert!(scorer.is_due(20) && !scorer.is_due(21));
        let score = scorer.score(&build(&preset).unwrap()).unwrap();
        let (_, mnist) = DigitClassifier::embedded().unwrap();
        assert!(
            score.floor > 0.0 && score.floor < mnist.floor(SAMPLES) as f32,
            "embedded digits vary less than MNIST's: {score:?}"
        );
        assert!(score.frechet_distance > 100.0 * score.floor, "noise is no digits: {score:?}");
        for (every, dataset) in [(0, "mnist"), (10, "kmnist"), (10, "shapes")] {
            assert!(
                Scorer::of(&Preset { score_every: every, ..preset.clone() }, dataset, None)
                    .unwrap()
                    .is_none()
            );
        }
    }

    #[test]
    fn the_best_is_the_least_distance_so_far() {
        let mut scorer = Scorer::of(&Preset::default(), "mnist", Some(9.0)).unwrap().unwrap();
        let score = DigitClassifier::embedded()
            .unwrap()
            .1
            .score(&DigitClassifier::embedded().unwrap().0.read(&[0; 2 * PIXELS]), &[]);
        let better = |distance, scorer: &mut Scorer| {
            scorer.is_best(&Score { frechet_distance: distance, ..score })
        };
        assert_eq!(
            [9.0, f32::NAN, 8.0, 8.5, 8.0, 7.0].map(|distance| better(distance, &mut scorer)),
            [false, false, true, false, false, true]
        );
    }
}
