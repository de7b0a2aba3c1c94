//! A 3x3 convolution of stride 1 or 2 as products over its taps, forward and backward: see
//! [`super::geometry`].

use rayon::prelude::*;

use super::{
    Finish, Gradient, Prepare, Weights,
    geometry::{Geometry, Phase},
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

/// The convolution's sizes.
#[derive(Debug)]
pub struct Direct {
    pub geometry: Geometry,
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
        let mut padded = Buffer::uninit_recycled(images * geometry.error_size());
        let mut biases = Buffer::zeros(images * geometry.outputs);
        let mut gradient =
            Buffer::uninit_recycled(if wanted.input { images * geometry.input_size() } else { 0 });
        let gradients: Vec<&mut [f32]> = match wanted.input {
            true => gradient.chunks_exact_mut(geometry.input_size()).collect(),
            false => (0..images).map(|_| Default::default()).collect(),
        };
        padded
            .par_chunks_exact_mut(geometry.error_size())
            .zip(biases.par_chunks_exact_mut(geometry.outputs))
            .zip(gradients)
            .zip(error.par_chunks_exact_mut(geometry.output_size()))
            .enumerate()
            .run(|(index, (((padded, bias), gradient), error))| {
                prepare(index, error);
                profile::part(Part::WeightGradient);
                geometry.pad_error(error, padded);
                if wanted.weights {
                    pointwise::add_rows(path, padded, bias);
                }
                profile::part(Part::InputGradient);
                if wanted.input {
                    run(&geometry.backward, &panels, None, padded, gradient);
                }
            });
        let multiply_adds = images * self.multiply_adds();
        if wanted.input {
            let floats = [padded.len(), kernel.len(), gradient.len()];
            profile::count(Part::InputGradient, multiply_adds, &floats);
        }
        let weights = wanted.weights.then(|| {
            profile::part(Part::WeightGradient);
            let mut bias = vec![0.0; geometry.outputs];
            pointwise::add_rows(path, &biases, &mut bias);
            (self.kernel_gradient(path, input, &padded), bias)
        });
        Gradient { weights, input: wanted.input.then_some(gradient) }
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
