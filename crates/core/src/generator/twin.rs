//! The slow, obvious twin of every generator: what its layers say, one number after another. Tests
//! of the engine and of exports are judged by it.

use super::{Activation, GeneratorData, Layer, Norm, Operation};

/// Returns the image (height, width, channels) in [-1, 1] of a latent and, if the generator is
/// class-conditional, a label.
pub fn draw(generator: &GeneratorData, latent: &[f32], label: Option<usize>) -> Vec<f32> {
    let mut values = latent.to_vec();
    values.extend((0..generator.room).map(|class| f32::from(u8::from(Some(class) == label))));
    // Shape of the map that a convolution takes.
    let mut shape = Vec::new();
    for layer in &generator.layers {
        values = match layer.operation {
            Operation::Dense => dense(layer, &values),
            Operation::Convolution => convolution(layer, &values, shape[0], 1),
            Operation::UpsampledConvolution => convolution(layer, &values, shape[0], 2),
        };
        let channels = layer.bias.len();
        for (at, value) in values.iter_mut().enumerate() {
            if let Some(norm) = &layer.norm {
                *value = normalised(norm, at % channels, *value);
            }
            *value = match layer.activation {
                Activation::Slope(slope) if *value < 0.0 => slope * *value,
                Activation::Slope(_) => *value,
                Activation::Tanh => value.tanh(),
            };
        }
        shape.clone_from(&layer.output);
    }
    values
}

fn dense(layer: &Layer, input: &[f32]) -> Vec<f32> {
    let outputs = layer.bias.len();
    let sum = |output: usize| {
        let products = input.iter().enumerate();
        products.map(|(at, value)| value * layer.kernel[at * outputs + output]).sum::<f32>()
            + layer.bias[output]
    };
    (0..outputs).map(sum).collect()
}

/// A 3x3 convolution of a map of `side` x `side` whose pixels are repeated `factor` times.
fn convolution(layer: &Layer, input: &[f32], side: usize, factor: usize) -> Vec<f32> {
    let (inputs, outputs) = (layer.inputs(), layer.bias.len());
    let out = side * factor;
    let mut values = Vec::with_capacity(out * out * outputs);
    for (y, x) in (0..out * out).map(|pixel| (pixel / out, pixel % out)) {
        let mut pixel = layer.bias.clone();
        for (tap, kernel) in layer.kernel.chunks_exact(inputs * outputs).enumerate() {
            let (v, u) = (y + tap / 3, x + tap % 3);
            if !(1..=out).contains(&v) || !(1..=out).contains(&u) {
                continue;
            }
            let from = ((v - 1) / factor * side + (u - 1) / factor) * inputs;
            for (value, row) in input[from..].iter().zip(kernel.chunks_exact(outputs)) {
                pixel.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * weight);
            }
        }
        values.extend(pixel);
    }
    values
}

fn normalised(norm: &Norm, channel: usize, value: f32) -> f32 {
    let deviation = (norm.variance[channel] + norm.epsilon).sqrt();
    (value - norm.mean[channel]) / deviation * norm.gamma[channel] + norm.beta[channel]
}
