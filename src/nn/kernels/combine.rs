//! Weighted sums of rows: every transform into and out of the tiles of [`crate::nn`]'s faster convolutions.
//!
//! ```text
//! out[i, c] = start[c] + sum over the terms t of list i of  weight(t) * source[row(t) * channels + c]
//! ```

use std::ops::Range;

use super::Path;

/// One row of the source, as many times as the weight says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// Which of the source's blocks, and which row in it.
    pub block: u32,
    pub row: u32,
    pub weight: f32,
}

/// Lists of terms, one for each row that comes out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lists {
    /// Where each list ends among the terms.
    ends: Vec<u32>,
    terms: Vec<Term>,
}

impl FromIterator<Vec<Term>> for Lists {
    fn from_iter<I: IntoIterator<Item = Vec<Term>>>(lists: I) -> Self {
        let mut all = Self::default();
        for list in lists {
            all.terms.extend(list);
            all.ends.push(all.terms.len() as u32);
        }
        all
    }
}

impl Lists {
    /// How many rows come out.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nothing comes out.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn list(&self, index: usize) -> &[Term] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.terms[start as usize..self.ends[index] as usize]
    }
}

/// What the sums begin with.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    Zero,
    /// What is there already.
    Add,
    /// The same for every row.
    Bias(&'a [f32]),
}

/// Floats summed at once: four registers of eight, or two of sixteen.
const WIDTH: usize = 32;

/// Where rows are: floats from a block of the source to the next, floats of a row that count, and floats from a row of the output to the
/// next, of which those beyond a row become zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub block: usize,
    pub channels: usize,
    /// Floats from a row of the source to the next.
    pub step: usize,
    pub out_step: usize,
}

impl Layout {
    /// One block of rows of `channels` floats to rows of as many.
    pub fn rows(channels: usize) -> Self {
        Self { block: 0, channels, step: channels, out_step: channels }
    }
}

compiled! {
    /// Writes the sums of the lists in `range` to the rows of `out`.
    ///
    /// # Panics
    /// If a term's row lies outside of the source.
    pub fn combine(source: &[f32], lists: &Lists, range: Range<usize>, layout: Layout, start: Start<'_>, out: &mut [f32]) {
        let Layout { block, channels, step, out_step } = layout;
        for (list, out) in range.zip(out.chunks_exact_mut(out_step)) {
            let terms = lists.list(list);
            let (row, rest) = out.split_at_mut(channels);
            rest.fill(0.0);
            let mut first = 0;
            while first + WIDTH <= channels {
                let out = &mut row[first..first + WIDTH];
                let mut sums = [0.0f32; WIDTH];
                match start {
                    Start::Zero => {}
                    Start::Add => sums.copy_from_slice(out),
                    Start::Bias(bias) => sums.copy_from_slice(&bias[first..first + WIDTH]),
                }
                for term in terms {
                    let from = &source[term.block as usize * block + term.row as usize * step + first..][..WIDTH];
                    for (sum, value) in sums.iter_mut().zip(from) {
                        *sum += term.weight * value;
                    }
                }
                out.copy_from_slice(&sums);
                first += WIDTH;
            }
            for (channel, out) in row.iter_mut().enumerate().skip(first) {
                let mut sum = match start {
                    Start::Zero => 0.0,
                    Start::Add => *out,
                    Start::Bias(bias) => bias[channel],
                };
                for term in terms {
                    sum += term.weight * source[term.block as usize * block + term.row as usize * step + channel];
                }
                *out = sum;
            }
        }
    }
}
