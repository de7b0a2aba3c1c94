//! Pixels times a matrix: every convolution, its input gradient, and every dense layer.
//!
//! ```text
//! output[p, o] = bias[o]
//!     + sum over taps t and channels c of  input[at(p) + t + c] * matrix[t][c][o]
//! ```
//!
//! Pixels are rows of an NHWC image, so a tap's channels lie side by side in memory and nothing has
//! to be gathered first. The matrix is packed into [`Panels`]: columns in groups two registers
//! wide, each group contiguous in the order it is read. A register tile holds a few pixels by one
//! group; taps are taken in blocks, so that a block of a panel stays in the first cache while all
//! pixels pass by.

use rayon::prelude::*;

use super::{
    Path,
    buffer::{Buffer, copy_short},
    parallel::Parallel as _,
    vector::{Plain, Vector},
};

/// Floats of a panel's block: what stays in a first-level cache of 32 KiB beside the pixels.
const BLOCK: usize = 4096;

/// Pixels on a grid: where the first is and how far the next ones are, in floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    pub start: usize,
    pub row_step: usize,
    pub column_step: usize,
}

impl Grid {
    /// Rows of a matrix: `column_step` floats from one to the next.
    pub fn rows(width: usize) -> Self {
        Self { start: 0, row_step: 0, column_step: width }
    }

    fn last(self, rows: usize, columns: usize) -> usize {
        self.start + (rows - 1) * self.row_step + (columns - 1) * self.column_step
    }
}

/// Matrices of `depth` rows and `columns` columns, one for each tap, packed for one path.
#[derive(Debug)]
pub struct Panels {
    path: Path,
    /// (group, tap, channel, column of the group); missing columns are zero.
    data: Buffer,
    taps: usize,
    depth: usize,
    columns: usize,
}

/// Columns of a panel of a matrix of `columns`: two registers, or one if that holds all of them.
pub fn group(path: Path, columns: usize) -> usize {
    let lanes = match path {
        Path::Avx512 => 16,
        Path::Avx2 | Path::Portable => 8,
    };
    if columns <= lanes { lanes } else { 2 * lanes }
}

impl Panels {
    /// Packs matrices of `depth` x `columns`, row-major: one for each tap, found in `matrices` by
    /// its number. Columns are multiplied by `scale`, where there is one.
    pub fn pack(
        path: Path,
        matrices: &[f32],
        numbers: &[usize],
        depth: usize,
        columns: usize,
        scale: Option<&[f32]>,
    ) -> Self {
        Self::fill(path, numbers.len(), depth, columns, |tap, first, used, panel| {
            let matrix = &matrices[numbers[tap] * depth * columns..][..depth * columns];
            for (row, out) in matrix.chunks_exact(columns).zip(panel.iter_mut()) {
                copy_short(&row[first..first + used], &mut out[..used]);
                if let Some(scale) = scale {
                    out.iter_mut().zip(&scale[first..]).for_each(|(value, scale)| *value *= scale);
                }
            }
        })
    }

    /// Packs the transposes of matrices of `columns` x `depth`.
    pub fn pack_transposed(
        path: Path,
        matrices: &[f32],
        numbers: &[usize],
        depth: usize,
        columns: usize,
    ) -> Self {
        Self::fill(path, numbers.len(), depth, columns, |tap, first, used, panel| {
            let matrix = &matrices[numbers[tap] * depth * columns..][..depth * columns];
            // The next rows of the panel find their numbers in lines that are in a cache by now.
            for (row, out) in panel.iter_mut().enumerate() {
                let values = matrix[first * depth + row..].iter().step_by(depth);
                out[..used].iter_mut().zip(values).for_each(|(out, &value)| *out = value);
            }
        })
    }

    /// `fill(tap, first column, how many columns, rows)` writes one tap of one panel.
    fn fill(
        path: Path,
        taps: usize,
        depth: usize,
        columns: usize,
        fill: impl Fn(usize, usize, usize, &mut [&mut [f32]]) + Sync,
    ) -> Self {
        let width = group(path, columns);
        let size = depth * width;
        let mut data = Buffer::uninit_recycled(columns.div_ceil(width) * taps * size);
        data.par_chunks_exact_mut(size.max(1)).enumerate().run(|(index, panel)| {
            let (group, tap) = (index / taps, index % taps);
            let first = group * width;
            if columns - first < width {
                panel.fill(0.0);
            }
            let mut rows: Vec<&mut [f32]> = panel.chunks_exact_mut(width).collect();
            fill(tap, first, (columns - first).min(width), &mut rows);
        });
        Self { path, data, taps, depth, columns }
    }

    /// Columns of the matrices.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// One product, all but its output.
#[derive(Debug, Clone, Copy)]
pub struct Product<'a> {
    /// Rows and columns of the grid of pixels.
    pub rows: usize,
    pub columns: usize,
    pub input: Grid,
    pub output: Grid,
    /// For each tap, how far its channels are from the pixel's place in the input.
    pub taps: &'a [usize],
    pub panels: &'a Panels,
    /// One for each output channel; zero where there is none.
    pub bias: Option<&'a [f32]>,
}

