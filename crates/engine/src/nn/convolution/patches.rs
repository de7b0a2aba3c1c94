//! A 3x3 convolution of few channels, with Keras' "same" padding: a product wants long rows. Three
//! neighbours of a line and all their channels lie side by side in memory, and forward they are one
//! tap. Backward, every pixel's nine neighbours are laid side by side first, a patch, while the
//! image's errors are in the cache.

use rayon::prelude::*;

use super::{Finish, Gradient, Prepare, Weights};
use crate::nn::{
    Buffer,
    mode::Wanted,
    numbers::{InputGradient, Source},
};
use gan_tui_kernels::{
    Path,
    outer::accumulate,
    parallel::Parallel as _,
    pointwise,
    product::{Grid, Panels, Product},
    profile::{self, Part},
};

/// Blocks of images: each sums its weight gradients, then the sums are added.
const BLOCKS: usize = 16;

/// The convolution's sizes. Maps are square.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patches {
    /// Side and channels of the input.
    side: usize,
    inputs: usize,
    /// Side and channels of the convolution's output.
    out: usize,
    outputs: usize,
    stride: usize,
    /// Side of the map whose top left is the output.
    frame: usize,
    /// Rows and columns of zeros before the input.
    before: usize,
}

/// Rows of a product that a weight gradient is summed by: those of several images if these have
/// fewer pixels.
const ROWS: usize = 128;

/// A block's gradient of the kernel, and the patches and errors that wait to be added to it.
pub struct KernelSum {
    kernel: Buffer,
    begun: bool,
    padded: Buffer,
    patches: Buffer,
    errors: Buffer,
    /// Pixels that wait, and for how many there is room.
    waiting: usize,
    room: usize,
}

/// A block's gradients of kernel and bias, and its buffers for one image.
struct Block {
    kernel: Buffer,
    bias: Vec<f32>,
    padded: Buffer,
    patches: Buffer,
    errors: Buffer,
}

impl Patches {
    /// Stride 1 or 2, the output in the top left of a map of side `frame`.
    pub fn new(side: usize, inputs: usize, outputs: usize, stride: usize, frame: usize) -> Self {
        let out = side.div_ceil(stride);
        let before = ((out - 1) * stride + 3 - side) / 2;
        Self { side, inputs, out, outputs, stride, frame, before }
    }

    pub fn input_size(&self) -> usize {
        self.side * self.side * self.inputs
    }

    pub fn output_size(&self) -> usize {
        self.frame * self.frame * self.outputs
    }

    pub fn out(&self) -> usize {
        self.out
    }

    pub fn frame(&self) -> usize {
        self.frame
    }

    pub fn multiply_adds(&self) -> usize {
        self.pixels() * self.depth() * self.outputs
    }

    /// Pixels of the output.
    fn pixels(&self) -> usize {
        self.out * self.out
    }

    /// Floats of a patch.
    fn depth(&self) -> usize {
        9 * self.inputs
    }

    /// Floats of a line of the padded input.
    fn line(&self) -> usize {
        ((self.out - 1) * self.stride + 3) * self.inputs
    }

    fn padded(&self) -> Buffer {
        Buffer::zeros(self.line() * self.line() / self.inputs)
    }

    fn patches(&self) -> Buffer {
        Buffer::uninit_recycled(self.pixels() * self.depth())
    }

    /// From a pixel's error to the next: whole groups of columns on every path, as the weight
    /// gradient reads them.
    fn step(&self) -> usize {
        self.outputs.next_multiple_of(if self.outputs <= 16 { 16 } else { 32 })
    }

    /// Where the image's rows are in the padded one.
    fn inside(&self) -> impl Iterator<Item = usize> + use<> {
        let (line, before, inputs) = (self.line(), self.before, self.inputs);
        (0..self.side).map(move |row| (row + before) * line + before * inputs)
    }

    /// Copies an image into a padded one, which surrounds it by zeros.
    fn pad(&self, image: &[f32], padded: &mut [f32]) {
        let length = self.side * self.inputs;
        for (row, at) in image.chunks_exact(length).zip(self.inside()) {
            padded[at..at + length].copy_from_slice(row);
        }
    }

    /// Writes an image's patches, (out, out, 3, 3, in). What surrounds the image in `padded` is
    /// zero.
    fn cut(&self, image: &[f32], padded: &mut [f32], patches: &mut [f32]) {
        self.pad(image, padded);
        match self.inputs {
            1 => self.copy::<3>(padded, patches),
            3 => self.copy::<9>(padded, patches),
            _ => self.each_row(|from, to, length| {
                patches[to..to + length].copy_from_slice(&padded[from..from + length]);
            }),
        }
    }

    /// Copies the rows of all patches, each of `LENGTH` floats: so few that registers are moved.
    fn copy<const LENGTH: usize>(&self, padded: &[f32], patches: &mut [f32]) {
        self.each_row(|from, to, _| {
            let from = &padded[from..from + LENGTH];
            patches[to..to + LENGTH].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        });
    }

