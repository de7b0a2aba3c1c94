//! Into and out of the tiles of 3x3 convolutions with fewer multiplications than taps.
//!
//! A one-dimensional algorithm ([`lines`]) is applied to rows and to columns, and with channels
//! each element of its product becomes a product of matrices, (tiles, in) x (in, out). These
//! elements are the transform's points (Winograd 1980; Lavin and Gray 2016): 9 for four outputs of
//! an upsampled map instead of 16 (36 before folding the taps), 25 for sixteen of them, 16 for four
//! outputs of a plain one instead of 36, 36 for sixteen of them. Everything around the products is
//! here: small sums of neighbouring pixels, made in registers, a register of channels at a time.

use std::ops::Range;

use super::{
    Path,
    vector::{Plain, Vector},
};

mod algorithm;
mod lines;

pub use algorithm::Algorithm;
use lines::{Line, Upsampled, UpsampledPairs, Winograd, WinogradFour};

/// Rows of a square map's tiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    pub algorithm: Algorithm,
    /// Tiles of a line.
    pub line: usize,
    pub rows: Range<usize>,
}

impl Strip {
    fn side(&self) -> usize {
        self.line * self.algorithm.step()
    }

    fn made(&self) -> usize {
        self.line * self.algorithm.made()
    }

    fn points(&self) -> usize {
        self.algorithm.points().pow(2)
    }

    fn sums(&self) -> usize {
        self.algorithm.sums().pow(2)
    }

    /// Number of tiles.
    pub fn tiles(&self) -> usize {
        self.rows.len() * self.line
    }
}

/// Where numbers of (point, tile, channel) are: floats from a point to the next, and from a tile to
/// the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub point: usize,
    pub tile: usize,
}

impl Places {
    fn end(self, points: usize, tiles: usize, channels: usize) -> usize {
        if tiles == 0 {
            return 0;
        }
        (points - 1) * self.point + (tiles - 1) * self.tile + channels
    }
}

/// Applies a line's function to the rows and the columns of a small square.
macro_rules! square {
    ($square:expr, $from:ident => $to:ident, $line:expr) => {{
        let square = $square;
        let mut half = [[V::splat(0.0); $from]; $to];
        for column in 0..$from {
            let mut values = [V::splat(0.0); $from];
            for (value, row) in values.iter_mut().zip(&square) {
                *value = row[column];
            }
            for (row, value) in half.iter_mut().zip($line(values)) {
                row[column] = value;
            }
        }
        let mut all = [[V::splat(0.0); $to]; $to];
        for (row, half) in all.iter_mut().zip(half) {
            *row = $line(half);
        }
        all
    }};
}

