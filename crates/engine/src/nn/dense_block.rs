//! Dense layers with activation and dropout, from maps or rows to maps or rows.

use std::marker::PhantomData;

use dfdx::{
    nn::{Module, ModuleMut},
    tensor::{Cpu, CpuError, Tape},
};

use super::{
    Activations, BatchShape, Block, BlockLayer, Maps, Mode, MultiplyAdds, Rows, Tensors, WithMode,
    dense::{Nonlinearity, Pass, on_tape},
    kernels::pointwise::Dropout,
    mode::Wanted,
    parameters::Dense,
};

/// A dense layer from `In` to `Out`, both of one batch, with an activation and dropout. Maps are
/// flattened and filled row by row, channels fastest: `I` is the size of `In`, `O` that of `Out`.
#[derive(Debug, Clone)]
pub struct DenseBlock<const I: usize, const O: usize, In = Rows<I>, Out = Rows<O>> {
    pub dense: Dense<I, O>,
    pub(super) nonlinearity: Nonlinearity,
    /// Probability of an element to be dropped, in [0, 1).
    dropout: f32,
    /// Position in the network; sets its dropout apart from that of the other blocks.
    index: u64,
    shapes: PhantomData<(In, Out)>,
}

/// From latents to a map: a generator's first block.
pub type Projection<const LATENT: usize, const O: usize, const SIDE: usize, const C: usize> =
    DenseBlock<LATENT, O, Rows<LATENT>, Maps<SIDE, C>>;

/// From rows to grey images: the last block of a dense generator.
pub type DenseToGrey<const I: usize, const O: usize, const SIDE: usize> =
    DenseBlock<I, O, Rows<I>, Maps<SIDE, 1>>;

/// From a map to rows: a discriminator's last block, or the first of a dense one.
pub type Flatten<const SIDE: usize, const C: usize, const I: usize, const O: usize = 1> =
    DenseBlock<I, O, Maps<SIDE, C>, Rows<O>>;

impl<const I: usize, const O: usize, In: BatchShape, Out: BatchShape> DenseBlock<I, O, In, Out> {
    const FITS: () = assert!(
        I == In::SIZE && O == Out::SIZE,
        "a dense layer takes its whole input and fills its whole output: SIDE * SIDE * C numbers"
    );

    /// All zeros; the initialiser fills the tensors. `index` is the position in the network.
    pub fn zeros(device: &Cpu, index: u64, nonlinearity: Nonlinearity, dropout: f32) -> Self {
        const { Self::FITS };
        Self { dense: Dense::zeros(device), nonlinearity, dropout, index, shapes: PhantomData }
    }

    fn run<T: Tape<f32, Cpu>>(
        &self,
        input: Activations<In, T>,
        dropout: Dropout,
        wanted: Wanted,
    ) -> Result<Activations<Out, T>, CpuError> {
        let shape = Out::of(input.batch());
        let pass = Pass::new(&self.dense, self.nonlinearity, dropout);
        on_tape(input, shape, &self.dense, pass, wanted)
    }
}

impl<const I: usize, const O: usize, In: BatchShape, Out: BatchShape> Module<Activations<In>>
    for DenseBlock<I, O, In, Out>
{
    type Output = Activations<Out>;
    type Error = CpuError;

    fn try_forward(&self, input: Activations<In>) -> Result<Self::Output, CpuError> {
        self.run(input, Dropout::NONE, Wanted::NONE)
    }
}

impl<const I: usize, const O: usize, In: BatchShape, Out: BatchShape, T: Tape<f32, Cpu>>
    ModuleMut<WithMode<In, T>> for DenseBlock<I, O, In, Out>
{
    type Output = WithMode<Out, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (input, mode): (Activations<In, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let dropout = Dropout::new(self.dropout, mode.dropout(self.index));
        Ok((self.run(input, dropout, mode.wanted(self.index))?, mode))
    }
}

impl<const I: usize, const O: usize, In: BatchShape, Out: BatchShape> Block
    for DenseBlock<I, O, In, Out>
{
    fn layers(&self) -> Vec<BlockLayer<'_>> {
        let (output, multiply_adds) = (Out::dimensions(), MultiplyAdds::always(I * O));
        vec![BlockLayer { tensors: &self.dense, output, multiply_adds }]
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Tensors> {
        vec![&mut self.dense]
    }
}
