//! Sums of outer products over pixels: every weight gradient.
//!
//! ```text
//! gradient[c][o] = sum over images and pixels p of  input[at(p) + c] * error[to(p) + o]
//! ```
//!
//! A register tile holds a few input channels by two registers of output channels, while a chunk of
//! pixels passes by. Both operands are packed first, so that a chunk lies side by side in a
//! first-level cache: the errors once, in panels of two registers that all taps share; the inputs
//! by each task for its own tap and rows. The work is divided by rows of the gradient, never by
//! images, so that each number is one sum in one order, whatever the number of threads.

use rayon::prelude::*;

use super::{
    Path,
    buffer::{Buffer, copy_short},
    parallel::Parallel as _,
    product::{Grid, group},
    vector::{Plain, Vector},
};

/// Pixels of a chunk: 8 KiB of a panel, 16 KiB of packed input.
const CHUNK: usize = 128;
/// Rows of the gradient that one task takes at most.
const TASK: usize = 32;

/// The weight gradients of one or more taps that see the same errors, all but their operands.
#[derive(Debug, Clone, Copy)]
pub struct Outer<'a> {
    pub path: Path,
    pub images: usize,
    /// Rows and columns of the grid of pixels in each image.
    pub rows: usize,
    pub columns: usize,
    /// Where the pixels' inputs are, for the first input channel.
    pub input: Grid,
    /// Floats from an image's input to the next.
    pub input_step: usize,
    /// For each tap, how far its channels are from the pixel's place in the input.
    pub taps: &'a [usize],
    /// Where the pixels' errors are, for the first output channel.
    pub error: Grid,
    /// Floats from an image's error to the next.
    pub error_step: usize,
    /// Input and output channels: rows and columns of a gradient.
    pub input_channels: usize,
    pub output_channels: usize,
}

impl Outer<'_> {
    /// Writes the gradients, (tap, input channel, output channel).
    ///
    /// # Panics
    /// If a pixel or a channel lies outside of the slices.
    pub fn run(&self, input: &[f32], error: &[f32], gradients: &mut [f32]) {
        let size = self.input_channels * self.output_channels;
        assert_eq!(gradients.len(), self.taps.len() * size);
        assert!(self.path.is_available());
        if self.images * self.rows * self.columns == 0 {
            gradients.fill(0.0);
            return;
        }
        let panels = self.pack_errors(error);
        let share =
            (self.taps.len() * self.input_channels).div_ceil(4 * rayon::current_num_threads());
        let rows = share.clamp(8, TASK).min(self.input_channels.max(1));
        let tasks: Vec<_> = gradients
            .chunks_exact_mut(size.max(1))
            .zip(self.taps)
            .flat_map(|(gradient, &tap)| {
                gradient
                    .chunks_mut((rows * self.output_channels).max(1))
                    .enumerate()
                    .map(move |(task, out)| (tap + task * rows, out))
            })
            .collect();
        tasks.into_par_iter().run(|(offset, out)| self.task(offset, input, &panels, out));
    }

    /// Floats of a panel: every pixel's two registers.
    fn panel(&self) -> usize {
        self.images * self.rows * self.columns * group(self.path, self.output_channels)
    }

    /// The errors as (panel, image, pixel, output channel of the panel); missing channels are zero.
    fn pack_errors(&self, error: &[f32]) -> Buffer {
        let width = group(self.path, self.output_channels);
        let mut panels =
            Buffer::uninit_recycled(self.output_channels.div_ceil(width) * self.panel());
        panels.par_chunks_exact_mut(self.panel()).enumerate().run(|(index, panel)| {
            let first = index * width;
            let used = (self.output_channels - first).min(width);
            for (place, pixel) in
                self.places(self.error, self.error_step).zip(panel.chunks_exact_mut(width))
            {
                copy_short(&error[place + first..place + first + used], &mut pixel[..used]);
                pixel[used..].fill(0.0);
            }
        });
        panels
    }

    /// Where every pixel of every image is, in floats, in the order of the sums.
    fn places(&self, grid: Grid, step: usize) -> Walk {
        let Self { images, rows, columns, .. } = *self;
        let left = images * rows * columns;
        Walk { grid, step, rows, columns, image: 0, row: 0, column: 0, place: grid.start, left }
    }

    /// Rows of one tap's gradient, whose inputs begin `offset` floats after the pixels' places.
    fn task(&self, offset: usize, input: &[f32], panels: &[f32], out: &mut [f32]) {
        let height = out.len() / self.output_channels;
        let mut packed = [0.0f32; CHUNK * TASK];
        let mut places = self.places(self.input, self.input_step);
        let pixels = self.images * self.rows * self.columns;
        for first in (0..pixels).step_by(CHUNK) {
            let count = (pixels - first).min(CHUNK);
            for (row, place) in packed.chunks_exact_mut(height).zip(places.by_ref().take(count)) {
                copy_short(&input[place + offset..place + offset + height], row);
            }
            let width = group(self.path, self.output_channels);
            let right = Right {
                values: &panels[first * width..],
                panel: self.panel(),
                step: width,
                columns: self.output_channels,
            };
            // SAFETY: `run` has made sure that the processor has the path's instructions, and the
            // panels have a chunk of pixels from here on.
            unsafe { right.add(self.path, &packed[..count * height], height, first > 0, out) }
        }
    }
}

