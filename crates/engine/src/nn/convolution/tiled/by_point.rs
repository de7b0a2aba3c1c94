//! A small map: the whole batch at once, a task for each point of the transform, so that each of
//! the large matrices passes through the caches once.

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
};

impl Tiled {
    pub(super) fn forward_by_points(
        &self,
        path: Path,
        weights: Weights,
        input: &[f32],
        output: &mut [f32],
        parts: &mut [f32],
        finish: Finish,
    ) {
        let Tiles { points, tiles, output: ref lists, .. } = self.tiles;
        let images = output.len() / self.output_size();
        let part = parts.len() / images.max(1);
        let block = images * tiles * self.outputs;
        let mut products = Buffer::uninit_recycled(points * block);
        products.par_chunks_exact_mut(block.max(1)).enumerate().for_each(|(point, products)| {
            let panels = self.forward_panels(path, weights.kernel, point, weights.scale);
            multiply(
                &self.sums_of_all(path, input, point),
                self.inputs,
                &panels,
                self.outputs,
                products,
            );
        });
        let layout = Layout { block, ..Layout::rows(self.outputs) };
        output
            .par_chunks_exact_mut(self.output_size())
            .zip(parts.par_chunks_exact_mut(part))
            .enumerate()
            .for_each(|(index, (output, parts))| {
                let products = &products[index * tiles * self.outputs..];
                combine(
                    path,
                    products,
                    lists,
                    0..lists.len(),
                    layout,
                    Start::Bias(weights.bias),
                    output,
                );
                finish(index, output, parts);
            });
    }

    /// (image, tile, in) of one point.
    fn sums_of_all(&self, path: Path, input: &[f32], point: usize) -> Buffer {
        let size = self.tiles.tiles * self.inputs;
        let mut sums = Buffer::uninit_recycled(input.len() / self.input_size() * size);
        for (sums, image) in sums.chunks_exact_mut(size).zip(input.chunks_exact(self.input_size()))
        {
            self.sums(path, image, point, 0..self.tiles.tiles, sums);
        }
        sums
    }

    pub(super) fn backward_by_points(
        &self,
        path: Path,
        kernel: &[f32],
        input: &[f32],
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        let Tiles { points, tiles, .. } = self.tiles;
        let images = error.len() / self.output_size();
        let mut biases = Buffer::zeros(images * self.outputs);
        error
            .par_chunks_exact_mut(self.output_size())
            .zip(biases.par_chunks_exact_mut(self.outputs))
            .enumerate()
            .for_each(|(index, (error, bias))| {
                prepare(index, error);
                pointwise::add_rows(path, error, bias);
            });
        let (error, block) = (&*error, images * tiles * self.gradient_step());
        let mut matrices = Buffer::zeros(points * self.size());
        let mut sums = Buffer::uninit_recycled(points * block);
        matrices
            .par_chunks_exact_mut(self.size())
            .zip(sums.par_chunks_exact_mut(block.max(1)))
            .enumerate()
            .for_each(|(point, (matrix, sums))| {
                let (step, size) = (self.error_step(path), tiles * self.error_step(path));
                let mut errors = Buffer::uninit_recycled(images * size);
                for (errors, error) in
                    errors.chunks_exact_mut(size).zip(error.chunks_exact(self.output_size()))
                {
                    self.errors(path, error, point, 0..tiles, errors);
                }
                if wanted.weights {
                    accumulate(
                        path,
                        &self.sums_of_all(path, input, point),
                        self.inputs,
                        &errors,
                        (step, self.outputs),
                        matrix,
                    );
                }
                if wanted.input {
                    multiply(
                        &errors,
                        step,
                        &self.backward_panels(path, kernel, point),
                        self.gradient_step(),
                        sums,
                    );
                }
            });
        let mut gradient = Buffer::uninit_recycled(if wanted.input { input.len() } else { 0 });
        gradient.par_chunks_exact_mut(self.input_size()).enumerate().for_each(
            |(index, gradient)| {
                self.add_gradient(
                    path,
                    &sums[index * tiles * self.gradient_step()..],
                    block,
                    0,
                    gradient,
                );
            },
        );
        let weights = wanted.weights.then(|| {
            let mut bias = vec![0.0; self.outputs];
            pointwise::add_rows(path, &biases, &mut bias);
            (self.taps(path, &matrices), bias)
        });
        Gradient { weights, input: wanted.input.then_some(gradient) }
    }
}
