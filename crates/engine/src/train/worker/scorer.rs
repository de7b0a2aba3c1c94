//! Scores of a run's generated digits while it trains.

use std::{ops::Range, sync::OnceLock};

use dfdx::tensor::CpuError;

use crate::{
    model::conditional::labels_in_turn,
    score::{DigitClassifier, ReferenceStatistics},
    train::{
        random::{self, Stream},
        trainer::Trainer,
    },
};
use gan_tui_core::{
    event::{DatasetInfo, Score},
    image::ImageBatch,
    preset::{Data, Preset},
};
use gan_tui_data::{Dataset as _, synthetic};

/// The number of samples that a score is computed from, and of those generated in one pass.
const SAMPLES: usize = 2_000;
const PER_PASS: usize = 100;
/// The number of embedded digits that samples are compared with.
const REAL: usize = 5_000;

/// Scores a run's networks every so many iterations, and keeps the best score so far.
pub struct Scorer {
    classifier: &'static DigitClassifier,
    /// What samples are compared with; for the embedded digits it is computed when first needed.
    reference: OnceLock<ReferenceStatistics>,
    every: u64,
    latent: usize,
    seed: u64,
    /// The least Fréchet distance so far.
    best: Option<f32>,
}

impl Scorer {
    /// Returns `None` if the preset asks for no scores or the dataset is not one of digits. `best`
    /// is the least distance known so far.
    ///
    /// Samples are compared with MNIST's test images or, if the embedded digits are the dataset,
    /// with held-out embedded digits. MNIST is told by its content, whatever its folder is called.
    ///
    /// # Errors
    /// Returns an error if the embedded classifier is damaged, which a test rules out.
    pub fn of(
        preset: &Preset,
        dataset: &DatasetInfo,
        best: Option<f32>,
    ) -> Result<Option<Self>, String> {
        let is_mnist = dataset.known().is_some_and(|known| Some(known) == Data::Mnist.known());
        let is_synthetic =
            dataset.name == synthetic::NAME && !matches!(preset.data, Data::Folder(_));
        if preset.score_every == 0 || !(is_mnist || is_synthetic) {
            return Ok(None);
        }
        let (classifier, mnist) = DigitClassifier::embedded().map_err(ToString::to_string)?;
        let reference = if is_mnist { OnceLock::from(mnist.clone()) } else { OnceLock::new() };
        Ok(Some(Self {
            classifier,
            reference,
            every: preset.score_every,
            latent: preset.latent,
            seed: preset.seed,
            best,
        }))
    }

    /// Returns whether a score is due after this iteration: on schedule, and after the last
    /// iteration of a run that has been scored before, whose best networks may be its last.
    pub fn is_due(&self, iteration: u64, is_last: bool) -> bool {
        iteration.is_multiple_of(self.every) || (is_last && iteration > self.every)
    }

    /// Scores samples, which are always generated from the same latents.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn score(&self, trainer: &Trainer) -> Result<Score, CpuError> {
        let shape = trainer.image_shape();
        let (mut pixels, mut requested) = (Vec::new(), Vec::new());
        for pass in 0..(SAMPLES / PER_PASS) as u64 {
            let latents = random::normal(self.seed, Stream::Scored, pass, PER_PASS * self.latent);
            let labels = labels_in_turn(PER_PASS, trainer.classes().len());
            let images = trainer.generate(&latents, &labels)?;
            pixels.extend(ImageBatch::from_unit(shape, &images).pixels);
            requested.extend(labels);
        }
        let reference = match self.reference.get() {
            Some(reference) => reference,
            None => {
                let computed = embedded_reference(self.classifier)?;
                self.reference.get_or_init(|| computed)
            }
        };
        self.classifier.score(&ImageBatch::new(shape, pixels), &requested, reference)
    }

    /// Returns whether a score is better than all before, and remembers it if so.
    pub fn is_best(&mut self, score: &Score) -> bool {
        let distance = score.frechet_distance;
        let is_best = distance.is_finite() && self.best.is_none_or(|best| distance < best);
        if is_best {
            self.best = Some(distance);
        }
        is_best
    }
}

