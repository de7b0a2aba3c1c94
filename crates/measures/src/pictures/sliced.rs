//! The sliced Wasserstein distance between the patches of two sets of images (Karras et al. 2018,
//! "Progressive growing of GANs", section 5).
//!
//! From each level of each image's Laplacian pyramid, patches of 7x7 pixels are taken at random
//! places, normalised channel by channel with the mean and deviation of the real images' patches,
//! and projected onto random directions. In one dimension the Wasserstein distance of two sets of
//! equal size is the mean difference of their sorted values; it is averaged over directions and
//! levels. The published form takes 128 patches of an image and normalises each set by itself;
//! here it is 16, which is enough for a thousand images, and one normalisation for both, so that a
//! difference in colour is a distance.

use gan_tui_core::image::{ImageShape, from_byte};
use gan_tui_kernels::{
    self as kernels,
    product::{Grid, Panels, Product},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::pyramid::{laplacian, sides};

/// Side of a patch.
const PATCH: usize = 7;
/// Patches of a level of an image.
const PER_IMAGE: usize = 16;
/// Directions that patches are projected onto.
const DIRECTIONS: usize = 128;

/// Takes and projects the patches of images of one shape.
pub struct Patches {
    shape: ImageShape,
    /// The pyramid's sides.
    sides: Vec<usize>,
    /// (patch, direction), each direction of length 1.
    directions: Vec<f32>,
}

/// The patches of real images, for each level.
pub struct PatchReference(Vec<LevelReference>);

struct LevelReference {
    /// For each channel.
    mean: Vec<f32>,
    deviation: Vec<f32>,
    /// (direction, patch): sorted for each direction.
    projections: Vec<Vec<f32>>,
}

impl Patches {
    pub fn new(shape: ImageShape) -> Self {
        let size = PATCH * PATCH * shape.channels;
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let mut directions: Vec<f32> =
            (0..size * DIRECTIONS).map(|_| random.sample(StandardNormal)).collect();
        for direction in 0..DIRECTIONS {
            let values = || directions[direction..].iter().step_by(DIRECTIONS);
            let length = values().map(|value| value * value).sum::<f32>().sqrt();
            directions[direction..].iter_mut().step_by(DIRECTIONS).for_each(|x| *x /= length);
        }
        Self { shape, sides: sides(shape.width), directions }
    }

    /// Numbers of a patch.
    fn size(&self) -> usize {
        PATCH * PATCH * self.shape.channels
    }

    /// Takes the patches of real images (n, height, width, channels).
    pub fn reference(&self, pixels: &[u8]) -> PatchReference {
        let levels = self.take(pixels).into_iter().map(|mut patches| {
            let channels = self.shape.channels;
            let count = (patches.len() / channels) as f32;
            let of = |channel: usize| patches[channel..].iter().step_by(channels);
            let mean: Vec<f32> =
                (0..channels).map(|channel| of(channel).sum::<f32>() / count).collect();
            let deviation: Vec<f32> = (0..channels)
                .map(|channel| {
                    let squares = of(channel).map(|value| (value - mean[channel]).powi(2));
                    (squares.sum::<f32>() / count).sqrt().max(1e-6)
                })
                .collect();
            normalise(&mut patches, &mean, &deviation);
            let projections = self.project(&patches);
            LevelReference { mean, deviation, projections }
        });
        PatchReference(levels.collect())
    }

    /// Returns the distance of images from real ones, times 1000.
    pub fn distance(&self, pixels: &[u8], reference: &PatchReference) -> f32 {
        let levels = self.take(pixels).into_iter().zip(&reference.0);
        let distances = levels.map(|(mut patches, real)| {
            normalise(&mut patches, &real.mean, &real.deviation);
            let projections = self.project(&patches);
            let each = projections.iter().zip(&real.projections).map(|(one, other)| {
                let sum: f64 = one.iter().zip(other).map(|(a, b)| f64::from((a - b).abs())).sum();
                sum / one.len().min(other.len()).max(1) as f64
            });
            each.sum::<f64>() / DIRECTIONS as f64
        });
        (1000.0 * distances.sum::<f64>() / self.sides.len() as f64) as f32
    }

    /// Returns the patches of each level, (level, patch, height, width, channels), of images in
    /// [-1, 1]. Their places are a function of the image's number.
    fn take(&self, pixels: &[u8]) -> Vec<Vec<f32>> {
        let (size, channels) = (self.size(), self.shape.channels);
        let images: Vec<Vec<Vec<f32>>> = pixels
            .par_chunks_exact(self.shape.values())
            .enumerate()
            .map(|(index, image)| {
                let mut random = ChaCha8Rng::seed_from_u64(3);
                random.set_stream(index as u64);
                let image = image.iter().map(|&byte| from_byte(byte)).collect();
                let levels = laplacian(self.shape.width, channels, image).into_iter();
                levels
                    .map(|level| {
                        let mut patches = Vec::with_capacity(PER_IMAGE * size);
                        for _ in 0..PER_IMAGE {
                            let mut place = || random.gen_range(0..=level.side - PATCH);
                            let (top, left) = (place(), place());
                            for row in top..top + PATCH {
                                let start = (row * level.side + left) * channels;
                                let end = start + PATCH * channels;
                                patches.extend_from_slice(&level.values[start..end]);
                            }
                        }
                        patches
                    })
                    .collect()
            })
            .collect();
        let of = |level: usize| images.iter().flat_map(|image| &image[level]).copied().collect();
        (0..self.sides.len()).map(of).collect()
    }

    /// Returns the sorted projections of patches onto each direction.
    fn project(&self, patches: &[f32]) -> Vec<Vec<f32>> {
        let size = self.size();
        let rows = patches.len() / size;
        let path = kernels::active();
        let panels = Panels::pack(path, &self.directions, &[0], size, DIRECTIONS, None);
        let mut projected = vec![0.0; rows * DIRECTIONS];
        Product {
            rows: 1,
            columns: rows,
            input: Grid::rows(size),
            output: Grid::rows(DIRECTIONS),
            taps: &[0],
            panels: &panels,
            bias: None,
        }
        .run(patches, &mut projected);
        (0..DIRECTIONS)
            .into_par_iter()
            .map(|direction| {
                let mut values: Vec<f32> =
                    projected[direction..].iter().step_by(DIRECTIONS).copied().collect();
                values.sort_unstable_by(f32::total_cmp);
                values
            })
            .collect()
    }
}

fn normalise(patches: &mut [f32], mean: &[f32], deviation: &[f32]) {
    for pixel in patches.chunks_exact_mut(mean.len()) {
        for ((value, mean), deviation) in pixel.iter_mut().zip(mean).zip(deviation) {
            *value = (*value - mean) / deviation;
        }
    }
}
