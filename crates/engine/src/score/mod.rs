//! How good images are as digits: a small classifier's readings of them, and how far their features
//! are from those of real ones.

mod frechet;

use std::sync::OnceLock;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use sha2::{Digest, Sha256};

pub use frechet::{Moments, distance};

use crate::model::{
    self, CLASSES,
    classifier::{Classifier, FEATURES, softmax},
};
use gan_tui_core::{
    event::Score,
    image::{ImageBatch, from_byte},
    text::hex,
};

/// The classifier and the statistics of MNIST's test images, as `examples/train_classifier` wrote
/// them.
static FILE: &[u8] = include_bytes!("../../data/classifier.safetensors");
/// SHA-256 of that file, in hexadecimal.
pub const SHA256: &str = include_str!("../../data/classifier.sha256");
/// Numbers of real images whose score is measured.
const FLOORS: [usize; 9] = [20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/// Images that a floor of fewer is measured with, in several draws, so that no single draw decides
/// it.
const FLOOR_IMAGES: usize = 5_000;
/// Images read in one pass: few enough for memory, a whole number for every count that is usual.
const BATCH: usize = 100;
/// Pixels of an image.
const PIXELS: usize = 28 * 28;

/// What the classifier sees in some images.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    /// (n, [`FEATURES`]).
    pub features: Vec<f32>,
    /// (n, 10), each row a sum of 1.
    pub probabilities: Vec<f32>,
}

/// Reads digits.
pub struct DigitClassifier {
    classifier: Classifier,
}

/// The features of real images, to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub moments: Moments,
    /// Share of each digit.
    pub classes: [f64; CLASSES],
    /// Variance of the features within each digit, summed over the features.
    pub variances: [f64; CLASSES],
    /// What real images that are not the reference's score, by their number, smallest first.
    pub floors: Vec<(usize, f64)>,
}

/// A file of classifier and statistics that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    #[error("the classifier's file is damaged: {0}")]
    File(String),
    #[error("the classifier's file is damaged: {0}")]
    Tensor(#[from] model::LoadError),
}

impl Readings {
    /// How many images were read.
    pub fn count(&self) -> usize {
        self.probabilities.len() / CLASSES
    }

    /// Those of some of the images, by their places.
    fn some(&self, places: &[usize]) -> Self {
        let of = |all: &[f32], width: usize| {
            places.iter().flat_map(|&place| &all[place * width..][..width]).copied().collect()
        };
        Self {
            features: of(&self.features, FEATURES),
            probabilities: of(&self.probabilities, CLASSES),
        }
    }

    /// What each image is read as, and how probable that is held.
    pub fn digits(&self) -> impl Iterator<Item = (u8, f32)> + '_ {
        self.probabilities.chunks_exact(CLASSES).map(|row| {
            let most = (0..CLASSES)
                .fold(0, |most, class| if row[class] > row[most] { class } else { most });
            (most as u8, row[most])
        })
    }
}

impl DigitClassifier {
    /// The classifier that the program carries.
    ///
    /// # Errors
    /// Where its file is not what it should be, which a test rules out.
    pub fn embedded() -> Result<&'static (Self, Reference), &'static ScoreError> {
        static EMBEDDED: OnceLock<Result<(DigitClassifier, Reference), ScoreError>> =
            OnceLock::new();
        EMBEDDED.get_or_init(|| Self::read_file(FILE)).as_ref()
    }

    /// A classifier with weights of one's own.
    pub fn new(classifier: Classifier) -> Self {
        Self { classifier }
    }

    /// A classifier and its statistics from the bytes of a file.
    ///
    /// # Errors
    /// Where a tensor is missing or misshapen.
    pub fn read_file(bytes: &[u8]) -> Result<(Self, Reference), ScoreError> {
        let file =
            SafeTensors::deserialize(bytes).map_err(|error| ScoreError::File(error.to_string()))?;
        let numbers = |name: &str| -> Option<(Vec<usize>, Vec<f32>)> {
            let tensor = file.tensor(name).ok().filter(|tensor| tensor.dtype() == Dtype::F32)?;
            let values = tensor
                .data()
                .chunks_exact(4)
                .filter_map(|bytes| bytes.try_into().ok().map(f32::from_le_bytes));
            Some((tensor.shape().to_vec(), values.collect()))
        };
        let mut classifier = Classifier::zeros(0.0);
        let tensors: Vec<_> = model::shapes(&classifier)
            .into_iter()
            .map(|shape| (numbers(&shape.name), shape.name))
            .collect();
        let find = |name: &str| {
            let (found, _) = tensors.iter().find(|(_, own)| own == name)?;
            found.as_ref().map(|(shape, values)| (&shape[..], &values[..]))
        };
        model::load(&mut classifier, find)?;
        let doubles = |name: &str, count: usize| {
            let found = numbers(name).filter(|(_, values)| values.len() == count || count == 0);
            let values =
                found.ok_or_else(|| ScoreError::File(format!("no {name} of {count} numbers")))?.1;
            Ok::<Vec<f64>, ScoreError>(values.into_iter().map(f64::from).collect())
        };
        let digits =
            |values: Vec<f64>| -> [f64; CLASSES] { std::array::from_fn(|digit| values[digit]) };
        let reference = Reference {
            moments: Moments {
                mean: doubles("reference.mean", FEATURES)?,
                covariance: doubles("reference.covariance", FEATURES * FEATURES)?,
            },
            classes: digits(doubles("reference.classes", CLASSES)?),
            variances: digits(doubles("reference.variances", CLASSES)?),
            floors: doubles("reference.floors", 0)?
                .chunks_exact(2)
                .map(|pair| (pair[0] as usize, pair[1]))
                .collect(),
        };
        Ok((Self { classifier }, reference))
    }