/// The places of all pixels: column by column, row by row, image by image.
struct Walk {
    grid: Grid,
    step: usize,
    rows: usize,
    columns: usize,
    image: usize,
    row: usize,
    column: usize,
    place: usize,
    left: usize,
}

impl Iterator for Walk {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let place = self.place;
        self.column += 1;
        if self.column < self.columns {
            self.place += self.grid.column_step;
        } else {
            (self.row, self.column) = (self.row + 1, 0);
            if self.row == self.rows {
                (self.image, self.row) = (self.image + 1, 0);
            }
            let Grid { start, row_step, .. } = self.grid;
            self.place = start + self.image * self.step + self.row * row_step;
        }
        Some(place)
    }
}

/// A register tile: rows from `top` on, `used` columns from `left` on.
struct Tile<'a> {
    input: &'a [f32],
    height: usize,
    top: usize,
    errors: &'a [f32],
    /// Floats from a pixel's errors to the next's.
    step: usize,
    left: usize,
    used: usize,
    columns: usize,
    /// Whether to add to what the gradient holds.
    add: bool,
}

impl Tile<'_> {
    /// With one register for each row, or two, as a panel's width asks.
    #[inline(always)]
    unsafe fn run_on<V: Vector>(&self, height: usize, width: usize, out: &mut [f32]) {
        // SAFETY: passed on from the caller.
        unsafe {
            if width == V::LANES {
                self.run::<V, 1>(height, out)
            } else {
                self.run::<V, 2>(height, out)
            }
        }
    }

    #[inline(always)]
    unsafe fn run<V: Vector, const WIDTH: usize>(&self, height: usize, out: &mut [f32]) {
        // SAFETY: passed on from the caller.
        unsafe {
            match height {
                1 => self.rows::<V, WIDTH, 1>(out),
                2 => self.rows::<V, WIDTH, 2>(out),
                3 => self.rows::<V, WIDTH, 3>(out),
                4 => self.rows::<V, WIDTH, 4>(out),
                5 => self.rows::<V, WIDTH, 5>(out),
                6 => self.rows::<V, WIDTH, 6>(out),
                // Narrow registers have no more than six rows; so the taller tiles are not compiled
                // for them.
                _ if V::ROWS == 6 => {}
                7 => self.rows::<V, WIDTH, 7>(out),
                8 => self.rows::<V, WIDTH, 8>(out),
                9 => self.rows::<V, WIDTH, 9>(out),
                10 => self.rows::<V, WIDTH, 10>(out),
                11 => self.rows::<V, WIDTH, 11>(out),
                _ => self.rows::<V, WIDTH, 12>(out),
            }
        }
    }

    #[inline(always)]
    unsafe fn rows<V: Vector, const WIDTH: usize, const HEIGHT: usize>(&self, out: &mut [f32]) {
        // SAFETY: `input` has `height` floats for each pixel, of which rows `top` to `top + HEIGHT`
        // are read; `errors` has WIDTH registers every `step` floats, for each pixel. The
        // gradient's rows have `columns` numbers, of which `used` from `left` on are touched;
        // partial columns go through a buffer of two registers.
        unsafe {
            let mut sums = [[V::splat(0.0); WIDTH]; HEIGHT];
            let mut x = self.input.as_ptr().add(self.top);
            let mut e = self.errors.as_ptr();
            for _ in 0..self.input.len() / self.height {
                let mut errors = [V::splat(0.0); WIDTH];
                for (register, part) in errors.iter_mut().enumerate() {
                    *part = V::load(e.add(register * V::LANES));
                }
                for (row, sum) in sums.iter_mut().enumerate() {
                    let value = V::splat(*x.add(row));
                    for (sum, part) in sum.iter_mut().zip(errors) {
                        *sum = value.multiply_add(part, *sum);
                    }
                }
                x = x.wrapping_add(self.height);
                e = e.wrapping_add(self.step);
            }
            for (row, sum) in sums.into_iter().enumerate() {
                let place = out.as_mut_ptr().add((self.top + row) * self.columns + self.left);
                if self.used == WIDTH * V::LANES {
                    for (register, sum) in sum.into_iter().enumerate() {
                        let place = place.add(register * V::LANES);
                        let sum = if self.add { V::load(place).add(sum) } else { sum };
                        sum.store(place);
                    }
                } else {
                    let mut total = [0.0f32; 32];
                    for (register, sum) in sum.into_iter().enumerate() {
                        sum.store(total.as_mut_ptr().add(register * V::LANES));
                    }
                    for (column, value) in total.iter().take(self.used).enumerate() {
                        let place = place.add(column);
                        *place = if self.add { *place + value } else { *value };
                    }
                }
            }
        }
    }
}

