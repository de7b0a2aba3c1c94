//! Scores of a run's samples while it trains.

use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

use dfdx::tensor::CpuError;

use crate::{
    model::conditional::labels_in_turn,
    score::{DigitClassifier, ReferenceStatistics, sample_indices},
    train::{
        random::{self, Stream},
        trainer::Trainer,
    },
};
use gan_tui_core::{
    event::{DatasetInfo, DigitScore, Score},
    image::ImageBatch,
    preset::{Data, MNIST_SHAPE, Preset},
};
use gan_tui_data::{Dataset, synthetic};
use gan_tui_measures::{
    full::Learned,
    pictures::{self, PictureReference},
};

/// The number of samples that a score is computed from, and of those generated in one pass.
const SAMPLES: usize = 2_000;
const PER_PASS: usize = 100;
/// The number of images that are learned from, among which the nearest to a sample is looked for.
const LEARNED: usize = 5_000;
/// The number of embedded digits that samples are compared with.
const REAL: usize = 5_000;

/// Scores a run's networks every so many iterations, and keeps the best score so far.
pub struct Scorer {
    judge: Judge,
    every: u64,
    latent: usize,
    seed: u64,
    /// The least distance so far.
    best: Option<f32>,
}

/// What samples are scored with. What real images are compared with is computed when it is first
/// needed.
enum Judge {
    /// A classifier of digits, and the dataset that is learned from.
    Digits {
        classifier: &'static DigitClassifier,
        reference: Box<OnceLock<ReferenceStatistics>>,
        dataset: Arc<dyn Dataset>,
        learned: Box<OnceLock<Option<Learned>>>,
    },
    /// Any pictures, and those held back from training.
    Pictures { held_back: Arc<dyn Dataset>, reference: Box<OnceLock<PictureReference>> },
}

