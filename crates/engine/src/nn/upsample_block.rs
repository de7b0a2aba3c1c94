//! Upsampling by two, 3x3 convolution, norm, ReLU: a generator's block.

use std::sync::Arc;

use dfdx::{
    nn::{Module, ModuleMut},
    tensor::{Cpu, CpuError, Tape},
};

use super::{
    Activations, Block, BlockLayer, Maps, Mode, RELU, Tensors, WithMode,
    convolution::Convolution,
    fused::{Fused, conv_and_norm, on_tape},
    kernels::pointwise::Dropout,
    mode::Wanted,
    norm::Norm,
    parameters::Conv,
};

/// Maps of `SIDE` x `SIDE` x `I` to `OUT` x `OUT` x `O`, where `OUT` is twice `SIDE`: every pixel
/// is repeated two by two, then a 3x3 convolution of stride 1 with "same" padding, norm and ReLU.
/// The upsampled map is never made.
#[derive(Debug, Clone)]
pub struct UpsampleBlock<const I: usize, const O: usize, const SIDE: usize, const OUT: usize, N> {
    pub conv: Conv<I, O>,
    pub norm: N,
    convolution: Arc<Convolution>,
}

impl<const I: usize, const O: usize, const SIDE: usize, const OUT: usize, N: Norm<O>>
    UpsampleBlock<I, O, SIDE, OUT, N>
{
    const FITS: () =
        assert!(OUT == 2 * SIDE, "upsampling by two doubles the side: OUT == 2 * SIDE");

    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu) -> Self {
        const { Self::FITS };
        Self {
            conv: Conv::zeros(device),
            norm: N::zeros(device),
            convolution: Arc::new(Convolution::upsampled(SIDE, I, O)),
        }
    }

    fn fused(&self) -> Fused {
        Fused::new(&self.convolution, &self.conv, &self.norm, RELU)
    }
}

impl<const I: usize, const O: usize, const SIDE: usize, const OUT: usize, N: Norm<O>>
    Module<Activations<Maps<SIDE, I>>> for UpsampleBlock<I, O, SIDE, OUT, N>
{
    type Output = Activations<Maps<OUT, O>>;
    type Error = CpuError;

    /// Inference: running statistics.
    fn try_forward(&self, input: Activations<Maps<SIDE, I>>) -> Result<Self::Output, CpuError> {
        Activations::new(self.fused().infer(input.values()), super::maps(input.batch()))
    }
}

impl<
    const I: usize,
    const O: usize,
    const SIDE: usize,
    const OUT: usize,
    N: Norm<O>,
    T: Tape<f32, Cpu>,
> ModuleMut<WithMode<Maps<SIDE, I>, T>> for UpsampleBlock<I, O, SIDE, OUT, N>
{
    type Output = WithMode<Maps<OUT, O>, T>;
    type Error = CpuError;

    /// Batch statistics.
    fn try_forward_mut(
        &mut self,
        (input, mode): (Activations<Maps<SIDE, I>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let wanted = Wanted { weights: mode.trains_weights(), input: true };
        let (output, statistics) =
            on_tape(input, (&self.conv, &self.norm), self.fused(), Dropout::NONE, wanted)?;
        if let (true, Some(batch), Some(norm)) =
            (mode.trains_weights(), statistics, self.norm.batch_norm_mut())
        {
            norm.update_running_stats(&batch.mean, &batch.unbiased);
        }
        Ok((output, mode))
    }
}

impl<const I: usize, const O: usize, const SIDE: usize, const OUT: usize, N: Norm<O>> Block
    for UpsampleBlock<I, O, SIDE, OUT, N>
{
    fn layers(&self) -> Vec<BlockLayer<'_>> {
        conv_and_norm(&self.convolution, &self.conv, &self.norm, OUT)
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Tensors> {
        vec![&mut self.conv, &mut self.norm]
    }
}
