//! What the blocks of a generator compute, as plain data.

use gan_tui_core::generator::{Activation, Layer, Norm as NormData, Operation};

use super::{
    BatchShape, DenseBlock, EPSILON, Nonlinearity, Norm, RELU, ToImage, UpsampleBlock,
    parameters::{Conv, to_vec},
};

/// A block of a generator, or a tuple of such blocks.
pub trait Describe {
    /// Returns the layers in the order of computation, without names.
    fn describe(&self) -> Vec<Layer>;
}

impl<const I: usize, const O: usize, In: BatchShape, Out: BatchShape> Describe
    for DenseBlock<I, O, In, Out>
{
    fn describe(&self) -> Vec<Layer> {
        vec![Layer {
            name: String::new(),
            operation: Operation::Dense,
            kernel: to_vec(&self.dense.kernel),
            bias: to_vec(&self.dense.bias),
            norm: None,
            activation: match self.nonlinearity {
                Nonlinearity::Slope(slope) => Activation::Slope(slope),
                Nonlinearity::Tanh => Activation::Tanh,
            },
            output: Out::dimensions(),
        }]
    }
}

impl<const I: usize, const O: usize, const SIDE: usize, const OUT: usize, N: Norm<O>> Describe
    for UpsampleBlock<I, O, SIDE, OUT, N>
{
    fn describe(&self) -> Vec<Layer> {
        let norm = self.norm.batch_norm().map(|norm| NormData {
            name: String::new(),
            gamma: to_vec(&norm.gamma),
            beta: to_vec(&norm.beta),
            mean: to_vec(&norm.moving_mean),
            variance: to_vec(&norm.moving_variance),
            epsilon: EPSILON,
        });
        let activation = Activation::Slope(RELU);
        vec![Layer {
            norm,
            ..convolution(&self.conv, Operation::UpsampledConvolution, activation, OUT)
        }]
    }
}

impl<const I: usize, const SIDE: usize, const C: usize> Describe for ToImage<I, SIDE, C> {
    fn describe(&self) -> Vec<Layer> {
        vec![convolution(&self.conv, Operation::Convolution, Activation::Tanh, SIDE)]
    }
}

fn convolution<const I: usize, const O: usize>(
    conv: &Conv<I, O>,
    operation: Operation,
    activation: Activation,
    side: usize,
) -> Layer {
    Layer {
        name: String::new(),
        operation,
        kernel: to_vec(&conv.kernel),
        bias: to_vec(&conv.bias),
        norm: None,
        activation,
        output: vec![side, side, O],
    }
}

macro_rules! tuple_of_blocks {
    ($($block:ident $place:tt),+) => {
        impl<$($block: Describe),+> Describe for ($($block,)+) {
            fn describe(&self) -> Vec<Layer> {
                let mut layers = Vec::new();
                $(layers.extend(self.$place.describe());)+
                layers
            }
        }
    };
}

tuple_of_blocks!(A 0, B 1);
tuple_of_blocks!(A 0, B 1, C 2);
tuple_of_blocks!(A 0, B 1, C 2, D 3);
tuple_of_blocks!(A 0, B 1, C 2, D 3, E 4);
tuple_of_blocks!(A 0, B 1, C 2, D 3, E 4, F 5);
