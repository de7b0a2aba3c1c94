//! Dense layers: a row block with activation and dropout, a projection to a map, one to an image,
//! and the discriminator's logit.

use dfdx::{
    nn::{Module, ModuleMut},
    shapes::Shape,
    tensor::{Cpu, CpuError, Tape},
};

use super::{
    Activations, Maps, Mode, RELU, Rows,
    dense::{Nonlinearity, Pass, on_tape},
    kernels::pointwise::Dropout,
    parameters::Dense,
};

/// A dense layer from latents to a map, (batch, `LATENT`) to (batch, `SIDE`, `SIDE`, `C`), with
/// ReLU: a generator's first block. `O` features fill the map row by row, channels fastest.
#[derive(Debug, Clone)]
pub struct Projection<const LATENT: usize, const O: usize, const SIDE: usize, const C: usize> {
    pub dense: Dense<LATENT, O>,
}

/// A dense layer on rows, (batch, `I`) to (batch, `O`), with an activation and dropout.
#[derive(Debug, Clone)]
pub struct DenseBlock<const I: usize, const O: usize> {
    pub dense: Dense<I, O>,
    /// Slope of the activation below zero.
    pub slope: f32,
    /// Probability of an element to be dropped, in [0, 1).
    pub dropout: f32,
    /// Which layer of the network this is; sets its dropout apart from the others'.
    pub index: u64,
}

/// A dense layer from rows to grey images, (batch, `I`) to (batch, `SIDE`, `SIDE`, 1), with tanh: a
/// dense generator's last block. `O` is the number of pixels.
#[derive(Debug, Clone)]
pub struct DenseToGrey<const I: usize, const O: usize, const SIDE: usize> {
    pub dense: Dense<I, O>,
}

/// Flattens (batch, `SIDE`, `SIDE`, `C`) row by row, channels fastest, and takes `O` dense logits
/// of it: a discriminator's last layer.
#[derive(Debug, Clone)]
pub struct Logit<const SIDE: usize, const C: usize, const I: usize, const O: usize = 1> {
    pub dense: Dense<I, O>,
}

impl<const LATENT: usize, const O: usize, const SIDE: usize, const C: usize>
    Projection<LATENT, O, SIDE, C>
{
    const FITS: () =
        assert!(O == SIDE * SIDE * C, "the features must fill the map: O == SIDE * SIDE * C");

    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu) -> Self {
        const { Self::FITS };
        Self { dense: Dense::zeros(device) }
    }
}

impl<const I: usize, const O: usize> DenseBlock<I, O> {
    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu, index: u64, slope: f32, dropout: f32) -> Self {
        Self { dense: Dense::zeros(device), slope, dropout, index }
    }
}

impl<const I: usize, const O: usize, const SIDE: usize> DenseToGrey<I, O, SIDE> {
    const FITS: () =
        assert!(O == SIDE * SIDE, "the features must fill the image: O == SIDE * SIDE");

    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu) -> Self {
        const { Self::FITS };
        Self { dense: Dense::zeros(device) }
    }
}

impl<const SIDE: usize, const C: usize, const I: usize, const O: usize> Logit<SIDE, C, I, O> {
    const FITS: () =
        assert!(I == SIDE * SIDE * C, "the layer must take the whole map: I == SIDE * SIDE * C");

    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu) -> Self {
        const { Self::FITS };
        Self { dense: Dense::zeros(device) }
    }
}

impl<const LATENT: usize, const O: usize, const SIDE: usize, const C: usize>
    Module<Activations<Rows<LATENT>>> for Projection<LATENT, O, SIDE, C>
{
    type Output = Activations<Maps<SIDE, C>>;
    type Error = CpuError;

    fn try_forward(&self, input: Activations<Rows<LATENT>>) -> Result<Self::Output, CpuError> {
        let shape = super::maps(input.batch());
        on_tape(
            input,
            shape,
            &self.dense,
            Pass::new(&self.dense, Nonlinearity::Slope(RELU), Dropout::NONE),
            (false, false),
        )
    }
}

impl<const LATENT: usize, const O: usize, const SIDE: usize, const C: usize, T: Tape<f32, Cpu>>
    ModuleMut<(Activations<Rows<LATENT>, T>, Mode)> for Projection<LATENT, O, SIDE, C>
{
    type Output = Activations<Maps<SIDE, C>, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (input, mode): (Activations<Rows<LATENT>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let shape = super::maps(input.batch());
        let wanted = (mode.trains_weights(), !mode.trains_weights());
        on_tape(
            input,
            shape,
            &self.dense,
            Pass::new(&self.dense, Nonlinearity::Slope(RELU), Dropout::NONE),
            wanted,
        )
    }
}

impl<const I: usize, const O: usize> Module<Activations<Rows<I>>> for DenseBlock<I, O> {
    type Output = Activations<Rows<O>>;
    type Error = CpuError;

