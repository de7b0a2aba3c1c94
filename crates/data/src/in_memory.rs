//! A dataset in memory: one block of bytes and its checksum.

use std::{borrow::Cow, sync::Arc};

use sha2::{Digest, Sha256};

use super::Dataset;
use gan_tui_core::{
    dataset::KnownDataset, event::DatasetInfo, image::ImageShape, preset::MNIST_SHAPE, text::hex,
};

/// Images and labels as bytes.
#[derive(Clone)]
pub struct InMemoryDataset {
    name: String,
    sha256: String,
    shape: ImageShape,
    /// (n, height, width, channels).
    pixels: Vec<u8>,
    labels: Option<Labels>,
    held_back: Option<Arc<dyn Dataset>>,
}

/// The class of each image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// One for each image.
    pub of: Vec<u8>,
    /// The classes' names, in the order of their labels.
    pub classes: Vec<String>,
}

impl Labels {
    /// Labels whose classes are called by their numbers, up to the highest label.
    pub fn numbered(of: Vec<u8>) -> Self {
        let highest = of.iter().copied().max().map_or(0, usize::from);
        Self { of, classes: (0..=highest).map(|class| class.to_string()).collect() }
    }

    /// Labels of the ten digits.
    pub fn digits(of: Vec<u8>) -> Self {
        Self { of, classes: (0..10).map(|class| class.to_string()).collect() }
    }
}

impl InMemoryDataset {
    /// Makes a dataset of images (n, height, width, channels). It is called by the name of the
    /// published dataset with these pixels, else `name`.
    ///
    /// # Panics
    /// Panics if there is no image, the last one is incomplete, the number of labels differs or one
    /// has no class: readers check that.
    pub fn new(name: &str, shape: ImageShape, pixels: Vec<u8>, labels: Option<Labels>) -> Self {
        let count = pixels.len() / shape.values();
        assert!(
            count > 0 && pixels.len() == count * shape.values(),
            "not a whole number of images"
        );
        if let Some(labels) = &labels {
            assert_eq!(labels.of.len(), count, "one label for each image");
            let classes = labels.classes.len();
            assert!(
                labels.of.iter().all(|&label| usize::from(label) < classes),
                "a class for each"
            );
        }
        let sha256 = hex(&Sha256::digest(&pixels));
        let name = KnownDataset::of_pixels(&sha256).map_or(name, |known| known.name).to_owned();
        Self { name, sha256, shape, pixels, labels, held_back: None }
    }

    /// Makes a dataset of grey images of MNIST's size, labelled as digits are; see
    /// [`InMemoryDataset::new`].
    ///
    /// # Panics
    /// As [`InMemoryDataset::new`].
    pub fn of_digits(name: &str, pixels: Vec<u8>, labels: Option<Vec<u8>>) -> Self {
        Self::new(name, MNIST_SHAPE, pixels, labels.map(Labels::digits))
    }

    /// Renames the dataset once its content is known, such as by the checksum of its archive.
    pub fn renamed(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Adds images to compare samples with.
    pub fn with_held_back(self, images: Arc<dyn Dataset>) -> Self {
        Self { held_back: Some(images), ..self }
    }
}

impl Dataset for InMemoryDataset {
    fn info(&self) -> DatasetInfo {
        DatasetInfo {
            name: self.name.clone(),
            count: self.len(),
            sha256: self.sha256.clone(),
            classes: self.classes().to_vec(),
        }
    }

    fn shape(&self) -> ImageShape {
        self.shape
    }

    fn len(&self) -> usize {
        self.pixels.len() / self.shape.values()
    }

    fn image(&self, index: usize) -> Cow<'_, [u8]> {
        let size = self.shape.values();
        Cow::Borrowed(&self.pixels[index * size..(index + 1) * size])
    }

    fn label(&self, index: usize) -> Option<u8> {
        self.labels.as_ref().map(|labels| labels.of[index])
    }

    fn classes(&self) -> &[String] {
        self.labels.as_ref().map_or(&[], |labels| &labels.classes)
    }

    fn held_back(&self) -> Option<Arc<dyn Dataset>> {
        self.held_back.clone()
    }
}