impl Product<'_> {
    /// Writes the product of `input` to its pixels of `output`; other places of `output` are left
    /// alone.
    ///
    /// # Panics
    /// If a pixel, a tap or a channel lies outside of the slices.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        if self.rows * self.columns == 0 {
            return;
        }
        let Panels { path, taps, depth, columns, ref data } = *self.panels;
        assert_eq!(self.taps.len(), taps, "a matrix for each tap");
        let farthest = self.taps.iter().max().map_or(0, |tap| tap + depth);
        assert!(
            self.input.last(self.rows, self.columns) + farthest <= input.len(),
            "the input ends before its last pixel"
        );
        assert!(
            self.output.last(self.rows, self.columns) + columns <= output.len(),
            "the output ends before its last pixel"
        );
        let width = group(path, columns);
        assert_eq!(data.len(), columns.div_ceil(width) * taps * depth * width);
        assert!(
            self.bias.is_none_or(|bias| bias.len() == columns),
            "a bias for each output channel"
        );
        assert!(path.is_available());
        // SAFETY: the processor has the path's instructions, and the assertions above keep every
        // access inside the slices: pixels and taps only grow from the grid's start, and panels
        // were packed for this path.
        unsafe {
            match path {
                #[cfg(target_arch = "x86_64")]
                Path::Avx512 => avx512(self, input, output),
                #[cfg(target_arch = "x86_64")]
                Path::Avx2 => avx2(self, input, output),
                _ => portable(self, input, output),
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn avx512(product: &Product, input: &[f32], output: &mut [f32]) {
    // SAFETY: the caller's promise, passed on.
    unsafe { all_tiles::<super::vector::Avx512>(product, input, output) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(product: &Product, input: &[f32], output: &mut [f32]) {
    // SAFETY: the caller's promise, passed on.
    unsafe { all_tiles::<super::vector::Avx2>(product, input, output) }
}

unsafe fn portable(product: &Product, input: &[f32], output: &mut [f32]) {
    // SAFETY: the caller's promise, passed on.
    unsafe { all_tiles::<Plain<8>>(product, input, output) }
}

/// Most rows that any path's tile has.
const MOST_ROWS: usize = 12;

/// The pixels of one tile: where their inputs and outputs are, in floats.
#[derive(Clone, Copy)]
struct Tile {
    input: [usize; MOST_ROWS],
    output: [usize; MOST_ROWS],
}

#[inline(always)]
unsafe fn all_tiles<V: Vector>(product: &Product, input: &[f32], output: &mut [f32]) {
    let Panels { taps, depth, columns, ref data, .. } = *product.panels;
    let width = if columns <= V::LANES { V::LANES } else { 2 * V::LANES };
    let taps_in_block = (BLOCK / (depth * width).max(1)).clamp(1, taps);
    for block in (0..taps).step_by(taps_in_block) {
        let some_taps = &product.taps[block..(block + taps_in_block).min(taps)];
        for (index, panel) in data.chunks_exact(taps * depth * width).enumerate() {
            let first = index * width;
            let used = (columns - first).min(width);
            let mut bias = [0.0; 32];
            if let (0, Some(values)) = (block, product.bias) {
                bias[..used].copy_from_slice(&values[first..first + used]);
            }
            let work = Work {
                taps: some_taps,
                depth,
                panel: &panel[block * depth * width..],
                bias: &bias,
                add: block > 0,
                first,
                used,
            };
            // SAFETY: passed on from the caller.
            unsafe {
                if width == V::LANES {
                    work.pixels::<V, 1>(product, input, output);
                } else {
                    work.pixels::<V, 2>(product, input, output);
                }
            }
        }
    }
}

/// The pixels of a grid one after another: where each is in the input and in the output.
struct Places<'a> {
    product: &'a Product<'a>,
    row: usize,
    column: usize,
    input: usize,
    output: usize,
}

impl<'a> Places<'a> {
    fn new(product: &'a Product<'a>) -> Self {
        let (input, output) = (product.input.start, product.output.start);
        Self { product, row: 0, column: 0, input, output }
    }

    #[inline(always)]
    fn next(&mut self) -> (usize, usize) {
        let place = (self.input, self.output);
        let Product { columns, input, output, .. } = *self.product;
        self.column += 1;
        if self.column < columns {
            self.input += input.column_step;
            self.output += output.column_step;
        } else {
            (self.row, self.column) = (self.row + 1, 0);
            self.input = input.start + self.row * input.row_step;
            self.output = output.start + self.row * output.row_step;
        }
        place
    }
}

/// What all tiles of one block of one panel share.
struct Work<'a> {
    taps: &'a [usize],
    depth: usize,
    /// From the block's first tap on.
    panel: &'a [f32],
    bias: &'a [f32; 32],
    /// Whether the output already holds the sum of earlier blocks.
    add: bool,
    /// First column of the panel, and how many columns of the output it has.
    first: usize,
    used: usize,
}

impl Work<'_> {
    /// The product for all pixels and one panel of `WIDTH` registers.
    #[inline(always)]
    unsafe fn pixels<V: Vector, const WIDTH: usize>(
        &self,
        product: &Product,
        input: &[f32],
        output: &mut [f32],
    ) {
        let pixels = product.rows * product.columns;
        let tiles = pixels.div_ceil(V::ROWS);
        // As even as can be: the first `larger` tiles have one pixel more.
        let (rows, larger) = (pixels / tiles, pixels % tiles);
        let mut places = Places::new(product);
        for number in 0..tiles {
            let rows = rows + usize::from(number < larger);
            let mut tile = Tile { input: [0; MOST_ROWS], output: [0; MOST_ROWS] };
            for (from, to) in tile.input.iter_mut().zip(&mut tile.output).take(rows) {
                (*from, *to) = places.next();
            }
            // SAFETY: passed on from the caller; `rows` is at most V::ROWS, which is at most
            // MOST_ROWS.
            unsafe { self.tile::<V, WIDTH>(rows, &tile, input, output) }
        }
    }

    #[inline(always)]
    unsafe fn tile<V: Vector, const WIDTH: usize>(
        &self,
        rows: usize,
        tile: &Tile,
        input: &[f32],
        output: &mut [f32],
    ) {
        // SAFETY: passed on from the caller.
        unsafe {
            match rows {
                1 => self.rows::<V, WIDTH, 1>(tile, input, output),
                2 => self.rows::<V, WIDTH, 2>(tile, input, output),
                3 => self.rows::<V, WIDTH, 3>(tile, input, output),
                4 => self.rows::<V, WIDTH, 4>(tile, input, output),
                5 => self.rows::<V, WIDTH, 5>(tile, input, output),
                6 => self.rows::<V, WIDTH, 6>(tile, input, output),
                // Narrow registers have no more than six rows; so the wider tiles are not compiled
                // for them.
                _ if V::ROWS == 6 => {}
                7 => self.rows::<V, WIDTH, 7>(tile, input, output),
                8 => self.rows::<V, WIDTH, 8>(tile, input, output),
                9 => self.rows::<V, WIDTH, 9>(tile, input, output),
                10 => self.rows::<V, WIDTH, 10>(tile, input, output),
                11 => self.rows::<V, WIDTH, 11>(tile, input, output),
                _ => self.rows::<V, WIDTH, 12>(tile, input, output),
            }
        }
    }

    /// The product for `ROWS` pixels and one panel of `WIDTH` registers.
    #[inline(always)]
    unsafe fn rows<V: Vector, const WIDTH: usize, const ROWS: usize>(
        &self,
        tile: &Tile,
        input: &[f32],
        output: &mut [f32],
    ) {
        // SAFETY: `Product::run` has checked that every pixel, tap and channel lies inside of input
        // and output, and the panel holds taps * depth rows of WIDTH registers. Partial columns go
        // through a buffer of two registers.
        unsafe {
            let mut sums = [[V::splat(0.0); WIDTH]; ROWS];
            let mut weights = self.panel.as_ptr();
            for &tap in self.taps {
                let mut pixels = [std::ptr::null::<f32>(); ROWS];
                for (pixel, place) in pixels.iter_mut().zip(&tile.input) {
                    *pixel = input.as_ptr().add(place + tap);
                }
                for channel in 0..self.depth {
                    let mut row = [V::splat(0.0); WIDTH];
                    for (register, part) in row.iter_mut().enumerate() {
                        *part = V::load(weights.add(register * V::LANES));
                    }
                    weights = weights.add(WIDTH * V::LANES);
                    for (sum, pixel) in sums.iter_mut().zip(pixels) {
                        let value = V::splat(*pixel.add(channel));
                        for (sum, part) in sum.iter_mut().zip(row) {
                            *sum = value.multiply_add(part, *sum);
                        }
                    }
                }
            }
            let whole = self.used == WIDTH * V::LANES;
            let mut buffer = [0.0f32; 32];
            for (sum, place) in sums.into_iter().zip(tile.output) {
                let place = output.as_mut_ptr().add(place + self.first);
                let target = if whole { place } else { buffer.as_mut_ptr() };
                if self.add && !whole {
                    std::ptr::copy_nonoverlapping(place, target, self.used);
                }
                let start: *const f32 = if self.add { target } else { self.bias.as_ptr() };
                for (register, sum) in sum.into_iter().enumerate() {
                    let at = register * V::LANES;
                    V::load(start.add(at)).add(sum).store(target.add(at));
                }
                if !whole {
                    std::ptr::copy_nonoverlapping(target, place, self.used);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
