//! A dataset in memory: one block of bytes and its checksum.

use std::{borrow::Cow, sync::Arc};

use rand::{SeedableRng as _, seq::index};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::{Dataset, ReadReport, pictures::fit};
use gan_tui_core::{
    dataset::KnownDataset,
    event::DatasetInfo,
    image::{Image, ImageShape},
    preset::{Fit, MNIST_SHAPE},
    text::{grouped, hex},
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
    report: Arc<ReadReport>,
    is_published: bool,
}

/// Decides which images are held back.
const HELD_BACK_SEED: u64 = 0x6865_6c64;

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

    /// Returns a hash of the pixels' hash, the labels and the classes' names, each with its length.
    pub(crate) fn sha256(&self, pixels: &str) -> String {
        let mut hash = Sha256::new();
        let parts = [pixels.as_bytes(), &self.of];
        for part in parts.into_iter().chain(self.classes.iter().map(String::as_bytes)) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hex(&hash.finalize())
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
        Self {
            name,
            sha256,
            shape,
            pixels,
            labels,
            held_back: None,
            report: Arc::default(),
            is_published: false,
        }
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

    /// Adds how the files were read.
    pub fn with_report(self, report: ReadReport) -> Self {
        Self { report: Arc::new(report), ..self }
    }

    /// Marks the dataset as one in MNIST's format, of which nothing is held back unless asked for.
    pub(crate) fn published(self) -> Self {
        Self { is_published: true, ..self }
    }

    /// Returns whether the dataset is one in MNIST's format, or has the content of a published one.
    pub(crate) fn is_published(&self) -> bool {
        self.is_published || KnownDataset::of_pixels(&self.sha256).is_some()
    }

    /// Returns the dataset with its images converted to a shape, if they have another one.
    pub(crate) fn reshaped(self, shape: ImageShape, fit: Fit) -> Self {
        if self.shape == shape {
            return self;
        }
        let mut pixels = Vec::with_capacity(self.len() * shape.values());
        for index in 0..self.len() {
            let image = Image::new(self.shape, self.image(index).to_vec());
            let image = fit::with_channels(image, shape.channels);
            pixels.extend_from_slice(&fit::fitted(&image, shape, fit));
        }
        let text = |shape: ImageShape| {
            let kind = if shape.channels == 1 { "grey" } else { "RGB" };
            format!("{}x{} {kind}", shape.width, shape.height)
        };
        let mut report = self.report.as_ref().clone();
        report.notes.push(format!("every image was {}, made {}", text(self.shape), text(shape)));
        Self {
            sha256: hex(&Sha256::digest(&pixels)),
            shape,
            pixels,
            report: Arc::new(report),
            ..self
        }
    }

    /// Returns the dataset with `count` of its images, less than all, held back. Which ones is a
    /// function of the number of images alone: every run of a dataset keeps the same from training.
    pub(crate) fn holding_back(mut self, count: usize) -> Self {
        if count == 0 {
            return self;
        }
        let (all, size) = (self.len(), self.shape.values());
        let chosen = index::sample(&mut ChaCha8Rng::seed_from_u64(HELD_BACK_SEED), all, count);
        let mut is_held_back = vec![false; all];
        chosen.iter().for_each(|index| is_held_back[index] = true);
        let mut held_back = Vec::with_capacity(count * size);
        let mut labels_held_back = Vec::new();
        let mut kept = 0;
        for (index, is_held_back) in is_held_back.into_iter().enumerate() {
            let place = index * size..(index + 1) * size;
            let label = self.labels.as_ref().map(|labels| labels.of[index]);
            if is_held_back {
                held_back.extend_from_slice(&self.pixels[place]);
                labels_held_back.extend(label);
                continue;
            }
            self.pixels.copy_within(place, kept * size);
            if let (Some(labels), Some(label)) = (&mut self.labels, label) {
                labels.of[kept] = label;
            }
            kept += 1;
        }
        self.pixels.truncate(kept * size);
        let labels = self.labels.as_mut().map(|labels| {
            labels.of.truncate(kept);
            Labels { of: labels_held_back, classes: labels.classes.clone() }
        });
        self.sha256 = hex(&Sha256::digest(&self.pixels));
        let mut report = self.report.as_ref().clone();
        report.notes.push(format!(
            "{} of {} images are held back, to compare samples with",
            grouped(count),
            grouped(all)
        ));
        self.report = Arc::new(report);
        let held_back = Self::new(&self.name, self.shape, held_back, labels);
        self.with_held_back(Arc::new(held_back))
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
            labelled_sha256: self.labels.as_ref().map(|labels| labels.sha256(&self.sha256)),
            notes: self.report.lines(),
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

    fn report(&self) -> &ReadReport {
        &self.report
    }
}
