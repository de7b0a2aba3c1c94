//! The architectures, each a type and a file, behind two traits without types.
//!
//! A network is a tuple of blocks ([`crate::nn`]) in a [`Generator`] or a [`Discriminator`], which
//! name its layers. To add an architecture: write its file, with a `generator` and a
//! `discriminator` as the others have (of as many numbers and logits as the class takes), and its row to `for_each_model!` of the core crate. The
//! compiler asks for the rest.

pub mod classifier;
pub mod colour32;
pub mod colour64;
pub mod conditional;
pub mod dcgan;
pub mod dcgan_small;
pub mod mlp;
mod network;

use dfdx::tensor::{Cpu, CpuError, OwnedTape};

use crate::nn::{Activations, Mode, MultiplyAdds, Rows};

pub use crate::nn::{
    LoadError, NamedShape, Parameter, Tensors, Visit, VisitMut, gradients, load, named, shapes,
    visit_mut,
};
pub use network::{Discriminator, Generator};

/// The generator's name in checkpoints and summaries.
pub const GENERATOR: &str = "generator";
/// The discriminator's name in checkpoints and summaries.
pub const DISCRIMINATOR: &str = "discriminator";

/// Classes of digits.
pub const DIGITS: usize = 10;

/// A batch of images in [-1, 1], (batch, height, width, channels), of whatever size.
pub type Images = (usize, usize, usize, usize);
/// Activations with a tape that records their operations for a backward pass.
pub type Traced<S> = Activations<S, OwnedTape<f32, Cpu>>;

/// A generator: rows to images.
pub trait Generate: Tensors + Send + Sync {
    /// Returns images (n, height, width, channels) in [-1, 1] of rows, inference mode. A row is a
    /// latent and, if the generator is class-conditional, a number for each class.
    ///
    /// # Errors
    /// Returns an error if that is not a whole number of rows.
    fn infer(&self, rows: Vec<f32>) -> Result<Vec<f32>, CpuError>;

    /// The same with batch statistics, for a backward pass.
    ///
    /// # Errors
    /// Returns an error if that is not a whole number of rows.
    fn forward_train(&mut self, rows: Vec<f32>) -> Result<Traced<Images>, CpuError>;

    /// Returns a table of the layers, `network` being the name of this network.
    fn layers(&self, network: &'static str) -> Vec<Layer>;

    /// Returns what the layers compute and their numbers, in the order of computation.
    fn describe(&self) -> Vec<gan_tui_core::generator::Layer>;
}

/// A discriminator: images to one logit each, given their labels if it is class-conditional.
pub trait Discriminate: Tensors + Send + Sync {
    /// Returns pixels in [-1, 1], row-major, as images of the size that this network takes.
    ///
    /// # Errors
    /// Returns an error if that is not a whole number of images.
    fn images(&self, pixels: Vec<f32>) -> Result<Activations<Images>, CpuError>;

    /// Returns the logits (n) of images, inference mode. `labels` (n) are empty without classes.
    ///
    /// # Errors
    /// Returns an error if the images are of another size, or there is not a label for each.
    fn infer(&self, images: Activations<Images>, labels: &[u8]) -> Result<Vec<f32>, CpuError>;

    /// The same with batch statistics and dropout, for a backward pass.
    ///
    /// # Errors
    /// Returns an error if the images are of another size, or there is not a label for each.
    fn forward_train(
        &mut self,
        images: Traced<Images>,
        labels: &[u8],
        mode: Mode,
    ) -> Result<Traced<Rows<1>>, CpuError>;

    /// Returns a table of the layers, `network` being the name of this network.
    fn layers(&self, network: &'static str) -> Vec<Layer>;
}

/// A row of the table of a network's layers.
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
    /// Of a forward pass for one latent or image.
    pub multiply_adds: MultiplyAdds,
}
