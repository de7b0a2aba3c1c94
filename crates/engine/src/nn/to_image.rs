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
        self, outer,
        parallel::Parallel as _,
        pointwise,
        product::{Grid, Panels, Product, group},
        profile::{self, Part},
    },
    numbers::{InputGradient, Source},
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
/// Blocks of images: each sums its weight gradients, then the sums are added.
const BLOCKS: usize = 16;

/// Calls `visit` with every pixel of a map of `side` x `side`, and whether all its neighbours are in
/// the map.
#[inline(always)]
fn pixels(side: usize, mut visit: impl FnMut(usize, bool)) {
    for row in 0..side {
        for column in 0..side {
            let inner = 0 < row && row + 1 < side && 0 < column && column + 1 < side;
            visit(row * side + column, inner);
        }
    }
}

/// The pixel that a tap reaches from another, if it is in the map.
fn reached(side: usize, pixel: usize, tap: usize) -> Option<usize> {
    let inside = |at: usize| at.checked_sub(1).filter(|&at| at < side);
    let (row, column) = (inside(pixel / side + tap / 3)?, inside(pixel % side + tap % 3)?);
    Some(row * side + column)
}

/// The block's numbers for one pass.
struct Pass {
    side: usize,
    inputs: usize,
    channels: usize,
    /// Products of a pixel, one for each tap and channel, and zeros up to whole registers.
    width: usize,
    /// (in, tap, channel), each row `width` long.
    kernel: Vec<f32>,
    bias: Vec<f32>,
    /// Where the block's time is recorded.
    block: Option<profile::Layer>,
}

impl Pass {
    fn new<const I: usize, const SIDE: usize, const C: usize>(block: &ToImage<I, SIDE, C>) -> Self {
        let (conv, block) = (&block.conv, profile::next_block(Part::Pack));
        let (kernel, bias) = (to_vec(&conv.kernel), to_vec(&conv.bias));
        let width = (TAPS * C).next_multiple_of(group(kernels::active(), TAPS * C));
        let rows = vec![0.0; I * width];
        let mut pass =
            Self { side: SIDE, inputs: I, channels: C, width, kernel: rows, bias, block };
        profile::count(Part::Pack, 0, &[3 * kernel.len() + 3 * pass.kernel.len()]);
        for (at, place) in pass.places() {
            pass.kernel[at] = kernel[place];
        }
        pass
    }

    /// Places in the rows (in, tap, channel), and those of the same numbers in the kernel (3, 3,
    /// in, channel).
    fn places(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let &Self { inputs, channels, width, .. } = self;
        (0..inputs).flat_map(move |input| {
            (0..TAPS * channels).map(move |at| {
                (input * width + at, (at / channels * inputs + input) * channels + at % channels)
            })
        })
    }

