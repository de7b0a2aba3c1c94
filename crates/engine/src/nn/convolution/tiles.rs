//! 3x3 convolutions by tiles, with fewer multiplications than taps: which sums go into the
//! products, and which come out.
//!
//! A one-dimensional [`Algorithm`] makes two neighbouring outputs of a filter with three taps `g`
//! from a few inputs `x`, as `output * ((kernel * g) .* (input * x))`: three small matrices and an
//! elementwise product. In two dimensions each matrix is applied to rows and to columns, and with
//! channels each elementwise product becomes a product of matrices: (tiles, in) x (in, out), one
//! for each kind (Winograd 1980; Lavin and Gray 2016).
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
//! Everything around the products is sums of rows with weights, forward, backward and for the
//! weights alike; this module writes them down as lists, [`crate::nn::kernels::combine`] does them.

use crate::nn::kernels::combine::{Lists, Term};

/// A one-dimensional algorithm for two outputs of a filter with three taps.
#[derive(Debug, PartialEq)]
pub struct Algorithm {
    /// Inputs from a tile to the next. A tile's first input lies one before its place: the padding.
    step: usize,
    /// (kind, input of the tile).
    input: &'static [&'static [f32]],
    /// (kind, tap).
    kernel: &'static [[f32; 3]],
    /// (output of the tile, kind).
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
    fn kinds(&self) -> usize {
        self.kernel.len()
    }

    /// The inputs of `side` that go into product `kind` of a tile.
    fn inputs(&self, side: usize, tile: usize, kind: usize) -> Vec<Place> {
        let places = self.input[kind]
            .iter()
            .enumerate()
            .map(|(read, &weight)| ((tile * self.step + read).checked_sub(1), weight));
        places
            .filter_map(|(place, weight)| {
                place.filter(|&place| place < side && weight != 0.0).map(|place| (place, weight))
            })
            .collect()
    }

    /// The products that an output is the sum of: its tile, and weighted kinds.
    fn products(&self, output: usize) -> (usize, Vec<Place>) {
        let kinds =
            self.output[output % 2].iter().enumerate().filter(|(_, weight)| **weight != 0.0);
        (output / 2, kinds.map(|(kind, &weight)| (kind, weight)).collect())
    }

    /// The outputs that product `kind` of a tile goes into.
    fn outputs(&self, tile: usize, kind: usize) -> Vec<Place> {
        (0..2)
            .filter(|&output| self.output[output][kind] != 0.0)
            .map(|output| (2 * tile + output, self.output[output][kind]))
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
    pub kinds: usize,
    /// Tiles of an image, and of a strip.
    pub tiles: usize,
    pub strip: usize,
    /// (kind, tile) from pixels of the input.
    pub input: Lists,
    /// (kind, tile) from pixels of the output: of their errors.
    pub error: Lists,
    /// Pixels of the output that a strip makes, from (kind, tile of the strip); the same for every
    /// strip.
    pub output: Lists,
    /// For each strip, the pixels of the input that it reads, from (kind, tile of the strip): of
    /// their gradients.
    pub gradient: Vec<Reach>,
    /// (kind) from the taps of the kernel, and back.
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
        let (count, kinds) = (line * line, algorithm.kinds());
        // Two dimensions of a list over (kind, tile) or over pixels.
        let kind_tiles =
            || (0..kinds * kinds).flat_map(move |kind| (0..count).map(move |tile| (kind, tile)));
        let pair = |kind: usize,
                    tile: usize,
                    of: &dyn Fn(usize, usize) -> Vec<Place>,
                    width: usize| {
            square(&of(tile / line, kind / kinds), &of(tile % line, kind % kinds), |row, column| {
                (0, row * width + column)
            })
        };
        let input = kind_tiles().map(|(kind, tile)| {
            pair(kind, tile, &|tile, kind| algorithm.inputs(side, tile, kind), side)
        });
        let error = kind_tiles()
            .map(|(kind, tile)| pair(kind, tile, &|tile, kind| algorithm.outputs(tile, kind), out));
        let output = (0..2 * rows * out).map(|pixel| {
            let ((row, down), (column, across)) =
                (algorithm.products(pixel / out), algorithm.products(pixel % out));
            square(&down, &across, |u, v| (u * kinds + v, row * line + column))
        });
        let kernel = (0..kinds * kinds).map(|kind| {
            let taps = |kind: usize| {
                algorithm.kernel[kind].iter().copied().enumerate().collect::<Vec<_>>()
            };
            square(&taps(kind / kinds), &taps(kind % kinds), |row, column| (0, row * 3 + column))
        });
        let taps = (0..9).map(|tap| {
            let of = |tap: usize| {
                (0..kinds).map(|kind| (kind, algorithm.kernel[kind][tap])).collect::<Vec<_>>()
            };
            square(&of(tap / 3), &of(tap % 3), |u, v| (0, u * kinds + v))
        });
        let (input, error, output) = (input.collect(), error.collect(), output.collect());
        let (kernel, taps) = (kernel.collect(), taps.collect());
        let gradient = (0..line / rows)
            .map(|strip| reach(algorithm, side, line, strip * rows, rows))
            .collect();
        Self {
            side,
            out,
            kinds: kinds * kinds,
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
    // The (tile, kind) whose product reads a place, from the tiles of a range.
    let readers = |place: usize, tiles: std::ops::Range<usize>| {
        let all = tiles.flat_map(|tile| (0..algorithm.kinds()).map(move |kind| (tile, kind)));
        let weights = all.flat_map(|(tile, kind)| {
            algorithm
                .inputs(side, tile, kind)
                .into_iter()
                .filter(move |(read, _)| *read == place)
                .map(move |(_, weight)| (tile, kind, weight))
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
            block: (u * algorithm.kinds() + v) as u32,
            row: ((i - top) * line + j) as u32,
            weight: a * b,
        });
        terms.collect::<Vec<_>>()
    });
    Reach { first: first * side, begun: begun * side, lists: lists.collect() }
}
