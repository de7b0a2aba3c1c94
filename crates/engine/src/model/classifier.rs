//! A small classifier of digits, whose features the score compares images by.

use dfdx::{
    nn::{Module, ModuleMut},
    shapes::Rank0,
    tensor::{AsArray, Cpu, CpuError, Gradients, OwnedTape, PutTape, Tape, Tensor, TensorFromVec},
    tensor_ops::Backward,
};

use super::{DIGITS, Traced, network::Named};
use crate::nn::{
    Activations, BatchNorm, BatchShape as _, ConvBlock, DenseBlock, Flatten, LEAKY_RELU, Maps,
    Mode, Nonlinearity, Rows, Tensors, Visit, VisitMut, device, maps,
};

/// Numbers that an image is described by.
pub const FEATURES: usize = 64;

/// Side of the images.
const SIDE: usize = 28;

/// Grey image to 14x14x16, 7x7x32, 4x4x48 by convolutions of stride 2 with batch norm and leaky
/// ReLU, to features.
type ToFeatures = (
    ConvBlock<1, 16, SIDE, 14, 2, BatchNorm<16>>,
    ConvBlock<16, 32, 14, 7, 2, BatchNorm<32>>,
    ConvBlock<32, 48, 7, 4, 2, BatchNorm<48>>,
    Flatten<4, 48, 768, FEATURES>,
);

/// Grey images of 28x28 to features and ten logits. A pass leaves the tuple between the two, so
/// that the score reads features that no activation has touched.
#[derive(Debug, Clone)]
pub struct Classifier(Named<(ToFeatures, DenseBlock<FEATURES, DIGITS>)>);

impl Tensors for Classifier {
    fn walk(&self, visit: Visit) -> Result<(), CpuError> {
        self.0.walk(visit)
    }

    fn walk_mut(&mut self, visit: VisitMut) -> Result<(), CpuError> {
        self.0.walk_mut(visit)
    }
}

impl Classifier {
    /// All tensors zero; the initialiser fills them. `dropout` is the rate of the convolutions.
    pub fn zeros(dropout: f32) -> Self {
        let device = device();
        let features = (
            ConvBlock::zeros(&device, 0, dropout),
            ConvBlock::zeros(&device, 1, dropout),
            ConvBlock::zeros(&device, 2, dropout),
            Flatten::zeros(&device, 3, Nonlinearity::IDENTITY, 0.0),
        );
        let logits = DenseBlock::zeros(&device, 4, Nonlinearity::IDENTITY, 0.0);
        let names = &["conv1", "norm1", "conv2", "norm2", "conv3", "norm3", "features", "logits"];
        Self(Named::new((features, logits), names))
    }

    /// Features (n, 64) and logits (n, 10) of images (n, 28, 28) in [-1, 1], inference mode.
    ///
    /// # Errors
    /// Returns an error if that is not a whole number of images.
    pub fn infer(&self, images: Vec<f32>) -> Result<(Vec<f32>, Vec<f32>), CpuError> {
        let (to_features, to_logits) = &self.0.blocks;
        let features = to_features.try_forward(grey(images)?)?;
        let logits = to_logits.try_forward(activated(features.clone())?)?;
        Ok((features.into_vec(), logits.into_vec()))
    }

    /// The mean cross-entropy of images (n, 28, 28) with their labels (n), and the weights'
    /// gradients.
    ///
    /// # Errors
    /// Returns an error if there is not a label for each image.
    pub fn gradients(
        &mut self,
        images: Vec<f32>,
        labels: &[u8],
        dropout: u64,
    ) -> Result<(f32, Gradients<f32, Cpu>), CpuError> {
        let mode = Mode::Training { dropout };
        let (to_features, to_logits) = &mut self.0.blocks;
        let (features, mode) = to_features.try_forward_mut((grey(images)?.traced(), mode))?;
        let (logits, _) = to_logits.try_forward_mut((activated(features)?, mode))?;
        let loss = cross_entropy(logits, labels)?;
        let value = loss.array();
        Ok((value, loss.try_backward()?))
    }
}

