//! Initial weights: kernels Glorot-uniform, biases, betas and running means zero, gammas and
//! running variances one.

use rand::Rng;

use super::random::{self, Stream};
use crate::model::{self, Tensors};

/// Fills every tensor of a network; what a kernel gets is a function of (seed, stream, its place
/// among the network's tensors).
///
/// Glorot and Bengio 2010: uniform in `±sqrt(6 / (fan_in + fan_out))`, where a convolution's fans
/// count its taps.
pub fn initialise(network: &mut dyn Tensors, seed: u64, stream: Stream) {
    let mut place = 0;
    model::visit_mut(network, &mut |tensor, values| {
        let leaf = tensor.name.rsplit('.').next().unwrap_or_default();
        match leaf {
            "kernel" => {
                let [taps @ .., inputs, outputs] = &tensor.shape[..] else { return };
                let taps: usize = taps.iter().product();
                let limit = (6.0 / (taps * (inputs + outputs)) as f32).sqrt();
                let mut generator = random::generator(seed, stream, place);
                values.fill_with(|| generator.gen_range(-limit..limit));
            }
            "gamma" | "moving_variance" => values.fill(1.0),
            _ => values.fill(0.0),
        }
        place += 1;
    });
}
