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
    Activations, Block, BlockLayer, Buffer, Maps, Mode, MultiplyAdds, Tensors, WithMode,
    fused::accumulate,
    kernels::{
        self, outer,
        parallel::Parallel as _,
        pointwise,
        product::{Grid, Panels, Product},
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

/// Of an image with a border of one pixel: for every pixel inside of it, the three lines of three
/// pixels around it.
fn neighbours<T>(image: &[T], side: usize) -> impl Iterator<Item = [&[T]; 3]> {
    let line = side + 2;
    let around = move |first: usize| image[first..first + line].windows(3);
    (0..side).flat_map(move |row| {
        let lines = around(row * line).zip(around((row + 1) * line)).zip(around((row + 2) * line));
        lines.map(|((above, own), below)| [above, own, below])
    })
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
        // 16 for one channel, 32 for three, on every path.
        let width = (TAPS * C).next_multiple_of(16);
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
            // The border of the products stays zero.
            || (input.room(), Buffer::zeros((self.side + 2).pow(2) * width)),
            |(room, products), (index, output)| {
                let image = input.image(path, index, pixels * self.inputs, room);
                let line = (self.side + 2) * width;
                let inside = Grid { start: line + width, row_step: line, column_step: width };
                self.product(self.inputs, inside, &panels).run(image, products);
                match channels {
                    1 => self.add_products::<1, 1, 16>(products, output),
                    _ => self.add_products::<3, 4, 32>(products, output),
                }
                pointwise::tanh(path, output);
            },
        );
        output
    }

    /// A product of every pixel's `from` numbers.
    fn product<'a>(&self, from: usize, output: Grid, panels: &'a Panels) -> Product<'a> {
        let (rows, columns) = (self.side, self.side);
        let input = Grid { start: 0, row_step: columns * from, column_step: from };
        Product { rows, columns, input, output, taps: &[0], panels, bias: None }
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
                // Without a border.
                let (row_step, column_step) = (self.side * self.inputs, self.inputs);
                let to = Grid { start: 0, row_step, column_step };
                let (mut kernel, mut bias) = (vec![0.0; self.kernel.len()], vec![0.0; channels]);
                let images = output.chunks_exact(values).zip(error.chunks_exact(values));
                for (index, (output, error)) in images.enumerate() {
                    let (gradient, sums) = gradients.image(index);
                    let index = number * share + index;
                    profile::part(Part::NormGradient);
                    self.errors(output, error, &mut taps, &mut bias);
                    profile::part(Part::InputGradient);
                    self.product(width, to, &transposed).run(&taps, gradient);
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
            1 => self.spread_errors::<1, 1, 16>(output, error, taps, bias),
            _ => self.spread_errors::<3, 4, 32>(output, error, taps, bias),
        }
    }

    /// Writes the sums of the products that contribute to each pixel of the image, of `C` channels,
    /// and the bias. `P` numbers are added at once: three channels and one more make a register.
    fn add_products<const C: usize, const P: usize, const WIDTH: usize>(
        &self,
        products: &[f32],
        image: &mut [f32],
    ) {
        let mut bias = [0.0; P];
        bias[..C].copy_from_slice(&self.bias);
        let products = neighbours(products.as_chunks::<WIDTH>().0, self.side);
        for (pixel, lines) in image.as_chunks_mut::<C>().0.iter_mut().zip(products) {
            let mut sums = bias;
            for tap in 0..TAPS {
                let product = &lines[tap / 3][tap % 3][tap * C..tap * C + P];
                sums.iter_mut().zip(product).for_each(|(sum, x)| *sum += x);
            }
            pixel.copy_from_slice(&sums[..C]);
        }
    }

    /// Writes the error of every pixel, of `C` channels, before tanh to the products that the pixel
    /// is made of, and adds it to that of the bias. `P` numbers are written at once: what is too
    /// much is overwritten by the next product's, or is a zero where no product is.
    fn spread_errors<const C: usize, const P: usize, const WIDTH: usize>(
        &self,
        output: &[f32],
        error: &[f32],
        taps: &mut [f32],
        bias: &mut [f32],
    ) {
        let line = self.side + 2;
        let mut errors = vec![[0.0; P]; line * line];
        let mut sums = [0.0; P];
        let lines = output.chunks_exact(self.side * C).zip(error.chunks_exact(self.side * C));
        for ((output, error), errors) in lines.zip(errors[line + 1..].chunks_mut(line)) {
            let pixels = output.as_chunks::<C>().0.iter().zip(error.as_chunks::<C>().0);
            for ((y, error), before) in pixels.zip(errors) {
                for channel in 0..C {
                    before[channel] = error[channel] * (1.0 - y[channel] * y[channel]);
                }
                sums.iter_mut().zip(before).for_each(|(sum, x)| *sum += *x);
            }
        }
        pointwise::add(&sums[..C], bias);
        let errors = neighbours(&errors, self.side);
        for (taps, lines) in taps.as_chunks_mut::<WIDTH>().0.iter_mut().zip(errors) {
            for tap in 0..TAPS {
                // The tap reaches this pixel from where the opposite one reaches.
                let from = TAPS - 1 - tap;
                taps[tap * C..tap * C + P].copy_from_slice(&lines[from / 3][from % 3]);
            }
        }
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
        let output = vec![SIDE, SIDE, C];
        let multiply_adds = MultiplyAdds::always(SIDE * SIDE * TAPS * I * C);
        vec![BlockLayer { tensors: &self.conv, output, multiply_adds }]
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Tensors> {
        vec![&mut self.conv]
    }
}
