//! Named architectures, each a type, and walks over their tensors.

pub mod dcgan;
mod tensors;

use dfdx::{
    nn::{Module, ModuleMut, tensor_collection::TensorCollection},
    tensor::{Cpu, CpuError, OwnedTape, Tensor},
};

use crate::nn::{Maps, Mode, Rows};

pub use tensors::{LoadError, NamedShape, gradients, load, named, shapes, visit_mut};

/// Images of 28x28x1, in [-1, 1].
pub type Images = Maps<28, 1>;

/// A generator for latents of length `L`.
pub trait Generate<const L: usize>:
    TensorCollection<f32, Cpu>
    + Module<Tensor<Rows<L>, f32, Cpu>, Output = Tensor<Images, f32, Cpu>, Error = CpuError>
    + ModuleMut<
        (Tensor<Rows<L>, f32, Cpu, OwnedTape<f32, Cpu>>, Mode),
        Output = Tensor<Images, f32, Cpu, OwnedTape<f32, Cpu>>,
        Error = CpuError,
    > + Send
    + 'static
{
    /// All tensors zero; the initialiser fills them.
    fn zeros(device: &Cpu) -> Self;
}

/// A discriminator: images to one logit each.
pub trait Discriminate:
    TensorCollection<f32, Cpu>
    + Module<Tensor<Images, f32, Cpu>, Output = Tensor<Rows<1>, f32, Cpu>, Error = CpuError>
    + ModuleMut<
        (Tensor<Images, f32, Cpu, OwnedTape<f32, Cpu>>, Mode),
        Output = Tensor<Rows<1>, f32, Cpu, OwnedTape<f32, Cpu>>,
        Error = CpuError,
    > + Send
    + 'static
{
    /// All tensors zero; the initialiser fills them. `dropout` is the rate of every block.
    fn zeros(device: &Cpu, dropout: f32) -> Self;
}
