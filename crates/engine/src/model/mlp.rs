//! The dense GAN: no convolutions, small and quick, and a measure of what convolutions are good
//! for.

use gan_tui_core::preset::Norm;

use super::{Discriminate, Discriminator, Generate, Generator};
use crate::nn::{DenseBlock, DenseToGrey, Flatten, Nonlinearity, device};

/// Side and pixels of an image.
const SIDE: usize = 28;
const PIXELS: usize = SIDE * SIDE;

/// Rows of `L` numbers to 128, 256, 512 features, to grey images.
type GeneratorBlocks<const L: usize> = (
    DenseBlock<L, 128>,
    DenseBlock<128, 256>,
    DenseBlock<256, 512>,
    DenseToGrey<512, PIXELS, SIDE>,
);

/// Grey images to 512, 256 features, to `O` logits.
type DiscriminatorBlocks<const O: usize> =
    (Flatten<SIDE, 1, PIXELS, 512>, DenseBlock<512, 256>, DenseBlock<256, O>);

/// The generator, all tensors zero; the initialiser fills them.
pub fn generator<const L: usize>() -> Box<dyn Generate> {
    let device = device();
    let blocks: GeneratorBlocks<L> = (
        DenseBlock::zeros(&device, 0, Nonlinearity::LEAKY_RELU, 0.0),
        DenseBlock::zeros(&device, 1, Nonlinearity::LEAKY_RELU, 0.0),
        DenseBlock::zeros(&device, 2, Nonlinearity::LEAKY_RELU, 0.0),
        DenseToGrey::zeros(&device, 3, Nonlinearity::Tanh, 0.0),
    );
    Box::new(Generator::<L, SIDE, 1, _>::new(blocks, &["dense1", "dense2", "dense3", "dense4"]))
}

/// The discriminator, all tensors zero; the initialiser fills them. It has no norm.
pub fn discriminator<const O: usize>(_: Norm, dropout: f32) -> Box<dyn Discriminate> {
    let device = device();
    let blocks: DiscriminatorBlocks<O> = (
        Flatten::zeros(&device, 0, Nonlinearity::LEAKY_RELU, dropout),
        DenseBlock::zeros(&device, 1, Nonlinearity::LEAKY_RELU, dropout),
        DenseBlock::zeros(&device, 2, Nonlinearity::IDENTITY, 0.0),
    );
    Box::new(Discriminator::<SIDE, 1, O, _>::new(blocks, &["dense1", "dense2", "dense3"]))
}