impl Scorer {
    /// Returns `None` if the preset asks for no scores, or the dataset is not one of digits and too
    /// few of its images are held back. `best` is the least distance known so far.
    ///
    /// Samples of 28x28 are compared with MNIST's test images or, if the embedded digits are the
    /// dataset, with held-out embedded digits. MNIST is told by its content, whatever its folder is
    /// called. All others are compared with the dataset's held-back images.
    ///
    /// # Errors
    /// Returns an error if the embedded classifier is damaged, which a test rules out.
    pub fn of(
        preset: &Preset,
        info: &DatasetInfo,
        dataset: &Arc<dyn Dataset>,
        best: Option<f32>,
    ) -> Result<Option<Self>, String> {
        if preset.score_every == 0 {
            return Ok(None);
        }
        let is_mnist = info.known().is_some_and(|known| Some(known) == Data::Mnist.known());
        let is_synthetic = info.name == synthetic::NAME && !matches!(preset.data, Data::Folder(_));
        let judge = if preset.model.image() == MNIST_SHAPE && (is_mnist || is_synthetic) {
            let (classifier, mnist) = DigitClassifier::embedded().map_err(ToString::to_string)?;
            let reference = if is_mnist { OnceLock::from(mnist.clone()) } else { OnceLock::new() };
            let reference = Box::new(reference);
            Judge::Digits {
                classifier,
                reference,
                dataset: dataset.clone(),
                learned: Box::default(),
            }
        } else {
            match dataset.held_back() {
                Some(held_back) if held_back.len() >= 2 * pictures::FEWEST => {
                    Judge::Pictures { held_back, reference: Box::default() }
                }
                _ => return Ok(None),
            }
        };
        Ok(Some(Self {
            judge,
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
        match &self.judge {
            Judge::Digits { classifier, reference, dataset, learned } => {
                let (pixels, requested) = self.samples(trainer, SAMPLES)?;
                let reference = match reference.get() {
                    Some(reference) => reference,
                    None => {
                        let computed = embedded_reference(classifier)?;
                        reference.get_or_init(|| computed)
                    }
                };
                let learned = match learned.get() {
                    Some(learned) => learned,
                    None => {
                        let chosen = sample_indices(dataset.len(), dataset.len().min(LEARNED), 0);
                        let images = dataset.images(&mut chosen.into_iter());
                        let computed = Learned::of(classifier.read(&images.pixels)?.features);
                        learned.get_or_init(|| computed)
                    }
                };
                let read = classifier.read(&pixels)?;
                let variety = learned.as_ref().and_then(|of| of.compare(&read.features));
                let score = reference.score(&read, &requested);
                Ok(Score::Digits(DigitScore { variety, ..score }))
            }
            Judge::Pictures { held_back, reference } => {
                let reference = match reference.get() {
                    Some(reference) => reference,
                    None => {
                        let computed = PictureReference::of(&**held_back, pictures::MOST);
                        let computed = computed.ok_or(CpuError::WrongNumElements)?;
                        reference.get_or_init(|| computed)
                    }
                };
                let (mut pixels, _) = self.samples(trainer, reference.count())?;
                pixels.truncate(reference.count() * shape.values());
                Ok(Score::Pictures(reference.score(&pixels)))
            }
        }
    }

    /// Returns at least `count` samples as bytes, and the classes that they are of.
    fn samples(&self, trainer: &Trainer, count: usize) -> Result<(Vec<u8>, Vec<u8>), CpuError> {
        let (mut pixels, mut requested) = (Vec::new(), Vec::new());
        for pass in 0..count.div_ceil(PER_PASS) as u64 {
            let latents = random::normal(self.seed, Stream::Scored, pass, PER_PASS * self.latent);
            let labels = labels_in_turn(PER_PASS, trainer.classes().len());
            let images = trainer.generate(&latents, &labels)?;
            pixels.extend(ImageBatch::from_unit(trainer.image_shape(), &images).pixels);
            requested.extend(labels);
        }
        Ok((pixels, requested))
    }

    /// Returns whether a score is better than all before, and remembers it if so.
    pub fn is_best(&mut self, score: &Score) -> bool {
        let distance = score.distance();
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
    use gan_tui_core::{dataset::KNOWN, image::ImageShape, preset::Model};
    use gan_tui_data::{InMemoryDataset, PIXELS};

    fn info(name: &str, sha256: &str) -> DatasetInfo {
        DatasetInfo {
            name: name.into(),
            count: 60_000,
            sha256: sha256.into(),
            ..DatasetInfo::default()
        }
    }

    /// As many embedded digits.
    fn digits(count: usize) -> Arc<dyn Dataset> {
        Arc::new(synthetic::dataset(1, count, &mut |_| {}))
    }

    #[test]
    fn samples_are_compared_with_the_kind_of_digits_that_is_learned() {
        let preset = Preset { model: Model::Mlp, latent: 64, score_every: 10, ..Preset::default() };
        let scorer =
            Scorer::of(&preset, &info(synthetic::NAME, "28"), &digits(300), None).unwrap().unwrap();
        assert!(scorer.is_due(20, false) && !scorer.is_due(21, false));
        assert!(scorer.is_due(21, true) && scorer.is_due(20, true));
        assert!(!scorer.is_due(9, true), "a run too short to be scored is not");
        let Score::Digits(score) = scorer.score(&build(&preset, &[]).unwrap()).unwrap() else {
            panic!("digits are scored as digits")
        };
        let (_, mnist) = DigitClassifier::embedded().unwrap();
        assert!(
            score.floor > 0.0 && score.floor < mnist.floor(SAMPLES) as f32,
            "embedded digits vary less than MNIST's: {score:?}"
        );
        assert!(
            score.frechet_distance > 100.0 * score.floor,
            "noise is not like digits: {score:?}"
        );
        let variety = score.variety.unwrap();
        assert_eq!((variety.compared, variety.searched), (150, 300));
        assert!(variety.real.recall > 0.7 && variety.neighbours.recall < 0.1, "{variety:?}");
        assert!(variety.kernel_distance > 10.0 * variety.real_kernel_distance.abs());
        assert!(variety.copies == 0.0 && variety.nearest > variety.real_nearest, "{variety:?}");
        let few = Scorer::of(&preset, &info(synthetic::NAME, "28"), &digits(199), None);
        let Score::Digits(few) =
            few.unwrap().unwrap().score(&build(&preset, &[]).unwrap()).unwrap()
        else {
            panic!("digits are scored as digits")
        };
        assert_eq!(few.variety, None, "too few to compare with");
    }

    #[test]
    fn other_pictures_are_compared_with_those_held_back() {
        let shape = ImageShape::rgb(32, 32);
        let preset =
            Preset { model: Model::Colour32, latent: 64, score_every: 10, ..Preset::default() };
        let images = |count: usize| {
            let pixels = (0..count * shape.values()).map(|at| (at / 3 % 251) as u8).collect();
            InMemoryDataset::new("x", shape, pixels, None)
        };
        let of = |dataset: InMemoryDataset| {
            let dataset: Arc<dyn Dataset> = Arc::new(dataset);
            Scorer::of(&preset, &info("x", "28"), &dataset, None).unwrap()
        };
        let held_back = |count: usize| of(images(9).with_held_back(Arc::new(images(count))));
        assert!(of(images(300)).is_none() && held_back(199).is_none());
        let scorer = held_back(240).unwrap();
        let trainer = build(&preset, &[]).unwrap();
        let score = scorer.score(&trainer).unwrap();
        let Score::Pictures(pictures) = score else { panic!("no digits: {score:?}") };
        assert_eq!(pictures.samples, 120);
        assert!(pictures.sliced_wasserstein > 3.0 * pictures.floor, "{pictures:?}");
        assert_eq!(scorer.score(&trainer).unwrap(), score, "a score repeats");
    }

    #[test]
    fn mnist_is_told_by_its_content() {
        let is_scored = |score_every, data: Data, info: DatasetInfo| {
            let preset = Preset { score_every, data, ..Preset::default() };
            Scorer::of(&preset, &info, &digits(10), None).unwrap().is_some()
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
        let mut scorer = Scorer::of(
            &Preset::default(),
            &info("mnist", KNOWN[0].pixels[0]),
            &digits(10),
            Some(9.0),
        )
        .unwrap()
        .unwrap();
        let score = DigitClassifier::embedded()
            .unwrap()
            .1
            .score(&DigitClassifier::embedded().unwrap().0.read(&[0; 2 * PIXELS]).unwrap(), &[]);
        let better = |distance, scorer: &mut Scorer| {
            scorer.is_best(&Score::Digits(DigitScore { frechet_distance: distance, ..score }))
        };
        assert_eq!(
            [9.0, f32::NAN, 8.0, 8.5, 8.0, 7.0].map(|distance| better(distance, &mut scorer)),
            [false, false, true, false, false, true]
        );
    }
}
