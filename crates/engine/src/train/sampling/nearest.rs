//! Which of the images that are learned from are nearest to generated ones, pixel by pixel.

use rayon::prelude::*;

use crate::train::random::{self, Stream};
use gan_tui_data::Dataset;

/// Images that are looked through, at most: what takes less time than people notice.
const SEARCHED: usize = 10_000;
/// Images that are in memory at once.
const CHUNK: usize = 500;

/// Returns the number of the dataset's image that is nearest to each of `images`, (n, height,
/// width, channels): the one with the least sum of squared differences, the first of several. Of a
/// dataset of more than 10,000 images, so many are looked through, always the same for a `seed`.
pub(super) fn nearest(dataset: &dyn Dataset, images: &[u8], seed: u64) -> Vec<usize> {
    let size = dataset.shape().values();
    let all: Vec<usize> = match dataset.len() {
        few if few <= SEARCHED => (0..few).collect(),
        many => random::indices(seed, Stream::Shown, u64::MAX, SEARCHED, many),
    };
    let mut least = vec![(u32::MAX, 0); images.len() / size];
    for chunk in all.chunks(CHUNK) {
        let real = dataset.images(&mut chunk.iter().copied()).pixels;
        least.par_iter_mut().zip(images.par_chunks_exact(size)).for_each(|(least, image)| {
            for (other, &index) in real.chunks_exact(size).zip(chunk) {
                let difference = difference(image, other);
                if difference < least.0 {
                    *least = (difference, index);
                }
            }
        });
    }
    least.into_iter().map(|(_, index)| index).collect()
}

/// The sum of squared differences: at most 12,288 of 255^2, which fits.
fn difference(one: &[u8], other: &[u8]) -> u32 {
    one.iter().zip(other).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_the_dataset_is_nearest_to_itself_and_to_a_changed_copy() {
        let dataset = gan_tui_data::synthetic::dataset(1, 700, &mut |_| {});
        let wanted = [699, 3, 512];
        let mut images = dataset.images(&mut wanted.into_iter()).pixels;
        images.iter_mut().step_by(7).for_each(|pixel| *pixel = pixel.saturating_add(9));
        assert_eq!(nearest(&dataset, &images, 1), wanted);
    }
}
