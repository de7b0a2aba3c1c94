//! The dense layer as one operation: product, activation, dropout, forward and backward.

use dfdx::{
    shapes::Shape,
    tensor::{Cpu, CpuError, PutTape, SplitTape, Tape, Tensor, TensorFromVec},
};
use rayon::prelude::*;

use super::{
    fused::{give, sum_rows},
    kernels::{
        self,
        outer::Outer,
        pointwise::{self, Dropout},
        product::{Grid, Panels, Product},
    },
    parameters::{Dense, to_vec},
};

/// What a dense layer's product goes through.
#[derive(Debug, Clone, Copy)]
pub(super) enum Activation {
    /// `x` where positive, else so many times `x`; 1 is the identity.
    Slope(f32),
    Tanh,
}

/// A dense layer's numbers for one pass.
pub(super) struct Pass {
    /// (in, out) and (out).
    kernel: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
    dropout: Dropout,
}

impl Pass {
    pub fn new<const I: usize, const O: usize>(dense: &Dense<I, O>, activation: Activation, dropout: Dropout) -> Self {
        Self { kernel: to_vec(&dense.kernel), bias: to_vec(&dense.bias), activation, dropout }
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
        let panels = Panels::pack(path, &self.kernel, &[0], inputs, outputs, None);
        let mut output = multiply(rows, inputs, &panels, Some(&self.bias));
        output.par_chunks_exact_mut(outputs).enumerate().for_each(|(index, row)| match self.activation {
            Activation::Slope(slope) => pointwise::activate_all(path, row, slope, self.dropout.image(index)),
            Activation::Tanh => pointwise::tanh(path, row),
        });
        output
    }

    /// Turns the output's error into the product's, in place.
    fn error_before_activation(&self, output: &[f32], error: &mut [f32]) {
        let (path, outputs) = (kernels::active(), self.outputs());
        error.par_chunks_exact_mut(outputs).zip(output.par_chunks_exact(outputs)).enumerate().for_each(|(index, (error, row))| match self
            .activation
        {
            Activation::Slope(slope) => pointwise::activate_error(path, row, slope, self.dropout.image(index), error),
            Activation::Tanh => error.iter_mut().zip(row).for_each(|(error, y)| *error *= 1.0 - y * y),
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
            taps: &[0],
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
        let panels = Panels::pack_transposed(kernels::active(), &self.kernel, &[0], outputs, inputs);
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
pub(super) fn on_tape<S: Shape, R: Shape, const I: usize, const O: usize, T: Tape<f32, Cpu>>(
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
                give(gradients.get_or_alloc_mut(&kernel)?, pass.kernel_gradient(&rows, &error));
                give(gradients.get_or_alloc_mut(&bias)?, sum_rows(kernels::active(), &error, pass.outputs()));
            }
            if input_gradient {
                give(gradients.get_or_alloc_mut(&x)?, pass.input_gradient(&error));
            }
            Ok(())
        });
    }
    Ok(output.put_tape(tape))
}
