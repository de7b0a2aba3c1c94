//! Dense layers: a row block with activation and dropout, a projection to a map, and the discriminator's logit.

use dfdx::{
    nn::{Module, ModuleMut},
    shapes::{HasShape, Shape},
    tensor::{Cpu, CpuError, PutTape, SplitTape, Tape, Tensor, TensorFromVec},
};
use rayon::prelude::*;

use super::{
    Maps, Mode, RELU, Rows,
    fused::{add, sum_rows},
    kernels::{
        self,
        outer::Outer,
        pointwise::{self, Dropout},
        product::{Grid, Panels, Product},
    },
    parameters::{Dense, to_vec},
};

/// A dense layer from latents to a map, (batch, `LATENT`) to (batch, `SIDE`, `SIDE`, `C`), with ReLU: a generator's first block. `O`
/// features fill the map row by row, channels fastest.
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

/// Flattens (batch, `SIDE`, `SIDE`, `C`) row by row, channels fastest, and takes one dense logit of it: a discriminator's last layer.
#[derive(Debug, Clone)]
pub struct Logit<const SIDE: usize, const C: usize, const I: usize> {
    pub dense: Dense<I, 1>,
}

impl<const LATENT: usize, const O: usize, const SIDE: usize, const C: usize> Projection<LATENT, O, SIDE, C> {
    const FITS: () = assert!(O == SIDE * SIDE * C, "the features must fill the map: O == SIDE * SIDE * C");

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

impl<const SIDE: usize, const C: usize, const I: usize> Logit<SIDE, C, I> {
    const FITS: () = assert!(I == SIDE * SIDE * C, "the layer must take the whole map: I == SIDE * SIDE * C");

    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu) -> Self {
        const { Self::FITS };
        Self { dense: Dense::zeros(device) }
    }
}

/// A dense layer's numbers for one pass.
struct Pass {
    /// (in, out) and (out).
    kernel: Vec<f32>,
    bias: Vec<f32>,
    slope: f32,
    dropout: Dropout,
}

impl Pass {
    fn new<const I: usize, const O: usize>(dense: &Dense<I, O>, slope: f32, dropout: Dropout) -> Self {
        Self { kernel: to_vec(&dense.kernel), bias: to_vec(&dense.bias), slope, dropout }
    }

    fn outputs(&self) -> usize {
        self.bias.len()
    }

    fn inputs(&self) -> usize {
        self.kernel.len() / self.outputs()
    }

    /// `dropout(activate(rows * kernel + bias))`.
    fn forward(&self, rows: &[f32]) -> Vec<f32> {
        let (path, inputs, outputs) = (kernels::active(), self.inputs(), self.outputs());
        let panels = Panels::from_matrices(path, &self.kernel, 1, inputs, outputs);
        let mut output = multiply(rows, inputs, &panels, Some(&self.bias));
        output.par_chunks_exact_mut(outputs).enumerate().for_each(|(index, row)| {
            pointwise::activate_all(path, row, self.slope, self.dropout.image(index));
        });
        output
    }

    /// Turns the output's error into the product's, in place.
    fn error_before_activation(&self, output: &[f32], error: &mut [f32]) {
        let (path, outputs) = (kernels::active(), self.outputs());
        error.par_chunks_exact_mut(outputs).zip(output.par_chunks_exact(outputs)).enumerate().for_each(|(index, (error, row))| {
            pointwise::activate_error(path, row, self.slope, self.dropout.image(index), error);
        });
    }

    /// The kernel's gradient, (in, out).
    fn kernel_gradient(&self, rows: &[f32], error: &[f32]) -> Vec<f32> {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        let mut gradient = vec![0.0; inputs * outputs];
        let outer = Outer {
            path: kernels::active(),
            images: 1,
            rows: 1,
            columns: rows.len() / inputs,
            input: Grid::rows(inputs),
            input_step: 0,
            error: Grid::rows(outputs),
            error_step: 0,
            input_channels: inputs,
            output_channels: outputs,
        };
        outer.run(rows, error, &mut gradient);
        gradient
    }

    /// The rows' gradient, (batch, in).
    fn input_gradient(&self, error: &[f32]) -> Vec<f32> {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        let panels = Panels::pack(kernels::active(), 1, outputs, inputs, |_, row, column| self.kernel[column * outputs + row]);
        multiply(error, outputs, &panels, None)
    }
}

/// Rows of `width` numbers times a matrix. Every row is a sum of its own, so how many rows a thread takes changes no bit.
fn multiply(rows: &[f32], width: usize, panels: &Panels, bias: Option<&[f32]>) -> Vec<f32> {
    let count = rows.len() / width;
    let mut output = vec![0.0; count * panels.columns()];
    let share = count.div_ceil(rayon::current_num_threads()).max(1);
    output.par_chunks_mut(share * panels.columns()).zip(rows.par_chunks(share * width)).for_each(|(output, rows)| {
        let columns = rows.len() / width;
        let (input, to) = (Grid::rows(width), Grid::rows(panels.columns()));
        Product { rows: 1, columns, input, output: to, taps: &[0], panels, bias }.run(rows, output);
    });
    output
}