    /// The inverse of cutting: writes the sum of the patches that each pixel of an image is in.
    fn join(&self, patches: &[f32], padded: &mut [f32], image: &mut [f32]) {
        padded.fill(0.0);
        match self.inputs {
            1 => self.add::<3>(patches, padded),
            3 => self.add::<9>(patches, padded),
            _ => self.each_row(|to, from, length| {
                let rows = padded[to..to + length].iter_mut().zip(&patches[from..from + length]);
                rows.for_each(|(sum, value)| *sum += value);
            }),
        }
        let length = self.side * self.inputs;
        for (row, at) in image.chunks_exact_mut(length).zip(self.inside()) {
            row.copy_from_slice(&padded[at..at + length]);
        }
    }

    fn add<const LENGTH: usize>(&self, patches: &[f32], padded: &mut [f32]) {
        self.each_row(|to, from, _| {
            let from = &patches[from..from + LENGTH];
            padded[to..to + LENGTH].iter_mut().zip(from).for_each(|(sum, value)| *sum += value);
        });
    }

    /// Calls `visit` with the place of each patch's three rows in the padded input, their place in
    /// the patches and their length.
    #[inline(always)]
    fn each_row(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let (line, depth, length) = (self.line(), self.depth(), 3 * self.inputs);
        let step = self.stride * self.inputs;
        for row in 0..self.out {
            for column in 0..self.out {
                let from = row * self.stride * line + column * step;
                let to = (row * self.out + column) * depth;
                for down in 0..3 {
                    visit(from + down * line, to + down * length, length);
                }
            }
        }
    }

    /// Writes the convolution of `input` to `output`; `finish` is called with every image's output
    /// and its chunk of `parts`.
    pub fn forward(
        &self,
        path: Path,
        weights: Weights,
        input: Source,
        output: &mut [f32],
        parts: &mut [f32],
        finish: Finish,
    ) {
        let Weights { kernel, scale, bias } = weights;
        let products = profile::part(Part::Pack);
        profile::count(Part::Pack, 0, &[2 * kernel.len()]);
        let (line, outputs) = (self.line(), self.outputs);
        let (taps, depth) = ([0, line, 2 * line], 3 * self.inputs);
        let panels = Panels::pack(path, kernel, &[0, 1, 2], depth, outputs, scale);
        let images = output.len() / self.output_size();
        let part = parts.len() / images.max(1);
        profile::part(products);
        let floats = [input.values.len(), kernel.len(), output.len()];
        profile::count(products, images * self.multiply_adds(), &floats);
        let product = Product {
            rows: self.out,
            columns: self.out,
            input: Grid {
                start: 0,
                row_step: self.stride * line,
                column_step: self.stride * self.inputs,
            },
            output: Grid { start: 0, row_step: self.frame * outputs, column_step: outputs },
            taps: &taps,
            panels: &panels,
            bias: Some(bias),
        };
        output
            .par_chunks_exact_mut(self.output_size())
            .zip(parts.par_chunks_exact_mut(part))
            .enumerate()
            .run_with(
                || (input.room(), self.padded()),
                |(room, padded), (index, (output, parts))| {
                    let image = input.image(path, index, self.input_size(), room);
                    self.pad(image, padded);
                    product.run(padded, output);
                    finish(index, output, parts);
                },
            );
    }

