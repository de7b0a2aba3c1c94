//! A 3x3 convolution of stride 1 or 2 as products over its taps, forward and backward: see
//! [`super::geometry`].

use rayon::prelude::*;

use super::{
    Finish, Gradient, Prepare, Weights,
    geometry::{Geometry, Phase},
    patches::Patches,
};
use crate::nn::{
    Buffer,
    mode::Wanted,
    numbers::{InputGradient, Share, Source},
};
use gan_tui_kernels::{
    Path,
    outer::Outer,
    parallel::Parallel as _,
    pointwise,
    product::{Panels, Product},
    profile::{self, Part},
};

/// Blocks of images, where each sums its weight gradients.
const BLOCKS: usize = 16;
/// Up to so many input channels, weight gradients are summed by blocks: the sums of more would be
/// a task of their own.
const NARROW: usize = 32;

/// The convolution's sizes.
#[derive(Debug)]
pub struct Direct {
    pub geometry: Geometry,
    /// For the weight gradient, where there are few enough channels.
    patches: Option<Patches>,
}

/// A backward pass, all but its numbers.
struct Backward<'a> {
    path: Path,
    panels: &'a [Panels],
    wanted: Wanted,
    prepare: Prepare<'a>,
}

/// Runs the products of all phases.
fn run(
    phases: &[Phase],
    panels: &[Panels],
    bias: Option<&[f32]>,
    input: &[f32],
    output: &mut [f32],
) {
    for (phase, panels) in phases.iter().zip(panels) {
        let Phase { rows, columns, from, to, ref taps, .. } = *phase;
        Product { rows, columns, input: from, output: to, taps, panels, bias }.run(input, output);
    }
}

impl Direct {
    /// A convolution of stride 1 or 2, its output in the top left of a map of side `frame`.
    pub fn new(side: usize, inputs: usize, outputs: usize, stride: usize, frame: usize) -> Self {
        let patches =
            (inputs <= NARROW).then(|| Patches::new(side, inputs, outputs, stride, frame));
        Self { geometry: Geometry::new(side, inputs, outputs, stride, frame), patches }
    }

