//! The dense layer as one operation: product, activation, dropout, forward and backward.

use dfdx::{
    shapes::Shape,
    tensor::{Cpu, CpuError, Tape},
};
use rayon::prelude::*;

use super::{
    Activations, Buffer, LEAKY_RELU, RELU,
    fused::{accumulate, sum_rows},
    kernels::{
        self,
        outer::Outer,
        parallel::Parallel as _,
        pointwise::{self, Dropout},
        product::{Grid, Panels, Product},
        profile::{self, Part},
    },
    mode::Wanted,
    parameters::{Dense, to_buffer},
};

/// The activation of a dense layer.
#[derive(Debug, Clone, Copy)]
pub enum Nonlinearity {
    /// `x` where positive, else this factor times `x`: ReLU (0), leaky ReLU, identity (1).
    Slope(f32),
    Tanh,
}

impl Nonlinearity {
    pub const RELU: Self = Self::Slope(RELU);
    pub const LEAKY_RELU: Self = Self::Slope(LEAKY_RELU);
    pub const IDENTITY: Self = Self::Slope(1.0);
}

/// A dense layer's numbers for one pass.
pub(super) struct Pass {
    /// (in, out) and (out).
    kernel: Buffer,
    bias: Buffer,
    nonlinearity: Nonlinearity,
    dropout: Dropout,
    /// Where the block's time is recorded.
    block: Option<profile::Layer>,
}

impl Pass {
    pub fn new<const I: usize, const O: usize>(
        dense: &Dense<I, O>,
        nonlinearity: Nonlinearity,
        dropout: Dropout,
    ) -> Self {
        let block = profile::next_block(Part::Pack);
        let kernel = to_buffer(&dense.kernel);
        // Out of the tensor, then into panels.
        profile::count(Part::Pack, 0, &[4 * kernel.len()]);
        Self { kernel, bias: to_buffer(&dense.bias), nonlinearity, dropout, block }
    }

    fn outputs(&self) -> usize {
        self.bias.len()
    }

    fn inputs(&self) -> usize {
        self.kernel.len() / self.outputs()
    }

    /// `dropout(activate(rows * kernel + bias))`, whose product is recorded as `part`.
    fn forward(&self, rows: &[f32], part: Part) -> Buffer {
        let (path, inputs, outputs) = (kernels::active(), self.inputs(), self.outputs());
        let panels = Panels::pack(path, &self.kernel, &[0], inputs, outputs, None);
        profile::part(part);
        let mut output = multiply(rows, inputs, &panels, Some(&self.bias));
        let multiply_adds = rows.len() * outputs;
        profile::count(part, multiply_adds, &[rows.len(), self.kernel.len(), output.len()]);
        profile::part(Part::Norm);
        profile::count(Part::Norm, 0, &[2 * output.len()]);
        output.par_chunks_exact_mut(outputs).enumerate().run(|(index, row)| {
            match self.nonlinearity {
                Nonlinearity::Slope(slope) => {
                    pointwise::activate_all(path, row, slope, self.dropout.image(index))
                }
                Nonlinearity::Tanh => pointwise::tanh(path, row),
            }
        });
        output
    }

    /// Turns the output's error into the product's, in place.
    fn error_before_activation(&self, output: &[f32], error: &mut [f32]) {
        let (path, outputs) = (kernels::active(), self.outputs());
        profile::count(Part::NormGradient, 0, &[3 * error.len()]);
        error.par_chunks_exact_mut(outputs).zip(output.par_chunks_exact(outputs)).enumerate().run(
            |(index, (error, row))| match self.nonlinearity {
                Nonlinearity::Slope(slope) => {
                    pointwise::activate_error(path, row, slope, self.dropout.image(index), error)
                }
                Nonlinearity::Tanh => {
                    error.iter_mut().zip(row).for_each(|(error, y)| *error *= 1.0 - y * y)
                }
            },
        );
    }

    /// The kernel's gradient, (in, out).
    fn kernel_gradient(&self, rows: &[f32], error: &[f32]) -> Vec<f32> {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        let mut gradient = Buffer::uninit_recycled(inputs * outputs);
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
        profile::part(Part::WeightGradient);
        let multiply_adds = rows.len() * outputs;
        let floats = [rows.len(), error.len(), gradient.len()];
        profile::count(Part::WeightGradient, multiply_adds, &floats);
        outer.run(rows, error, &mut gradient);
        gradient.into_vec()
    }

    /// The rows' gradient, (batch, in).
    fn input_gradient(&self, error: &[f32]) -> Buffer {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        profile::part(Part::Pack);
        profile::count(Part::Pack, 0, &[2 * self.kernel.len()]);
        let panels =
            Panels::pack_transposed(kernels::active(), &self.kernel, &[0], outputs, inputs);
        profile::part(Part::InputGradient);
        let gradient = multiply(error, outputs, &panels, None);
        let floats = [error.len(), self.kernel.len(), gradient.len()];
        profile::count(Part::InputGradient, error.len() * inputs, &floats);
        gradient
    }
}

/// Rows of `width` numbers times a matrix. The number of rows that a thread takes changes no bit,
/// since no sum goes over several rows.
fn multiply(rows: &[f32], width: usize, panels: &Panels, bias: Option<&[f32]>) -> Buffer {
    let count = rows.len() / width;
    let mut output = Buffer::uninit_recycled(count * panels.columns());
    let share = count.div_ceil(rayon::current_num_threads()).max(1);
    output.par_chunks_mut(share * panels.columns()).zip(rows.par_chunks(share * width)).run(
        |(output, rows)| {
            let columns = rows.len() / width;
            let (input, to) = (Grid::rows(width), Grid::rows(panels.columns()));
            Product { rows: 1, columns, input, output: to, taps: &[0], panels, bias }
                .run(rows, output);
        },
    );
    output
}

/// One dense pass as one operation on dfdx's tape.
pub(super) fn on_tape<S: Shape, R: Shape, const I: usize, const O: usize, T: Tape<f32, Cpu>>(
    input: Activations<S, T>,
    shape: R,
    dense: &Dense<I, O>,
    pass: Pass,
    wanted: Wanted,
) -> Result<Activations<R, T>, CpuError> {
    let (input, mut tape) = input.split_tape();
    let part = if T::OWNS_TAPE { Part::Forward } else { Part::Inference };
    let output = Activations::new(pass.forward(input.values(), part), shape)?;
    profile::leave();
    if T::OWNS_TAPE {
        let (x, y, kernel, bias) =
            (input.gradient(), output.gradient(), dense.kernel.clone(), dense.bias.clone());
        let (rows, saved) = (input.share(), output.share());
        tape.add_backward_op(move |gradients| {
            profile::enter(pass.block, Part::NormGradient);
            let mut error = y.take();
            pass.error_before_activation(saved.whole(), &mut error);
            if wanted.weights {
                accumulate(
                    gradients.get_or_alloc_mut(&kernel)?,
                    pass.kernel_gradient(rows.whole(), &error),
                );
                accumulate(
                    gradients.get_or_alloc_mut(&bias)?,
                    sum_rows(kernels::active(), &error, pass.outputs()),
                );
            }
            if wanted.input {
                x.accumulate(pass.input_gradient(&error));
            }
            profile::leave();
            Ok(())
        });
    }
    Ok(output.put_tape(tape))
}
