//! A 3x3 convolution by tiles, forward and backward: see [`super::tiles`].
//!
//! Sums over the batch are divided by the batch alone, never by threads, and added in the order of
//! the images.

use rayon::prelude::*;

mod by_image;
mod by_point;

use super::{Finish, Gradient, Prepare, Weights, tiles::Tiles};
use crate::nn::{Buffer, mode::Wanted};
use gan_tui_kernels::{
    Path,
    combine::{Layout, Start, combine},
    product::{Grid, Panels, Product, group},
};

/// Floats between the rows of gradients of sums: a line of the cache, so that rows of a power of
/// two do not all fall into the same few places of it.
const GAP: usize = 16;
/// Maps of fewer tiles are taken by the batch.
const FEW: usize = 16;

/// The convolution's sizes.
#[derive(Debug, PartialEq)]
pub struct Tiled {
    pub tiles: Tiles,
    pub inputs: usize,
    pub outputs: usize,
}

impl Tiled {
    pub fn input_size(&self) -> usize {
        self.tiles.side * self.tiles.side * self.inputs
    }

    pub fn output_size(&self) -> usize {
        self.tiles.out * self.tiles.out * self.outputs
    }

    pub fn multiply_adds(&self) -> usize {
        self.tiles.points * self.tiles.tiles * self.size()
    }

    /// Floats of a point's matrix.
    fn size(&self) -> usize {
        self.inputs * self.outputs
    }

    /// From a row of products' errors to the next: whole groups of columns, as the weight gradient
    /// reads them.
    fn error_step(&self, path: Path) -> usize {
        self.outputs.next_multiple_of(group(path))
    }

    /// The matrix of a point, (in, out).
    fn matrix(&self, path: Path, kernel: &[f32], point: usize) -> Buffer {
        let mut matrix = Buffer::uninit_recycled(self.size());
        combine(
            path,
            kernel,
            &self.tiles.kernel,
            point..point + 1,
            Layout::rows(self.size()),
            Start::Zero,
            &mut matrix,
        );
        matrix
    }

    fn forward_panels(
        &self,
        path: Path,
        kernel: &[f32],
        point: usize,
        scale: Option<&[f32]>,
    ) -> Panels {
        Panels::pack(
            path,
            &self.matrix(path, kernel, point),
            &[0],
            self.inputs,
            self.outputs,
            scale,
        )
    }

    fn backward_panels(&self, path: Path, kernel: &[f32], point: usize) -> Panels {
        Panels::pack_transposed(
            path,
            &self.matrix(path, kernel, point),
            &[0],
            self.outputs,
            self.inputs,
        )
    }

    /// Sums of an image's pixels for one point and a range of its tiles, (tile, in).
    fn sums(
        &self,
        path: Path,
        image: &[f32],
        point: usize,
        tiles: std::ops::Range<usize>,
        sums: &mut [f32],
    ) {
        let range = point * self.tiles.tiles + tiles.start..point * self.tiles.tiles + tiles.end;
        combine(
            path,
            image,
            &self.tiles.input,
            range,
            Layout::rows(self.inputs),
            Start::Zero,
            sums,
        );
    }

    /// Errors of the products of one point and a range of tiles, (tile, out with its step).
    fn errors(
        &self,
        path: Path,
        error: &[f32],
        point: usize,
        tiles: std::ops::Range<usize>,
        errors: &mut [f32],
    ) {
        let range = point * self.tiles.tiles + tiles.start..point * self.tiles.tiles + tiles.end;
        let layout = Layout { out_step: self.error_step(path), ..Layout::rows(self.outputs) };
        combine(path, error, &self.tiles.error, range, layout, Start::Zero, errors);
    }

    /// From a row of gradients of sums to the next.
    fn gradient_step(&self) -> usize {
        self.inputs + GAP
    }

    /// Adds what a strip's products say to an image's gradient; `sums` has `block` floats for each
    /// point.
    fn add_gradient(
        &self,
        path: Path,
        sums: &[f32],
        block: usize,
        strip: usize,
        gradient: &mut [f32],
    ) {
        let reach = &self.tiles.gradient[strip];
        let layout = Layout { block, step: self.gradient_step(), ..Layout::rows(self.inputs) };
        let gradient = &mut gradient
            [reach.first * self.inputs..(reach.first + reach.lists.len()) * self.inputs];
        let (begun, new) = gradient.split_at_mut(reach.begun * self.inputs);
        combine(path, sums, &reach.lists, 0..reach.begun, layout, Start::Add, begun);
        combine(path, sums, &reach.lists, reach.begun..reach.lists.len(), layout, Start::Zero, new);
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
        if self.tiles.tiles < FEW {
            self.forward_by_points(path, weights, input, output, parts, finish);
        } else {
            self.forward_by_images(path, weights, input, output, parts, finish);
        }
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
        if self.tiles.tiles < FEW {
            self.backward_by_points(path, kernel, input, error, wanted, prepare)
        } else {
            self.backward_by_images(path, kernel, input, error, wanted, prepare)
        }
    }

    /// The kernel's gradient, (3, 3, in, out), from that of the points' matrices.
    fn taps(&self, path: Path, matrices: &[f32]) -> Vec<f32> {
        let mut kernel = Buffer::uninit_recycled(9 * self.size());
        kernel.par_chunks_exact_mut(self.size()).enumerate().for_each(|(tap, out)| {
            combine(
                path,
                matrices,
                &self.tiles.taps,
                tap..tap + 1,
                Layout::rows(self.size()),
                Start::Zero,
                out,
            );
        });
        kernel.into_vec()
    }
}

/// Rows of `step` floats times a matrix of one tap, to rows of `out_step` floats.
fn multiply(rows: &[f32], step: usize, panels: &Panels, out_step: usize, output: &mut [f32]) {
    let (input, to) = (Grid::rows(step), Grid::rows(out_step));
    Product {
        rows: 1,
        columns: rows.len() / step,
        input,
        output: to,
        taps: &[0],
        panels,
        bias: None,
    }
    .run(rows, output);
}
