//! Images of noise, to train on where only the computation matters.

use super::{InMemoryDataset, Labels};
use gan_tui_core::image::ImageShape;

/// Returns `count` images of noise with labels from 0 to 9, always the same ones.
pub fn noise(shape: ImageShape, count: usize) -> InMemoryDataset {
    let pixel = |index: usize| (index.wrapping_mul(2_654_435_761) >> 11) as u8;
    let labels = (0..count).map(|index| (index % 10) as u8).collect();
    let pixels = (0..count * shape.values()).map(pixel).collect();
    InMemoryDataset::new("noise", shape, pixels, Some(Labels::digits(labels)))
}