/// Returns the statistics of held-out embedded digits. The floor is the score of further ones, as
/// many as there are samples.
fn embedded_reference(classifier: &DigitClassifier) -> Result<ReferenceStatistics, CpuError> {
    let dataset = synthetic::dataset(synthetic::HELD_OUT_SEED, REAL + SAMPLES, &mut |_| {});
    let read = |mut indices: Range<usize>| classifier.read(&dataset.images(&mut indices).pixels);
    let mut reference = ReferenceStatistics::of(&read(0..REAL)?);
    let floor = reference.score(&read(REAL..REAL + SAMPLES)?, &[]).frechet_distance;
    reference.floors.push((SAMPLES, f64::from(floor)));
    Ok(reference)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::train::trainer::build;
    use gan_tui_core::{dataset::KNOWN, preset::Model};
    use gan_tui_data::PIXELS;

    fn info(name: &str, sha256: &str) -> DatasetInfo {
        DatasetInfo {
            name: name.into(),
            count: 60_000,
            sha256: sha256.into(),
            ..DatasetInfo::default()
        }
    }

    #[test]
    fn samples_are_compared_with_the_kind_of_digits_that_is_learned() {
        let preset = Preset { model: Model::Mlp, latent: 64, score_every: 10, ..Preset::default() };
        let scorer = Scorer::of(&preset, &info(synthetic::NAME, "28"), None).unwrap().unwrap();
        assert!(scorer.is_due(20, false) && !scorer.is_due(21, false));
        assert!(scorer.is_due(21, true) && scorer.is_due(20, true));
        assert!(!scorer.is_due(9, true), "a run too short to be scored is not");
        let score = scorer.score(&build(&preset, &[]).unwrap()).unwrap();
        let (_, mnist) = DigitClassifier::embedded().unwrap();
        assert!(
            score.floor > 0.0 && score.floor < mnist.floor(SAMPLES) as f32,
            "embedded digits vary less than MNIST's: {score:?}"
        );
        assert!(
            score.frechet_distance > 100.0 * score.floor,
            "noise is not like digits: {score:?}"
        );
    }

    #[test]
    fn mnist_is_told_by_its_content() {
        let is_scored = |score_every, data: Data, info: DatasetInfo| {
            let preset = Preset { score_every, data, ..Preset::default() };
            Scorer::of(&preset, &info, None).unwrap().is_some()
        };
        let folder = || Data::Folder("mnist".into());
        let [train, test] = [0, 1].map(|part| KNOWN[0].pixels[part]);
        assert!(is_scored(10, Data::Mnist, info("mnist", train)));
        assert!(is_scored(10, folder(), info("renamed", train)));
        assert!(is_scored(10, folder(), info("renamed", test)));
        assert!(!is_scored(0, Data::Mnist, info("mnist", train)));
        assert!(!is_scored(10, folder(), info("mnist", "28")));
        assert!(!is_scored(10, folder(), info("shapes", "28")));
        assert!(is_scored(10, Data::Auto, info(synthetic::NAME, "28")));
        assert!(!is_scored(10, Data::Folder("synthetic".into()), info(synthetic::NAME, "28")));
    }

    #[test]
    fn the_best_is_the_least_distance_so_far() {
        let mut scorer =
            Scorer::of(&Preset::default(), &info("mnist", KNOWN[0].pixels[0]), Some(9.0))
                .unwrap()
                .unwrap();
        let score = DigitClassifier::embedded()
            .unwrap()
            .1
            .score(&DigitClassifier::embedded().unwrap().0.read(&[0; 2 * PIXELS]).unwrap(), &[]);
        let better = |distance, scorer: &mut Scorer| {
            scorer.is_best(&Score { frechet_distance: distance, ..score })
        };
        assert_eq!(
            [9.0, f32::NAN, 8.0, 8.5, 8.0, 7.0].map(|distance| better(distance, &mut scorer)),
            [false, false, true, false, false, true]
        );
    }
}