/// Writes a product to `out`, (height, width), or adds it: that of `left` transposed, (pixels,
/// height), and `right`, (pixels, width).
///
/// `step` is how far a row of `right` is from the next: whole groups of columns, those beyond
/// `width` being zero.
///
/// # Panics
/// If the slices do not have these sizes.
pub fn accumulate(
    path: Path,
    left: &[f32],
    height: usize,
    right: &[f32],
    (step, width): (usize, usize),
    add: bool,
    out: &mut [f32],
) {
    assert!(path.is_available());
    if left.is_empty() && !add {
        out.fill(0.0);
    }
    assert!(height > 0 && left.len().is_multiple_of(height), "whole rows on the left");
    assert_eq!(right.len(), left.len() / height * step, "as many rows on the right");
    assert_eq!(out.len(), height * width);
    assert!(step.is_multiple_of(group(path, width)) && width <= step, "whole groups of columns");
    for (chunk, (left, right)) in
        left.chunks(CHUNK * height).zip(right.chunks(CHUNK * step)).enumerate()
    {
        let right = Right { values: right, panel: group(path, width), step, columns: width };
        // SAFETY: the processor has the path's instructions, and the assertions above give every
        // pixel `height` floats on the left and whole groups of columns on the right.
        unsafe { right.add(path, left, height, add || chunk > 0, out) }
    }
}

/// The right side of a product: panels of one register or two, as [`group`] says.
#[derive(Clone, Copy)]
struct Right<'a> {
    values: &'a [f32],
    /// Floats from a panel to the next, and from a pixel of a panel to the next.
    panel: usize,
    step: usize,
    /// Columns of the product.
    columns: usize,
}

impl Right<'_> {
    /// Adds the product of `left` transposed, (pixels, height), and this, or writes it.
    ///
    /// # Safety
    /// The processor must have the path's instructions, and every pixel whole panels here.
    unsafe fn add(self, path: Path, left: &[f32], height: usize, add: bool, out: &mut [f32]) {
        // SAFETY: passed on from the caller.
        unsafe {
            match path {
                #[cfg(target_arch = "x86_64")]
                Path::Avx512 => avx512(self, left, height, add, out),
                #[cfg(target_arch = "x86_64")]
                Path::Avx2 => avx2(self, left, height, add, out),
                _ => all_tiles::<Plain<8>>(self, left, height, add, out),
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn avx512(right: Right, left: &[f32], height: usize, add: bool, out: &mut [f32]) {
    // SAFETY: the caller's promise, passed on.
    unsafe { all_tiles::<super::vector::Avx512>(right, left, height, add, out) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(right: Right, left: &[f32], height: usize, add: bool, out: &mut [f32]) {
    // SAFETY: the caller's promise, passed on.
    unsafe { all_tiles::<super::vector::Avx2>(right, left, height, add, out) }
}

#[inline(always)]
unsafe fn all_tiles<V: Vector>(
    right: Right,
    left: &[f32],
    height: usize,
    add: bool,
    out: &mut [f32],
) {
    let Right { values, panel, step, columns } = right;
    let width = if columns <= V::LANES { V::LANES } else { 2 * V::LANES };
    let tiles = height.div_ceil(V::ROWS);
    for (index, first) in (0..columns).step_by(width).enumerate() {
        let used = (columns - first).min(width);
        for number in 0..tiles {
            let (top, bottom) = (number * height / tiles, (number + 1) * height / tiles);
            let errors = &values[index * panel..];
            let tile =
                Tile { input: left, height, top, errors, step, left: first, used, columns, add };
            // SAFETY: passed on from the caller; the tile's rows and columns lie inside of `out`.
            unsafe { tile.run_on::<V>(bottom - top, width, out) }
        }
    }
}

#[cfg(test)]
mod tests;
