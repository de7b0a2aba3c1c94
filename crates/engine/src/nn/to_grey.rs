//! The generator's last block: 3x3 convolution to one channel, tanh.
//!
//! With one output channel, most of a register tile would be idle. So every pixel is first
//! multiplied by all nine taps at once, `(pixel, in) x (in, 9)`, and the nine products are then
//! added to the pixels they contribute to; backward is the transpose of both steps.

use dfdx::{
    nn::{Module, ModuleMut},
    tensor::{Cpu, CpuError, Tape},
};
use rayon::prelude::*;

use super::{
    Activations, Block, BlockLayer, Buffer, Maps, Mode, Tensors, WithMode,
    fused::accumulate,
    kernels::{
        self,
        outer::Outer,
        pointwise,
        product::{Grid, Panels, Product},
    },
    parameters::{Conv, to_vec},
};

/// Maps of `SIDE` x `SIDE` x `I` to grey images of `SIDE` x `SIDE` x 1 in [-1, 1]: 3x3 convolution
/// of stride 1 with "same" padding, tanh.
#[derive(Debug, Clone)]
pub struct ToGrey<const I: usize, const SIDE: usize> {
    pub conv: Conv<I, 1>,
}

/// The taps of a 3x3 kernel.
const TAPS: usize = 9;

/// For every tap and every row of a map of `side` x `side`: the row's pixels that the tap reaches
/// from inside, as `visit(tap, first pixel, first pixel reached, how many)`.
fn stretches(side: usize, mut visit: impl FnMut(usize, usize, usize, usize)) {
    for row in 0..side {
        for tap in 0..TAPS {
            let Some(reached) = (row + tap / 3).checked_sub(1).filter(|&reached| reached < side)
            else {
                continue;
            };
            match tap % 3 {
                0 => visit(tap, row * side + 1, reached * side, side - 1),
                1 => visit(tap, row * side, reached * side, side),
                _ => visit(tap, row * side, reached * side + 1, side - 1),
            }
        }
    }
}

/// The block's numbers for one pass.
struct Pass {
    side: usize,
    inputs: usize,
    /// (in, tap).
    kernel: Vec<f32>,
    bias: f32,
}

impl Pass {
    fn new<const I: usize, const SIDE: usize>(block: &ToGrey<I, SIDE>) -> Self {
        // (height, width, in, 1) to (in, tap).
        let taps = to_vec(&block.conv.kernel);
        let kernel = (0..I * TAPS).map(|index| taps[index % TAPS * I + index / TAPS]).collect();
        Self { side: SIDE, inputs: I, kernel, bias: to_vec(&block.conv.bias)[0] }
    }

    /// (n, side, side, in) to (n, side, side).
    fn forward(&self, input: &[f32]) -> Buffer {
        let (path, pixels) = (kernels::active(), self.side * self.side);
        let panels = Panels::pack(path, &self.kernel, &[0], self.inputs, TAPS, None);
        let mut output = Buffer::uninit_recycled(input.len() / self.inputs);
        output
            .par_chunks_exact_mut(pixels)
            .zip(input.par_chunks_exact(pixels * self.inputs))
            .for_each_init(
                || Buffer::uninit_recycled(pixels * TAPS),
                |products, (output, image)| {
                    self.rows(self.inputs, TAPS, &panels).run(image, products);
                    output.fill(self.bias);
                    stretches(self.side, |tap, first, reached, count| {
                        let products = products[reached * TAPS + tap..].iter().step_by(TAPS);
                        output[first..first + count]
                            .iter_mut()
                            .zip(products)
                            .for_each(|(out, product)| *out += product);
                    });
                    pointwise::tanh(path, output);
                },
            );
        output
    }

