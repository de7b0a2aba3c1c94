//! Weighted sums of rows: every transform into and out of the tiles of the engine's faster
//! convolutions.
//!
//! ```text
//! out[i, c] = start[c]
//!     + sum over the terms t of list i of  weight(t) * source[row(t) * channels + c]
//! ```

use std::ops::Range;

use super::Path;

/// One row of the source, times a weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// Which of the source's blocks, and which row in it.
    pub block: u32,
    pub row: u32,
    pub weight: f32,
}

/// Lists of terms, one for each output row.
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
    /// Number of output rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no output rows.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn list(&self, index: usize) -> &[Term] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.terms[start as usize..self.ends[index] as usize]
    }
}

/// The initial value of the sums.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    Zero,
    /// The numbers in the output.
    Add,
    /// The same for every row.
    Bias(&'a [f32]),
}

/// Where rows are: floats from a block of the source to the next, floats of a row that are summed,
/// and floats from a row of the output to the next, of which those beyond the sums become zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub block: usize,
    pub channels: usize,
    /// Floats from a row of the source to the next.
    pub step: usize,
    pub out_step: usize,
}

impl Layout {
    /// One block of rows of `channels` floats, to rows of the same length.
    pub fn rows(channels: usize) -> Self {
        Self { block: 0, channels, step: channels, out_step: channels }
    }
}

/// One output row's next `WIDTH` sums, from channel `first` on.
#[inline(always)]
fn sum<const WIDTH: usize>(
    source: &[f32],
    terms: &[Term],
    layout: Layout,
    first: usize,
    start: Start<'_>,
    out: &mut [f32],
) {
    let out = &mut out[first..first + WIDTH];
    let mut sums = [0.0f32; WIDTH];
    match start {
        Start::Zero => {}
        Start::Add => sums.copy_from_slice(out),
        Start::Bias(bias) => sums.copy_from_slice(&bias[first..first + WIDTH]),
    }
    for term in terms {
        let from = &source
            [term.block as usize * layout.block + term.row as usize * layout.step + first..]
            [..WIDTH];
        for (sum, value) in sums.iter_mut().zip(from) {
            *sum += term.weight * value;
        }
    }
    out.copy_from_slice(&sums);
}

compiled! {
    /// Writes the sums of the lists in `range` to the rows of `out`.
    ///
    /// # Panics
    /// If a term's row lies outside of the source.
    pub fn combine(
        source: &[f32], lists: &Lists, range: Range<usize>, layout: Layout, start: Start<'_>,
        out: &mut [f32],
    ) {
        for (list, out) in range.zip(out.chunks_exact_mut(layout.out_step)) {
            let terms = lists.list(list);
            let (out, rest) = out.split_at_mut(layout.channels);
            rest.fill(0.0);
            let mut first = 0;
            // Four registers of eight (two of sixteen) at once, and the remaining channels singly.
            while first + 32 <= layout.channels {
                sum::<32>(source, terms, layout, first, start, out);
                first += 32;
            }
            while first < layout.channels {
                sum::<1>(source, terms, layout, first, start, out);
                first += 1;
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

    #[test]
    fn every_path_is_the_slow_sum() {
        let (blocks, rows, lists) = (3, 5, 7);
        let term = |index: usize| Term {
            block: (index % blocks) as u32,
            row: (index * 3 % rows) as u32,
            weight: number(index),
        };
        // Lists of none, one, two and more terms.
        let all: Lists = (0..lists)
            .map(|list| (0..list).map(|index| term(list * 11 + index)).collect())
            .collect();
        for channels in [1, 5, 32, 33, 64, 100] {
            let (step, out_step) = (channels + 2, channels + 3);
            let block = rows * step + 1;
            let source: Vec<f32> = (0..blocks * block).map(number).collect();
            let bias: Vec<f32> = (0..channels).map(|index| number(index + 99)).collect();
            let layout = Layout { block, channels, step, out_step };
            for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
                for start in [Start::Zero, Start::Add, Start::Bias(&bias)] {
                    let mut out = vec![0.5; (lists - 1) * out_step];
                    combine(path, &source, &all, 1..lists, layout, start, &mut out);
                    for (list, row) in (1..lists).zip(out.chunks(out_step)) {
                        for (channel, &found) in row.iter().enumerate() {
                            let begin = match start {
                                Start::Zero => 0.0,
                                Start::Add => 0.5,
                                Start::Bias(bias) => bias.get(channel).copied().unwrap_or(0.0),
                            };
                            let place = |term: &Term| {
                                term.block as usize * block + term.row as usize * step + channel
                            };
                            let sum: f64 = all
                                .list(list)
                                .iter()
                                .map(|term| f64::from(term.weight) * f64::from(source[place(term)]))
                                .sum();
                            let expected =
                                if channel < channels { f64::from(begin) + sum } else { 0.0 };
                            assert!(
                                (f64::from(found) - expected).abs() < 1e-5,
                                "{path:?} {channels} {list}: {found} for {expected}"
                            );
                        }
                    }
                }
            }
        }
    }
}
