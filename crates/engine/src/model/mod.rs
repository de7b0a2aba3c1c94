//! Named architectures, each a type, and walks over their tensors.

pub mod classifier;
pub mod dcgan;
pub mod mlp;
mod tensors;

use dfdx::tensor::{Cpu, CpuError, OwnedTape};

use crate::nn::{self, Activations, Maps, Mode, Rows};

pub use tensors::{
    LoadError, NamedShape, Parameter, Tensors, Visit, VisitMut, gradients, load, named, shapes,
    visit_mut,
};

/// What images are of, where that is told: the ten digits.
pub const CLASSES: usize = 10;

/// Images of 28x28x1, in [-1, 1].
pub type Images = Maps<28, 1>;
/// Activations whose way is noted for a backward pass.
pub type Traced<S> = Activations<S, OwnedTape<f32, Cpu>>;

/// A generator. Its layers' shapes are in its type; at this border only the length of its input is
/// left.
pub trait Generate: Tensors + Send + Sync {
    /// Numbers that an image is made from: the latent's, then one for each class where it is
    /// conditional.
    fn inputs(&self) -> usize;

    /// Images (n, 28, 28) in [-1, 1] of rows (n, inputs), inference mode.
    ///
    /// # Errors
    /// Where that is not a whole number of rows, or memory runs out.
    fn infer(&self, rows: Vec<f32>) -> Result<Vec<f32>, CpuError>;

    /// The same with batch statistics, for a backward pass.
    ///
    /// # Errors
    /// Where that is not a whole number of rows, or memory runs out.
    fn train(&mut self, rows: Vec<f32>) -> Result<Traced<Images>, CpuError>;

    /// Each layer's name, as in its tensors' names, and the shape of its output and its
    /// multiply-adds for one image.
    fn layers(&self) -> Vec<(&'static str, Vec<usize>, usize)>;
}

/// A discriminator: images to one logit each, given the class where it is conditional.
pub trait Discriminate: Tensors + Send + Sync {
    /// Logits (n) of images (n, 28, 28), inference mode. `labels` are empty where there are no
    /// classes.
    ///
    /// # Errors
    /// Where there is not a label for each image, or memory runs out.
    fn infer(&self, images: Activations<Images>, labels: &[u8]) -> Result<Vec<f32>, CpuError>;

    /// The same with batch statistics and dropout, for a backward pass.
    ///
    /// # Errors
    /// Where there is not a label for each image, or memory runs out.
    fn judge(
        &mut self,
        images: Traced<Images>,
        labels: &[u8],
        mode: Mode,
    ) -> Result<Traced<Rows<1>>, CpuError>;

    /// Each layer's name, as in its tensors' names, and the shape of its output and its
    /// multiply-adds for one image.
    fn layers(&self) -> Vec<(&'static str, Vec<usize>, usize)>;
}

/// Rows of `L` numbers.
fn rows_of<const L: usize>(rows: Vec<f32>) -> Result<Activations<Rows<L>>, CpuError> {
    let count = rows.len() / L;
    Activations::new(&nn::device(), rows, nn::rows(count))
}

/// Images (n, 28, 28) as activations.
///
/// # Errors
/// Where that is not a whole number of images.
pub(crate) fn images(pixels: Vec<f32>) -> Result<Activations<Images>, CpuError> {
    let count = pixels.len() / (28 * 28);
    Activations::new(&nn::device(), pixels, nn::maps(count))
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
    /// Multiply-adds of a forward pass for one latent or image, in the form the layer is computed
    /// in.
    pub multiply_adds: usize,
}

/// The layers of a network, from its tensors and what it says of its outputs.
pub fn summary(
    network: &'static str,
    layers: Vec<(&'static str, Vec<usize>, usize)>,
    tensors: &[NamedShape],
) -> Vec<Layer> {
    let row = |(name, output, multiply_adds): (&str, Vec<usize>, usize)| {
        let own = tensors.iter().filter(|tensor| tensor.name.split('.').next() == Some(name));
        let count = |tensor: &NamedShape| tensor.shape.iter().product::<usize>();
        let parameters = own.clone().map(count).sum();
        let trainable = own.filter(|tensor| tensor.trained).map(count).sum();
        Layer { network, name: name.into(), output, parameters, trainable, multiply_adds }
    };
    // A norm that this variant goes without has no parameters, and is no layer of it.
    layers.into_iter().map(row).filter(|layer| layer.parameters > 0).collect()
}
