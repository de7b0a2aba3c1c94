//! Layers: one a file, shapes in the types.
//!
//! A block is one tape operation: convolution (or dense product), batch norm, activation and
//! dropout together, forward and backward. Images are NHWC, kernels (height, width, in, out), as in
//! Keras. A network is a tuple of blocks, which dfdx makes a module if each block takes what the
//! one before returns. So its shape is checked when the program is compiled. The reference's
//! generator, [`crate::model::dcgan`], takes a latent of 100 numbers to an image of 28x28x1:
//!
//! ```
//! use dfdx::nn::Module;
//! use gan_tui_engine::{
//!     model::dcgan::GeneratorBlocks,
//!     nn::{Activations, BatchNorm, Maps, Projection, Rows, ToGrey, UpsampleBlock},
//! };
//!
//! type Blocks = (
//!     Projection<100, 6272, 7, 128>,               // to 7x7x128, that is 6272 numbers
//!     UpsampleBlock<128, 64, 7, 14, BatchNorm<64>>, // to 14x14x64
//!     UpsampleBlock<64, 32, 14, 28, BatchNorm<32>>, // to 28x28x32
//!     ToGrey<32, 28>,                               // to 28x28x1
//! );
//!
//! fn draws_digits<B: Module<Activations<Rows<100>>, Output = Activations<Maps<28, 1>>>>() {}
//! draws_digits::<Blocks>();
//! // The same type, as the architecture's file declares it.
//! draws_digits::<GeneratorBlocks<100, 6272, 128, 64, 32>>();
//! ```
//!
//! The second upsampling of this one takes 48 channels, where the first returns 64. It does not
//! compile:
//!
//! ```compile_fail,E0277
//! use dfdx::nn::Module;
//! use gan_tui_engine::nn::{Activations, BatchNorm, Maps, Projection, Rows, ToGrey, UpsampleBlock};
//!
//! type Blocks = (
//!     Projection<100, 6272, 7, 128>,
//!     UpsampleBlock<128, 64, 7, 14, BatchNorm<64>>,
//!     UpsampleBlock<48, 32, 14, 28, BatchNorm<32>>,
//!     ToGrey<32, 28>,
//! );
//!
//! fn draws_digits<B: Module<Activations<Rows<100>>, Output = Activations<Maps<28, 1>>>>() {}
//! draws_digits::<Blocks>();
//! ```
//!
//! Sizes within one block that do not belong together fail an inline assertion:
//!
//! ```
//! use gan_tui_engine::nn::{BatchNorm, UpsampleBlock, device};
//!
//! // 7x7x128 to 14x14x64.
//! let block = UpsampleBlock::<128, 64, 7, 14, BatchNorm<64>>::zeros(&device());
//! ```
//!
//! ```compile_fail,E0080
//! use gan_tui_engine::nn::{BatchNorm, UpsampleBlock, device};
//!
//! // Upsampling 7x7 by two gives 14x14, not 15x15: this does not compile.
//! let block = UpsampleBlock::<128, 64, 7, 15, BatchNorm<64>>::zeros(&device());
//! ```
//!
//! Activations carry the tape, and beside them, in training, a [`Mode`]: `ModuleMut` takes and
//! returns [`WithMode`].

mod activations;
mod batch_shape;
mod block;
mod conv_block;
mod convolution;
mod dense;
mod dense_block;
mod describe;
mod fused;
mod mode;
mod norm;
mod numbers;
mod parameters;
mod tensors;
mod to_image;
mod upsample_block;

use gan_tui_kernels as kernels;

pub use activations::{Activations, GradSlot};
pub use batch_shape::{BatchShape, Maps, Rows, maps, rows};
pub use block::{Block, BlockLayer, MultiplyAdds};
pub use conv_block::ConvBlock;
pub use dense::Nonlinearity;
pub use dense_block::{DenseBlock, DenseToGrey, Flatten, Projection};
pub use describe::Describe;
pub use gan_tui_kernels::buffer::Buffer;
pub use mode::{Mode, WithMode};
pub use norm::{NoNorm, Norm, Norms, WithNorm, WithoutNorm};
pub use parameters::{BatchNorm, Conv, Dense};
pub use tensors::{
    LoadError, NamedShape, Parameter, Tensors, Visit, VisitMut, gradients, load, named, shapes,
    visit_mut,
};
pub use to_image::{ToColour, ToGrey, ToImage};
pub use upsample_block::UpsampleBlock;

/// Slope of a ReLU below zero.
pub const RELU: f32 = 0.0;
/// Slope of the discriminators' leaky ReLU below zero.
pub const LEAKY_RELU: f32 = 0.2;
/// Batch norm adds this to a variance.
pub const EPSILON: f32 = 1e-3;
/// The fraction of its running statistics that batch norm keeps in a training pass, as Keras counts
/// momentum: `running = momentum * running + (1 - momentum) * batch`. PyTorch's is 1 minus this.
pub const BATCH_NORM_MOMENTUM: f32 = 0.8;

/// Returns dfdx's device with its cache disabled: the cache keeps every vector ever freed.
pub fn device() -> dfdx::tensor::Cpu {
    use dfdx::tensor::Cache;
    let device = dfdx::tensor::Cpu::default();
    device.disable_cache();
    device
}
