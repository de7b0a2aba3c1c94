//! Initial weights: Glorot-uniform kernels; biases, betas and running means zero; gammas and
//! running variances one.

use rand::Rng;

use super::random::{self, Stream};
use crate::model::{self, Tensors};

/// Fills every tensor of a network. A kernel's values are a function of (seed, stream, index of
/// the tensor in the network).
///
/// Glorot and Bengio 2010: uniform in `±sqrt(6 / (fan_in + fan_out))`, where the fans of a
/// convolution include its taps.
pub fn initialise(network: &mut dyn Tensors, seed: u64, stream: Stream) {
    let mut index = 0;
    model::visit_mut(network, &mut |tensor, values| {
        let leaf = tensor.name.rsplit('.').next().unwrap_or_default();
        match leaf {
            "kernel" => {
                let [taps @ .., inputs, outputs] = &tensor.shape[..] else { return };
                let taps: usize = taps.iter().product();
                let limit = (6.0 / (taps * (inputs + outputs)) as f32).sqrt();
                let mut generator = random::generator(seed, stream, index);
                values.fill_with(|| generator.gen_range(-limit..limit));
            }
            "gamma" | "moving_variance" => values.fill(1.0),
            _ => values.fill(0.0),
        }
        index += 1;
    });
}
