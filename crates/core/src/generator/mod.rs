//! A trained generator as plain data: what it takes, what it draws, and its layers in order.

pub mod twin;

use crate::image::ImageShape;

/// A trained generator. Its input is a latent and, if it is class-conditional, a one-hot class
/// behind it; its output is an image in [-1, 1].
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratorData {
    /// The name of the architecture, such as `dcgan`.
    pub model: String,
    /// Length of a latent.
    pub latent: usize,
    /// The classes' names in the order of their labels; none if it is not class-conditional.
    pub classes: Vec<String>,
    /// Numbers of the one-hot class in the input, at least as many as there are classes.
    pub room: usize,
    pub image: ImageShape,
    /// The iteration after which it was saved.
    pub iteration: u64,
    /// The preset that it was trained with, as JSON; empty if it is not known.
    pub preset: String,
    pub layers: Vec<Layer>,
}

/// A layer, and what follows it until the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// As in the names of its tensors.
    pub name: String,
    pub operation: Operation,
    /// (in, out) of a dense layer, (3, 3, in, out) of a convolution.
    pub kernel: Vec<f32>,
    /// (out).
    pub bias: Vec<f32>,
    /// Batch norm before the activation.
    pub norm: Option<Norm>,
    pub activation: Activation,
    /// Shape of the output for one image: (numbers) or (height, width, channels).
    pub output: Vec<usize>,
}

/// What a layer computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A product with the whole input.
    Dense,
    /// A 3x3 convolution of stride 1 with zeros around the map.
    Convolution,
    /// The same after every pixel was repeated two by two.
    UpsampledConvolution,
}

/// What follows a layer's norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `x` where positive, else this factor times `x`.
    Slope(f32),
    Tanh,
}

/// Batch norm in inference mode, each (channels).
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    pub name: String,
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
    /// Added to the variance.
    pub epsilon: f32,
}

impl Layer {
    /// Returns the number of inputs, or of input channels.
    pub fn inputs(&self) -> usize {
        self.kernel.len() / (self.taps() * self.bias.len())
    }

    fn taps(&self) -> usize {
        if self.operation == Operation::Dense { 1 } else { 9 }
    }

    /// Returns kernel and bias with the norm folded into them.
    pub fn folded(&self) -> (Vec<f32>, Vec<f32>) {
        let Some(norm) = &self.norm else { return (self.kernel.clone(), self.bias.clone()) };
        let deviations = norm.variance.iter().map(|variance| (variance + norm.epsilon).sqrt());
        let scales: Vec<f32> =
            norm.gamma.iter().zip(deviations).map(|(gamma, deviation)| gamma / deviation).collect();
        let channels = scales.len();
        let kernel = self.kernel.iter().enumerate();
        let kernel = kernel.map(|(at, weight)| weight * scales[at % channels]).collect();
        let shifted = |channel: usize| {
            (self.bias[channel] - norm.mean[channel]) * scales[channel] + norm.beta[channel]
        };
        (kernel, (0..channels).map(shifted).collect())
    }
}

/// Returns the kernel (4, 4, in, out) of the transposed convolution of stride 2 and padding 1 that
/// equals upsampling by two and a convolution with `kernel` (3, 3, in, out): in each direction a
/// pixel is reached through the outer taps from its neighbours, and through sums of taps from
/// itself, as both its copies are the same.
pub fn transposed(kernel: &[f32]) -> Vec<f32> {
    /// The taps whose sum is the transposed kernel's tap.
    const TAPS: [&[usize]; 4] = [&[2], &[1, 2], &[0, 1], &[0]];
    let size = kernel.len() / 9;
    let mut transposed = vec![0.0; 16 * size];
    for (place, out) in transposed.chunks_exact_mut(size).enumerate() {
        for row in TAPS[place / 4] {
            for column in TAPS[place % 4] {
                let tap = &kernel[(row * 3 + column) * size..][..size];
                out.iter_mut().zip(tap).for_each(|(out, weight)| *out += weight);
            }
        }
    }
    transposed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One channel, in one direction: rows of the kernel are equal to `taps` times one.
    #[test]
    fn a_transposed_convolution_is_upsampling_and_convolution() {
        let taps = [2.0, 3.0, 5.0];
        let kernel: Vec<f32> = (0..9).map(|at| taps[at / 3] * [7.0, 11.0, 13.0][at % 3]).collect();
        let input = [[1.0, -2.0, 3.0], [0.5, 4.0, -1.0], [2.0, 0.0, 1.5]];
        let at = |x: i32, y: i32| -> f32 {
            let inside = (0..6).contains(&x) && (0..6).contains(&y);
            if inside { input[y as usize / 2][x as usize / 2] } else { 0.0 }
        };
        let transposed = transposed(&kernel);
        for y in 0..6i32 {
            for x in 0..6i32 {
                let expected: f32 = (0..9)
                    .map(|tap| kernel[tap as usize] * at(x + tap % 3 - 1, y + tap / 3 - 1))
                    .sum();
                let mut found = 0.0;
                for (row, values) in input.iter().enumerate() {
                    for (column, value) in values.iter().enumerate() {
                        let (v, u) = (y + 1 - 2 * row as i32, x + 1 - 2 * column as i32);
                        if (0..4).contains(&v) && (0..4).contains(&u) {
                            found += value * transposed[(v * 4 + u) as usize];
                        }
                    }
                }
                assert!((found - expected).abs() < 1e-3, "{x}, {y}: {found} {expected}");
            }
        }
    }

    #[test]
    fn a_folded_norm_gives_the_same_numbers() {
        let norm = Norm {
            name: "norm".into(),
            gamma: vec![2.0, 0.5],
            beta: vec![1.0, -1.0],
            mean: vec![0.25, 3.0],
            variance: vec![4.0, 0.25],
            epsilon: 0.0,
        };
        let layer = Layer {
            name: "dense".into(),
            operation: Operation::Dense,
            kernel: vec![1.0, 2.0, 3.0, 4.0],
            bias: vec![0.5, -0.5],
            norm: Some(norm),
            activation: Activation::Slope(0.0),
            output: vec![2],
        };
        assert_eq!(layer.inputs(), 2);
        let (kernel, bias) = layer.folded();
        // (x + bias - mean) * gamma / deviation + beta.
        assert_eq!(kernel, [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(bias, [1.25, -4.5]);
    }
}
