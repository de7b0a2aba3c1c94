//! Networks of RGB images of 32x32, in the blocks of the others.
//!
//! The generator goes from 4x4 to 8x8, 16x16 and 32x32, with 128, 64, 32 and 16 channels; the
//! discriminator back from 16x16 to 8x8 and 4x4, with 16, 32 and 64 channels, then 128 at 4x4. A
//! minute on two cores is enough to see what it learns.

use gan_tui_core::preset::Norm;

use super::{Discriminate, Discriminator, Generate, Generator};
use crate::nn::{
    BatchNorm, ConvBlock, Flatten, NoNorm, Nonlinearity, Norms, Projection, ToColour,
    UpsampleBlock, WithNorm, WithoutNorm, device,
};

const SIDE: usize = 32;

/// Rows of `L` numbers to images.
type GeneratorBlocks<const L: usize> = (
    Projection<L, 2048, 4, 128>,
    UpsampleBlock<128, 64, 4, 8, BatchNorm<64>>,
    UpsampleBlock<64, 32, 8, 16, BatchNorm<32>>,
    UpsampleBlock<32, 16, 16, 32, BatchNorm<16>>,
    ToColour<16, SIDE>,
);

/// Images to `O` logits; `N` is the norm of the later blocks.
type DiscriminatorBlocks<const O: usize, N> = (
    ConvBlock<3, 16, SIDE, 16, 2, NoNorm>,
    ConvBlock<16, 32, 16, 8, 2, <N as Norms>::Of<32>>,
    ConvBlock<32, 64, 8, 4, 2, <N as Norms>::Of<64>>,
    ConvBlock<64, 128, 4, 4, 1, <N as Norms>::Of<128>>,
    Flatten<4, 128, 2048, O>,
);

/// The generator, all tensors zero; the initialiser fills them.
pub fn generator<const L: usize>() -> Box<dyn Generate> {
    let device = device();
    let blocks: GeneratorBlocks<L> = (
        Projection::zeros(&device, 0, Nonlinearity::RELU, 0.0),
        UpsampleBlock::zeros(&device),
        UpsampleBlock::zeros(&device),
        UpsampleBlock::zeros(&device),
        ToColour::zeros(&device),
    );
    let names = &["dense", "conv1", "norm1", "conv2", "norm2", "conv3", "norm3", "conv4"];
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
        Flatten::zeros(&device, 4, Nonlinearity::IDENTITY, 0.0),
    );
    let names = &["conv1", "norm1", "conv2", "norm2", "conv3", "norm3", "conv4", "norm4", "dense"];
    Discriminator::new(blocks, names)
}