    fn try_forward(&self, input: Activations<Rows<I>>) -> Result<Self::Output, CpuError> {
        let shape = super::rows(input.batch());
        on_tape(
            input,
            shape,
            &self.dense,
            Pass::new(&self.dense, Nonlinearity::Slope(self.slope), Dropout::NONE),
            (false, false),
        )
    }
}

impl<const I: usize, const O: usize, T: Tape<f32, Cpu>> ModuleMut<(Activations<Rows<I>, T>, Mode)>
    for DenseBlock<I, O>
{
    type Output = Activations<Rows<O>, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (input, mode): (Activations<Rows<I>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        self.train(input, mode)
    }
}

impl<const I: usize, const O: usize> DenseBlock<I, O> {
    fn train<S: Shape, T: Tape<f32, Cpu>>(
        &self,
        input: Activations<S, T>,
        mode: Mode,
    ) -> Result<Activations<Rows<O>, T>, CpuError> {
        let shape = super::rows(input.batch());
        let dropout = Dropout::new(self.dropout, mode.dropout(self.index));
        // Nobody reads the gradient for a network's own input when the network itself is trained.
        let wanted = (mode.trains_weights(), self.index > 0 || !mode.trains_weights());
        on_tape(
            input,
            shape,
            &self.dense,
            Pass::new(&self.dense, Nonlinearity::Slope(self.slope), dropout),
            wanted,
        )
    }
}

/// Images are flattened row by row, channels fastest.
impl<const SIDE: usize, const C: usize, const I: usize, const O: usize>
    Module<Activations<Maps<SIDE, C>>> for DenseBlock<I, O>
{
    type Output = Activations<Rows<O>>;
    type Error = CpuError;

    fn try_forward(&self, input: Activations<Maps<SIDE, C>>) -> Result<Self::Output, CpuError> {
        const {
            assert!(I == SIDE * SIDE * C, "the layer must take the whole map: I == SIDE * SIDE * C")
        };
        let shape = super::rows(input.batch());
        on_tape(
            input,
            shape,
            &self.dense,
            Pass::new(&self.dense, Nonlinearity::Slope(self.slope), Dropout::NONE),
            (false, false),
        )
    }
}

impl<const SIDE: usize, const C: usize, const I: usize, const O: usize, T: Tape<f32, Cpu>>
    ModuleMut<(Activations<Maps<SIDE, C>, T>, Mode)> for DenseBlock<I, O>
{
    type Output = Activations<Rows<O>, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (input, mode): (Activations<Maps<SIDE, C>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        const {
            assert!(I == SIDE * SIDE * C, "the layer must take the whole map: I == SIDE * SIDE * C")
        };
        self.train(input, mode)
    }
}

impl<const I: usize, const O: usize, const SIDE: usize> Module<Activations<Rows<I>>>
    for DenseToGrey<I, O, SIDE>
{
    type Output = Activations<Maps<SIDE, 1>>;
    type Error = CpuError;

    fn try_forward(&self, input: Activations<Rows<I>>) -> Result<Self::Output, CpuError> {
        let shape = super::maps(input.batch());
        on_tape(
            input,
            shape,
            &self.dense,
            Pass::new(&self.dense, Nonlinearity::Tanh, Dropout::NONE),
            (false, false),
        )
    }
}

impl<const I: usize, const O: usize, const SIDE: usize, T: Tape<f32, Cpu>>
    ModuleMut<(Activations<Rows<I>, T>, Mode)> for DenseToGrey<I, O, SIDE>
{
    type Output = Activations<Maps<SIDE, 1>, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (input, mode): (Activations<Rows<I>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let shape = super::maps(input.batch());
        on_tape(
            input,
            shape,
            &self.dense,
            Pass::new(&self.dense, Nonlinearity::Tanh, Dropout::NONE),
            (mode.trains_weights(), true),
        )
    }
}

impl<const SIDE: usize, const C: usize, const I: usize, const O: usize>
    Module<Activations<Maps<SIDE, C>>> for Logit<SIDE, C, I, O>
{
    type Output = Activations<Rows<O>>;
    type Error = CpuError;

    fn try_forward(&self, input: Activations<Maps<SIDE, C>>) -> Result<Self::Output, CpuError> {
        let shape = super::rows(input.batch());
        on_tape(
            input,
            shape,
            &self.dense,
            Pass::new(&self.dense, Nonlinearity::Slope(1.0), Dropout::NONE),
            (false, false),
        )
    }
}

impl<const SIDE: usize, const C: usize, const I: usize, const O: usize, T: Tape<f32, Cpu>>
    ModuleMut<(Activations<Maps<SIDE, C>, T>, Mode)> for Logit<SIDE, C, I, O>
{
    type Output = Activations<Rows<O>, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (input, mode): (Activations<Maps<SIDE, C>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let shape = super::rows(input.batch());
        on_tape(
            input,
            shape,
            &self.dense,
            Pass::new(&self.dense, Nonlinearity::Slope(1.0), Dropout::NONE),
            (mode.trains_weights(), true),
        )
    }
}
