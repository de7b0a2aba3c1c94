//! Named architectures, each a type, and walks over their tensors.

pub mod dcgan;
pub mod mlp;
mod tensors;

use dfdx::{
    nn::{Module, ModuleMut, tensor_collection::TensorCollection},
    tensor::{Cpu, CpuError, OwnedTape},
};

use crate::nn::{Activations, Maps, Mode, Rows};

pub use tensors::{LoadError, NamedShape, gradients, load, named, shapes, visit_mut};

/// Images of 28x28x1, in [-1, 1].
pub type Images = Maps<28, 1>;

/// A generator for latents of length `L`.
pub trait Generate<const L: usize>:
    TensorCollection<f32, Cpu>
    + Module<Activations<Rows<L>>, Output = Activations<Images>, Error = CpuError>
    + ModuleMut<(Activations<Rows<L>, OwnedTape<f32, Cpu>>, Mode), Output = Activations<Images, OwnedTape<f32, Cpu>>, Error = CpuError>
    + Send
    + Sync
    + 'static
{
    /// All tensors zero; the initialiser fills them.
    fn zeros(device: &Cpu) -> Self;

    /// Each layer's name, as in its tensors' names, and the shape of its output and its multiply-adds for one latent.
    fn layers() -> Vec<(&'static str, Vec<usize>, usize)>;
}

/// A discriminator: images to one logit each.
pub trait Discriminate:
    TensorCollection<f32, Cpu>
    + Module<Activations<Images>, Output = Activations<Rows<1>>, Error = CpuError>
    + ModuleMut<(Activations<Images, OwnedTape<f32, Cpu>>, Mode), Output = Activations<Rows<1>, OwnedTape<f32, Cpu>>, Error = CpuError>
    + Send
    + Sync
    + 'static
{
    /// All tensors zero; the initialiser fills them. `dropout` is the rate of every block.
    fn zeros(device: &Cpu, dropout: f32) -> Self;

    /// Each layer's name, as in its tensors' names, and the shape of its output and its multiply-adds for one image.
    fn layers() -> Vec<(&'static str, Vec<usize>, usize)>;
}

/// A layer as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// `generator` or `discriminator`.
    pub network: &'static str,
    /// As in the names of its tensors.
    pub name: String,
    /// Shape of its output for one latent or image.
    pub output: Vec<usize>,
    /// Numbers in its tensors, running statistics included.
    pub parameters: usize,
    /// Those of them that gradients move.
    pub trainable: usize,
    /// Multiply-adds of a forward pass for one latent or image, in the form the layer is computed in.
    pub multiply_adds: usize,
}

/// The layers of a network, from its tensors and what it says of its outputs.
pub fn summary(network: &'static str, layers: Vec<(&'static str, Vec<usize>, usize)>, tensors: &[NamedShape]) -> Vec<Layer> {
    let row = |(name, output, multiply_adds): (&str, Vec<usize>, usize)| {
        let own = tensors.iter().filter(|tensor| tensor.name.split('.').next() == Some(name));
        let count = |tensor: &NamedShape| tensor.shape.iter().product::<usize>();
        let parameters = own.clone().map(count).sum();
        let trainable = own.filter(|tensor| tensor.trained).map(count).sum();
        Layer { network, name: name.into(), output, parameters, trainable, multiply_adds }
    };
    layers.into_iter().map(row).collect()
}
