//! A 3x3 convolution of stride 1 or 2 as products over its taps, forward and backward: see
//! [`super::geometry`].

use rayon::prelude::*;

use super::{
    Finish, Gradient, Prepare, Weights,
    geometry::{Geometry, Phase},
    patches::Patches,
};
use crate::nn::{Buffer, mode::Wanted};
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

impl Backward<'_> {
    /// The input's gradients, `size` floats for each of `count` tasks, or nothing for each if they
    /// are not wanted.
    fn gradients<'g>(&self, all: &'g mut [f32], count: usize, size: usize) -> Vec<&'g mut [f32]> {
        match self.wanted.input {
            true => all.chunks_mut(size).collect(),
            false => (0..count).map(|_| Default::default()).collect(),
        }
    }
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
        input: &[f32],
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
        let floats = [input.len(), kernel.len(), output.len()];
        profile::count(products, images * self.multiply_adds(), &floats);
        output
            .par_chunks_exact_mut(geometry.output_size())
            .zip(parts.par_chunks_exact_mut(part))
            .zip(input.par_chunks_exact(geometry.input_size()))
            .enumerate()
            .run_with(
                || Buffer::uninit_recycled(geometry.prepared_size()),
                |prepared, (index, ((output, parts), image))| {
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
        input: &[f32],
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        let geometry = &self.geometry;
        let images = error.len() / geometry.output_size();
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
        let multiply_adds = images * self.multiply_adds();
        let mut gradient =
            Buffer::uninit_recycled(if wanted.input { images * geometry.input_size() } else { 0 });
        if wanted.input {
            let floats = [error.len(), kernel.len(), gradient.len()];
            profile::count(Part::InputGradient, multiply_adds, &floats);
        }
        let backward = Backward { path, panels: &panels, wanted, prepare };
        let weights = match &self.patches {
            Some(patches) if wanted.weights => {
                let floats = [input.len(), error.len(), kernel.len()];
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
        input: &[f32],
        error: &mut [f32],
        gradient: &mut [f32],
    ) -> Option<(Vec<f32>, Vec<f32>)> {
        let (geometry, path) = (&self.geometry, backward.path);
        let images = error.len() / geometry.output_size();
        let mut padded = Buffer::uninit_recycled(images * geometry.error_size());
        let mut biases = Buffer::zeros(images * geometry.outputs);
        padded
            .par_chunks_exact_mut(geometry.error_size())
            .zip(biases.par_chunks_exact_mut(geometry.outputs))
            .zip(backward.gradients(gradient, images, geometry.input_size()))
            .zip(error.par_chunks_exact_mut(geometry.output_size()))
            .enumerate()
            .run(|(index, (((padded, bias), gradient), error))| {
                (backward.prepare)(index, error);
                profile::part(Part::WeightGradient);
                geometry.pad_error(error, padded);
                if backward.wanted.weights {
                    pointwise::add_rows(path, padded, bias);
                }
                profile::part(Part::InputGradient);
                if backward.wanted.input {
                    run(&geometry.backward, backward.panels, None, padded, gradient);
                }
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
        input: &[f32],
        error: &mut [f32],
        gradient: &mut [f32],
    ) -> (Vec<f32>, Vec<f32>) {
        let (geometry, path) = (&self.geometry, backward.path);
        let images = error.len() / geometry.output_size();
        let share = images.div_ceil(BLOCKS).max(1);
        let blocks = error
            .par_chunks_mut(share * geometry.output_size())
            .zip(input.par_chunks(share * geometry.input_size()))
            .zip(backward.gradients(
                gradient,
                images.div_ceil(share),
                share * geometry.input_size(),
            ))
            .enumerate()
            .run_map(|(number, ((error, input), gradient))| {
                let mut padded = Buffer::uninit_recycled(geometry.error_size());
                let (mut sum, mut bias) = (patches.kernel_sum(share), vec![0.0; geometry.outputs]);
                let mut gradients = gradient.chunks_exact_mut(geometry.input_size());
                let images = error
                    .chunks_exact_mut(geometry.output_size())
                    .zip(input.chunks_exact(geometry.input_size()));
                for (index, (error, image)) in images.enumerate() {
                    (backward.prepare)(number * share + index, error);
                    profile::part(Part::WeightGradient);
                    patches.add_image(path, image, error, &mut sum);
                    geometry.pad_error(error, &mut padded);
                    pointwise::add_rows(path, &padded, &mut bias);
                    profile::part(Part::InputGradient);
                    if let Some(gradient) = gradients.next() {
                        run(&geometry.backward, backward.panels, None, &padded, gradient);
                    }
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

    /// (3, 3, in, out).
    fn kernel_gradient(&self, path: Path, input: &[f32], padded: &[f32]) -> Vec<f32> {
        let geometry = &self.geometry;
        let images = padded.len() / geometry.error_size();
        let mut prepared = Buffer::uninit_recycled(images * geometry.prepared_size());
        prepared
            .par_chunks_exact_mut(geometry.prepared_size())
            .zip(input.par_chunks_exact(geometry.input_size()))
            .run(|(prepared, image)| geometry.prepare(image, prepared));
        let mut gradient = Buffer::uninit_recycled(9 * geometry.inputs * geometry.outputs);
        let floats = [input.len(), 3 * prepared.len(), 3 * padded.len(), gradient.len()];
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
