//! The predictions of a small classifier of digits.

use dfdx::tensor::CpuError;
use rayon::prelude::*;

use super::{predictions::Predictions, reference::ReferenceStatistics};
use crate::model::classifier::{Classifier, softmax};
use gan_tui_core::{
    event::DigitScore,
    image::{ImageBatch, from_byte},
};
use gan_tui_data::PIXELS;

/// Images in one pass: few enough for memory, and a divisor of the usual counts.
const BATCH: usize = 100;

/// Predicts which digits images show.
pub struct DigitClassifier {
    pub(super) classifier: Classifier,
}

impl DigitClassifier {
    /// Wraps a trained network.
    pub fn new(classifier: Classifier) -> Self {
        Self { classifier }
    }

    /// Predicts the digits of images (n, height, width, channels). The result does not depend on
    /// the number of threads.
    ///
    /// # Errors
    /// Returns an error if the last image is incomplete, or memory runs out.
    pub fn read(&self, pixels: &[u8]) -> Result<Predictions, CpuError> {
        let (mut features, mut probabilities) = (Vec::new(), Vec::new());
        for batch in pixels.chunks(BATCH * PIXELS) {
            let images = batch.par_iter().map(|&byte| from_byte(byte)).collect();
            let (own, logits) = self.classifier.infer(images)?;
            features.extend(own);
            probabilities.extend(softmax(&logits));
        }
        Ok(Predictions { features, probabilities })
    }

    /// Scores images against real ones. `requested` are the digits that were requested, one for
    /// each image, or empty.
    ///
    /// # Errors
    /// As [`DigitClassifier::read`].
    pub fn score(
        &self,
        images: &ImageBatch,
        requested: &[u8],
        reference: &ReferenceStatistics,
    ) -> Result<DigitScore, CpuError> {
        Ok(reference.score(&self.read(&images.pixels)?, requested))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use gan_tui_data::SIDE;

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (classifier, reference) = DigitClassifier::embedded().unwrap();
        let pixels =
            (0..250 * PIXELS as u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 20) as u8);
        let images = ImageBatch::grey(SIDE, SIDE, pixels.collect());
        let score = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| classifier.score(&images, &[4; 250], reference)).unwrap()
        };
        assert_eq!(score(1), score(3));
        assert!(score(1).as_asked.is_some());
        assert!(classifier.read(&[0; PIXELS + 1]).is_err(), "no image is left out");
    }
}
