//! The file of the classifier's weights and the reference statistics.

use std::sync::OnceLock;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::{digit_classifier::DigitClassifier, reference::ReferenceStatistics};
use crate::model::{
    self, DIGITS,
    classifier::{Classifier, FEATURES},
};
use gan_tui_measures::FeatureMoments;

/// The classifier and the statistics of MNIST's test images, written by
/// `examples/train_classifier`.
static FILE: &[u8] = include_bytes!("../../data/classifier.safetensors");
/// SHA-256 of that file, in hexadecimal.
pub const SHA256: &str = include_str!("../../data/classifier.sha256");

/// Why a file of the classifier cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    #[error("the classifier's file is damaged: {0}")]
    File(String),
    #[error("the classifier's file is damaged: {0}")]
    Tensor(#[from] model::LoadError),
}

impl DigitClassifier {
    /// Returns the embedded classifier and the statistics of MNIST's test images.
    ///
    /// # Errors
    /// Returns an error if the embedded file is damaged, which a test rules out.
    pub fn embedded() -> Result<&'static (Self, ReferenceStatistics), &'static ScoreError> {
        static EMBEDDED: OnceLock<Result<(DigitClassifier, ReferenceStatistics), ScoreError>> =
            OnceLock::new();
        EMBEDDED.get_or_init(|| Self::read_file(FILE)).as_ref()
    }

    /// Reads a classifier and its statistics from the bytes of a file.
    ///
    /// # Errors
    /// Returns an error if a tensor is missing or has another shape.
    pub fn read_file(bytes: &[u8]) -> Result<(Self, ReferenceStatistics), ScoreError> {
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
            |values: Vec<f64>| -> [f64; DIGITS] { std::array::from_fn(|digit| values[digit]) };
        let reference = ReferenceStatistics {
            moments: FeatureMoments {
                mean: doubles("reference.mean", FEATURES)?,
                covariance: doubles("reference.covariance", FEATURES * FEATURES)?,
            },
            classes: digits(doubles("reference.classes", DIGITS)?),
            variances: digits(doubles("reference.variances", DIGITS)?),
            floors: doubles("reference.floors", 0)?
                .chunks_exact(2)
                .map(|pair| (pair[0] as usize, pair[1]))
                .collect(),
        };
        Ok((Self { classifier }, reference))
    }

    /// Returns the bytes of a file that [`DigitClassifier::read_file`] reads.
    ///
    /// # Errors
    /// Returns an error if the library refuses to write, which would be a bug.
    pub fn write_file(&self, reference: &ReferenceStatistics) -> Result<Vec<u8>, ScoreError> {
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
            ("classes", vec![DIGITS], &reference.classes),
            ("variances", vec![DIGITS], &reference.variances),
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
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use gan_tui_core::text::hex;
    use sha2::{Digest, Sha256};

    use super::*;
    use gan_tui_data::PIXELS;

    #[test]
    fn the_file_has_its_recorded_hash() {
        assert_eq!(hex(&Sha256::digest(FILE)), SHA256.trim());
        assert!(FILE.len() < 300_000, "{} bytes", FILE.len());
    }

    #[test]
    fn what_is_written_reads_back() {
        let (classifier, reference) = DigitClassifier::embedded().unwrap();
        let (again, read) =
            DigitClassifier::read_file(&classifier.write_file(reference).unwrap()).unwrap();
        assert_eq!(&read, reference);
        let image = [7u8; PIXELS];
        assert_eq!(again.read(&image).unwrap(), classifier.read(&image).unwrap());
        assert!(DigitClassifier::read_file(&FILE[..1000]).is_err());
    }
}
