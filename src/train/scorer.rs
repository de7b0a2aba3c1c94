//! How good a run's digits are, told as it goes.

use dfdx::tensor::CpuError;

use super::{
    networks::labels_in_turn,
    random::{self, Stream},
    training::Training,
};
use crate::{
    dataset::SIDE,
    event::Score,
    image::Stack,
    preset::Preset,
    score::{Judge, Reference},
};

/// Samples that a score is of, and how many are drawn in one pass.
const SAMPLES: usize = 2_000;
const AT_ONCE: usize = 100;

/// Scores a run's networks now and then, and knows the best score so far.
pub struct Scorer {
    judge: &'static (Judge, Reference),
    every: u64,
    latent: usize,
    seed: u64,
    /// The least Fréchet distance so far.
    best: Option<f32>,
}

impl Scorer {
    /// None, where the preset asks for no scores or the images to learn from are no digits. `best` is the least distance that is known already.
    ///
    /// # Errors
    /// Where the classifier that the program carries is damaged, which a test rules out.
    pub fn of(preset: &Preset, dataset: &str, best: Option<f32>) -> Result<Option<Self>, String> {
        if preset.score_every == 0 || !["mnist", "synthetic"].contains(&dataset) {
            return Ok(None);
        }
        let judge = Judge::embedded().map_err(ToString::to_string)?;
        Ok(Some(Self { judge, every: preset.score_every, latent: preset.latent, seed: preset.seed, best }))
    }

    /// Whether there is a score after this iteration.
    pub fn is_due(&self, iteration: u64) -> bool {
        iteration.is_multiple_of(self.every)
    }

    /// The score of samples, always of the same latents.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn score(&self, model: &Training) -> Result<Score, CpuError> {
        let (mut pixels, mut asked) = (Vec::new(), Vec::new());
        for part in 0..(SAMPLES / AT_ONCE) as u64 {
            let latents = random::normal(self.seed, Stream::Scored, part, AT_ONCE * self.latent);
            let labels = if model.is_conditional() { labels_in_turn(AT_ONCE) } else { Vec::new() };
            pixels.extend(Stack::from_unit(SIDE, SIDE, &model.generate(&latents, &labels)?).pixels);
            asked.extend(labels);
        }
        let (judge, reference) = self.judge;
        Ok(judge.score(&Stack::new(SIDE, SIDE, pixels), &asked, reference))
    }

    /// Whether a score is better than all before; then it is what later ones are compared with.
    pub fn is_best(&mut self, score: &Score) -> bool {
        let distance = score.frechet_distance;
        let is_best = distance.is_finite() && self.best.is_none_or(|best| distance < best);
        self.best = if is_best { Some(distance) } else { self.best };
        is_best
    }
}
