//! Trainable tensors: dense layer, 3x3 convolution, batch norm. They hold numbers and names; the
//! blocks compute with them.

use dfdx::{
    nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions},
    shapes::{ConstShape, Dtype, HasShape, Rank1, Rank2, Rank4, Shape},
    tensor::{Cpu, Tensor, ZerosTensor},
    tensor_ops::Device,
};

use super::{BATCH_NORM_MOMENTUM, Buffer};

/// Weights of a dense layer: kernel (in, out), bias (out).
#[derive(Debug, Clone)]
pub struct Dense<const I: usize, const O: usize> {
    pub kernel: Tensor<Rank2<I, O>, f32, Cpu>,
    pub bias: Tensor<Rank1<O>, f32, Cpu>,
}

/// Weights of a 3x3 convolution: kernel (height, width, in, out), bias (out).
#[derive(Debug, Clone)]
pub struct Conv<const I: usize, const O: usize> {
    pub kernel: Tensor<Rank4<3, 3, I, O>, f32, Cpu>,
    pub bias: Tensor<Rank1<O>, f32, Cpu>,
}

/// Scale and shift of batch norm, and the running statistics, which are not trained: each
/// (channels).
#[derive(Debug, Clone)]
pub struct BatchNorm<const C: usize> {
    pub gamma: Tensor<Rank1<C>, f32, Cpu>,
    pub beta: Tensor<Rank1<C>, f32, Cpu>,
    pub moving_mean: Tensor<Rank1<C>, f32, Cpu>,
    pub moving_variance: Tensor<Rank1<C>, f32, Cpu>,
}

impl<const I: usize, const O: usize> Dense<I, O> {
    /// All zeros; the initialiser fills them.
    pub fn zeros(device: &Cpu) -> Self {
        Self { kernel: device.zeros(), bias: device.zeros() }
    }
}

impl<const I: usize, const O: usize> Conv<I, O> {
    /// All zeros; the initialiser fills them.
    pub fn zeros(device: &Cpu) -> Self {
        Self { kernel: device.zeros(), bias: device.zeros() }
    }
}

impl<const C: usize> BatchNorm<C> {
    /// All zeros; the initialiser fills them.
    pub fn zeros(device: &Cpu) -> Self {
        Self {
            gamma: device.zeros(),
            beta: device.zeros(),
            moving_mean: device.zeros(),
            moving_variance: device.zeros(),
        }
    }

    /// Moves the running statistics towards those of a batch, of which the variance is the unbiased
    /// one: see [`BATCH_NORM_MOMENTUM`].
    pub(super) fn update_running_stats(&mut self, mean: &[f32], variance: &[f32]) {
        blend(&mut self.moving_mean, mean);
        blend(&mut self.moving_variance, variance);
    }
}

fn blend<S: Shape>(running: &mut Tensor<S, f32, Cpu>, batch: &[f32]) {
    let mut values = to_vec(running);
    for (value, &new) in values.iter_mut().zip(batch) {
        *value = BATCH_NORM_MOMENTUM * *value + (1.0 - BATCH_NORM_MOMENTUM) * new;
    }
    running.copy_from(&values);
}

/// A copy of a tensor's numbers, row-major, in a recycled buffer. The tensors of this crate are
/// always contiguous.
pub(crate) fn to_buffer<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> Buffer {
    let mut values = Buffer::uninit_recycled(tensor.shape().num_elements());
    tensor.copy_into(&mut values);
    values
}

/// A copy of a tensor's numbers, row-major.
pub(crate) fn to_vec<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> Vec<f32> {
    let mut values = vec![0.0; tensor.shape().num_elements()];
    tensor.copy_into(&mut values);
    values
}

/// Networks stay on this device in single precision, so that a visit builds nothing: `To` is `()`.
impl<const I: usize, const O: usize> TensorCollection<f32, Cpu> for Dense<I, O> {
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(
        visitor: &mut V,
    ) -> Result<Option<()>, V::Err> {
        let fields = (
            Self::tensor("kernel", |s| &s.kernel, |s| &mut s.kernel, trained()),
            Self::tensor("bias", |s| &s.bias, |s| &mut s.bias, trained()),
        );
        visitor.visit_fields(fields, |_| ())
    }
}

impl<const I: usize, const O: usize> TensorCollection<f32, Cpu> for Conv<I, O> {
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(
        visitor: &mut V,
    ) -> Result<Option<()>, V::Err> {
        let fields = (
            Self::tensor("kernel", |s| &s.kernel, |s| &mut s.kernel, trained()),
            Self::tensor("bias", |s| &s.bias, |s| &mut s.bias, trained()),
        );
        visitor.visit_fields(fields, |_| ())
    }
}

impl<const C: usize> TensorCollection<f32, Cpu> for BatchNorm<C> {
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(
        visitor: &mut V,
    ) -> Result<Option<()>, V::Err> {
        let fields = (
            Self::tensor("gamma", |s| &s.gamma, |s| &mut s.gamma, trained()),
            Self::tensor("beta", |s| &s.beta, |s| &mut s.beta, trained()),
            Self::tensor("moving_mean", |s| &s.moving_mean, |s| &mut s.moving_mean, untrained()),
            Self::tensor(
                "moving_variance",
                |s| &s.moving_variance,
                |s| &mut s.moving_variance,
                untrained(),
            ),
        );
        visitor.visit_fields(fields, |_| ())
    }
}

/// The options of a tensor that gradients move. dfdx's reset is never called: the initialiser fills
/// all tensors.
fn trained<S: ConstShape>() -> TensorOptions<S, f32, Cpu> {
    TensorOptions::reset_to_zeros()
}

/// The options of running statistics.
fn untrained<S: ConstShape>() -> TensorOptions<S, f32, Cpu> {
    TensorOptions::detached(|tensor| tensor.try_fill_with_zeros())
}