/// Pixels of grey images as activations.
fn grey(pixels: Vec<f32>) -> Result<Activations<Maps<SIDE, 1>>, CpuError> {
    let count = pixels.len() / Maps::<SIDE, 1>::SIZE;
    Activations::new(pixels, maps(count))
}

/// Leaky ReLU, so that the features themselves, before it, are as near to normal as they may be.
fn activated<T: Tape<f32, Cpu>>(
    features: Activations<Rows<FEATURES>, T>,
) -> Result<Activations<Rows<FEATURES>, T>, CpuError> {
    let (features, mut tape) = features.split_tape();
    let slope = |x: f32| if x > 0.0 { 1.0 } else { LEAKY_RELU };
    let values: Vec<f32> = features.values().iter().map(|&x| x * slope(x)).collect();
    let output = Activations::new(values, features.shape())?;
    if T::OWNS_TAPE {
        let (x, y, before) = (features.gradient(), output.gradient(), features.clone());
        tape.add_backward_op(move |_| {
            let mut error = y.take();
            error.iter_mut().zip(before.values()).for_each(|(error, &x)| *error *= slope(x));
            x.accumulate(error);
            Ok(())
        });
    }
    Ok(output.put_tape(tape))
}

/// The mean of `-ln softmax(logits)[label]`, as an operation on the tape.
fn cross_entropy(
    logits: Traced<Rows<DIGITS>>,
    labels: &[u8],
) -> Result<Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>, CpuError> {
    let (logits, mut tape) = logits.split_tape();
    let count = logits.batch();
    if labels.len() != count || labels.iter().any(|&label| usize::from(label) >= DIGITS) {
        return Err(CpuError::WrongNumElements);
    }
    let mut error = softmax(logits.values());
    let mut loss = 0.0f64;
    for (row, &label) in error.chunks_exact_mut(DIGITS).zip(labels) {
        let share = &mut row[usize::from(label)];
        loss -= f64::from(share.max(f32::MIN_POSITIVE)).ln();
        *share -= 1.0;
        row.iter_mut().for_each(|error| *error /= count as f32);
    }
    let x = logits.gradient();
    tape.add_backward_op(move |_| {
        x.accumulate(error.into());
        Ok(())
    });
    Ok(device().try_tensor_from_vec(vec![(loss / count as f64) as f32], ())?.put_tape(tape))
}

/// Rows of ten logits to rows of ten probabilities.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let mut shares = logits.to_vec();
    for row in shares.chunks_exact_mut(DIGITS) {
        let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.iter_mut().for_each(|x| *x = (*x - highest).exp());
        let sum: f32 = row.iter().sum();
        row.iter_mut().for_each(|x| *x /= sum);
    }
    shares
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::visit_mut;

    /// Against finite differences, in the last layer's bias and the first layer's kernel.
    #[test]
    fn gradients_are_those_of_the_loss() {
        let mut network = Classifier::zeros(0.0);
        let mut place = 0u32;
        visit_mut(&mut network, &mut |_, values| {
            values.iter_mut().for_each(|value| {
                place = place.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *value = place as f32 / u32::MAX as f32 * 0.4 - 0.2 + 0.1;
            });
        });
        let images: Vec<f32> =
            (0..3 * 784).map(|index| ((index * 37 % 100) as f32) / 50.0 - 1.0).collect();
        let labels = [3, 1, 9];
        let (_, mut gradients) = network.gradients(images.clone(), &labels, 0).unwrap();
        let found = crate::model::gradients(&network, &mut gradients).unwrap();
        for (name, index) in [
            ("logits.bias", 3),
            ("logits.kernel", 17),
            ("features.kernel", 5),
            ("conv1.kernel", 40),
        ] {
            let moved = |by: f32| {
                let mut other = network.clone();
                visit_mut(&mut other, &mut |tensor, values| {
                    if tensor.name == name {
                        values[index] += by;
                    }
                });
                other.gradients(images.clone(), &labels, 0).unwrap().0
            };
            let expected = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            let gradient = found.iter().find(|(tensor, _)| tensor.name == name).unwrap().1[index];
            assert!(
                (gradient - expected).abs() < 2e-3 + 0.02 * expected.abs(),
                "{name}: {gradient}, expected {expected}"
            );
        }
    }
}
