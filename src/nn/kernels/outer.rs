//! Sums of outer products over pixels: every weight gradient.
//!
//! ```text
//! gradient[c][o] = sum over images and pixels p of  input[at(p) + c] * error[to(p) + o]
//! ```
//!
//! A register tile holds a few input channels by two registers of output channels; all pixels of a group of images pass by before it is
//! added to memory. The work is divided by rows of the gradient, never by images, so that each number is one sum in one order,
//! whatever the number of threads.

use rayon::prelude::*;

use super::{
    Path,
    product::Grid,
    vector::{Plain, Vector},
};

/// Floats of input and error that a group of images may take: half of a second-level cache of 512 KiB.
const GROUP: usize = 64 << 10;
/// Rows of the gradient that one task takes.
const TASK: usize = 16;

/// One weight gradient, all but its operands.
#[derive(Debug, Clone, Copy)]
pub struct Outer {
    pub path: Path,
    pub images: usize,
    /// Rows and columns of the grid of pixels in each image.
    pub rows: usize,
    pub columns: usize,
    /// Where the pixels' inputs are, for the first input channel.
    pub input: Grid,
    /// Floats from an image's input to the next.
    pub input_step: usize,
    /// Where the pixels' errors are, for the first output channel.
    pub error: Grid,
    /// Floats from an image's error to the next.
    pub error_step: usize,
    /// Input and output channels: rows and columns of the gradient.
    pub input_channels: usize,
    pub output_channels: usize,
}

impl Outer {
    /// Writes the gradient, (input channel, output channel).
    ///
    /// # Panics
    /// If a pixel or a channel lies outside of the slices.
    pub fn run(&self, input: &[f32], error: &[f32], gradient: &mut [f32]) {
        self.check(input, error);
        assert_eq!(gradient.len(), self.input_channels * self.output_channels);
        gradient.par_chunks_mut((TASK * self.output_channels).max(1)).enumerate().for_each(|(task, rows)| {
            self.task(task * TASK, input, error, rows);
        });
    }

    /// Several gradients of the same shape side by side in one slice, such as those of a convolution's taps.
    pub fn run_all(all: &[Self], input: &[f32], error: &[f32], gradients: &mut [f32]) {
        let Some(first) = all.first() else { return };
        let size = first.input_channels * first.output_channels;
        assert_eq!(gradients.len(), all.len() * size);
        assert!(all.iter().all(|one| one.input_channels == first.input_channels && one.output_channels == first.output_channels));
        all.iter().for_each(|one| one.check(input, error));
        let chunk = (TASK * first.output_channels).max(1);
        let tasks = all.iter().zip(gradients.chunks_exact_mut(size.max(1)));
        let tasks: Vec<_> = tasks
            .flat_map(|(one, gradient)| gradient.chunks_mut(chunk).enumerate().map(move |(task, rows)| (one, task * TASK, rows)))
            .collect();
        tasks.into_par_iter().for_each(|(one, first, rows)| one.task(first, input, error, rows));
    }

    fn check(&self, input: &[f32], error: &[f32]) {
        let pixels = self.images * self.rows * self.columns;
        if pixels == 0 {
            return;
        }
        let last = |grid: Grid, step: usize| {
            grid.start + (self.images - 1) * step + (self.rows - 1) * grid.row_step + (self.columns - 1) * grid.column_step
        };
        assert!(last(self.input, self.input_step) + self.input_channels <= input.len(), "the input ends before its last pixel");
        assert!(last(self.error, self.error_step) + self.output_channels <= error.len(), "the error ends before its last pixel");
        assert!(self.path.is_available());
    }

