//! Images to learn from, behind one trait; held as bytes.
#![forbid(unsafe_code)]

pub mod checksum;
pub mod error;
pub mod fetch;
pub mod formats;
pub mod in_memory;
mod load;
pub mod noise;
pub mod places;
pub mod synthetic;

pub use error::DataError;
pub use formats::idx;
pub use in_memory::InMemoryDataset;
pub use load::load;

use gan_tui_core::{event::DatasetInfo, preset::MNIST_SHAPE};

/// Height and width of every image, in pixels.
pub const SIDE: usize = MNIST_SHAPE.height;
/// Values of an image.
pub const PIXELS: usize = MNIST_SHAPE.values();

/// Grey images of [`SIDE`] by [`SIDE`] pixels in memory, with or without labels.
// No dataset is empty: a reader refuses one without images.
#[allow(clippy::len_without_is_empty)]
pub trait Dataset: Send + Sync {
    /// Returns the name, the number of images and the hash of the pixels.
    fn info(&self) -> DatasetInfo;

    /// Returns the number of images; never zero.
    fn len(&self) -> usize;

    /// Returns the pixels of one image (height, width, channels): 0 is the background, 255 the
    /// stroke.
    fn image(&self, index: usize) -> &[u8];

    /// Returns the label of one image, if the dataset has labels.
    fn label(&self, index: usize) -> Option<u8>;
}
