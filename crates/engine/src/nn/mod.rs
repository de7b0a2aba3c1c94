//! Layers: one a file, shapes in the types.
//!
//! A block is one tape operation: convolution (or dense product), batch norm, activation and
//! dropout together, forward and backward. Images are NHWC, kernels (height, width, in, out), as in
//! Keras. Sizes are const parameters, checked when the program is compiled:
//!
//! ```
//! use dfdx::tensor::Cpu;
//! use gan_tui_engine::nn::{BatchNorm, UpsampleBlock};
//!
//! // 7x7x128 to 14x14x64.
//! let block = UpsampleBlock::<128, 64, 7, 14, BatchNorm<64>>::zeros(&Cpu::default());
//! ```
//!
//! ```compile_fail
//! use dfdx::tensor::Cpu;
//! use gan_tui_engine::nn::{BatchNorm, UpsampleBlock};
//!
//! // Upsampling 7x7 by two gives 14x14, not 15x15: this does not compile.
//! let block = UpsampleBlock::<128, 64, 7, 15, BatchNorm<64>>::zeros(&Cpu::default());
//! ```

mod activations;
mod conv_block;
mod convolution;
mod dense;
mod dense_block;
mod direct;
mod fused;
mod geometry;
pub mod kernels;
mod mode;
mod norm;
mod parameters;
mod tiled;
mod tiles;
mod to_grey;
mod upsample_block;

pub use activations::Activations;
pub use conv_block::ConvBlock;
pub use dense_block::{DenseBlock, DenseToGrey, Logit, Projection};
pub use kernels::buffer::Buffer;
pub use mode::Mode;
pub use norm::{NoNorm, Norm, Norms, WithNorm, WithoutNorm};
pub use parameters::{BatchNorm, Conv, Dense};
pub use to_grey::ToGrey;
pub use upsample_block::UpsampleBlock;

pub(crate) use parameters::to_buffer;

/// Slope of a ReLU below zero.
pub const RELU: f32 = 0.0;
/// Slope of the discriminators' leaky ReLU below zero.
pub const LEAKY_RELU: f32 = 0.2;
/// What batch norm adds to a variance.
pub const EPSILON: f32 = 1e-3;
/// What batch norm keeps of its running statistics at each step.
pub const KEEP: f32 = 0.8;

/// dfdx's device, without its cache: that keeps every vector it ever saw, of gradients that were
/// taken too.
pub fn device() -> dfdx::tensor::Cpu {
    use dfdx::tensor::Cache;
    let device = dfdx::tensor::Cpu::default();
    device.disable_cache();
    device
}

/// A batch of square maps: (batch, height, width, channels).
pub type Maps<const SIDE: usize, const C: usize> =
    (usize, dfdx::shapes::Const<SIDE>, dfdx::shapes::Const<SIDE>, dfdx::shapes::Const<C>);
/// A batch of rows: (batch, features).
pub type Rows<const N: usize> = (usize, dfdx::shapes::Const<N>);

/// The shape of `batch` maps.
pub fn maps<const SIDE: usize, const C: usize>(batch: usize) -> Maps<SIDE, C> {
    (batch, Default::default(), Default::default(), Default::default())
}

/// The shape of `batch` rows.
pub fn rows<const N: usize>(batch: usize) -> Rows<N> {
    (batch, Default::default())
}
