//! A dataset in memory: one block of bytes, and where they came from.

use sha2::{Digest, Sha256};

use super::{Dataset, PIXELS};
use gan_tui_core::{event::DatasetInfo, text::hex};

/// Images and labels, held as bytes.
#[derive(Debug)]
pub struct Memory {
    name: String,
    sha256: String,
    /// `count * 784` bytes.
    pixels: Vec<u8>,
    labels: Option<Vec<u8>>,
}

impl Memory {
    /// A dataset of `pixels`, (n, 28, 28), under the name their hash is known by, else `name`.
    ///
    /// # Panics
    /// If there is no image, or not a whole number of them, or another number of labels: readers
    /// have checked that.
    pub fn new(name: &str, pixels: Vec<u8>, labels: Option<Vec<u8>>) -> Self {
        let count = pixels.len() / PIXELS;
        assert!(count > 0 && pixels.len() == count * PIXELS, "not a whole number of images");
        assert!(
            labels.as_ref().is_none_or(|labels| labels.len() == count),
            "one label for each image"
        );
        let sha256 = hex(&Sha256::digest(&pixels));
        let name = super::known::name_of_pixels(&sha256).unwrap_or(name).to_owned();
        Self { name, sha256, pixels, labels }
    }

    /// Names the content by what is known otherwise, such as its archive's checksum.
    pub fn renamed(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }
}

impl Dataset for Memory {
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
