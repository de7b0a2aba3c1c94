//! A small map: the whole batch at once, a task for each point of the transform, so that each of
//! the large matrices passes through the caches once.

use rayon::prelude::*;

use super::{Tiled, multiply};
use crate::nn::{
    Buffer,
    convolution::{Finish, Gradient, Prepare, Weights},
    mode::Wanted,
    numbers::{InputGradient, Source},
};
use gan_tui_kernels::{
    Path,
    outer::accumulate,
    parallel::Parallel as _,
    pointwise,
    profile::{self, Part},
    tiles::{self, Places, Strip},
};

/// Images whose tiles lie side by side.
const BLOCK: usize = 16;

/// Numbers of a batch's tiles, (block of images, point or sum, image of the block, tile, channel),
/// each row of channels `step` floats long.
struct Batch {
    numbers: Buffer,
    images: usize,
    points: usize,
    /// Floats of an image and a point, and of a tile in them.
    image: usize,
    step: usize,
}

impl Batch {
    fn new(conv: &Tiled, points: usize, images: usize, step: usize) -> Self {
        let image = conv.tiles() * step;
        let numbers = Buffer::uninit_recycled(images * points * image);
        Self { numbers, images, points, image, step }
    }

    /// Floats of the whole batch.
    fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Floats of a whole block.
    fn block(&self) -> usize {
        BLOCK * self.points * self.image
    }

    /// Calls `write` in parallel with the number of each image, its numbers and their places.
    /// With what `init` makes for each thread.
    fn write<T>(
        &mut self,
        init: impl Fn() -> T + Sync + Send,
        write: impl Fn(&mut T, usize, &mut [f32], Places) + Sync + Send,
    ) {
        let (block, image, points, tile) = (self.block(), self.image, self.points, self.step);
        let blocks = self.numbers.par_chunks_mut(block.max(1)).enumerate();
        blocks.run_with(init, |some, (number, block)| {
            let images = block.len() / (points * image);
            let places = Places { point: images * image, tile };
            for index in 0..images {
                write(some, number * BLOCK + index, &mut block[index * image..], places);
            }
        });
    }

    /// The numbers of an image, and their places.
    fn image(&self, index: usize) -> (&[f32], Places) {
        let (number, within) = (index / BLOCK, index % BLOCK);
        let images = (self.images - number * BLOCK).min(BLOCK);
        let places = Places { point: images * self.image, tile: self.step };
        (&self.numbers[number * self.block() + within * self.image..], places)
    }

    fn blocks(&self) -> impl Iterator<Item = &[f32]> {
        self.numbers.chunks(self.block().max(1))
    }

    /// For every point, its rows in each block.
    fn points(&self) -> Vec<Vec<&[f32]>> {
        let mut points = vec![Vec::new(); self.points];
        for block in self.blocks() {
            let rows = block.chunks_exact(block.len() / self.points);
            points.iter_mut().zip(rows).for_each(|(point, rows)| point.push(rows));
        }
        points
    }

    fn points_mut(&mut self) -> Vec<Vec<&mut [f32]>> {
        let (block, count) = (self.block(), self.points);
        let mut points: Vec<Vec<&mut [f32]>> = (0..count).map(|_| Vec::new()).collect();
        for block in self.numbers.chunks_mut(block.max(1)) {
            let rows = block.len() / count;
            let rows = block.chunks_exact_mut(rows);
            points.iter_mut().zip(rows).for_each(|(point, rows)| point.push(rows));
        }
        points
    }
}

impl Tiled {
    fn all(&self) -> Strip {
        self.strip(0..self.line)
    }

    /// The sums of all images.
    fn sums_of_batch(&self, path: Path, input: Source, images: usize) -> Batch {
        let mut sums = Batch::new(self, self.sums(), images, self.inputs);
        let room = || input.room();
        sums.write(room, |room, index, sums, places| {
            let image = input.image(path, index, self.input_size(), room);
            tiles::inputs(path, &self.all(), image, self.inputs, places, sums);
        });
        sums
    }

