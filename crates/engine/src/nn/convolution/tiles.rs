//! 3x3 convolutions by tiles, with fewer multiplications than taps: which sums go into the
//! products, and which outputs are sums of products.
//!
//! A one-dimensional [`Algorithm`] makes two neighbouring outputs of a filter with three taps `g`
//! from a few inputs `x`, as `output * ((kernel * g) .* (input * x))`: three small matrices and an
//! elementwise product. In two dimensions each matrix is applied to rows and to columns, and with
//! channels each element of the product becomes a product of matrices, (tiles, in) x (in, out).
//! These elements are the transform's points (Winograd 1980; Lavin and Gray 2016).
//!
//! - [`UPSAMPLED`]: nearest-neighbour upsampling by two, then the filter. Output 2i is `g0 x[i-1] +
//!   (g1 + g2) x[i]` and output 2i+1 is `(g0 + g1) x[i] + g2 x[i+1]`. Both hold `s x[i]` with `s =
//!   g0 + g1 + g2`, and what is left of each is one product with a difference: `g0 (x[i-1] - x[i])`
//!   and `g2 (x[i+1] - x[i])`. So three products instead of four (six before folding the taps), and
//!   in two dimensions 9 instead of 16 (36). The coefficients are 0 and ±1: nothing is lost in
//!   precision.
//! - [`WINOGRAD`]: F(2, 3) without upsampling: four products instead of six, in two dimensions 16
//!   instead of 36.
//!
//! Everything around the products is weighted sums of rows, forward, backward and for the weight
//! gradient; this module lists their terms, [`gan_tui_kernels::combine`] computes them.

use gan_tui_kernels::combine::{Lists, Term};

/// A one-dimensional algorithm for two outputs of a filter with three taps.
#[derive(Debug, PartialEq)]
pub struct Algorithm {
    /// Inputs from a tile to the next. A tile's first input lies one before its place: the padding.
    step: usize,
    /// (point, input of the tile).
    input: &'static [&'static [f32]],
    /// (point, tap).
    kernel: &'static [[f32; 3]],
    /// (output of the tile, point).
    output: [&'static [f32]; 2],
}

/// Upsampling by two, then the filter.
pub const UPSAMPLED: Algorithm = Algorithm {
    step: 1,
    input: &[&[1.0, -1.0, 0.0], &[0.0, 1.0, 0.0], &[0.0, -1.0, 1.0]],
    kernel: &[[1.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]],
    output: [&[1.0, 1.0, 0.0], &[0.0, 1.0, 1.0]],
};

/// The filter alone: Winograd's F(2, 3).
pub const WINOGRAD: Algorithm = Algorithm {
    step: 2,
    input: &[
        &[1.0, 0.0, -1.0, 0.0],
        &[0.0, 1.0, 1.0, 0.0],
        &[0.0, -1.0, 1.0, 0.0],
        &[0.0, 1.0, 0.0, -1.0],
    ],
    kernel: &[[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]],
    output: [&[1.0, 1.0, 1.0, 0.0], &[0.0, 1.0, -1.0, -1.0]],
};

/// A weighted place on a line.
type Place = (usize, f32);

impl Algorithm {
    fn points(&self) -> usize {
        self.kernel.len()
    }

    /// The inputs of `side` that go into product `point` of a tile.
    fn inputs(&self, side: usize, tile: usize, point: usize) -> Vec<Place> {
        let places = self.input[point]
            .iter()
            .enumerate()
            .map(|(read, &weight)| ((tile * self.step + read).checked_sub(1), weight));
        places
            .filter_map(|(place, weight)| {
                place.filter(|&place| place < side && weight != 0.0).map(|place| (place, weight))
            })
            .collect()
    }

    /// The products that an output is the sum of: its tile, and weighted points.
    fn products(&self, output: usize) -> (usize, Vec<Place>) {
        let points =
            self.output[output % 2].iter().enumerate().filter(|(_, weight)| **weight != 0.0);
        (output / 2, points.map(|(point, &weight)| (point, weight)).collect())
    }

    /// The outputs that product `point` of a tile goes into.
    fn outputs(&self, tile: usize, point: usize) -> Vec<Place> {
        (0..2)
            .filter(|&output| self.output[output][point] != 0.0)
            .map(|output| (2 * tile + output, self.output[output][point]))
            .collect()
    }
}

/// A convolution by tiles: its sizes and lists. Maps are square; an image's tiles are taken in
/// strips of whole rows, so that everything in between stays in a core's own cache.
#[derive(Debug, PartialEq)]
pub struct Tiles {
    /// Side of the input, and of the output.
    pub side: usize,
    pub out: usize,
    /// Products: the square of the algorithm's.
    pub points: usize,
    /// Tiles of an image, and of a strip.
    pub tiles: usize,
    pub strip: usize,
    /// (point, tile) from pixels of the input.
    pub input: Lists,
    /// (point, tile) from pixels of the output: of their errors.
    pub error: Lists,
    /// Pixels of the output that a strip makes, from (point, tile of the strip); the same for every
    /// strip.
    pub output: Lists,
    /// For each strip, the pixels of the input that it reads, from (point, tile of the strip): of
    /// their gradients.
    pub gradient: Vec<Reach>,
    /// (point) from the taps of the kernel, and back.
    pub kernel: Lists,
    pub taps: Lists,
}

