//! The embedded digits as a dataset: each is drawn when it is first asked for, so that a run can
//! begin at once.

use std::{borrow::Cow, sync::OnceLock};

use super::{COUNT, NAME, SEED};
use crate::{Dataset, PIXELS, in_memory::Labels};
use gan_tui_core::{event::DatasetInfo, image::ImageShape, preset::MNIST_SHAPE};
use gan_tui_drawings::digits::{digit, label};

/// The hash of all pixels, which never change.
const SHA256: &str = "48a35c76c0d06f0a00014516bc501108af5249800b51e60d449fcc0334231a23";

/// The 60,000 embedded digits.
pub struct Embedded {
    images: Vec<OnceLock<Box<[u8; PIXELS]>>>,
    labels: Labels,
}

impl Default for Embedded {
    fn default() -> Self {
        let images = std::iter::repeat_with(OnceLock::new).take(COUNT).collect();
        Self { images, labels: Labels::digits((0..COUNT).map(label).collect()) }
    }
}

impl Dataset for Embedded {
    fn info(&self) -> DatasetInfo {
        DatasetInfo {
            name: NAME.into(),
            count: COUNT,
            sha256: SHA256.into(),
            classes: self.labels.classes.clone(),
            labelled_sha256: Some(self.labels.sha256(SHA256)),
            notes: Vec::new(),
        }
    }

    fn shape(&self) -> ImageShape {
        MNIST_SHAPE
    }

    fn len(&self) -> usize {
        COUNT
    }

    fn image(&self, index: usize) -> Cow<'_, [u8]> {
        let drawn = self.images[index].get_or_init(|| Box::new(digit(SEED, index)));
        Cow::Borrowed(&drawn[..])
    }

    fn label(&self, index: usize) -> Option<u8> {
        Some(self.labels.of[index])
    }

    fn classes(&self) -> &[String] {
        &self.labels.classes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::dataset;

    #[test]
    fn the_digits_are_those_that_are_drawn_at_once() {
        let (embedded, drawn) = (Embedded::default(), dataset(SEED, COUNT, &mut |_| {}));
        assert_eq!(embedded.info(), drawn.info());
        for index in [0, 31, 59_999] {
            assert_eq!(embedded.image(index), drawn.image(index));
            assert_eq!(embedded.label(index), drawn.label(index));
        }
        assert_eq!(embedded.shape(), drawn.shape());
    }
}
