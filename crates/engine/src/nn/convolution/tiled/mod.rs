//! A 3x3 convolution by tiles, forward and backward: see [`gan_tui_kernels::tiles`].
//!
//! Sums over the batch are divided by the batch alone, never by threads, and added in the order of
//! the images.

use rayon::prelude::*;

mod by_image;
mod by_point;

use super::{Finish, Gradient, MANY, Prepare, Weights};
use crate::nn::{Buffer, mode::Wanted, numbers::Source};
use gan_tui_kernels::{
    Path,
    parallel::Parallel as _,
    product::{Grid, Panels, Product, group},
    profile::{self, Part},
    tiles::{self, Algorithm, Strip},
};

/// Matrices of more floats than this for each tile of a map are multiplied with the tiles of the
/// whole batch at once: they would be most of what passes through the caches.
const LARGE: usize = 256;

/// The convolution's algorithm and sizes.
#[derive(Debug, PartialEq)]
pub struct Tiled {
    algorithm: Algorithm,
    /// Tiles of a line of the map.
    line: usize,
    inputs: usize,
    outputs: usize,
    /// The same by larger tiles.
    many: Option<Box<Tiled>>,
}

impl Tiled {
    /// A convolution of a map of `side` x `side` x `inputs`.
    pub fn new(algorithm: Algorithm, side: usize, inputs: usize, outputs: usize) -> Self {
        let line = side / algorithm.step();
        assert_eq!(line * algorithm.step(), side, "tiles must fill the map");
        Self { algorithm, line, inputs, outputs, many: None }
    }

    /// Computes batches of many images by larger tiles, whose matrices take longer to make.
    pub fn with_many(self, many: Self) -> Self {
        Self { many: Some(Box::new(many)), ..self }
    }

    /// What computes a batch of so many images.
    pub fn of_batch(&self, images: usize) -> &Self {
        match &self.many {
            Some(many) if images >= MANY => many,
            _ => self,
        }
    }

    pub fn input_size(&self) -> usize {
        (self.line * self.algorithm.step()).pow(2) * self.inputs
    }

    /// Side of the output.
    pub fn out(&self) -> usize {
        self.algorithm.made() * self.line
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

    /// Factors of a tile's products.
    fn sums(&self) -> usize {
        self.algorithm.sums().pow(2)
    }

    /// For each of a tile's sums, the points whose products it is a factor of.
    fn points_of_sums(&self) -> Vec<Vec<usize>> {
        let mut points = vec![Vec::new(); self.sums()];
        (0..self.points()).for_each(|point| points[self.algorithm.sum_of(point)].push(point));
        points
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

    /// The transposed matrices of the points that a sum is a factor of.
    fn backward_panels(&self, path: Path, matrices: &[f32], points: &[usize]) -> Panels {
        Panels::pack_transposed(path, matrices, points, self.outputs, self.inputs)
    }

    fn is_by_point(&self) -> bool {
        self.size() > LARGE * self.tiles()
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
        let tiled = self.of_batch(output.len() / self.output_size());
        if tiled.is_by_point() {
            tiled.forward_by_points(path, weights, input, output, parts, finish);
        } else {
            tiled.forward_by_images(path, weights, input, output, parts, finish);
        }
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
        let tiled = self.of_batch(error.len() / self.output_size());
        if tiled.is_by_point() {
            tiled.backward_by_points(path, kernel, input, error, wanted, prepare)
        } else {
            tiled.backward_by_images(path, kernel, input, error, wanted, prepare)
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

/// `count` rows of `step` floats times matrices, to rows of as many floats as these have columns.
/// `taps` are where each matrix's rows begin.
fn multiply(
    (count, step): (usize, usize),
    rows: &[f32],
    taps: &[usize],
    panels: &Panels,
    output: &mut [f32],
) {
    let (input, to) = (Grid::rows(step), Grid::rows(panels.columns()));
    Product { rows: 1, columns: count, input, output: to, taps, panels, bias: None }
        .run(rows, output);
}