    /// (n, side, side, in) to (n, side, side, channel), recorded as `part`.
    fn forward(&self, input: Source, part: Part) -> Buffer {
        let (path, pixels) = (kernels::active(), self.side * self.side);
        let (channels, width) = (self.channels, self.width);
        let panels = Panels::pack(path, &self.kernel, &[0], self.inputs, width, None);
        let length = input.values.len();
        let mut output = Buffer::uninit_recycled(length / self.inputs * channels);
        profile::part(part);
        let multiply_adds = length * TAPS * channels;
        profile::count(part, multiply_adds, &[length, self.kernel.len(), output.len()]);
        output.par_chunks_exact_mut(pixels * channels).enumerate().run_with(
            || (input.room(), Buffer::uninit_recycled(pixels * width)),
            |(room, products), (index, output)| {
                let image = input.image(path, index, pixels * self.inputs, room);
                self.rows(self.inputs, width, &panels).run(image, products);
                match channels {
                    1 => self.add_products::<1, 1>(products, output),
                    _ => self.add_products::<3, 4>(products, output),
                }
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
        input: Source,
        output: &[f32],
        error: &[f32],
    ) -> (Vec<f32>, Vec<f32>, InputGradient) {
        let (path, pixels) = (kernels::active(), self.side * self.side);
        let (channels, width) = (self.channels, self.width);
        profile::enter(self.block, Part::Pack);
        profile::count(Part::Pack, 0, &[2 * self.kernel.len()]);
        let transposed = Panels::pack_transposed(path, &self.kernel, &[0], width, self.inputs);
        let values = pixels * channels;
        let images = output.len() / values;
        let share = images.div_ceil(BLOCKS).max(1);
        let mut gradient = InputGradient::room(input, pixels * self.inputs, true);
        profile::part(Part::InputGradient);
        let length = input.values.len();
        let multiply_adds = length * TAPS * channels;
        let floats = [output.len(), error.len(), length];
        profile::count(Part::InputGradient, multiply_adds, &floats);
        profile::count(Part::WeightGradient, multiply_adds, &[length, output.len()]);
        let blocks = gradient
            .shares(share, images)
            .into_par_iter()
            .zip(output.par_chunks(share * values).zip(error.par_chunks(share * values)))
            .enumerate()
            .run_map(|(number, (mut gradients, (output, error)))| {
                let mut room = input.room();
                // What there is between the products and the next pixel stays zero.
                let mut taps = Buffer::zeros(pixels * width);
                let (mut kernel, mut bias) = (vec![0.0; self.kernel.len()], vec![0.0; channels]);
                let images = output.chunks_exact(values).zip(error.chunks_exact(values));
                for (index, (output, error)) in images.enumerate() {
                    let (gradient, sums) = gradients.image(index);
                    let index = number * share + index;
                    profile::part(Part::NormGradient);
                    self.errors(output, error, &mut taps, &mut bias);
                    profile::part(Part::InputGradient);
                    self.rows(width, self.inputs, &transposed).run(&taps, gradient);
                    profile::part(Part::WeightGradient);
                    let columns = (width, width);
                    let image = input.image(path, index, pixels * self.inputs, &mut room);
                    outer::accumulate(path, image, self.inputs, &taps, columns, true, &mut kernel);
                    input.back(path, index, gradient, sums);
                }
                (kernel, bias)
            });
        profile::part(Part::WeightGradient);
        let (mut by_input, mut bias) = (vec![0.0; self.kernel.len()], vec![0.0; channels]);
        for (kernel, sums) in &blocks {
            pointwise::add_rows(path, kernel, &mut by_input);
            pointwise::add_rows(path, sums, &mut bias);
        }
        let mut kernel = vec![0.0; TAPS * self.inputs * channels];
        self.places().for_each(|(at, place)| kernel[place] = by_input[at]);
        (kernel, bias, gradient)
    }

    /// Writes an image's errors to the products that its pixels are made of, (pixel, product), and
    /// adds them to those of the bias.
    fn errors(&self, output: &[f32], error: &[f32], taps: &mut [f32], bias: &mut [f32]) {
        match self.channels {
            1 => self.spread_errors::<1, 1>(output, error, taps, bias),
            _ => self.spread_errors::<3, 4>(output, error, taps, bias),
        }
    }

    /// Writes the sums of the products that contribute to each pixel of the image, of `C` channels,
    /// and the bias. `P` numbers are added at once: three channels and one more make a register.
    fn add_products<const C: usize, const P: usize>(&self, products: &[f32], image: &mut [f32]) {
        let (side, width) = (self.side, self.width);
        let (image, _) = image.as_chunks_mut::<C>();
        let mut bias = [0.0; P];
        bias[..C].copy_from_slice(&self.bias);
        let add = |sums: &mut [f32; P], at: usize| {
            sums.iter_mut().zip(&products[at..at + P]).for_each(|(sum, x)| *sum += x);
        };
        pixels(side, |pixel, inner| {
            let mut sums = bias;
            for tap in 0..TAPS {
                if inner {
                    let reached = pixel + tap / 3 * side + tap % 3 - side - 1;
                    add(&mut sums, reached * width + tap * C);
                } else if let Some(reached) = reached(side, pixel, tap) {
                    add(&mut sums, reached * width + tap * C);
                }
            }
            image[pixel].copy_from_slice(&sums[..C]);
        });
    }

    /// Writes the error of every pixel, of `C` channels, before tanh to the products that the pixel
    /// is made of, and adds it to that of the bias. `P` numbers are written at once: what is too
    /// much is overwritten by the next product's, or is a zero where no product is.
    fn spread_errors<const C: usize, const P: usize>(
        &self,
        output: &[f32],
        error: &[f32],
        taps: &mut [f32],
        bias: &mut [f32],
    ) {
        let (side, width) = (self.side, self.width);
        let pixels_of = output.as_chunks::<C>().0.iter().zip(error.as_chunks::<C>().0);
        let mut sums = [0.0; P];
        let errors: Vec<[f32; P]> = pixels_of
            .map(|(y, error)| {
                let mut before = [0.0; P];
                for channel in 0..C {
                    before[channel] = error[channel] * (1.0 - y[channel] * y[channel]);
                }
                sums.iter_mut().zip(before).for_each(|(sum, x)| *sum += x);
                before
            })
            .collect();
        pointwise::add(&sums[..C], bias);
        pixels(side, |pixel, inner| {
            let row = &mut taps[pixel * width..(pixel + 1) * width];
            for tap in 0..TAPS {
                // The tap reaches this pixel from where the opposite one reaches.
                let opposite = TAPS - 1 - tap;
                let from = match inner {
                    true => Some(pixel + opposite / 3 * side + opposite % 3 - side - 1),
                    false => reached(side, pixel, opposite),
                };
                let to = &mut row[tap * C..tap * C + P];
                to.copy_from_slice(&from.map_or([0.0; P], |from| errors[from]));
            }
        });
    }
}

impl<const I: usize, const SIDE: usize, const C: usize> ToImage<I, SIDE, C> {
    const CHANNELS: () = assert!(C == 1 || C == 3, "images are grey or RGB");

    /// All zeros; the initialiser fills the tensors.
    pub fn zeros(device: &Cpu) -> Self {
        const { Self::CHANNELS };
        Self { conv: Conv::zeros(device) }
    }
}

impl<const I: usize, const SIDE: usize, const C: usize> Module<Activations<Maps<SIDE, I>>>
    for ToImage<I, SIDE, C>
{
    type Output = Activations<Maps<SIDE, C>>;
    type Error = CpuError;

    fn try_forward(&self, input: Activations<Maps<SIDE, I>>) -> Result<Self::Output, CpuError> {
        let output = Pass::new(self).forward(input.source(), Part::Inference);
        profile::leave();
        Activations::new(output, super::maps(input.batch()))
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
        let output = pass.forward(input.source(), Part::Forward);
        profile::leave();
        let output = Activations::new(output, super::maps(input.batch()))?;
        if T::OWNS_TAPE {
            let (x, y, kernel, bias) = (
                input.gradient(),
                output.gradient(),
                self.conv.kernel.clone(),
                self.conv.bias.clone(),
            );
            let (rows, saved) = (input.share(), output.share());
            tape.add_backward_op(move |gradients| {
                let (weights, sums, input) = pass.backward(rows.source(), saved.whole(), &y.take());
                if mode.trains_weights() {
                    accumulate(gradients.get_or_alloc_mut(&kernel)?, weights);
                    accumulate(gradients.get_or_alloc_mut(&bias)?, sums);
                }
                x.add(input);
                profile::leave();
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
