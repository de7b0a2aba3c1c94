//! Features of images by a fixed random convolutional network, which needs no training and serves
//! any pictures (Naeem et al. 2020, "Reliable fidelity and diversity metrics", the section on
//! random embeddings).
//!
//! 3x3 convolutions of stride 2 with leaky ReLU until at most 4x4 pixels are left, then one dense
//! layer to 64 numbers; all weights normal (He et al. 2015), always the same ones.

use gan_tui_core::image::{ImageShape, from_byte};
use gan_tui_kernels::{
    self as kernels,
    product::{Grid, Panels, Product},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Slope of the activation below zero.
const LEAKY_RELU: f32 = 0.2;
/// Features of an image.
pub const FEATURES: usize = 64;
/// Channels of the first convolution; each one has twice those of the one before.
const FIRST: usize = 32;
/// The last map's side, at most.
const LAST: usize = 4;

/// A fixed random network for images of one shape.
pub struct RandomFeatures {
    shape: ImageShape,
    convolutions: Vec<Convolution>,
    dense: Panels,
}

struct Convolution {
    /// Side and channels of the input.
    side: usize,
    inputs: usize,
    outputs: usize,
    /// (3, 3, in, out).
    kernel: Panels,
}

impl RandomFeatures {
    pub fn new(shape: ImageShape) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut weights = |inputs: usize, outputs: usize| {
            let deviation = (2.0 / inputs as f32).sqrt();
            let count = inputs * outputs;
            let kernel: Vec<f32> =
                (0..count).map(|_| deviation * random.sample::<f32, _>(StandardNormal)).collect();
            Panels::pack(kernels::active(), &kernel, &[0], inputs, outputs, None)
        };
        let (mut side, mut inputs, mut outputs) = (shape.width, shape.channels, FIRST);
        let mut convolutions = Vec::new();
        while side > LAST {
            let kernel = weights(9 * inputs, outputs);
            convolutions.push(Convolution { side, inputs, outputs, kernel });
            (side, inputs, outputs) = (side.div_ceil(2), outputs, 2 * outputs);
        }
        let dense = weights(side * side * inputs, FEATURES);
        Self { shape, convolutions, dense }
    }

    /// Returns the features (n, [`FEATURES`]) of images (n, height, width, channels).
    pub fn of(&self, pixels: &[u8]) -> Vec<f32> {
        let images = pixels.par_chunks_exact(self.shape.values());
        images
            .flat_map_iter(|image| {
                let mut map: Vec<f32> = image.iter().map(|&byte| from_byte(byte)).collect();
                for convolution in &self.convolutions {
                    map = convolution.run(&map);
                }
                product(&map, map.len(), &self.dense, FEATURES)
            })
            .collect()
    }
}

impl Convolution {
    /// (side, side, in) to (half the side, half the side, out).
    fn run(&self, input: &[f32]) -> Vec<f32> {
        let out = self.side.div_ceil(2);
        let mut patches = vec![0.0; out * out * 9 * self.inputs];
        for (place, patch) in patches.chunks_exact_mut(9 * self.inputs).enumerate() {
            for (tap, pixel) in patch.chunks_exact_mut(self.inputs).enumerate() {
                let (y, x) = (2 * (place / out) + tap / 3, 2 * (place % out) + tap % 3);
                if y < self.side && x < self.side {
                    let at = (y * self.side + x) * self.inputs;
                    pixel.copy_from_slice(&input[at..at + self.inputs]);
                }
            }
        }
        let mut output = product(&patches, 9 * self.inputs, &self.kernel, self.outputs);
        output.iter_mut().for_each(|x| *x = if *x < 0.0 { LEAKY_RELU * *x } else { *x });
        output
    }
}

/// (n, `width`) times (`width`, `outputs`).
fn product(input: &[f32], width: usize, panels: &Panels, outputs: usize) -> Vec<f32> {
    let rows = input.len() / width;
    let mut output = vec![0.0; rows * outputs];
    Product {
        rows: 1,
        columns: rows,
        input: Grid::rows(width),
        output: Grid::rows(outputs),
        taps: &[0],
        panels,
        bias: None,
    }
    .run(input, &mut output);
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_a_function_of_the_image() {
        for shape in [ImageShape::grey(28, 28), ImageShape::rgb(32, 32), ImageShape::rgb(64, 64)] {
            let features = RandomFeatures::new(shape);
            let mut pixels = vec![7; 3 * shape.values()];
            pixels[shape.values()] = 200;
            let of = features.of(&pixels);
            assert_eq!(of.len(), 3 * FEATURES);
            assert_eq!(of[..FEATURES], of[2 * FEATURES..], "{shape:?}");
            assert_ne!(of[..FEATURES], of[FEATURES..2 * FEATURES], "{shape:?}");
            assert_eq!(of, RandomFeatures::new(shape).of(&pixels));
        }
    }
}
