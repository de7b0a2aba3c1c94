//! Images to learn from, behind one trait, as bytes.
//!
//! A [`DatasetRequest`] says which images a preset wants, and of which shape; [`load`] finds, reads and
//! fits them.
#![forbid(unsafe_code)]

pub mod checksum;
pub mod error;
pub mod faces;
pub mod fetch;
pub mod formats;
pub mod in_memory;
mod kind;
mod load;
pub mod noise;
mod pictures;
pub mod places;
mod request;
pub mod synthetic;

pub use error::DataError;
pub use formats::idx;
pub use in_memory::{InMemoryDataset, Labels};
pub use kind::{are_pictures, fitting, kind};
pub use load::load;
pub use pictures::{Others, PictureKind, ReadReport, Skipped};
pub use request::DatasetRequest;

use std::{borrow::Cow, sync::Arc};

use gan_tui_core::{
    event::DatasetInfo,
    image::{ImageBatch, ImageShape},
    preset::MNIST_SHAPE,
};

/// Height and width of an image of MNIST, in pixels.
pub const SIDE: usize = MNIST_SHAPE.height;
/// Values of an image of MNIST.
pub const PIXELS: usize = MNIST_SHAPE.values();

/// Images of one shape, in memory or drawn when they are asked for, with or without labels.
// No dataset is empty: a reader refuses one without images.
#[allow(clippy::len_without_is_empty)]
pub trait Dataset: Send + Sync {
    /// Returns the name, the number of images, the classes and the hash of the pixels.
    fn info(&self) -> DatasetInfo;

    /// Returns the shape of every image.
    fn shape(&self) -> ImageShape;

    /// Returns the number of images; never zero.
    fn len(&self) -> usize;

    /// Returns the values of one image (height, width, channels). Of grey ones, 0 is the background
    /// and 255 the stroke. Images that are drawn when they are asked for are owned.
    fn image(&self, index: usize) -> Cow<'_, [u8]>;

    /// Returns the images of these indices, in their order.
    fn images(&self, indices: &mut dyn Iterator<Item = usize>) -> ImageBatch {
        let mut pixels = Vec::new();
        indices.for_each(|index| pixels.extend_from_slice(&self.image(index)));
        ImageBatch::new(self.shape(), pixels)
    }

    /// Returns the label of one image, if the dataset has labels.
    fn label(&self, index: usize) -> Option<u8>;

    /// Returns the classes' names in the order of their labels; none without labels.
    fn classes(&self) -> &[String];

    /// Returns images of the same kind that are not among those to learn from, to compare samples
    /// with; `None` if there are none.
    fn held_back(&self) -> Option<Arc<dyn Dataset>> {
        None
    }

    /// Returns how the files were read, and what was passed over.
    fn report(&self) -> &ReadReport {
        static NOTHING: ReadReport =
            ReadReport { notes: Vec::new(), unreadable: Vec::new(), others: Vec::new(), images: 0 };
        &NOTHING
    }
}
