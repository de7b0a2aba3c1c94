//! Networks of RGB images of 64x64: those of [`super::colour32`] with one block more at each end.
//!
//! The generator begins with 256 channels at 4x4 and has 16 at 64x64; the discriminator has 16 at
//! 32x32 and 128 at 4x4, then 256.

use gan_tui_core::preset::Norm;

use super::{Discriminate, Discriminator, Generate, Generator};
use crate::nn::{
    BatchNorm, ConvBlock, Flatten, NoNorm, Nonlinearity, Norms, Projection, ToColour,
    UpsampleBlock, WithNorm, WithoutNorm, device,
};

const SIDE: usize = 64;

/// Rows of `L` numbers to images.
type GeneratorBlocks<const L: usize> = (
    Projection<L, 4096, 4, 256>,
    UpsampleBlock<256, 128, 4, 8, BatchNorm<128>>,
    UpsampleBlock<128, 64, 8, 16, BatchNorm<64>>,
    UpsampleBlock<64, 32, 16, 32, BatchNorm<32>>,
    UpsampleBlock<32, 16, 32, 64, BatchNorm<16>>,
    ToColour<16, SIDE>,
);

/// Images to `O` logits; `N` is the norm of the later blocks.
type DiscriminatorBlocks<const O: usize, N> = (
    ConvBlock<3, 16, SIDE, 32, 2, NoNorm>,
    ConvBlock<16, 32, 32, 16, 2, <N as Norms>::Of<32>>,
    ConvBlock<32, 64, 16, 8, 2, <N as Norms>::Of<64>>,
    ConvBlock<64, 128, 8, 4, 2, <N as Norms>::Of<128>>,
    ConvBlock<128, 256, 4, 4, 1, <N as Norms>::Of<256>>,
    Flatten<4, 256, 4096, O>,
);

/// The generator, all tensors zero; the initialiser fills them.
pub fn generator<const L: usize>() -> Box<dyn Generate> {
    let device = device();
    let blocks: GeneratorBlocks<L> = (
        Projection::zeros(&device, 0, Nonlinearity::RELU, 0.0),
        UpsampleBlock::zeros(&device),
        UpsampleBlock::zeros(&device),
        UpsampleBlock::zeros(&device),
        UpsampleBlock::zeros(&device),
        ToColour::zeros(&device),
    );
    let names =
        &["dense", "conv1", "norm1", "conv2", "norm2", "conv3", "norm3", "conv4", "norm4", "conv5"];
    Box::new(Generator::<L, SIDE, 3, _>::new(blocks, names))
}

/// The discriminator, all tensors zero; the initialiser fills them.
pub fn discriminator<const O: usize>(norm: Norm, dropout: f32) -> Box<dyn Discriminate> {
    match norm {
        Norm::Batch => Box::new(discriminator_of::<O, WithNorm>(dropout)),
        Norm::Off => Box::new(discriminator_of::<O, WithoutNorm>(dropout)),
    }
}

fn discriminator_of<const O: usize, N: Norms>(
    dropout: f32,
) -> Discriminator<SIDE, 3, O, DiscriminatorBlocks<O, N>> {
    let device = device();
    let blocks = (
        ConvBlock::zeros(&device, 0, dropout),
        ConvBlock::zeros(&device, 1, dropout),
        ConvBlock::zeros(&device, 2, dropout),
        ConvBlock::zeros(&device, 3, dropout),
        ConvBlock::zeros(&device, 4, dropout),
        Flatten::zeros(&device, 5, Nonlinearity::IDENTITY, 0.0),
    );
    let names = &[
        "conv1", "norm1", "conv2", "norm2", "conv3", "norm3", "conv4", "norm4", "conv5", "norm5",
        "dense",
    ];
    Discriminator::new(blocks, names)
}
