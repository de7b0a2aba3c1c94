//! A map of many tiles: image by image, in strips whose intermediate sums stay in a core's own
//! cache.

use rayon::prelude::*;

use super::{Tiled, multiply};
use crate::nn::{
    Buffer,
    convolution::{Finish, Gradient, Prepare, Weights, tiles::Tiles},
    mode::Wanted,
};
use gan_tui_kernels::{
    Path,
    combine::{Layout, Start, combine},
    outer::accumulate,
    pointwise,
    product::Panels,
};

/// Blocks of images: each sums its weight gradients, then the sums are added.
const BLOCKS: usize = 16;

impl Tiled {
    pub(super) fn forward_by_images(
        &self,
        path: Path,
        weights: Weights,
        input: &[f32],
        output: &mut [f32],
        parts: &mut [f32],
        finish: Finish,
    ) {
        let Tiles { points, strip, output: ref lists, .. } = self.tiles;
        let panels: Vec<Panels> = (0..points)
            .into_par_iter()
            .map(|point| self.forward_panels(path, weights.kernel, point, weights.scale))
            .collect();
        let (sum_size, product_size) = (strip * self.inputs, strip * self.outputs);
        let part = parts.len() / (output.len() / self.output_size()).max(1);
        let layout = Layout { block: product_size, ..Layout::rows(self.outputs) };
        output
            .par_chunks_exact_mut(self.output_size())
            .zip(parts.par_chunks_exact_mut(part))
            .zip(input.par_chunks_exact(self.input_size()))
            .enumerate()
            .for_each_init(
                || {
                    (
                        Buffer::uninit_recycled(sum_size),
                        Buffer::uninit_recycled(points * product_size),
                    )
                },
                |(sums, products), (index, ((output, parts), image))| {
                    for (number, output) in
                        output.chunks_exact_mut(lists.len() * self.outputs).enumerate()
                    {
                        let range = number * strip..(number + 1) * strip;
                        for (point, products) in products.chunks_exact_mut(product_size).enumerate()
                        {
                            self.sums(path, image, point, range.clone(), sums);
                            multiply(sums, self.inputs, &panels[point], self.outputs, products);
                        }
                        combine(
                            path,
                            products,
                            lists,
                            0..lists.len(),
                            layout,
                            Start::Bias(weights.bias),
                            output,
                        );
                    }
                    finish(index, output, parts);
                },
            );
    }

    pub(super) fn backward_by_images(
        &self,
        path: Path,
        kernel: &[f32],
        input: &[f32],
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        let points = self.tiles.points;
        let images = error.len() / self.output_size();
        let share = images.div_ceil(BLOCKS).max(1);
        let panels: Vec<Panels> = match wanted.input {
            true => (0..points)
                .into_par_iter()
                .map(|point| self.backward_panels(path, kernel, point))
                .collect(),
            false => Vec::new(),
        };
        let mut gradient = Buffer::uninit_recycled(if wanted.input { input.len() } else { 0 });
        let gradients: Vec<&mut [f32]> = match wanted.input {
            true => gradient.chunks_mut(share * self.input_size()).collect(),
            false => (0..images.div_ceil(share)).map(|_| Default::default()).collect(),
        };
        let blocks: Vec<(Buffer, Vec<f32>)> = error
            .par_chunks_mut(share * self.output_size())
            .zip(input.par_chunks(share * self.input_size()))
            .zip(gradients)
            .enumerate()
            .map(|(number, ((error, input), gradient))| {
                let mut block = Block::new(self, path, &panels, wanted);
                let images = error
                    .chunks_exact_mut(self.output_size())
                    .zip(input.chunks_exact(self.input_size()));
                let mut gradients = gradient.chunks_exact_mut(self.input_size());
                for (index, (error, image)) in images.enumerate() {
                    prepare(number * share + index, error);
                    block.image(image, error, gradients.next().unwrap_or_default());
                }
                (block.matrices, block.bias)
            })
            .collect();
        let weights = wanted.weights.then(|| {
            let mut total = Buffer::uninit_recycled(points * self.size());
            total.par_chunks_exact_mut(self.size()).enumerate().for_each(|(point, total)| {
                for (number, (matrices, _)) in blocks.iter().enumerate() {
                    let matrix = &matrices[point * self.size()..(point + 1) * self.size()];
                    match number {
                        0 => total.copy_from_slice(matrix),
                        _ => pointwise::add_rows(path, matrix, total),
                    }
                }
            });
            let mut bias = vec![0.0; self.outputs];
            blocks.iter().for_each(|(_, sums)| pointwise::add_rows(path, sums, &mut bias));
            (self.taps(path, &total), bias)
        });
        Gradient { weights, input: wanted.input.then_some(gradient) }
    }
}

/// The backward pass of a block of images.
struct Block<'a> {
    conv: &'a Tiled,
    path: Path,
    panels: &'a [Panels],
    wanted: Wanted,
    /// Gradients of the points' matrices and of the bias, so far.
    matrices: Buffer,
    bias: Vec<f32>,
    /// One strip's sums of inputs of one point, (tile, in), and the gradients of those of all
    /// points, (point, tile, in with its step).
    sums: Buffer,
    gradients: Buffer,
    /// One strip's errors of one point's products.
    errors: Buffer,
}

impl<'a> Block<'a> {
    fn new(conv: &'a Tiled, path: Path, panels: &'a [Panels], wanted: Wanted) -> Self {
        let Tiles { points, strip, .. } = conv.tiles;
        Self {
            conv,
            path,
            panels,
            wanted,
            matrices: Buffer::zeros(if wanted.weights { points * conv.size() } else { 0 }),
            bias: vec![0.0; conv.outputs],
            sums: Buffer::uninit_recycled(strip * conv.inputs),
            gradients: Buffer::uninit_recycled(points * strip * conv.gradient_step()),
            errors: Buffer::uninit_recycled(strip * conv.error_step(path)),
        }
    }

    fn image(&mut self, image: &[f32], error: &[f32], gradient: &mut [f32]) {
        let Self { conv, path, panels, wanted, matrices, bias, sums, gradients, errors } = self;
        let (path, conv) = (*path, *conv);
        let Tiles { tiles, strip, .. } = conv.tiles;
        let (step, block) = (conv.error_step(path), strip * conv.gradient_step());
        if wanted.weights {
            pointwise::add_rows(path, error, bias);
        }
        for number in 0..tiles / strip {
            let range = number * strip..(number + 1) * strip;
            for (point, gradients) in gradients.chunks_exact_mut(block).enumerate() {
                conv.errors(path, error, point, range.clone(), errors);
                if wanted.weights {
                    conv.sums(path, image, point, range.clone(), sums);
                    let matrix = &mut matrices[point * conv.size()..(point + 1) * conv.size()];
                    accumulate(path, sums, conv.inputs, errors, (step, conv.outputs), matrix);
                }
                if wanted.input {
                    multiply(errors, step, &panels[point], conv.gradient_step(), gradients);
                }
            }
            if wanted.input {
                conv.add_gradient(path, gradients, block, number, gradient);
            }
        }
    }
}
