//! A small classifier of digits, whose features the score compares images by.

use dfdx::{
    nn::{
        Module, ModuleMut,
        tensor_collection::{ModuleVisitor, TensorCollection},
    },
    shapes::{Dtype, Rank0},
    tensor::{AsArray, Cpu, CpuError, Gradients, OwnedTape, PutTape, Tape, Tensor, TensorFromVec},
    tensor_ops::{Backward, Device},
};

use super::{CLASSES, Traced};
use crate::nn::{
    self, Activations, BatchNorm, ConvBlock, DenseBlock, LEAKY_RELU, Logit, Mode, Rows,
};

/// Numbers that an image is described by.
pub const FEATURES: usize = 64;

/// Image (28, 28, 1) to 14x14x16, 7x7x32, 4x4x48 by convolutions of stride 2 with batch norm and
/// leaky ReLU, to 64 features, to ten logits.
#[derive(Debug, Clone)]
pub struct Classifier {
    block1: ConvBlock<1, 16, 28, 14, 2, BatchNorm<16>>,
    block2: ConvBlock<16, 32, 14, 7, 2, BatchNorm<32>>,
    block3: ConvBlock<32, 48, 7, 4, 2, BatchNorm<48>>,
    features: Logit<4, 48, 768, FEATURES>,
    logits: DenseBlock<FEATURES, CLASSES>,
}

impl TensorCollection<f32, Cpu> for Classifier {
    /// Networks stay on this device; only their tensors are walked over.
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(
        visitor: &mut V,
    ) -> Result<Option<()>, V::Err> {
        visitor.visit_fields(
            (
                (
                    Self::module("conv1", |s| &s.block1.conv, |s| &mut s.block1.conv),
                    Self::module("norm1", |s| &s.block1.norm, |s| &mut s.block1.norm),
                    Self::module("conv2", |s| &s.block2.conv, |s| &mut s.block2.conv),
                    Self::module("norm2", |s| &s.block2.norm, |s| &mut s.block2.norm),
                ),
                Self::module("conv3", |s| &s.block3.conv, |s| &mut s.block3.conv),
                Self::module("norm3", |s| &s.block3.norm, |s| &mut s.block3.norm),
                Self::module("features", |s| &s.features.dense, |s| &mut s.features.dense),
                Self::module("logits", |s| &s.logits.dense, |s| &mut s.logits.dense),
            ),
            |_| (),
        )
    }
}

impl Classifier {
    /// All tensors zero; the initialiser fills them. `dropout` is the rate of the convolutions.
    pub fn zeros(dropout: f32) -> Self {
        let device = nn::device();
        Self {
            block1: ConvBlock::zeros(&device, 0, dropout),
            block2: ConvBlock::zeros(&device, 1, dropout),
            block3: ConvBlock::zeros(&device, 2, dropout),
            features: Logit::zeros(&device),
            logits: DenseBlock::zeros(&device, 4, 1.0, 0.0),
        }
    }

    /// Features (n, 64) and logits (n, 10) of images (n, 28, 28) in [-1, 1], inference mode.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn infer(&self, images: Vec<f32>) -> Result<(Vec<f32>, Vec<f32>), CpuError> {
        let x = self.block1.try_forward(super::images(images)?)?;
        let x = self.block2.try_forward(x)?;
        let x = self.block3.try_forward(x)?;
        let features = self.features.try_forward(x)?;
        let logits = self.logits.try_forward(activated(features.clone())?)?;
        Ok((features.into_vec(), logits.into_vec()))
    }

    /// The mean cross-entropy of images (n, 28, 28) with their labels (n), and the weights'
    /// gradients.
    ///
    /// # Errors
    /// Where there is not a label for each image, or memory runs out.
    pub fn gradients(
        &mut self,
        images: Vec<f32>,
        labels: &[u8],
        dropout: u64,
    ) -> Result<(f32, Gradients<f32, Cpu>), CpuError> {
        let mode = Mode::Training { dropout };
        let x = self.block1.try_forward_mut((super::images(images)?.traced(), mode))?;
        let x = self.block2.try_forward_mut((x, mode))?;
        let x = self.block3.try_forward_mut((x, mode))?;
        let features = activated(self.features.try_forward_mut((x, mode))?)?;
        let logits: Traced<Rows<CLASSES>> = self.logits.try_forward_mut((features, mode))?;
        let loss = cross_entropy(logits, labels)?;
        let value = loss.array();
        Ok((value, loss.try_backward()?))
    }
}

/// Leaky ReLU, so that the features themselves, before it, are as near to normal as they may be.
fn activated<T: Tape<f32, Cpu>>(
    features: Activations<Rows<FEATURES>, T>,
) -> Result<Activations<Rows<FEATURES>, T>, CpuError> {
    let (features, mut tape) = features.split_tape();
    let slope = |x: f32| if x > 0.0 { 1.0 } else { LEAKY_RELU };
    let values: Vec<f32> = features.values().iter().map(|&x| x * slope(x)).collect();
    let output = Activations::new(&features.device(), values, features.shape())?;
    if T::OWNS_TAPE {
        let (x, y, before) = (features.ghost(), output.ghost(), features.share());
        tape.add_backward_op(move |gradients| {
            let mut error = y.take(gradients)?;
            error.iter_mut().zip(before.iter()).for_each(|(error, &x)| *error *= slope(x));
            x.give(gradients, error)
        });
    }
    Ok(output.put_tape(tape))
}

/// The mean of `-ln softmax(logits)[label]`, as an operation on the tape.
fn cross_entropy(
    logits: Traced<Rows<CLASSES>>,
    labels: &[u8],
) -> Result<Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>, CpuError> {
    let (logits, mut tape) = logits.split_tape();
    let count = logits.batch();
    if labels.len() != count || labels.iter().any(|&label| usize::from(label) >= CLASSES) {
        return Err(CpuError::WrongNumElements);
    }
    let mut error = softmax(logits.values());
    let mut loss = 0.0f64;
    for (row, &label) in error.chunks_exact_mut(CLASSES).zip(labels) {
        let share = &mut row[usize::from(label)];
        loss -= f64::from(share.max(f32::MIN_POSITIVE)).ln();
        *share -= 1.0;
        row.iter_mut().for_each(|error| *error /= count as f32);
    }
    let x = logits.ghost();
    tape.add_backward_op(move |gradients| x.give(gradients, error.into()));
    Ok(logits.device().try_tensor_from_vec(vec![(loss / count as f64) as f32], ())?.put_tape(tape))
}

/// Rows of ten logits to rows of ten probabilities.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let mut shares = logits.to_vec();
    for row in shares.chunks_exact_mut(CLASSES) {
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