    /// The bytes of a file that [`DigitClassifier::read_file`] reads.
    ///
    /// # Errors
    /// Where the library refuses to write, which would be a bug.
    pub fn write_file(&self, reference: &Reference) -> Result<Vec<u8>, ScoreError> {
        let single = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        let mut tensors: Vec<(String, Vec<usize>, Vec<f32>)> = model::named(&self.classifier)
            .into_iter()
            .map(|(tensor, values)| (tensor.name, tensor.shape, values))
            .collect();
        let floors: Vec<f64> =
            reference.floors.iter().flat_map(|&(count, floor)| [count as f64, floor]).collect();
        for (name, shape, values) in [
            ("mean", vec![FEATURES], &reference.moments.mean[..]),
            ("covariance", vec![FEATURES, FEATURES], &reference.moments.covariance),
            ("classes", vec![CLASSES], &reference.classes),
            ("variances", vec![CLASSES], &reference.variances),
            ("floors", vec![reference.floors.len(), 2], &floors),
        ] {
            tensors.push((format!("reference.{name}"), shape, single(values)));
        }
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(.., values)| values.iter().flat_map(|x| x.to_le_bytes()).collect())
            .collect();
        let broken = |error: safetensors::SafeTensorError| ScoreError::File(error.to_string());
        let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
            TensorView::new(Dtype::F32, shape.clone(), bytes)
                .map(|view| (name.clone(), view))
                .map_err(broken)
        });
        safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, None).map_err(broken)
    }

    /// Reads images, (n, 28, 28) bytes. The result does not depend on the number of threads.
    pub fn read(&self, pixels: &[u8]) -> Readings {
        let (mut features, mut probabilities) = (Vec::new(), Vec::new());
        for batch in pixels.chunks(BATCH * PIXELS) {
            let images = batch.par_iter().map(|&byte| from_byte(byte)).collect();
            // A whole number of images: what a stack and a dataset hold.
            let (own, logits) = self.classifier.infer(images).unwrap_or_default();
            features.extend(own);
            probabilities.extend(softmax(&logits));
        }
        Readings { features, probabilities }
    }

    /// Scores images against real ones. `asked` are the digits that were asked for, one for each
    /// image, or empty.
    pub fn score(&self, images: &ImageBatch, asked: &[u8], reference: &Reference) -> Score {
        reference.score(&self.read(&images.pixels), asked)
    }
}

/// `count` of `all` places, each once, at random and always the same ones for a draw. Neither the
/// first images of a file nor every second one are like all: MNIST's come from two groups of
/// writers in turn.
pub fn scattered(all: usize, count: usize, draw: u64) -> Vec<usize> {
    rand::seq::index::sample(&mut ChaCha8Rng::seed_from_u64(1 + draw), all, count).into_vec()
}

impl Reference {
    /// Of the readings of real images. `floors` are those of others, by how many.
    pub fn of(readings: &Readings) -> Self {
        let (counts, variances) = within(readings);
        let count = readings.count().max(1) as f64;
        let moments = Moments::of(&readings.features, FEATURES);
        Self {
            moments,
            classes: counts.map(|own| own as f64 / count),
            variances,
            floors: Vec::new(),
        }
    }

    /// Measures what real images that are not the reference's score, from their readings: scattered
    /// parts of them, and all.
    pub fn add_floors(&mut self, others: &Readings) {
        let all = others.count();
        for count in FLOORS.into_iter().filter(|&count| count < all).chain([all]) {
            let score = |draw| {
                f64::from(
                    self.score(&others.some(&scattered(all, count, draw)), &[]).frechet_distance,
                )
            };
            let draws = if count < all { FLOOR_IMAGES.div_ceil(count).min(20) } else { 1 };
            let floor = (0..draws as u64).map(score).sum::<f64>() / draws as f64;
            self.floors.push((count, floor));
        }
    }