    pub fn multiply_adds(&self) -> usize {
        let Geometry { out, inputs, outputs, .. } = self.geometry;
        out * out * 9 * inputs * outputs
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
        let geometry = &self.geometry;
        let Weights { kernel, scale, bias } = weights;
        let products = profile::part(Part::Pack);
        profile::count(Part::Pack, 0, &[2 * kernel.len()]);
        let pack = |phase: &Phase| {
            Panels::pack(path, kernel, &phase.matrices, geometry.inputs, geometry.outputs, scale)
        };
        let panels: Vec<_> = geometry.forward.iter().map(pack).collect();
        let images = output.len() / geometry.output_size();
        let part = parts.len() / images.max(1);
        profile::part(products);
        let floats = [input.values.len(), kernel.len(), output.len()];
        profile::count(products, images * self.multiply_adds(), &floats);
        output
            .par_chunks_exact_mut(geometry.output_size())
            .zip(parts.par_chunks_exact_mut(part))
            .enumerate()
            .run_with(
                || (input.room(), Buffer::uninit_recycled(geometry.prepared_size())),
                |(room, prepared), (index, (output, parts))| {
                    let image = input.image(path, index, geometry.input_size(), room);
                    geometry.prepare(image, prepared);
                    run(&geometry.forward, &panels, Some(bias), prepared, output);
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
        let geometry = &self.geometry;
        let before = profile::part(Part::Pack);
        let pack = |phase: &Phase| {
            Panels::pack_transposed(
                path,
                kernel,
                &phase.matrices,
                geometry.outputs,
                geometry.inputs,
            )
        };
        let panels: Vec<_> = geometry.backward.iter().filter(|_| wanted.input).map(pack).collect();
        let packed = if wanted.input { 2 * kernel.len() } else { 0 };
        profile::count(Part::Pack, 0, &[packed]);
        profile::part(before);
        let multiply_adds = error.len() / geometry.output_size() * self.multiply_adds();
        let mut gradient = InputGradient::room(input, geometry.input_size(), wanted.input);
        if wanted.input {
            let floats = [error.len(), kernel.len(), gradient.values.len()];
            profile::count(Part::InputGradient, multiply_adds, &floats);
        }
        let backward = Backward { path, panels: &panels, wanted, prepare };
        let weights = match &self.patches {
            Some(patches) if wanted.weights => {
                let floats = [input.values.len(), error.len(), kernel.len()];
                profile::count(Part::WeightGradient, multiply_adds, &floats);
                Some(self.backward_by_blocks(&backward, patches, input, error, &mut gradient))
            }
            _ => self.backward_by_images(&backward, input, error, &mut gradient),
        };
        Gradient { weights, input: wanted.input.then_some(gradient) }
    }

    /// Writes the input's gradient, and returns those of kernel and bias if they are wanted: the
    /// batch's errors are kept for the latter, whose rows are what its tasks are divided by.
    fn backward_by_images(
        &self,
        backward: &Backward,
        input: Source,
        error: &mut [f32],
        gradient: &mut InputGradient,
    ) -> Option<(Vec<f32>, Vec<f32>)> {
        let (geometry, path) = (&self.geometry, backward.path);
        let images = error.len() / geometry.output_size();
        let mut padded = Buffer::uninit_recycled(images * geometry.error_size());
        let mut biases = Buffer::zeros(images * geometry.outputs);
        padded
            .par_chunks_exact_mut(geometry.error_size())
            .zip(biases.par_chunks_exact_mut(geometry.outputs))
            .zip(gradient.shares(1, images))
            .zip(error.par_chunks_exact_mut(geometry.output_size()))
            .enumerate()
            .run(|(index, (((padded, bias), mut gradient), error))| {
                (backward.prepare)(index, error);
                profile::part(Part::WeightGradient);
                geometry.pad_error(error, padded);
                if backward.wanted.weights {
                    pointwise::add_rows(path, padded, bias);
                }
                profile::part(Part::InputGradient);
                self.input_gradient(backward, input, (index, 0), padded, &mut gradient);
            });
        backward.wanted.weights.then(|| {
            profile::part(Part::WeightGradient);
            let mut bias = vec![0.0; geometry.outputs];
            pointwise::add_rows(path, &biases, &mut bias);
            (self.kernel_gradient(path, input, &padded), bias)
        })
    }

    /// Writes the input's gradient if it is wanted, and returns those of kernel and bias: each
    /// block of images adds up its own while their errors are in the cache, and then these sums are
    /// added.
    fn backward_by_blocks(
        &self,
        backward: &Backward,
        patches: &Patches,
        input: Source,
        error: &mut [f32],
        gradient: &mut InputGradient,
    ) -> (Vec<f32>, Vec<f32>) {
        let (geometry, path) = (&self.geometry, backward.path);
        let images = error.len() / geometry.output_size();
        let share = images.div_ceil(BLOCKS).max(1);
        let blocks = error
            .par_chunks_mut(share * geometry.output_size())
            .zip(gradient.shares(share, images))
            .enumerate()
            .run_map(|(number, (error, mut gradients))| {
                let mut room = input.room();
                let mut padded = Buffer::uninit_recycled(geometry.error_size());
                let (mut sum, mut bias) = (patches.kernel_sum(share), vec![0.0; geometry.outputs]);
                for (place, error) in error.chunks_exact_mut(geometry.output_size()).enumerate() {
                    let index = number * share + place;
                    (backward.prepare)(index, error);
                    profile::part(Part::WeightGradient);
                    let image = input.image(path, index, geometry.input_size(), &mut room);
                    patches.add_image(path, image, error, &mut sum);
                    geometry.pad_error(error, &mut padded);
                    pointwise::add_rows(path, &padded, &mut bias);
                    profile::part(Part::InputGradient);
                    let at = (index, place);
                    self.input_gradient(backward, input, at, &padded, &mut gradients);
                }
                profile::part(Part::WeightGradient);
                (patches.kernel_gradient(path, sum), bias)
            });
        profile::part(Part::WeightGradient);
        let mut kernel = vec![0.0; 9 * geometry.inputs * geometry.outputs];
        let mut bias = vec![0.0; geometry.outputs];
        for (of_kernel, of_bias) in &blocks {
            pointwise::add(of_kernel, &mut kernel);
            pointwise::add(of_bias, &mut bias);
        }
        (kernel, bias)
    }

    /// Writes the gradient of image `index`, which is at `place` in its share, if it is wanted.
    fn input_gradient(
        &self,
        backward: &Backward,
        input: Source,
        (index, place): (usize, usize),
        padded: &[f32],
        gradients: &mut Share,
    ) {
        if backward.wanted.input {
            let (gradient, sums) = gradients.image(place);
            run(&self.geometry.backward, backward.panels, None, padded, gradient);
            input.back(backward.path, index, gradient, sums);
        }
    }

    /// (3, 3, in, out).
    fn kernel_gradient(&self, path: Path, input: Source, padded: &[f32]) -> Vec<f32> {
        let geometry = &self.geometry;
        let images = padded.len() / geometry.error_size();
        let mut prepared = Buffer::uninit_recycled(images * geometry.prepared_size());
        prepared.par_chunks_exact_mut(geometry.prepared_size()).enumerate().run_with(
            || input.room(),
            |room, (index, prepared)| {
                let image = input.image(path, index, geometry.input_size(), room);
                geometry.prepare(image, prepared);
            },
        );
        let mut gradient = Buffer::uninit_recycled(9 * geometry.inputs * geometry.outputs);
        let floats = [input.values.len(), 3 * prepared.len(), 3 * padded.len(), gradient.len()];
        profile::count(Part::WeightGradient, images * self.multiply_adds(), &floats);
        for phase in &geometry.forward {
            let outer = Outer {
                path,
                images,
                rows: phase.rows,
                columns: phase.columns,
                input: phase.from,
                input_step: geometry.prepared_size(),
                taps: &phase.taps,
                error: phase.error,
                error_step: geometry.error_size(),
                input_channels: geometry.inputs,
                output_channels: geometry.outputs,
            };
            outer.run(&prepared, padded, &mut gradient);
        }
        gradient.into_vec()
    }
}
