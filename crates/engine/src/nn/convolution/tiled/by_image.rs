//! A map of many tiles: image by image, in strips whose intermediate sums stay in a core's own
//! cache.

use std::ops::Range;

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
    product::Panels,
    profile::{self, Part},
    tiles::{self, Places},
};

/// Blocks of images: each sums its weight gradients, then the sums are added.
const BLOCKS: usize = 16;
/// Images of a block at least: the sums of many blocks would be a task of their own.
const LEAST: usize = 4;
/// Floats of a strip's sums and products, at most, unless a row of tiles has more.
const STRIP: usize = 96 * 1024;
/// Floats between the points of a strip: a line of the cache, so that those of a power of two do
/// not all fall into the same few places of it.
const GAP: usize = 16;

impl Tiled {
    /// The rows of tiles of each strip.
    fn strips(&self) -> impl Iterator<Item = Range<usize>> {
        let line = self.line;
        let row = line * (self.sums() * self.inputs + self.points() * self.outputs);
        let count = (line * row).div_ceil(STRIP).min(line);
        (0..count).map(move |strip| strip * line / count..(strip + 1) * line / count)
    }

    /// Most tiles of a strip.
    fn most_tiles(&self) -> usize {
        self.strips().map(|rows| rows.len()).max().unwrap_or(0) * self.line
    }

    pub(super) fn forward_by_images(
        &self,
        path: Path,
        weights: Weights,
        input: Source,
        output: &mut [f32],
        parts: &mut [f32],
        finish: Finish,
    ) {
        let points = self.points();
        let products = profile::part(Part::Pack);
        let matrices = self.matrices(path, weights.kernel);
        let panels = (0..points)
            .into_par_iter()
            .run_map(|point| self.forward_panels(path, &matrices, point, weights.scale));
        profile::count(Part::Pack, 0, &[2 * matrices.len()]);
        let floats = [input.values.len(), matrices.len(), output.len()];
        drop(matrices);
        profile::part(products);
        let tiles = self.most_tiles();
        let from = Places { point: tiles * self.inputs + GAP, tile: self.inputs };
        let to = Places { point: tiles * self.outputs + GAP, tile: self.outputs };
        let images = output.len() / self.output_size();
        let part = parts.len() / images.max(1);
        profile::count(products, images * self.multiply_adds(), &floats);
        output
            .par_chunks_exact_mut(self.output_size())
            .zip(parts.par_chunks_exact_mut(part))
            .enumerate()
            .run_with(
                || {
                    let buffer =
                        |count, places: Places| Buffer::uninit_recycled(count * places.point);
                    (input.room(), buffer(self.sums(), from), buffer(points, to))
                },
                |(room, sums, products), (index, (output, parts))| {
                    let image = input.image(path, index, self.input_size(), room);
                    for rows in self.strips() {
                        let strip = self.strip(rows);
                        tiles::inputs(path, &strip, image, self.inputs, from, sums);
                        for (point, panels) in panels.iter().enumerate() {
                            let sums = &sums[self.algorithm.sum_of(point) * from.point..];
                            let products = &mut products[point * to.point..];
                            multiply((strip.tiles(), from.tile), sums, &[0], panels, products);
                        }
                        tiles::outputs(path, &strip, products, to, weights.bias, output);
                    }
                    finish(index, output, parts);
                },
            );
    }