/// What a strip adds to the input's gradient.
#[derive(Debug, PartialEq)]
pub struct Reach {
    /// First pixel, a row's first.
    pub first: usize,
    /// Pixels from there that an earlier strip has begun.
    pub begun: usize,
    pub lists: Lists,
}

impl Tiles {
    /// `rows` is how many rows of tiles a strip has at most.
    pub fn new(algorithm: &Algorithm, side: usize, rows: usize) -> Self {
        let line = side / algorithm.step;
        assert!(line * algorithm.step == side, "tiles must fill the map");
        let out = 2 * line;
        let rows = (1..=rows.min(line)).rev().find(|rows| line.is_multiple_of(*rows)).unwrap_or(1);
        let (count, points) = (line * line, algorithm.points());
        // Two dimensions of a list over (point, tile) or over pixels.
        let point_tiles = || {
            (0..points * points).flat_map(move |point| (0..count).map(move |tile| (point, tile)))
        };
        let pair =
            |point: usize, tile: usize, of: &dyn Fn(usize, usize) -> Vec<Place>, width: usize| {
                square(
                    &of(tile / line, point / points),
                    &of(tile % line, point % points),
                    |row, column| (0, row * width + column),
                )
            };
        let input = point_tiles().map(|(point, tile)| {
            pair(point, tile, &|tile, point| algorithm.inputs(side, tile, point), side)
        });
        let error = point_tiles().map(|(point, tile)| {
            pair(point, tile, &|tile, point| algorithm.outputs(tile, point), out)
        });
        let output = (0..2 * rows * out).map(|pixel| {
            let ((row, down), (column, across)) =
                (algorithm.products(pixel / out), algorithm.products(pixel % out));
            square(&down, &across, |u, v| (u * points + v, row * line + column))
        });
        let kernel = (0..points * points).map(|point| {
            let taps = |point: usize| {
                algorithm.kernel[point].iter().copied().enumerate().collect::<Vec<_>>()
            };
            square(&taps(point / points), &taps(point % points), |row, column| {
                (0, row * 3 + column)
            })
        });
        let taps = (0..9).map(|tap| {
            let of = |tap: usize| {
                (0..points).map(|point| (point, algorithm.kernel[point][tap])).collect::<Vec<_>>()
            };
            square(&of(tap / 3), &of(tap % 3), |u, v| (0, u * points + v))
        });
        let (input, error, output) = (input.collect(), error.collect(), output.collect());
        let (kernel, taps) = (kernel.collect(), taps.collect());
        let gradient = (0..line / rows)
            .map(|strip| reach(algorithm, side, line, strip * rows, rows))
            .collect();
        Self {
            side,
            out,
            points: points * points,
            tiles: count,
            strip: rows * line,
            input,
            error,
            output,
            gradient,
            kernel,
            taps,
        }
    }
}

/// Every pair of a place down and a place across, with the product of their weights; those of no
/// weight left out.
fn square(
    down: &[Place],
    across: &[Place],
    at: impl Fn(usize, usize) -> (usize, usize),
) -> Vec<Term> {
    let pairs = down
        .iter()
        .flat_map(|&(row, a)| across.iter().map(move |&(column, b)| (row, column, a * b)));
    let terms = pairs.filter(|(.., weight)| *weight != 0.0).map(|(row, column, weight)| {
        let (block, row) = at(row, column);
        Term { block: block as u32, row: row as u32, weight }
    });
    terms.collect()
}

/// What the strip of `rows` rows of tiles from `top` on adds to the gradient of the pixels it
/// reads.
fn reach(algorithm: &Algorithm, side: usize, line: usize, top: usize, rows: usize) -> Reach {
    // The (tile, point) whose product reads a place, from the tiles of a range.
    let readers = |place: usize, tiles: std::ops::Range<usize>| {
        let all = tiles.flat_map(|tile| (0..algorithm.points()).map(move |point| (tile, point)));
        let weights = all.flat_map(|(tile, point)| {
            algorithm
                .inputs(side, tile, point)
                .into_iter()
                .filter(move |(read, _)| *read == place)
                .map(move |(_, weight)| (tile, point, weight))
        });
        weights.collect::<Vec<_>>()
    };
    let read = |tiles: std::ops::Range<usize>| {
        (0..side).filter(move |&place| !readers(place, tiles.clone()).is_empty())
    };
    let touched: Vec<usize> = read(top..top + rows).collect();
    let (first, last) =
        (touched.first().copied().unwrap_or(0), touched.last().copied().unwrap_or(0));
    let begun = read(0..top).next_back().map_or(0, |last| last + 1).saturating_sub(first);
    let pixels = (first..=last).flat_map(|row| (0..side).map(move |column| (row, column)));
    let lists = pixels.map(|(row, column)| {
        let (down, across) = (readers(row, top..top + rows), readers(column, 0..line));
        let pairs = down.iter().flat_map(|a| across.iter().map(move |b| (a, b)));
        let terms = pairs.map(|(&(i, u, a), &(j, v, b))| Term {
            block: (u * algorithm.points() + v) as u32,
            row: ((i - top) * line + j) as u32,
            weight: a * b,
        });
        terms.collect::<Vec<_>>()
    });
    Reach { first: first * side, begun: begun * side, lists: lists.collect() }
}
