//! The embedded faces: each a pure function of (seed, index), put together from the parts in
//! `data/faces.ron` on a grid of 16 by 16 art pixels.
//!
//! Only integers are used, which give the same bits on every machine: the dataset's hash never
//! changes.

mod paint;
mod parts;
mod scale;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use parts::Parts;
pub use scale::Scale;

/// Art pixels of a face, across and down.
pub const ART: usize = 16;
/// A face on its grid: red, green and blue of each art pixel, row by row.
pub type Art = [u8; ART * ART * 3];

/// Returns the names of the classes of faces.
pub fn classes() -> &'static [String] {
    &Parts::embedded().classes
}

/// The label of face `index`: each class in turn, equally many of each.
pub fn label(index: usize) -> usize {
    index % classes().len()
}

/// Face `index` of a seed.
pub fn face(seed: u64, index: usize) -> Art {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(index as u64);
    paint::face(Parts::embedded(), label(index), &mut random)
}