    pub(super) fn forward_by_points(
        &self,
        path: Path,
        weights: Weights,
        input: Source,
        output: &mut [f32],
        parts: &mut [f32],
        finish: Finish,
    ) {
        let images = output.len() / self.output_size();
        let part = parts.len() / images.max(1);
        let product = profile::part(Part::Pack);
        let matrices = self.matrices(path, weights.kernel);
        profile::count(Part::Pack, 0, &[2 * matrices.len()]);
        profile::part(product);
        let sums = self.sums_of_batch(path, input, images);
        let mut products = Batch::new(self, self.points(), images, self.outputs);
        let floats =
            [input.values.len(), 2 * sums.len(), matrices.len(), 2 * products.len(), output.len()];
        profile::count(product, images * self.multiply_adds(), &floats);
        let sums = sums.points();
        products.points_mut().into_par_iter().enumerate().run(|(point, products)| {
            profile::part(Part::Pack);
            let panels = self.forward_panels(path, &matrices, point, weights.scale);
            profile::part(product);
            for (products, sums) in products.into_iter().zip(&sums[self.algorithm.sum_of(point)]) {
                let rows = (sums.len() / self.inputs, self.inputs);
                multiply(rows, sums, &[0], &panels, products);
            }
        });
        output
            .par_chunks_exact_mut(self.output_size())
            .zip(parts.par_chunks_exact_mut(part))
            .enumerate()
            .run(|(index, (output, parts))| {
                let (products, places) = products.image(index);
                tiles::outputs(path, &self.all(), products, places, weights.bias, output);
                finish(index, output, parts);
            });
    }

    pub(super) fn backward_by_points(
        &self,
        path: Path,
        kernel: &[f32],
        input: Source,
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        let images = error.len() / self.output_size();
        let step = self.error_step(path);
        let mut biases = Buffer::zeros(images * self.outputs);
        error
            .par_chunks_exact_mut(self.output_size())
            .zip(biases.par_chunks_exact_mut(self.outputs))
            .enumerate()
            .run(|(index, (error, bias))| {
                prepare(index, error);
                profile::part(Part::WeightGradient);
                pointwise::add_rows(path, error, bias);
            });
        let multiply_adds = images * self.multiply_adds();
        let values = input.values.len();
        profile::part(if wanted.weights { Part::WeightGradient } else { Part::InputGradient });
        let mut errors = Batch::new(self, self.points(), images, step);
        errors.write(Default::default, |(), index, errors, places| {
            let error = &error[index * self.output_size()..(index + 1) * self.output_size()];
            tiles::errors(path, &self.all(), error, self.outputs, places, errors);
        });
        let weights = wanted.weights.then(|| {
            let sums = self.sums_of_batch(path, input, images);
            let mut matrices = Buffer::uninit_recycled(self.points() * self.size());
            let floats =
                [values, 2 * sums.len(), error.len(), 2 * errors.len(), 2 * matrices.len()];
            profile::count(Part::WeightGradient, multiply_adds, &floats);
            let sums = sums.points();
            matrices.par_chunks_exact_mut(self.size()).zip(errors.points()).enumerate().run(
                |(point, (matrix, errors))| {
                    let sums = &sums[self.algorithm.sum_of(point)];
                    for (block, (sums, errors)) in sums.iter().zip(errors).enumerate() {
                        let (columns, add) = ((step, self.outputs), block > 0);
                        accumulate(path, sums, self.inputs, errors, columns, add, matrix);
                    }
                },
            );
            let mut bias = vec![0.0; self.outputs];
            pointwise::add_rows(path, &biases, &mut bias);
            (self.taps(path, &matrices), bias)
        });
        let gradient = wanted.input.then(|| {
            profile::part(Part::Pack);
            let matrices = self.matrices(path, kernel);
            profile::count(Part::Pack, 0, &[2 * matrices.len()]);
            profile::part(Part::InputGradient);
            let mut sums = Batch::new(self, self.sums(), images, self.inputs);
            let floats = [errors.len(), matrices.len(), 2 * sums.len(), 2 * values];
            profile::count(Part::InputGradient, multiply_adds, &floats);
            sums.points_mut().into_par_iter().zip(self.points_of_sums()).run(|(sums, points)| {
                profile::part(Part::Pack);
                let panels = self.backward_panels(path, &matrices, &points);
                profile::part(Part::InputGradient);
                for (sums, errors) in sums.into_iter().zip(errors.blocks()) {
                    let point = errors.len() / self.points();
                    let taps: Vec<usize> = points.iter().map(|index| index * point).collect();
                    multiply((point / step, step), errors, &taps, &panels, sums);
                }
            });
            let mut gradient = InputGradient::room(input, self.input_size(), wanted.input);
            let shares = gradient.shares(1, images).into_par_iter().enumerate();
            shares.run(|(index, mut share)| {
                let (gradient, sums_of_norm) = share.image(0);
                let (sums, places) = sums.image(index);
                gradient.fill(0.0);
                tiles::add_gradients(path, &self.all(), sums, self.inputs, places, gradient);
                input.back(path, index, gradient, sums_of_norm);
            });
            gradient
        });
        Gradient { weights, input: gradient }
    }
}