/// One dense pass as one operation on dfdx's tape.
fn on_tape<S: Shape, R: Shape, const I: usize, const O: usize, T: Tape<f32, Cpu>>(
    input: Tensor<S, f32, Cpu, T>,
    shape: R,
    dense: &Dense<I, O>,
    pass: Pass,
    (weight_gradients, input_gradient): (bool, bool),
) -> Result<Tensor<R, f32, Cpu, T>, CpuError> {
    let (input, mut tape) = input.split_tape();
    let rows = to_vec(&input);
    let values = pass.forward(&rows);
    let saved = if T::OWNS_TAPE { values.clone() } else { Vec::new() };
    let output = input.device().try_tensor_from_vec(values, shape)?;
    if T::OWNS_TAPE {
        let (x, y, kernel, bias) = (input.ghost(), output.ghost(), dense.kernel.ghost(), dense.bias.ghost());
        tape.add_backward_op(move |gradients| {
            // Nothing reads the output's gradient after this, so it is taken rather than copied.
            let mut error = std::mem::take(&mut **gradients.get_or_alloc_mut(&y)?);
            pass.error_before_activation(&saved, &mut error);
            if weight_gradients {
                add(gradients.get_or_alloc_mut(&kernel)?, &pass.kernel_gradient(&rows, &error));
                add(gradients.get_or_alloc_mut(&bias)?, &sum_rows(kernels::active(), &error, pass.outputs()));
            }
            if input_gradient {
                add(gradients.get_or_alloc_mut(&x)?, &pass.input_gradient(&error));
            }
            Ok(())
        });
    }
    Ok(output.put_tape(tape))
}

impl<const LATENT: usize, const O: usize, const SIDE: usize, const C: usize> Module<Tensor<Rows<LATENT>, f32, Cpu>>
    for Projection<LATENT, O, SIDE, C>
{
    type Output = Tensor<Maps<SIDE, C>, f32, Cpu>;
    type Error = CpuError;

    fn try_forward(&self, input: Tensor<Rows<LATENT>, f32, Cpu>) -> Result<Self::Output, CpuError> {
        let shape = (input.shape().0, Default::default(), Default::default(), Default::default());
        on_tape(input, shape, &self.dense, Pass::new(&self.dense, RELU, Dropout::NONE), (false, false))
    }
}

impl<const LATENT: usize, const O: usize, const SIDE: usize, const C: usize, T: Tape<f32, Cpu>>
    ModuleMut<(Tensor<Rows<LATENT>, f32, Cpu, T>, Mode)> for Projection<LATENT, O, SIDE, C>
{
    type Output = Tensor<Maps<SIDE, C>, f32, Cpu, T>;
    type Error = CpuError;

    fn try_forward_mut(&mut self, (input, mode): (Tensor<Rows<LATENT>, f32, Cpu, T>, Mode)) -> Result<Self::Output, CpuError> {
        let shape = (input.shape().0, Default::default(), Default::default(), Default::default());
        let wanted = (mode.trains_weights(), !mode.trains_weights());
        on_tape(input, shape, &self.dense, Pass::new(&self.dense, RELU, Dropout::NONE), wanted)
    }
}

impl<const I: usize, const O: usize> Module<Tensor<Rows<I>, f32, Cpu>> for DenseBlock<I, O> {
    type Output = Tensor<Rows<O>, f32, Cpu>;
    type Error = CpuError;

    fn try_forward(&self, input: Tensor<Rows<I>, f32, Cpu>) -> Result<Self::Output, CpuError> {
        let shape = (input.shape().0, Default::default());
        on_tape(input, shape, &self.dense, Pass::new(&self.dense, self.slope, Dropout::NONE), (false, false))
    }
}

impl<const I: usize, const O: usize, T: Tape<f32, Cpu>> ModuleMut<(Tensor<Rows<I>, f32, Cpu, T>, Mode)> for DenseBlock<I, O> {
    type Output = Tensor<Rows<O>, f32, Cpu, T>;
    type Error = CpuError;

    fn try_forward_mut(&mut self, (input, mode): (Tensor<Rows<I>, f32, Cpu, T>, Mode)) -> Result<Self::Output, CpuError> {
        let shape = (input.shape().0, Default::default());
        let dropout = Dropout::new(self.dropout, mode.dropout(self.index));
        // Nobody reads the gradient for a network's own input when the network itself is trained.
        let wanted = (mode.trains_weights(), self.index > 0 || !mode.trains_weights());
        on_tape(input, shape, &self.dense, Pass::new(&self.dense, self.slope, dropout), wanted)
    }
}

impl<const SIDE: usize, const C: usize, const I: usize> Module<Tensor<Maps<SIDE, C>, f32, Cpu>> for Logit<SIDE, C, I> {
    type Output = Tensor<Rows<1>, f32, Cpu>;
    type Error = CpuError;

    fn try_forward(&self, input: Tensor<Maps<SIDE, C>, f32, Cpu>) -> Result<Self::Output, CpuError> {
        let shape = (input.shape().0, Default::default());
        on_tape(input, shape, &self.dense, Pass::new(&self.dense, 1.0, Dropout::NONE), (false, false))
    }
}

impl<const SIDE: usize, const C: usize, const I: usize, T: Tape<f32, Cpu>> ModuleMut<(Tensor<Maps<SIDE, C>, f32, Cpu, T>, Mode)>
    for Logit<SIDE, C, I>
{
    type Output = Tensor<Rows<1>, f32, Cpu, T>;
    type Error = CpuError;

    fn try_forward_mut(&mut self, (input, mode): (Tensor<Maps<SIDE, C>, f32, Cpu, T>, Mode)) -> Result<Self::Output, CpuError> {
        let shape = (input.shape().0, Default::default());
        on_tape(input, shape, &self.dense, Pass::new(&self.dense, 1.0, Dropout::NONE), (mode.trains_weights(), true))
    }
}
