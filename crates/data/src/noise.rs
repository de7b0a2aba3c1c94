//! Images of noise, to train on where only the computation matters.

use super::{InMemoryDataset, PIXELS};

/// Returns `count` images of noise with labels from 0 to 9, always the same ones.
pub fn noise(count: usize) -> InMemoryDataset {
    let pixel = |index: usize| (index.wrapping_mul(2_654_435_761) >> 11) as u8;
    let labels = (0..count).map(|index| (index % 10) as u8).collect();
    InMemoryDataset::new("noise", (0..count * PIXELS).map(pixel).collect(), Some(labels))
}