    fn rows<'a>(&self, from: usize, to: usize, panels: &'a Panels) -> Product<'a> {
        let (input, output) = (Grid::rows(from), Grid::rows(to));
        Product {
            rows: 1,
            columns: self.side * self.side,
            input,
            output,
            taps: &[0],
            panels,
            bias: None,
        }
    }

    /// Gradients of kernel (3, 3, in, 1), bias and input, from the output and its gradient.
    fn backward(&self, input: &[f32], output: &[f32], error: &[f32]) -> (Vec<f32>, f32, Buffer) {
        let (path, pixels) = (kernels::active(), self.side * self.side);
        let transposed = Panels::pack_transposed(path, &self.kernel, &[0], TAPS, self.inputs);
        let images = output.len() / pixels;
        let mut taps = Buffer::uninit_recycled(output.len() * TAPS);
        let mut sums = vec![0.0f32; images];
        let mut gradient = Buffer::uninit_recycled(input.len());
        taps.par_chunks_exact_mut(pixels * TAPS)
            .zip(gradient.par_chunks_exact_mut(pixels * self.inputs))
            .zip(sums.par_iter_mut())
            .zip(output.par_chunks_exact(pixels).zip(error.par_chunks_exact(pixels)))
            .for_each(|(((taps, gradient), sum), (output, error))| {
                taps.fill(0.0);
                let error: Vec<f32> =
                    output.iter().zip(error).map(|(y, error)| error * (1.0 - y * y)).collect();
                *sum = error.iter().sum();
                stretches(self.side, |tap, first, reached, count| {
                    let taps = taps[reached * TAPS + tap..].iter_mut().step_by(TAPS);
                    taps.zip(&error[first..first + count]).for_each(|(tap, error)| *tap = *error);
                });
                self.rows(TAPS, self.inputs, &transposed).run(taps, gradient);
            });
        let outer = Outer {
            path,
            images,
            rows: 1,
            columns: pixels,
            input: Grid::rows(self.inputs),
            input_step: pixels * self.inputs,
            taps: &[0],
            error: Grid::rows(TAPS),
            error_step: pixels * TAPS,
            input_channels: self.inputs,
            output_channels: TAPS,
        };
        let mut kernel = vec![0.0; self.inputs * TAPS];
        outer.run(input, &taps, &mut kernel);
        let kernel = (0..TAPS * self.inputs)
            .map(|index| kernel[index % self.inputs * TAPS + index / self.inputs])
            .collect();
        (kernel, sums.iter().sum(), gradient)
    }
}

impl<const I: usize, const SIDE: usize> ToGrey<I, SIDE> {
    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu) -> Self {
        Self { conv: Conv::zeros(device) }
    }
}

impl<const I: usize, const SIDE: usize> Module<Activations<Maps<SIDE, I>>> for ToGrey<I, SIDE> {
    type Output = Activations<Maps<SIDE, 1>>;
    type Error = CpuError;

    fn try_forward(&self, input: Activations<Maps<SIDE, I>>) -> Result<Self::Output, CpuError> {
        Activations::new(Pass::new(self).forward(input.values()), super::maps(input.batch()))
    }
}

impl<const I: usize, const SIDE: usize, T: Tape<f32, Cpu>> ModuleMut<WithMode<Maps<SIDE, I>, T>>
    for ToGrey<I, SIDE>
{
    type Output = WithMode<Maps<SIDE, 1>, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (input, mode): (Activations<Maps<SIDE, I>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let (input, mut tape) = input.split_tape();
        let pass = Pass::new(self);
        let output = Activations::new(pass.forward(input.values()), super::maps(input.batch()))?;
        if T::OWNS_TAPE {
            let (x, y, kernel, bias) = (
                input.gradient(),
                output.gradient(),
                self.conv.kernel.clone(),
                self.conv.bias.clone(),
            );
            let (rows, saved) = (input.share(), output.share());
            tape.add_backward_op(move |gradients| {
                let (weights, sum, input) = pass.backward(&rows, &saved, &y.take());
                if mode.trains_weights() {
                    accumulate(gradients.get_or_alloc_mut(&kernel)?, weights);
                    accumulate(gradients.get_or_alloc_mut(&bias)?, vec![sum]);
                }
                x.accumulate(input);
                Ok(())
            });
        }
        Ok((output.put_tape(tape), mode))
    }
}

impl<const I: usize, const SIDE: usize> Block for ToGrey<I, SIDE> {
    fn layers(&self) -> Vec<BlockLayer<'_>> {
        let (output, multiply_adds) = (vec![SIDE, SIDE, 1], SIDE * SIDE * TAPS * I);
        vec![BlockLayer { tensors: &self.conv, output, multiply_adds }]
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Tensors> {
        vec![&mut self.conv]
    }
}