    /// The gradient's rows from `first` on.
    fn task(&self, first: usize, input: &[f32], error: &[f32], rows: &mut [f32]) {
        rows.fill(0.0);
        // SAFETY: `check` has made sure of the processor and of the bounds.
        unsafe {
            match self.path {
                #[cfg(target_arch = "x86_64")]
                Path::Avx512 => avx512(self, first, input, error, rows),
                #[cfg(target_arch = "x86_64")]
                Path::Avx2 => avx2(self, first, input, error, rows),
                _ => portable(self, first, input, error, rows),
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn avx512(outer: &Outer, first: usize, input: &[f32], error: &[f32], rows: &mut [f32]) {
    // SAFETY: the caller's promise, passed on.
    unsafe { all_tiles::<super::vector::Avx512>(outer, first, input, error, rows) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(outer: &Outer, first: usize, input: &[f32], error: &[f32], rows: &mut [f32]) {
    // SAFETY: the caller's promise, passed on.
    unsafe { all_tiles::<super::vector::Avx2>(outer, first, input, error, rows) }
}

unsafe fn portable(outer: &Outer, first: usize, input: &[f32], error: &[f32], rows: &mut [f32]) {
    // SAFETY: the caller's promise, passed on.
    unsafe { all_tiles::<Plain<8>>(outer, first, input, error, rows) }
}

#[inline(always)]
unsafe fn all_tiles<V: Vector>(outer: &Outer, first: usize, input: &[f32], error: &[f32], rows: &mut [f32]) {
    let width = 2 * V::LANES;
    let count = rows.len() / outer.output_channels;
    let tiles = count.div_ceil(V::ROWS);
    let image = outer.rows * outer.columns * (outer.input_channels + outer.output_channels);
    let images_in_group = (GROUP / image.max(1)).max(1);
    for begin in (0..outer.images).step_by(images_in_group) {
        let images = begin..(begin + images_in_group).min(outer.images);
        for number in 0..tiles {
            let (top, bottom) = (number * count / tiles, (number + 1) * count / tiles);
            for left in (0..outer.output_channels).step_by(width) {
                let used = (outer.output_channels - left).min(width);
                let place = Place { images: images.clone(), channel: first + top, left, used, top };
                // SAFETY: passed on from the caller; the tile's rows and columns lie inside of the gradient.
                unsafe {
                    if used == width {
                        tile::<V, true>(outer, bottom - top, &place, input, error, rows);
                    } else {
                        tile::<V, false>(outer, bottom - top, &place, input, error, rows);
                    }
                }
            }
        }
    }
}

/// Where a tile is.
struct Place {
    images: std::ops::Range<usize>,
    /// First input channel.
    channel: usize,
    /// First output channel, and how many there are for this tile.
    left: usize,
    used: usize,
    /// First row among the task's.
    top: usize,
}

#[inline(always)]
unsafe fn tile<V: Vector, const WHOLE: bool>(outer: &Outer, height: usize, place: &Place, input: &[f32], error: &[f32], rows: &mut [f32]) {
    // SAFETY: passed on from the caller.
    unsafe {
        match height {
            1 => sized::<V, WHOLE, 1>(outer, place, input, error, rows),
            2 => sized::<V, WHOLE, 2>(outer, place, input, error, rows),
            3 => sized::<V, WHOLE, 3>(outer, place, input, error, rows),
            4 => sized::<V, WHOLE, 4>(outer, place, input, error, rows),
            5 => sized::<V, WHOLE, 5>(outer, place, input, error, rows),
            6 => sized::<V, WHOLE, 6>(outer, place, input, error, rows),
            // Narrow registers have no more than six rows; so the taller tiles are not compiled for them.
            _ if V::ROWS == 6 => {}
            7 => sized::<V, WHOLE, 7>(outer, place, input, error, rows),
            8 => sized::<V, WHOLE, 8>(outer, place, input, error, rows),
            9 => sized::<V, WHOLE, 9>(outer, place, input, error, rows),
            10 => sized::<V, WHOLE, 10>(outer, place, input, error, rows),
            11 => sized::<V, WHOLE, 11>(outer, place, input, error, rows),
            _ => sized::<V, WHOLE, 12>(outer, place, input, error, rows),
        }
    }
}

#[inline(always)]
unsafe fn sized<V: Vector, const WHOLE: bool, const HEIGHT: usize>(
    outer: &Outer,
    place: &Place,
    input: &[f32],
    error: &[f32],
    rows: &mut [f32],
) {
    // SAFETY: `Outer::check` has made sure that every pixel's channels lie inside of the slices; partial columns are copied to a buffer
    // of two registers first. The gradient's rows have `output_channels` numbers each, of which this tile touches `used` from `left` on.
    unsafe {
        let mut sums = [[V::splat(0.0); 2]; HEIGHT];
        let mut buffer = [0.0f32; 32];
        for image in place.images.clone() {
            for row in 0..outer.rows {
                let mut x = input.as_ptr().add(image * outer.input_step + outer.input.start + row * outer.input.row_step + place.channel);
                let mut e = error.as_ptr().add(image * outer.error_step + outer.error.start + row * outer.error.row_step + place.left);
                for _ in 0..outer.columns {
                    let source = if WHOLE {
                        e
                    } else {
                        std::ptr::copy_nonoverlapping(e, buffer.as_mut_ptr(), place.used);
                        buffer.as_ptr()
                    };
                    let (left, right) = (V::load(source), V::load(source.add(V::LANES)));
                    for channel in 0..HEIGHT {
                        let value = V::splat(*x.add(channel));
                        sums[channel][0] = value.multiply_add(left, sums[channel][0]);
                        sums[channel][1] = value.multiply_add(right, sums[channel][1]);
                    }
                    x = x.wrapping_add(outer.input.column_step);
                    e = e.wrapping_add(outer.error.column_step);
                }
            }
        }
        for (channel, sum) in sums.iter().enumerate() {
            let target = rows.as_mut_ptr().add((place.top + channel) * outer.output_channels + place.left);
            if WHOLE {
                V::load(target).add(sum[0]).store(target);
                V::load(target.add(V::LANES)).add(sum[1]).store(target.add(V::LANES));
            } else {
                let mut total = [0.0f32; 32];
                sum[0].store(total.as_mut_ptr());
                sum[1].store(total.as_mut_ptr().add(V::LANES));
                for (column, value) in total.iter().take(place.used).enumerate() {
                    *target.add(column) += value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(index: usize) -> f32 {
        ((index * 2_654_435_761) % 1009) as f32 / 504.5 - 1.0
    }

    fn shapes() -> impl Iterator<Item = Outer> {
        // Images, rows, columns, input and output channels: odd sizes, one image, more than a group.
        let sizes = [(1, 1, 1, 1, 1), (3, 2, 5, 9, 17), (33, 3, 3, 13, 33), (2, 7, 7, 37, 64), (5, 4, 4, 16, 40), (9, 28, 28, 9, 32)];
        sizes.into_iter().map(|(images, rows, columns, input_channels, output_channels)| Outer {
            path: Path::Portable,
            images,
            rows,
            columns,
            input: Grid { start: 2, row_step: (columns + 1) * input_channels, column_step: input_channels },
            input_step: (rows + 1) * (columns + 1) * input_channels,
            error: Grid { start: 1, row_step: 2 * columns * output_channels, column_step: 2 * output_channels },
            error_step: rows * 2 * columns * output_channels,
            input_channels,
            output_channels,
        })
    }

    fn check(path: Path, run: impl Fn(&Outer, &[f32], &[f32], &mut [f32])) {
        for outer in shapes() {
            let outer = Outer { path, ..outer };
            let input: Vec<f32> = (0..outer.images * outer.input_step + 8).map(number).collect();
            let error: Vec<f32> = (0..outer.images * outer.error_step + 8).map(|index| number(index + 17)).collect();
            let mut fast = vec![9.0; outer.input_channels * outer.output_channels];
            run(&outer, &input, &error, &mut fast);
            for c in 0..outer.input_channels {
                for o in 0..outer.output_channels {
                    let mut sum = 0.0;
                    for image in 0..outer.images {
                        for row in 0..outer.rows {
                            for column in 0..outer.columns {
                                let at = |grid: Grid| grid.start + row * grid.row_step + column * grid.column_step;
                                let x = input[image * outer.input_step + at(outer.input) + c];
                                sum += f64::from(x) * f64::from(error[image * outer.error_step + at(outer.error) + o]);
                            }
                        }
                    }
                    let fast = fast[c * outer.output_channels + o];
                    assert!((f64::from(fast) - sum).abs() < 2e-3, "{outer:?} at {c}, {o}: {fast} for {sum}");
                }
            }
        }
    }

    #[test]
    fn every_path_is_the_slow_sum() {
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            check(path, |outer, input, error, gradient| outer.run(input, error, gradient));
        }
    }

    /// The tiles of sixteen floats, on any processor: the code of AVX-512 but for its six instructions.
    #[test]
    fn wide_tiles_are_the_slow_sum() {
        check(Path::Avx512, |outer, input, error, gradient| {
            gradient.fill(0.0);
            for (task, rows) in gradient.chunks_mut(TASK * outer.output_channels).enumerate() {
                unsafe { all_tiles::<Plain<16>>(outer, task * TASK, input, error, rows) }
            }
        });
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let outer = shapes().nth(3).expect("there are six");
        let input: Vec<f32> = (0..outer.images * outer.input_step + 8).map(number).collect();
        let error: Vec<f32> = (0..outer.images * outer.error_step + 8).map(number).collect();
        let run = |threads| {
            let mut gradient = vec![0.0; outer.input_channels * outer.output_channels];
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| outer.run(&input, &error, &mut gradient));
            gradient
        };
        assert_eq!(run(1), run(3));
    }
}
