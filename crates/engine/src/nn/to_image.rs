//! The generator's last block: 3x3 convolution to one channel or three, tanh.
//!
//! With so few output channels, most of a register tile would be idle. So every pixel is first
//! multiplied by all nine taps at once, `(pixel, in) x (in, 9 * channels)`, and the nine products
//! are then added to the pixels they contribute to; backward is the transpose of both steps.

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

/// Maps of `SIDE` x `SIDE` x `I` to images of `SIDE` x `SIDE` x `C` in [-1, 1]: 3x3 convolution of
/// stride 1 with "same" padding, tanh.
#[derive(Debug, Clone)]
pub struct ToImage<const I: usize, const SIDE: usize, const C: usize> {
    pub conv: Conv<I, C>,
}

/// To grey images.
pub type ToGrey<const I: usize, const SIDE: usize> = ToImage<I, SIDE, 1>;

/// To RGB images.
pub type ToColour<const I: usize, const SIDE: usize> = ToImage<I, SIDE, 3>;

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
    channels: usize,
    /// (in, tap, channel).
    kernel: Vec<f32>,
    bias: Vec<f32>,
}

impl Pass {
    fn new<const I: usize, const SIDE: usize, const C: usize>(block: &ToImage<I, SIDE, C>) -> Self {
        let bias = to_vec(&block.conv.bias);
        let mut pass = Self { side: SIDE, inputs: I, channels: C, kernel: Vec::new(), bias };
        let kernel = to_vec(&block.conv.kernel);
        pass.kernel = pass.places().map(|place| kernel[place]).collect();
        pass
    }

    /// The places in the kernel (3, 3, in, channel) of the numbers (in, tap, channel).
    fn places(&self) -> impl Iterator<Item = usize> {
        let &Self { inputs, channels, .. } = self;
        (0..inputs).flat_map(move |input| {
            (0..TAPS * channels)
                .map(move |at| (at / channels * inputs + input) * channels + at % channels)
        })
    }

    /// The products of a pixel: one for each tap and channel.
    fn products(&self) -> usize {
        TAPS * self.channels
    }

    /// (n, side, side, in) to (n, side, side, channel).
    fn forward(&self, input: &[f32]) -> Buffer {
        let (path, pixels) = (kernels::active(), self.side * self.side);
        let (channels, width) = (self.channels, self.products());
        let panels = Panels::pack(path, &self.kernel, &[0], self.inputs, width, None);
        let mut output = Buffer::uninit_recycled(input.len() / self.inputs * channels);
        output
            .par_chunks_exact_mut(pixels * channels)
            .zip(input.par_chunks_exact(pixels * self.inputs))
            .for_each_init(
                || Buffer::uninit_recycled(pixels * width),
                |products, (output, image)| {
                    self.rows(self.inputs, width, &panels).run(image, products);
                    for pixel in output.chunks_exact_mut(channels) {
                        pixel.copy_from_slice(&self.bias);
                    }
                    stretches(self.side, |tap, first, reached, count| {
                        let products = products[reached * width + tap * channels..].chunks(width);
                        output[first * channels..(first + count) * channels]
                            .chunks_exact_mut(channels)
                            .zip(products)
                            .for_each(|(pixel, products)| {
                                pixel.iter_mut().zip(products).for_each(|(out, x)| *out += x);
                            });
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

    /// Gradients of kernel (3, 3, in, channel), bias and input, from the output and its gradient.
    fn backward(
        &self,
        input: &[f32],
        output: &[f32],
        error: &[f32],
    ) -> (Vec<f32>, Vec<f32>, Buffer) {
        let (path, pixels) = (kernels::active(), self.side * self.side);
        let (channels, width) = (self.channels, self.products());
        let transposed = Panels::pack_transposed(path, &self.kernel, &[0], width, self.inputs);
        let (values, images) = (pixels * channels, output.len() / (pixels * channels));
        let mut taps = Buffer::uninit_recycled(images * pixels * width);
        let mut sums = vec![0.0f32; images * channels];
        let mut gradient = Buffer::uninit_recycled(input.len());
        taps.par_chunks_exact_mut(pixels * width)
            .zip(gradient.par_chunks_exact_mut(pixels * self.inputs))
            .zip(sums.par_chunks_exact_mut(channels))
            .zip(output.par_chunks_exact(values).zip(error.par_chunks_exact(values)))
            .for_each(|(((taps, gradient), sums), (output, error))| {
                taps.fill(0.0);
                let error: Vec<f32> =
                    output.iter().zip(error).map(|(y, error)| error * (1.0 - y * y)).collect();
                for (channel, sum) in sums.iter_mut().enumerate() {
                    *sum = error[channel..].iter().step_by(channels).sum();
                }
                stretches(self.side, |tap, first, reached, count| {
                    let taps = taps[reached * width + tap * channels..].chunks_mut(width);
                    error[first * channels..(first + count) * channels]
                        .chunks_exact(channels)
                        .zip(taps)
                        .for_each(|(error, taps)| taps[..channels].copy_from_slice(error));
                });
                self.rows(width, self.inputs, &transposed).run(taps, gradient);
            });
        let outer = Outer {
            path,
            images,
            rows: 1,
            columns: pixels,
            input: Grid::rows(self.inputs),
            input_step: pixels * self.inputs,
            taps: &[0],
            error: Grid::rows(width),
            error_step: pixels * width,
            input_channels: self.inputs,
            output_channels: width,
        };
        let mut by_input = vec![0.0; self.inputs * width];
        outer.run(input, &taps, &mut by_input);
        let mut kernel = vec![0.0; self.inputs * width];
        self.places().zip(by_input).for_each(|(place, gradient)| kernel[place] = gradient);
        let bias = (0..channels).map(|channel| sums[channel..].iter().step_by(channels).sum());
        (kernel, bias.collect(), gradient)
    }
}

impl<const I: usize, const SIDE: usize, const C: usize> ToImage<I, SIDE, C> {
    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu) -> Self {
        Self { conv: Conv::zeros(device) }
    }
}

impl<const I: usize, const SIDE: usize, const C: usize> Module<Activations<Maps<SIDE, I>>>
    for ToImage<I, SIDE, C>
{
    type Output = Activations<Maps<SIDE, C>>;
    type Error = CpuError;

    fn try_forward(&self, input: Activations<Maps<SIDE, I>>) -> Result<Self::Output, CpuError> {
        Activations::new(Pass::new(self).forward(input.values()), super::maps(input.batch()))
    }
}

impl<const I: usize, const SIDE: usize, const C: usize, T: Tape<f32, Cpu>>
    ModuleMut<WithMode<Maps<SIDE, I>, T>> for ToImage<I, SIDE, C>
{
    type Output = WithMode<Maps<SIDE, C>, T>;
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
                let (weights, sums, input) = pass.backward(&rows, &saved, &y.take());
                if mode.trains_weights() {
                    accumulate(gradients.get_or_alloc_mut(&kernel)?, weights);
                    accumulate(gradients.get_or_alloc_mut(&bias)?, sums);
                }
                x.accumulate(input);
                Ok(())
            });
        }
        Ok((output.put_tape(tape), mode))
    }
}

impl<const I: usize, const SIDE: usize, const C: usize> Block for ToImage<I, SIDE, C> {
    fn layers(&self) -> Vec<BlockLayer<'_>> {
        let (output, multiply_adds) = (vec![SIDE, SIDE, C], SIDE * SIDE * TAPS * I * C);
        vec![BlockLayer { tensors: &self.conv, output, multiply_adds }]
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Tensors> {
        vec![&mut self.conv]
    }
}