    /// Returns the gradients; `prepare` turns `error`, the gradient of the block's output, into
    /// that of the convolution's, image by image.
    pub fn backward(
        &self,
        path: Path,
        kernel: &[f32],
        input: Source,
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        let (depth, outputs) = (self.depth(), self.outputs);
        let images = error.len() / self.output_size();
        let multiply_adds = images * self.multiply_adds();
        let share = images.div_ceil(BLOCKS).max(1);
        let before = profile::part(Part::Pack);
        let panels = wanted.input.then(|| {
            profile::count(Part::Pack, 0, &[2 * kernel.len()]);
            let floats = [error.len(), kernel.len(), input.values.len()];
            profile::count(Part::InputGradient, multiply_adds, &floats);
            Panels::pack_transposed(path, kernel, &[0], outputs, depth)
        });
        profile::part(before);
        let mut gradient = InputGradient::room(input, self.input_size(), wanted.input);
        let blocks = error
            .par_chunks_mut(share * self.output_size())
            .zip(gradient.shares(share, images))
            .enumerate()
            .run_map(|(number, (error, mut gradients))| {
                let mut room = input.room();
                let mut block = Block {
                    kernel: Buffer::uninit_recycled(kernel.len()),
                    bias: vec![0.0; self.step()],
                    padded: self.padded(),
                    patches: self.patches(),
                    // What there is between the channels and the next pixel stays zero.
                    errors: Buffer::zeros(self.pixels() * self.step()),
                };
                for (place, error) in error.chunks_exact_mut(self.output_size()).enumerate() {
                    let index = number * share + place;
                    prepare(index, error);
                    profile::part(Part::WeightGradient);
                    self.without_frame(error, &mut block.errors);
                    if wanted.weights {
                        let image = input.image(path, index, self.input_size(), &mut room);
                        self.add_weights(path, image, place > 0, &mut block);
                    }
                    if let Some(panels) = &panels {
                        profile::part(Part::InputGradient);
                        let (gradient, sums) = gradients.image(place);
                        self.input_gradient(panels, gradient, &mut block);
                        input.back(path, index, gradient, sums);
                    }
                }
                (block.kernel, block.bias)
            });
        let weights = wanted.weights.then(|| {
            profile::part(Part::WeightGradient);
            let floats = [input.values.len(), error.len(), kernel.len()];
            profile::count(Part::WeightGradient, multiply_adds, &floats);
            let (mut sum, mut bias) = (vec![0.0; kernel.len()], vec![0.0; self.step()]);
            for (of_kernel, of_bias) in &blocks {
                pointwise::add(of_kernel, &mut sum);
                pointwise::add(of_bias, &mut bias);
            }
            bias.truncate(outputs);
            (sum, bias)
        });
        Gradient { weights, input: wanted.input.then_some(gradient) }
    }

    /// Copies the errors of the convolution's own output, (out, out, channel), each pixel's
    /// [`Patches::step`] from the next.
    fn without_frame(&self, error: &[f32], errors: &mut [f32]) {
        let pixels = error.chunks_exact(self.outputs);
        let rows = errors.chunks_exact_mut(self.out * self.step());
        for (row, errors) in rows.enumerate() {
            let pixels = pixels.clone().skip(row * self.frame);
            for (to, from) in errors.chunks_exact_mut(self.step()).zip(pixels) {
                to[..self.outputs].copy_from_slice(from);
            }
        }
    }

    fn add_weights(&self, path: Path, image: &[f32], begun: bool, block: &mut Block) {
        let Block { kernel, bias, padded, patches, errors } = block;
        pointwise::add_rows(path, errors, bias);
        // Where the input's gradient was made, sums are in the padding.
        padded.fill(0.0);
        self.cut(image, padded, patches);
        let columns = (self.step(), self.outputs);
        accumulate(path, patches, self.depth(), errors, columns, begun, kernel);
    }

    /// The sum of kernel gradients of a block of `images`, still empty.
    pub fn kernel_sum(&self, images: usize) -> KernelSum {
        let room = (ROWS / self.pixels()).clamp(1, images.max(1)) * self.pixels();
        KernelSum {
            kernel: Buffer::uninit_recycled(self.depth() * self.outputs),
            begun: false,
            padded: self.padded(),
            patches: Buffer::uninit_recycled(room * self.depth()),
            // What there is between the channels and the next pixel stays zero.
            errors: Buffer::zeros(room * self.step()),
            waiting: 0,
            room,
        }
    }

    /// Adds an image's gradient of the kernel, of which `error` is that of the output.
    pub fn add_image(&self, path: Path, image: &[f32], error: &[f32], sum: &mut KernelSum) {
        let (pixels, first) = (self.pixels(), sum.waiting);
        let patches = &mut sum.patches[first * self.depth()..][..pixels * self.depth()];
        self.cut(image, &mut sum.padded, patches);
        self.without_frame(error, &mut sum.errors[first * self.step()..][..pixels * self.step()]);
        sum.waiting += pixels;
        if sum.waiting == sum.room {
            self.settle(path, sum);
        }
    }

    /// Adds what waits.
    fn settle(&self, path: Path, sum: &mut KernelSum) {
        let KernelSum { kernel, begun, patches, errors, waiting, .. } = sum;
        let patches = &patches[..*waiting * self.depth()];
        let errors = &errors[..*waiting * self.step()];
        let columns = (self.step(), self.outputs);
        accumulate(path, patches, self.depth(), errors, columns, *begun, kernel);
        (*begun, *waiting) = (true, 0);
    }

    /// The block's gradient, (3, 3, in, out).
    pub fn kernel_gradient(&self, path: Path, mut sum: KernelSum) -> Buffer {
        if sum.waiting > 0 {
            self.settle(path, &mut sum);
        }
        sum.kernel
    }

    fn input_gradient(&self, panels: &Panels, gradient: &mut [f32], block: &mut Block) {
        let Block { padded, patches, errors, .. } = block;
        Product {
            rows: 1,
            columns: self.pixels(),
            input: Grid::rows(self.step()),
            output: Grid::rows(self.depth()),
            taps: &[0],
            panels,
            bias: None,
        }
        .run(errors, patches);
        self.join(patches, padded, gradient);
    }
}
