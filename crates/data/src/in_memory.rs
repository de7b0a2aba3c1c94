//! A dataset in memory: one block of bytes and its checksum.

use sha2::{Digest, Sha256};

use super::{Dataset, PIXELS};
use gan_tui_core::{dataset::KnownDataset, event::DatasetInfo, text::hex};

/// Images and labels as bytes.
#[derive(Debug)]
pub struct InMemoryDataset {
    name: String,
    sha256: String,
    /// (n, height, width, channels).
    pixels: Vec<u8>,
    labels: Option<Vec<u8>>,
}

impl InMemoryDataset {
    /// Makes a dataset of images (n, height, width, channels). It is called by the name of the
    /// published dataset with these pixels, else `name`.
    ///
    /// # Panics
    /// Panics if there is no image, the last one is incomplete, or the number of labels differs:
    /// readers check that.
    pub fn new(name: &str, pixels: Vec<u8>, labels: Option<Vec<u8>>) -> Self {
        let count = pixels.len() / PIXELS;
        assert!(count > 0 && pixels.len() == count * PIXELS, "not a whole number of images");
        assert!(
            labels.as_ref().is_none_or(|labels| labels.len() == count),
            "one label for each image"
        );
        let sha256 = hex(&Sha256::digest(&pixels));
        let name = KnownDataset::of_pixels(&sha256).map_or(name, |known| known.name).to_owned();
        Self { name, sha256, pixels, labels }
    }

    /// Renames the dataset once its content is known, such as by the checksum of its archive.
    pub fn renamed(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }
}

impl Dataset for InMemoryDataset {
    fn info(&self) -> DatasetInfo {
        DatasetInfo { name: self.name.clone(), count: self.len(), sha256: self.sha256.clone() }
    }

    fn len(&self) -> usize {
        self.pixels.len() / PIXELS
    }

    fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * PIXELS..(index + 1) * PIXELS]
    }

    fn label(&self, index: usize) -> Option<u8> {
        self.labels.as_ref().map(|labels| labels[index])
    }
}
