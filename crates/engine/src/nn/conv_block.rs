//! 3x3 convolution of stride 1 or 2, zero padding behind it, norm, activation, dropout: a
//! discriminator's block.

use std::sync::Arc;

use dfdx::{
    nn::{Module, ModuleMut},
    tensor::{Cpu, CpuError, Tape},
};

use super::{
    Activations, Block, BlockLayer, LEAKY_RELU, Maps, Mode, Tensors, WithMode,
    convolution::Convolution,
    fused::{Fused, conv_and_norm, on_tape},
    kernels::pointwise::Dropout,
    norm::Norm,
    parameters::Conv,
};

/// Maps of `SIDE` x `SIDE` x `I` to `FRAME` x `FRAME` x `O`: a 3x3 convolution with "same" padding
/// and stride `STRIDE` fills the top left `SIDE / STRIDE` rows and columns (rounded up), zeros the
/// rest; then norm, leaky ReLU and dropout.
///
/// "Same" padding of stride 2 on an even side adds one row below and one column right; of stride 1,
/// one on every side.
#[derive(Debug, Clone)]
pub struct ConvBlock<
    const I: usize,
    const O: usize,
    const SIDE: usize,
    const FRAME: usize,
    const STRIDE: usize,
    N,
> {
    pub conv: Conv<I, O>,
    pub norm: N,
    /// Probability of an element to be dropped, in [0, 1).
    pub dropout: f32,
    /// Position in the network; sets its dropout apart from that of the other blocks.
    pub index: u64,
    convolution: Arc<Convolution>,
}

impl<
    const I: usize,
    const O: usize,
    const SIDE: usize,
    const FRAME: usize,
    const STRIDE: usize,
    N: Norm<O>,
> ConvBlock<I, O, SIDE, FRAME, STRIDE, N>
{
    const FITS: () = assert!(
        (STRIDE == 1 || STRIDE == 2) && FRAME >= SIDE.div_ceil(STRIDE),
        "a convolution's map must hold its output: FRAME >= SIDE / STRIDE rounded up, STRIDE 1 or 2"
    );

    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu, index: u64, dropout: f32) -> Self {
        const { Self::FITS };
        let convolution = Arc::new(Convolution::new(SIDE, I, O, STRIDE, FRAME));
        Self { conv: Conv::zeros(device), norm: N::zeros(device), dropout, index, convolution }
    }

    fn fused(&self) -> Fused {
        Fused::new(&self.convolution, &self.conv, &self.norm, LEAKY_RELU)
    }
}

impl<
    const I: usize,
    const O: usize,
    const SIDE: usize,
    const FRAME: usize,
    const STRIDE: usize,
    N: Norm<O>,
> Module<Activations<Maps<SIDE, I>>> for ConvBlock<I, O, SIDE, FRAME, STRIDE, N>
{
    type Output = Activations<Maps<FRAME, O>>;
    type Error = CpuError;

    /// Inference: running statistics, no dropout.
    fn try_forward(&self, input: Activations<Maps<SIDE, I>>) -> Result<Self::Output, CpuError> {
        Activations::new(self.fused().infer(input.values()), super::maps(input.batch()))
    }
}

impl<
    const I: usize,
    const O: usize,
    const SIDE: usize,
    const FRAME: usize,
    const STRIDE: usize,
    N: Norm<O>,
    T: Tape<f32, Cpu>,
> ModuleMut<WithMode<Maps<SIDE, I>, T>> for ConvBlock<I, O, SIDE, FRAME, STRIDE, N>
{
    type Output = WithMode<Maps<FRAME, O>, T>;
    type Error = CpuError;

    /// Batch statistics and dropout.
    fn try_forward_mut(
        &mut self,
        (input, mode): (Activations<Maps<SIDE, I>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let dropout = Dropout::new(self.dropout, mode.dropout(self.index));
        let wanted = mode.wanted(self.index);
        let (output, statistics) =
            on_tape(input, (&self.conv, &self.norm), self.fused(), dropout, wanted)?;
        if let (true, Some(batch), Some(norm)) =
            (mode.trains_weights(), statistics, self.norm.batch_norm_mut())
        {
            norm.update_running_stats(&batch.mean, &batch.unbiased);
        }
        Ok((output, mode))
    }
}

impl<
    const I: usize,
    const O: usize,
    const SIDE: usize,
    const FRAME: usize,
    const STRIDE: usize,
    N: Norm<O>,
> Block for ConvBlock<I, O, SIDE, FRAME, STRIDE, N>
{
    fn layers(&self) -> Vec<BlockLayer<'_>> {
        conv_and_norm(&self.convolution, &self.conv, &self.norm, FRAME)
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Tensors> {
        vec![&mut self.conv, &mut self.norm]
    }
}