    /// What as many real images score: between two measured numbers in a straight line over the
    /// number's inverse, since what too small a sample adds to a distance goes with that.
    pub fn floor(&self, count: usize) -> f64 {
        let inverse = |count: usize| 1.0 / count.max(1) as f64;
        let above = self.floors.iter().position(|&(known, _)| known >= count);
        match (above, self.floors.last()) {
            (Some(0), _) => self.floors[0].1,
            (Some(place), _) => {
                let ((few, high), (many, low)) = (self.floors[place - 1], self.floors[place]);
                low + (high - low) * (inverse(count) - inverse(many))
                    / (inverse(few) - inverse(many))
            }
            (None, Some(&(_, lowest))) => lowest,
            (None, None) => 0.0,
        }
    }

    /// The score of readings. `asked` are the digits that were asked for, one for each image, or
    /// empty.
    pub fn score(&self, readings: &Readings, asked: &[u8]) -> Score {
        let samples = readings.count();
        let count = samples.max(1) as f64;
        let moments = Moments::of(&readings.features, FEATURES);
        let (counts, variances) = within(readings);
        let classes = counts.map(|own| own as f64 / count);
        // Infinite where a digit is drawn that the real images have none of.
        let divergence = classes.iter().zip(&self.classes).filter(|(own, _)| **own > 0.0);
        let class_kl: f64 = divergence.map(|(own, real)| own * (own / real).ln()).sum();
        let spread: Vec<f64> = variances
            .iter()
            .zip(&self.variances)
            .filter(|(_, real)| **real > 0.0)
            .map(|(own, real)| own / real)
            .collect();
        let confidence: f64 = readings.digits().map(|(_, confidence)| f64::from(confidence)).sum();
        let right =
            readings.digits().zip(asked).filter(|((digit, _), asked)| digit == *asked).count();
        Score {
            samples,
            frechet_distance: distance(&moments, &self.moments) as f32,
            floor: self.floor(samples) as f32,
            confidence: (confidence / count) as f32,
            classes: classes.map(|share| share as f32),
            class_kl: class_kl as f32,
            smallest_class: classes.iter().copied().fold(1.0, f64::min) as f32,
            diversity: (spread.iter().sum::<f64>() / spread.len().max(1) as f64) as f32,
            as_asked: (!asked.is_empty()).then_some((right as f64 / count) as f32),
        }
    }
}

/// How many images are read as each digit, and the variance of their features, summed over the
/// features; 0 for fewer than two.
fn within(readings: &Readings) -> ([usize; CLASSES], [f64; CLASSES]) {
    let mut own: [Vec<f32>; CLASSES] = Default::default();
    for ((digit, _), features) in readings.digits().zip(readings.features.chunks_exact(FEATURES)) {
        own[usize::from(digit)].extend_from_slice(features);
    }
    let variance = |features: &Vec<f32>| {
        let moments = Moments::of(features, FEATURES);
        (0..FEATURES).map(|index| moments.covariance[index * FEATURES + index]).sum()
    };
    (
        std::array::from_fn(|digit| own[digit].len() / FEATURES),
        std::array::from_fn(|digit| variance(&own[digit])),
    )
}

/// SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_one_whose_hash_is_told() {
        assert_eq!(sha256(FILE), SHA256.trim());
        assert!(FILE.len() < 300_000, "{} bytes", FILE.len());
    }

    #[test]
    fn what_is_written_reads_back() {
        let (judge, reference) = DigitClassifier::embedded().unwrap();
        let (again, read) =
            DigitClassifier::read_file(&judge.write_file(reference).unwrap()).unwrap();
        assert_eq!(&read, reference);
        let image = [7u8; PIXELS];
        assert_eq!(again.read(&image), judge.read(&image));
        assert!(DigitClassifier::read_file(&FILE[..1000]).is_err());
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (judge, reference) = DigitClassifier::embedded().unwrap();
        let pixels =
            (0..250 * PIXELS as u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 20) as u8);
        let images = ImageBatch::grey(28, 28, pixels.collect());
        let score = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| judge.score(&images, &[4; 250], reference))
        };
        assert_eq!(score(1), score(3));
        assert!(score(1).as_asked.is_some());
    }

    #[test]
    fn a_floor_lies_between_those_that_were_measured() {
        let reference = Reference {
            moments: Moments { mean: Vec::new(), covariance: Vec::new() },
            classes: [0.1; CLASSES],
            variances: [1.0; CLASSES],
            floors: vec![(100, 5.0), (1_000, 0.5)],
        };
        assert_eq!(
            [10, 100, 1_000, 9_999].map(|count| reference.floor(count)),
            [5.0, 5.0, 0.5, 0.5]
        );
        assert!((reference.floor(200) - (0.5 + 4.5 * 4.0 / 9.0)).abs() < 1e-9);
    }
}