    pub(super) fn backward_by_images(
        &self,
        path: Path,
        kernel: &[f32],
        input: Source,
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        let points = self.points();
        let images = error.len() / self.output_size();
        let share = images.div_ceil(BLOCKS).max(LEAST);
        let multiply_adds = images * self.multiply_adds();
        let before = profile::part(Part::Pack);
        let panels: Vec<(Vec<usize>, Panels)> = match wanted.input {
            true => {
                let matrices = self.matrices(path, kernel);
                profile::count(Part::Pack, 0, &[2 * matrices.len()]);
                let floats = [error.len(), matrices.len(), input.values.len()];
                profile::count(Part::InputGradient, multiply_adds, &floats);
                self.points_of_sums().into_par_iter().run_map(|points| {
                    let panels = self.backward_panels(path, &matrices, &points);
                    (points, panels)
                })
            }
            false => Vec::new(),
        };
        profile::part(before);
        let mut gradient = InputGradient::room(input, self.input_size(), wanted.input);
        let blocks = error
            .par_chunks_mut(share * self.output_size())
            .zip(gradient.shares(share, images))
            .enumerate()
            .run_map(|(number, (error, mut gradients))| {
                let (mut room, mut block) = (input.room(), Block::new(self, path, &panels, wanted));
                for (place, error) in error.chunks_exact_mut(self.output_size()).enumerate() {
                    let index = number * share + place;
                    prepare(index, error);
                    let image = match wanted.weights {
                        true => input.image(path, index, self.input_size(), &mut room),
                        false => &[],
                    };
                    let (gradient, sums) = gradients.image(place);
                    block.image(image, error, gradient);
                    if wanted.input {
                        input.back(path, index, gradient, sums);
                    }
                }
                (block.matrices, block.bias)
            });
        let weights = wanted.weights.then(|| {
            profile::part(Part::WeightGradient);
            let matrices = blocks.len() * points * self.size();
            let floats = [input.values.len(), error.len(), 2 * matrices];
            profile::count(Part::WeightGradient, multiply_adds, &floats);
            let mut total = Buffer::uninit_recycled(points * self.size());
            total.par_chunks_exact_mut(self.size()).enumerate().run(|(point, total)| {
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
    /// For each sum the points that it is a factor of, and their matrices.
    panels: &'a [(Vec<usize>, Panels)],
    wanted: Wanted,
    /// Gradients of the points' matrices and of the bias, so far.
    matrices: Buffer,
    bias: Vec<f32>,
    /// Whether the gradients of the matrices hold anything.
    begun: bool,
    /// One strip's sums of inputs, (sum, tile, in), and then their gradients.
    sums: Buffer,
    /// One strip's errors of products, (point, tile, out).
    errors: Buffer,
    from: Places,
    to: Places,
}

impl<'a> Block<'a> {
    fn new(
        conv: &'a Tiled,
        path: Path,
        panels: &'a [(Vec<usize>, Panels)],
        wanted: Wanted,
    ) -> Self {
        let (points, tiles, step) = (conv.points(), conv.most_tiles(), conv.error_step(path));
        let from = Places { point: tiles * conv.inputs + GAP, tile: conv.inputs };
        let to = Places { point: tiles * step + GAP, tile: step };
        Self {
            conv,
            path,
            panels,
            wanted,
            matrices: Buffer::uninit_recycled(if wanted.weights {
                points * conv.size()
            } else {
                0
            }),
            begun: false,
            bias: vec![0.0; conv.outputs],
            sums: Buffer::uninit_recycled(conv.sums() * from.point),
            errors: Buffer::uninit_recycled(points * to.point),
            from,
            to,
        }
    }

    fn image(&mut self, image: &[f32], error: &[f32], gradient: &mut [f32]) {
        let Self { conv, path, panels, wanted, matrices, bias, begun, sums, errors, from, to } =
            self;
        let (path, conv) = (*path, *conv);
        if wanted.weights {
            profile::part(Part::WeightGradient);
            pointwise::add_rows(path, error, bias);
        }
        profile::part(Part::InputGradient);
        gradient.fill(0.0);
        for rows in conv.strips() {
            let strip = conv.strip(rows);
            let tiles = strip.tiles();
            let (inputs, outputs) = (tiles * from.tile, tiles * to.tile);
            tiles::errors(path, &strip, error, conv.outputs, *to, errors);
            if wanted.weights {
                profile::part(Part::WeightGradient);
                tiles::inputs(path, &strip, image, conv.inputs, *from, sums);
                for (point, matrix) in matrices.chunks_exact_mut(conv.size()).enumerate() {
                    accumulate(
                        path,
                        &sums[conv.algorithm.sum_of(point) * from.point..][..inputs],
                        conv.inputs,
                        &errors[point * to.point..][..outputs],
                        (to.tile, conv.outputs),
                        *begun,
                        matrix,
                    );
                }
                *begun = true;
            }
            profile::part(Part::InputGradient);
            if wanted.input {
                for (sum, (points, panels)) in panels.iter().enumerate() {
                    let taps: Vec<usize> = points.iter().map(|point| point * to.point).collect();
                    let sums = &mut sums[sum * from.point..];
                    multiply((tiles, to.tile), errors, &taps, panels, sums);
                }
                tiles::add_gradients(path, &strip, sums, conv.inputs, *from, gradient);
            }
        }
    }
}
