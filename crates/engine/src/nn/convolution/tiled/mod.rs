//! A 3x3 convolution by tiles, forward and backward: see [`gan_tui_kernels::tiles`].
//!
//! Sums over the batch are divided by the batch alone, never by threads, and added in the order of
//! the images.

use rayon::prelude::*;

mod by_image;
mod by_point;

use super::{Finish, Gradient, Prepare, Weights};
use crate::nn::{Buffer, mode::Wanted};
use gan_tui_kernels::{
    Path,
    parallel::Parallel as _,
    product::{Grid, Panels, Product, group},
    profile::{self, Part},
    tiles::{self, Algorithm, Strip},
};

/// Maps of fewer tiles are taken by the batch.
const FEW: usize = 17;

/// The convolution's algorithm and sizes.
#[derive(Debug, PartialEq)]
pub struct Tiled {
    algorithm: Algorithm,
    /// Tiles of a line of the map.
    line: usize,
    inputs: usize,
    outputs: usize,
}

impl Tiled {
    /// A convolution of a map of `side` x `side` x `inputs`.
    pub fn new(algorithm: Algorithm, side: usize, inputs: usize, outputs: usize) -> Self {
        let line = side / algorithm.step();
        assert_eq!(line * algorithm.step(), side, "tiles must fill the map");
        Self { algorithm, line, inputs, outputs }
    }

    pub fn input_size(&self) -> usize {
        (self.line * self.algorithm.step()).pow(2) * self.inputs
    }

    /// Side of the output.
    pub fn out(&self) -> usize {
        2 * self.line
    }

    pub fn output_size(&self) -> usize {
        self.out().pow(2) * self.outputs
    }

    pub fn multiply_adds(&self) -> usize {
        self.points() * self.tiles() * self.size()
    }

    /// Products of a tile.
    fn points(&self) -> usize {
        self.algorithm.points().pow(2)
    }

    /// Tiles of an image.
    fn tiles(&self) -> usize {
        self.line * self.line
    }

    /// Floats of a point's matrix.
    fn size(&self) -> usize {
        self.inputs * self.outputs
    }

    fn strip(&self, rows: std::ops::Range<usize>) -> Strip {
        Strip { algorithm: self.algorithm, line: self.line, rows }
    }

    /// From a row of products' errors to the next: whole groups of columns, as the weight gradient
    /// reads them.
    fn error_step(&self, path: Path) -> usize {
        self.outputs.next_multiple_of(group(path, self.outputs))
    }

    /// The points' matrices, (point, in, out).
    fn matrices(&self, path: Path, kernel: &[f32]) -> Buffer {
        let mut matrices = Buffer::uninit_recycled(self.points() * self.size());
        let line = self.algorithm.points() * self.size();
        profile::count(Part::Pack, 0, &[kernel.len(), matrices.len()]);
        matrices.par_chunks_exact_mut(line).enumerate().run(|(line, matrices)| {
            tiles::matrices(path, self.algorithm, line, kernel, matrices);
        });
        matrices
    }

    fn forward_panels(
        &self,
        path: Path,
        matrices: &[f32],
        point: usize,
        scale: Option<&[f32]>,
    ) -> Panels {
        Panels::pack(path, matrices, &[point], self.inputs, self.outputs, scale)
    }

    fn backward_panels(&self, path: Path, matrices: &[f32], point: usize) -> Panels {
        Panels::pack_transposed(path, matrices, &[point], self.outputs, self.inputs)
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
        if self.tiles() < FEW {
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
        if self.tiles() < FEW {
            self.backward_by_points(path, kernel, input, error, wanted, prepare)
        } else {
            self.backward_by_images(path, kernel, input, error, wanted, prepare)
        }
    }

    /// The kernel's gradient, (3, 3, in, out), from that of the points' matrices.
    fn taps(&self, path: Path, matrices: &[f32]) -> Vec<f32> {
        let mut kernel = Buffer::uninit_recycled(9 * self.size());
        kernel.par_chunks_exact_mut(3 * self.size()).enumerate().run(|(row, taps)| {
            tiles::taps(path, self.algorithm, row, matrices, taps);
        });
        kernel.into_vec()
    }
}

/// Rows of `step` floats times a matrix of one tap, to rows of as many floats as it has columns.
fn multiply(rows: &[f32], step: usize, panels: &Panels, output: &mut [f32]) {
    let (input, to) = (Grid::rows(step), Grid::rows(panels.columns()));
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
