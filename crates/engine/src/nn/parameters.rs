//! Trainable tensors: dense layer, 3x3 convolution, batch norm. They hold numbers and names; the
//! blocks compute with them.

use dfdx::{
    nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions},
    shapes::{Dtype, HasShape, Rank1, Rank2, Rank4, Shape},
    tensor::{Cpu, Storage, Tensor, ZerosTensor},
    tensor_ops::Device,
};

use super::Buffer;

/// Weights of a dense layer: kernel (in, out), bias (out).
#[derive(Debug, Clone)]
pub struct Dense<const I: usize, const O: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    pub kernel: Tensor<Rank2<I, O>, E, D>,
    pub bias: Tensor<Rank1<O>, E, D>,
}

/// Weights of a 3x3 convolution: kernel (height, width, in, out), bias (out).
#[derive(Debug, Clone)]
pub struct Conv<const I: usize, const O: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    pub kernel: Tensor<Rank4<3, 3, I, O>, E, D>,
    pub bias: Tensor<Rank1<O>, E, D>,
}

/// Scale and shift of batch norm, and the running statistics, which are not trained: each
/// (channels).
#[derive(Debug, Clone)]
pub struct BatchNorm<const C: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    pub gamma: Tensor<Rank1<C>, E, D>,
    pub beta: Tensor<Rank1<C>, E, D>,
    pub moving_mean: Tensor<Rank1<C>, E, D>,
    pub moving_variance: Tensor<Rank1<C>, E, D>,
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

    /// Moves the running statistics towards a batch's: they keep [`super::KEEP`] of themselves. The
    /// variance is the unbiased one.
    pub(crate) fn follow(&mut self, mean: &[f32], variance: &[f32]) {
        blend(&mut self.moving_mean, mean);
        blend(&mut self.moving_variance, variance);
    }
}

fn blend<S: Shape>(running: &mut Tensor<S, f32, Cpu>, batch: &[f32]) {
    let mut values = to_vec(running);
    for (value, &new) in values.iter_mut().zip(batch) {
        *value = super::KEEP * *value + (1.0 - super::KEEP) * new;
    }
    running.copy_from(&values);
}

/// A copy of a tensor's numbers, row-major, in a used buffer. The tensors of this crate are always
/// contiguous.
pub(crate) fn to_buffer<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> Buffer {
    let mut values = Buffer::stale(tensor.shape().num_elements());
    tensor.copy_into(&mut values);
    values
}

/// A copy of a tensor's numbers, row-major.
pub(crate) fn to_vec<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> Vec<f32> {
    let mut values = vec![0.0; tensor.shape().num_elements()];
    tensor.copy_into(&mut values);
    values
}

impl<const I: usize, const O: usize, E: Dtype, D: Device<E>> TensorCollection<E, D>
    for Dense<I, O, E, D>
{
    type To<E2: Dtype, D2: Device<E2>> = Dense<I, O, E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::tensor(
                    "kernel",
                    |s| &s.kernel,
                    |s| &mut s.kernel,
                    TensorOptions::reset_to_zeros(),
                ),
                Self::tensor("bias", |s| &s.bias, |s| &mut s.bias, TensorOptions::reset_to_zeros()),
            ),
            |(kernel, bias)| Dense { kernel, bias },
        )
    }
}

impl<const I: usize, const O: usize, E: Dtype, D: Device<E>> TensorCollection<E, D>
    for Conv<I, O, E, D>
{
    type To<E2: Dtype, D2: Device<E2>> = Conv<I, O, E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::tensor(
                    "kernel",
                    |s| &s.kernel,
                    |s| &mut s.kernel,
                    TensorOptions::reset_to_zeros(),
                ),
                Self::tensor("bias", |s| &s.bias, |s| &mut s.bias, TensorOptions::reset_to_zeros()),
            ),
            |(kernel, bias)| Conv { kernel, bias },
        )
    }
}

impl<const C: usize, E: Dtype, D: Device<E>> TensorCollection<E, D> for BatchNorm<C, E, D> {
    type To<E2: Dtype, D2: Device<E2>> = BatchNorm<C, E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::tensor(
                    "gamma",
                    |s| &s.gamma,
                    |s| &mut s.gamma,
                    TensorOptions::reset_to_ones(),
                ),
                Self::tensor("beta", |s| &s.beta, |s| &mut s.beta, TensorOptions::reset_to_zeros()),
                Self::tensor(
                    "moving_mean",
                    |s| &s.moving_mean,
                    |s| &mut s.moving_mean,
                    TensorOptions::detached(|t| t.try_fill_with_zeros()),
                ),
                Self::tensor(
                    "moving_variance",
                    |s| &s.moving_variance,
                    |s| &mut s.moving_variance,
                    TensorOptions::detached(|t| t.try_fill_with_ones()),
                ),
            ),
            |(gamma, beta, moving_mean, moving_variance)| BatchNorm {
                gamma,
                beta,
                moving_mean,
                moving_variance,
            },
        )
    }
}
