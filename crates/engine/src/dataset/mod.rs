//! Images to learn from, behind one trait; held as bytes.

pub mod error;
pub mod fetch;
pub mod idx;
pub mod known;
pub mod memory;
mod pen;
pub mod pictures;
pub mod source;
mod strokes;
pub mod synthetic;

pub use error::DataError;
pub use source::load;

use gan_tui_core::event::DatasetInfo;

/// Side of every image, in pixels.
pub const SIDE: usize = 28;
/// Pixels of an image.
pub const PIXELS: usize = SIDE * SIDE;

/// Labelled 28x28 grey images in memory.
// No dataset is empty: a reader refuses one without images.
#[allow(clippy::len_without_is_empty)]
pub trait Dataset: Send + Sync {
    /// Name, number of images and hash of the pixels.
    fn info(&self) -> DatasetInfo;

    /// How many images; never zero.
    fn len(&self) -> usize;

    /// The 784 pixels of one image, 0 the background, 255 the stroke.
    fn image(&self, index: usize) -> &[u8];

    /// The label of one image, where the dataset has labels.
    fn label(&self, index: usize) -> Option<u8>;
}
