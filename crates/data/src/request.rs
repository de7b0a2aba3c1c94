//! What is asked of a dataset: which images, of which shape, read in which way.

use crate::faces;
use gan_tui_core::{
    dataset::Data,
    image::ImageShape,
    preset::{MNIST_SHAPE, Preset, Reading},
};

/// Which images to load, and of which shape.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetRequest {
    pub data: Data,
    /// The shape that every image is converted to.
    pub shape: ImageShape,
    pub reading: Reading,
}

impl DatasetRequest {
    /// Asks for the images that a preset names, in the shape of its model's.
    pub fn of(preset: &Preset) -> Self {
        Self { data: preset.data.clone(), shape: preset.model.image(), reading: preset.reading() }
    }

    /// Asks for images of MNIST's shape.
    pub fn grey(data: Data) -> Self {
        Self { data, shape: MNIST_SHAPE, reading: Reading::default() }
    }

    /// Asks for images in the shape in which they are looked at where no model decides: the
    /// embedded faces in colour, everything else as MNIST's.
    pub fn plain(data: Data) -> Self {
        let shape = if data == Data::Faces { faces::SHAPE } else { MNIST_SHAPE };
        Self { data, shape, reading: Reading::default() }
    }
}
