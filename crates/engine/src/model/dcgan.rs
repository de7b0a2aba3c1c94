//! The convolutional GAN: the reference at full width, and the same at half.
//!
//! Widths are const parameters: the generator has `A`, `B`, `C` channels at 7x7, 14x14 and 28x28,
//! the discriminator `A`, `B`, `C`, `D` at 14x14, 8x8 and twice 4x4. The reference is 128, 64, 32
//! and 32, 64, 128, 256. The class-conditional networks are the same with ten more inputs and ten
//! more logits: see [`super::conditional`].

use gan_tui_core::preset::Norm;

use super::{Discriminate, Discriminator, Generate, Generator};
use crate::nn::{
    BatchNorm, ConvBlock, Flatten, NoNorm, Nonlinearity, Norms, Projection, ToGrey, UpsampleBlock,
    WithNorm, WithoutNorm, device,
};

/// Rows of `L` numbers to grey images of 28x28. `F` is 49 times `A`.
pub type GeneratorBlocks<
    const L: usize,
    const F: usize,
    const A: usize,
    const B: usize,
    const C: usize,
> = (
    Projection<L, F, 7, A>,
    UpsampleBlock<A, B, 7, 14, BatchNorm<B>>,
    UpsampleBlock<B, C, 14, 28, BatchNorm<C>>,
    ToGrey<C, 28>,
);

/// Grey images of 28x28 to `O` logits. `F` is 16 times `D`; `N` is the norm of the later blocks.
/// The 7x7 output of the second block lies in an 8x8 map: one row of zeros below, one column right.
pub type DiscriminatorBlocks<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const O: usize,
    N,
> = (
    ConvBlock<1, A, 28, 14, 2, NoNorm>,
    ConvBlock<A, B, 14, 8, 2, <N as Norms>::Of<B>>,
    ConvBlock<B, C, 8, 4, 2, <N as Norms>::Of<C>>,
    ConvBlock<C, D, 4, 4, 1, <N as Norms>::Of<D>>,
    Flatten<4, D, F, O>,
);

/// The generator at any width, all tensors zero; the initialiser fills them.
pub fn generator_of<
    const L: usize,
    const F: usize,
    const A: usize,
    const B: usize,
    const C: usize,
>() -> Generator<L, 28, 1, GeneratorBlocks<L, F, A, B, C>> {
    let device = device();
    let blocks = (
        Projection::zeros(&device, 0, Nonlinearity::RELU, 0.0),
        UpsampleBlock::zeros(&device),
        UpsampleBlock::zeros(&device),
        ToGrey::zeros(&device),
    );
    Generator::new(blocks, &["dense", "conv1", "norm1", "conv2", "norm2", "conv3"])
}

/// The discriminator at any width, all tensors zero; the initialiser fills them. `dropout` is the
/// rate of every block but the last.
fn discriminator_of<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const O: usize,
    N: Norms,
>(
    dropout: f32,
) -> Discriminator<28, 1, O, DiscriminatorBlocks<A, B, C, D, F, O, N>> {
    let device = device();
    let blocks = (
        ConvBlock::zeros(&device, 0, dropout),
        ConvBlock::zeros(&device, 1, dropout),
        ConvBlock::zeros(&device, 2, dropout),
        ConvBlock::zeros(&device, 3, dropout),
        Flatten::zeros(&device, 4, Nonlinearity::IDENTITY, 0.0),
    );
    let names = &["conv1", "norm1", "conv2", "norm2", "conv3", "norm3", "conv4", "norm4", "dense"];
    Discriminator::new(blocks, names)
}

/// The discriminator at any width with the norm that a preset names.
pub fn discriminator_with<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const O: usize,
>(
    norm: Norm,
    dropout: f32,
) -> Box<dyn Discriminate> {
    match norm {
        Norm::Batch => Box::new(discriminator_of::<A, B, C, D, F, O, WithNorm>(dropout)),
        Norm::Off => Box::new(discriminator_of::<A, B, C, D, F, O, WithoutNorm>(dropout)),
    }
}

/// The reference's generator.
pub fn generator<const L: usize>() -> Box<dyn Generate> {
    Box::new(generator_of::<L, 6272, 128, 64, 32>())
}

/// The reference's discriminator; its own has one logit.
pub fn discriminator<const O: usize>(norm: Norm, dropout: f32) -> Box<dyn Discriminate> {
    discriminator_with::<32, 64, 128, 256, 4096, O>(norm, dropout)
}