/// Defines a function that is compiled for every path and algorithm from one body, which is
/// generic over a register `V` and a [`Line`] `L` with its numbers.
macro_rules! tiled {
    (
        $(#[$doc:meta])*
        pub fn $name:ident($algorithm:expr; $($argument:ident: $type:ty),* $(,)?) $check:block
        with $body:ident
    ) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        pub fn $name(path: Path, $($argument: $type),*) {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            unsafe fn on<V: Vector>($($argument: $type),*) {
                // SAFETY: passed on from the caller.
                unsafe {
                    match $algorithm {
                        Algorithm::Upsampled => {
                            $body::<V, Upsampled, 3, 3, 3, 2>($($argument),*)
                        }
                        Algorithm::UpsampledPairs => {
                            $body::<V, UpsampledPairs, 4, 4, 5, 4>($($argument),*)
                        }
                        Algorithm::Winograd => {
                            $body::<V, Winograd, 4, 4, 4, 2>($($argument),*)
                        }
                        Algorithm::WinogradFour => {
                            $body::<V, WinogradFour, 6, 6, 6, 4>($($argument),*)
                        }
                    }
                }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            unsafe fn avx512($($argument: $type),*) {
                // SAFETY: passed on from the caller.
                unsafe { on::<super::vector::Avx512>($($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            unsafe fn avx2($($argument: $type),*) {
                // SAFETY: passed on from the caller.
                unsafe { on::<super::vector::Avx2>($($argument),*) }
            }
            $check
            assert!(path.is_available());
            // SAFETY: the processor has the path's instructions, and the assertions above keep
            // every access inside the slices.
            unsafe {
                match path {
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx512 => avx512($($argument),*),
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx2 => avx2($($argument),*),
                    _ => on::<Plain<8>>($($argument),*),
                }
            }
        }
    };
}

tiled! {
    /// Writes the factors of the products of a strip's tiles to `sums`, (sum, tile, channel), from
    /// an image, (side, side, channel).
    ///
    /// # Panics
    /// If the slices are not as large as that, or there are more than 4,096 channels.
    pub fn inputs(
        strip.algorithm; strip: &Strip, image: &[f32], channels: usize, to: Places,
        sums: &mut [f32],
    ) {
        assert_eq!(image.len(), strip.side().pow(2) * channels);
        assert!(channels <= MOST_CHANNELS);
        assert!(strip.rows.end <= strip.line);
        assert!(to.end(strip.sums(), strip.tiles(), channels) <= sums.len());
    } with inputs_of
}

tiled! {
    /// Writes the outputs of a strip's tiles to their pixels of `output`, (made, made,
    /// channel), from `products`, (point, tile, channel), and a bias for each channel.
    ///
    /// # Panics
    /// If the slices are not as large as that.
    pub fn outputs(
        strip.algorithm; strip: &Strip, products: &[f32], from: Places, bias: &[f32],
        output: &mut [f32],
    ) {
        assert_eq!(output.len(), strip.made().pow(2) * bias.len());
        assert!(strip.rows.end <= strip.line);
        assert!(from.end(strip.points(), strip.tiles(), bias.len()) <= products.len());
    } with outputs_of
}

tiled! {
    /// Writes the errors of the products of a strip's tiles to `errors`, (point, tile, channel),
    /// from the outputs' errors, (made, made, channel): the transpose of [`outputs`]. What
    /// there is between the channels and the next tile becomes zero.
    ///
    /// # Panics
    /// If the slices are not as large as that.
    pub fn errors(
        strip.algorithm; strip: &Strip, error: &[f32], channels: usize, to: Places,
        errors: &mut [f32],
    ) {
        assert_eq!(error.len(), strip.made().pow(2) * channels);
        assert!(strip.rows.end <= strip.line && to.tile >= channels);
        assert!(to.end(strip.points(), strip.tiles(), to.tile) <= errors.len());
    } with errors_of
}

tiled! {
    /// Adds the gradients of a strip's sums, (sum, tile, channel), to those of the pixels of an
    /// image, (side, side, channel), that went into them: the transpose of [`inputs`].
    ///
    /// # Panics
    /// If the slices are not as large as that, or there are more than 4,096 channels.
    pub fn add_gradients(
        strip.algorithm; strip: &Strip, sums: &[f32], channels: usize, from: Places,
        gradient: &mut [f32],
    ) {
        assert_eq!(gradient.len(), strip.side().pow(2) * channels);
        assert!(channels <= MOST_CHANNELS);
        assert!(strip.rows.end <= strip.line);
        assert!(from.end(strip.sums(), strip.tiles(), channels) <= sums.len());
    } with gradients_of
}

tiled! {
    /// Writes one line of the points' matrices, (point of the line, size), from a kernel of 3x3
    /// taps, (3, 3, size).
    ///
    /// # Panics
    /// If the slices are not as large as that.
    pub fn matrices(
        algorithm; algorithm: Algorithm, line: usize, kernel: &[f32], matrices: &mut [f32],
    ) {
        assert!(kernel.len().is_multiple_of(9) && line < algorithm.points());
        assert_eq!(matrices.len(), algorithm.points() * (kernel.len() / 9));
    } with matrices_of
}

tiled! {
    /// Writes one row of taps of the kernel's gradient, (3, size), from the gradients of the
    /// points' matrices, (points, points, size): the transpose of [`matrices`].
    ///
    /// # Panics
    /// If the slices are not as large as that.
    pub fn taps(
        algorithm; algorithm: Algorithm, row: usize, matrices: &[f32], taps: &mut [f32],
    ) {
        assert!(taps.len().is_multiple_of(3) && row < 3);
        assert_eq!(matrices.len(), algorithm.points().pow(2) * (taps.len() / 3));
    } with taps_of
}

/// A register's part of the channels: all its lanes, or the last few channels, by way of a buffer.
#[derive(Clone, Copy)]
struct Part<const WHOLE: bool> {
    first: usize,
    count: usize,
}

impl<const WHOLE: bool> Part<WHOLE> {
    #[inline(always)]
    unsafe fn load<V: Vector>(self, from: *const f32) -> V {
        // SAFETY: the caller gives `first + count` readable floats, and as many as the register
        // has if the part is whole.
        unsafe {
            let from = from.add(self.first);
            if WHOLE {
                return V::load(from);
            }
            let mut buffer = [0.0f32; 16];
            std::ptr::copy_nonoverlapping(from, buffer.as_mut_ptr(), self.count);
            V::load(buffer.as_ptr())
        }
    }

    #[inline(always)]
    unsafe fn store<V: Vector>(self, value: V, to: *mut f32) {
        // SAFETY: as above, writable.
        unsafe {
            let to = to.add(self.first);
            if WHOLE {
                return value.store(to);
            }
            let mut buffer = [0.0f32; 16];
            value.store(buffer.as_mut_ptr());
            std::ptr::copy_nonoverlapping(buffer.as_ptr(), to, self.count);
        }
    }
}

/// Runs `work` for every register of `channels`: with `true` for whole ones, with `false` for the
/// last few.
macro_rules! parts {
    ($channels:expr, $part:ident => $work:expr) => {{
        let channels = $channels;
        let mut first = 0;
        while first + V::LANES <= channels {
            let $part = Part::<true> { first, count: V::LANES };
            $work;
            first += V::LANES;
        }
        if first < channels {
            let $part = Part::<false> { first, count: channels - first };
            $work;
        }
    }};
}

/// The tiles of a strip: number in the strip, row and column in the map.
#[inline(always)]
fn tiles(strip: &Strip) -> Tiles {
    let (line, left) = (strip.line, strip.tiles());
    Tiles { line, left, number: 0, row: strip.rows.start, column: 0 }
}

struct Tiles {
    line: usize,
    left: usize,
    number: usize,
    row: usize,
    column: usize,
}

impl Iterator for Tiles {
    type Item = (usize, usize, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let tile = (self.number, self.row, self.column);
        self.number += 1;
        self.column += 1;
        if self.column == self.line {
            (self.row, self.column) = (self.row + 1, 0);
        }
        Some(tile)
    }
}

/// The most channels of a map; more than any network here has.
const MOST_CHANNELS: usize = 4096;

/// A square map whose pixels tiles read.
#[derive(Clone, Copy)]
struct Map {
    side: usize,
    channels: usize,
}

impl Map {
    /// Where the pixels of a tile are that begins one before (row, column): in a map that begins at
    /// `map`, and `outside` for those in the padding.
    ///
    /// # Safety
    /// The map must be there.
    #[inline(always)]
    unsafe fn pixels<const READ: usize>(
        self,
        map: *mut f32,
        outside: *mut f32,
        (row, column): (usize, usize),
    ) -> [[*mut f32; READ]; READ] {
        let Self { side, channels } = self;
        let line = side * channels;
        let mut pixels = [[outside; READ]; READ];
        let inside = |place: usize| place > 0 && place + READ <= side + 1;
        // SAFETY: only pixels inside of the map are pointed to.
        unsafe {
            if inside(row) && inside(column) {
                let first = map.add((row - 1) * line + (column - 1) * channels);
                for (down, pixels) in pixels.iter_mut().enumerate() {
                    for (across, pixel) in pixels.iter_mut().enumerate() {
                        *pixel = first.add(down * line + across * channels);
                    }
                }
                return pixels;
            }
            for (down, pixels) in pixels.iter_mut().enumerate() {
                for (across, pixel) in pixels.iter_mut().enumerate() {
                    let (y, x) = ((row + down).wrapping_sub(1), (column + across).wrapping_sub(1));
                    if y < side && x < side {
                        *pixel = map.add(y * line + x * channels);
                    }
                }
            }
        }
        pixels
    }
}

#[inline(always)]
unsafe fn inputs_of<
    V: Vector,
    L: Line<READ, SUMS, POINTS, MADE>,
    const READ: usize,
    const SUMS: usize,
    const POINTS: usize,
    const MADE: usize,
>(
    strip: &Strip,
    image: &[f32],
    channels: usize,
    to: Places,
    sums: &mut [f32],
) {
    static ZEROS: [f32; MOST_CHANNELS] = [0.0; MOST_CHANNELS];
    let map = Map { side: strip.side(), channels };
    for (number, row, column) in tiles(strip) {
        // SAFETY: pixels outside of the map are read from as many zeros, and none is written;
        // `inputs` has checked that the others and the tile's numbers lie inside of the slices.
        unsafe {
            let (image, zeros) = (image.as_ptr().cast_mut(), ZEROS.as_ptr().cast_mut());
            let pixels = map.pixels::<READ>(image, zeros, (row * L::STEP, column * L::STEP));
            let sums = sums.as_mut_ptr().add(number * to.tile);
            parts!(channels, part => {
                let mut values = [[V::splat(0.0); READ]; READ];
                for (values, pixels) in values.iter_mut().zip(&pixels) {
                    for (value, &pixel) in values.iter_mut().zip(pixels) {
                        *value = part.load(pixel);
                    }
                }
                let values = square!(values, READ => SUMS, L::input);
                for (row, values) in values.into_iter().enumerate() {
                    for (column, value) in values.into_iter().enumerate() {
                        part.store(value, sums.add((row * SUMS + column) * to.point));
                    }
                }
            });
        }
    }
}

#[inline(always)]
unsafe fn gradients_of<
    V: Vector,
    L: Line<READ, SUMS, POINTS, MADE>,
    const READ: usize,
    const SUMS: usize,
    const POINTS: usize,
    const MADE: usize,
>(
    strip: &Strip,
    sums: &[f32],
    channels: usize,
    from: Places,
    gradient: &mut [f32],
) {
    // What is added to pixels outside of the map.
    let mut outside = [0.0f32; MOST_CHANNELS];
    let (outside, gradient) = (outside.as_mut_ptr(), gradient.as_mut_ptr());
    let map = Map { side: strip.side(), channels };
    for (number, row, column) in tiles(strip) {
        // SAFETY: pixels outside of the map are written to a buffer that nobody reads;
        // `add_gradients` has checked that the others and the tile's numbers lie inside of the
        // slices.
        unsafe {
            let pixels = map.pixels::<READ>(gradient, outside, (row * L::STEP, column * L::STEP));
            let sums = sums.as_ptr().add(number * from.tile);
            parts!(channels, part => {
                let mut values = [[V::splat(0.0); SUMS]; SUMS];
                for (row, values) in values.iter_mut().enumerate() {
                    for (column, value) in values.iter_mut().enumerate() {
                        *value = part.load(sums.add((row * SUMS + column) * from.point));
                    }
                }
                let values = square!(values, SUMS => READ, L::input_transposed);
                for (values, pixels) in values.into_iter().zip(&pixels) {
                    for (value, &pixel) in values.into_iter().zip(pixels) {
                        part.store(part.load::<V>(pixel).add(value), pixel);
                    }
                }
            });
        }
    }
}

/// Where a tile's outputs are, in floats.
#[inline(always)]
fn output_places<const MADE: usize>(
    line: usize,
    channels: usize,
    row: usize,
    column: usize,
) -> [[usize; MADE]; MADE] {
    let mut places = [[0; MADE]; MADE];
    for (down, places) in places.iter_mut().enumerate() {
        for (across, place) in places.iter_mut().enumerate() {
            *place = ((MADE * row + down) * MADE * line + MADE * column + across) * channels;
        }
    }
    places
}

#[inline(always)]
unsafe fn outputs_of<
    V: Vector,
    L: Line<READ, SUMS, POINTS, MADE>,
    const READ: usize,
    const SUMS: usize,
    const POINTS: usize,
    const MADE: usize,
>(
    strip: &Strip,
    products: &[f32],
    from: Places,
    bias: &[f32],
    output: &mut [f32],
) {
    for (number, row, column) in tiles(strip) {
        let places = output_places::<MADE>(strip.line, bias.len(), row, column);
        // SAFETY: `outputs` has checked that the tile's numbers lie inside of the slices.
        unsafe {
            let products = products.as_ptr().add(number * from.tile);
            parts!(bias.len(), part => {
                let bias: V = part.load(bias.as_ptr());
                let mut values = [[V::splat(0.0); POINTS]; POINTS];
                for (row, values) in values.iter_mut().enumerate() {
                    for (column, value) in values.iter_mut().enumerate() {
                        *value = part.load(products.add((row * POINTS + column) * from.point));
                    }
                }
                let values = square!(values, POINTS => MADE, L::output);
                for (values, places) in values.into_iter().zip(places) {
                    for (value, place) in values.into_iter().zip(places) {
                        part.store(bias.add(value), output.as_mut_ptr().add(place));
                    }
                }
            });
        }
    }
}

#[inline(always)]
unsafe fn errors_of<
    V: Vector,
    L: Line<READ, SUMS, POINTS, MADE>,
    const READ: usize,
    const SUMS: usize,
    const POINTS: usize,
    const MADE: usize,
>(
    strip: &Strip,
    error: &[f32],
    channels: usize,
    to: Places,
    errors: &mut [f32],
) {
    for (number, row, column) in tiles(strip) {
        let places = output_places::<MADE>(strip.line, channels, row, column);
        // SAFETY: `errors` has checked that the tile's numbers lie inside of the slices.
        unsafe {
            let errors = errors.as_mut_ptr().add(number * to.tile);
            parts!(channels, part => {
                let mut values = [[V::splat(0.0); MADE]; MADE];
                for (values, places) in values.iter_mut().zip(places) {
                    for (value, place) in values.iter_mut().zip(places) {
                        *value = part.load(error.as_ptr().add(place));
                    }
                }
                let values = square!(values, MADE => POINTS, L::output_transposed);
                for (row, values) in values.into_iter().enumerate() {
                    for (column, value) in values.into_iter().enumerate() {
                        part.store(value, errors.add((row * POINTS + column) * to.point));
                    }
                }
            });
            if to.tile > channels {
                for point in 0..POINTS * POINTS {
                    errors.add(point * to.point + channels).write_bytes(0, to.tile - channels);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn matrices_of<
    V: Vector,
    L: Line<READ, SUMS, POINTS, MADE>,
    const READ: usize,
    const SUMS: usize,
    const POINTS: usize,
    const MADE: usize,
>(
    _algorithm: Algorithm,
    line: usize,
    kernel: &[f32],
    matrices: &mut [f32],
) {
    let size = kernel.len() / 9;
    // SAFETY: `matrices` has checked that there are nine taps and a line of points of this size.
    unsafe {
        parts!(size, part => {
            let mut columns = [V::splat(0.0); 3];
            for (column, value) in columns.iter_mut().enumerate() {
                let mut taps = [V::splat(0.0); 3];
                for (row, tap) in taps.iter_mut().enumerate() {
                    *tap = part.load(kernel.as_ptr().add((row * 3 + column) * size));
                }
                *value = L::kernel(taps)[line];
            }
            for (column, value) in L::kernel(columns).into_iter().enumerate() {
                part.store(value, matrices.as_mut_ptr().add(column * size));
            }
        });
    }
}

#[inline(always)]
unsafe fn taps_of<
    V: Vector,
    L: Line<READ, SUMS, POINTS, MADE>,
    const READ: usize,
    const SUMS: usize,
    const POINTS: usize,
    const MADE: usize,
>(
    _algorithm: Algorithm,
    row: usize,
    matrices: &[f32],
    taps: &mut [f32],
) {
    let size = taps.len() / 3;
    // SAFETY: `taps` has checked that there are three taps and all points of this size.
    unsafe {
        parts!(size, part => {
            let mut columns = [V::splat(0.0); POINTS];
            for (column, value) in columns.iter_mut().enumerate() {
                let mut values = [V::splat(0.0); POINTS];
                for (line, value) in values.iter_mut().enumerate() {
                    *value = part.load(matrices.as_ptr().add((line * POINTS + column) * size));
                }
                *value = L::kernel_transposed(values)[row];
            }
            for (column, value) in L::kernel_transposed(columns).into_iter().enumerate() {
                part.store(value, taps.as_mut_ptr().add(column * size));
            }
        });
    }
}

#[cfg(test)]
mod tests;
